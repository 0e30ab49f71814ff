"""What an observatory would know: stations, a velocity model not quite true; and QuakeML."""

from pathlib import Path

import numpy as np

from streamstress.earth.stations import Station
from streamstress.earth.velocity import VelocityModel
from streamstress.simulate.noise import SAMPLING_HZ
from streamstress.simulate.truth import TrueArrival, TrueEvent, Truth, iso_time

COUNTS_PER_M_S = 4e8
"""Sensitivity of all channels: a broadband sensor on a 24-bit digitiser."""

_ORIENTATIONS = (("HHZ", 0.0, -90.0), ("HHN", 0.0, 0.0), ("HHE", 90.0, 0.0))


def write_stations(path: Path, stations: tuple[Station, ...], start_ns: int) -> None:
    """StationXML with channels HHZ, HHN, HHE and their sensitivity."""
    # obspy costs half a second to import, which only writing needs.
    from obspy import UTCDateTime
    from obspy.core.inventory import Inventory, Network

    start = UTCDateTime(iso_time(start_ns)) - 86_400
    networks: dict[str, list[object]] = {}
    for station in stations:
        networks.setdefault(station.network, []).append(_xml_station(station, start))
    inventory = Inventory(
        networks=[Network(code=code, stations=found) for code, found in networks.items()],
        source="streamstress simulate",
        created=start,
    )
    inventory.write(str(path), format="STATIONXML")


def _xml_station(station: Station, start: object) -> object:
    from obspy.core.inventory import Channel, Response, Site
    from obspy.core.inventory import Station as XmlStation
    from obspy.core.inventory.response import InstrumentSensitivity

    sensitivity = InstrumentSensitivity(
        value=COUNTS_PER_M_S, frequency=1.0, input_units="M/S", output_units="COUNTS"
    )
    common = {
        "latitude": station.latitude_deg,
        "longitude": station.longitude_deg,
        "elevation": station.elevation_m,
        "start_date": start,
    }
    channels = [
        Channel(
            code=code,
            location_code="",
            depth=0.0,
            azimuth=azimuth,
            dip=dip,
            sample_rate=SAMPLING_HZ,
            response=Response(instrument_sensitivity=sensitivity),
            **common,
        )
        for code, azimuth, dip in _ORIENTATIONS
    ]
    site = Site(name=f"Simulated {station.station}")
    return XmlStation(
        code=station.station, site=site, channels=channels, creation_date=start, **common
    )


def known_velocity(true: VelocityModel, error: float, rng: np.random.Generator) -> VelocityModel:
    """Model as known to a user: node velocities off by ``error`` (1 sigma, relative)."""
    n = len(true.depth_km)
    vp = np.asarray(true.vp_km_s) * (1.0 + error * rng.standard_normal(n))
    vs = np.asarray(true.vs_km_s) * (1.0 + error * rng.standard_normal(n))
    # Chance must not turn the crust over.
    vp, vs = np.maximum.accumulate(vp), np.minimum(np.maximum.accumulate(vs), vp / 1.5)
    return VelocityModel(
        f"{true.name}-known",
        true.depth_km,
        tuple(float(v) for v in vp.round(3)),
        tuple(float(v) for v in vs.round(3)),
    )


def write_velocity(path: Path, model: VelocityModel) -> None:
    """CSV of depth (km), vp and vs (km/s), as `earth.velocity.read_velocity` reads it."""
    nodes = zip(model.depth_km, model.vp_km_s, model.vs_km_s, strict=True)
    lines = ["depth_km,vp_km_s,vs_km_s", *(f"{z:g},{vp:.3f},{vs:.3f}" for z, vp, vs in nodes)]
    path.write_text("\n".join(lines) + "\n")


def write_quakeml(path: Path, truth: Truth) -> None:
    """Events with origin, magnitude, mechanism and P picks with polarity, as QuakeML 1.2."""
    from obspy.core.event import Catalog, ResourceIdentifier

    events = [_quakeml_event(number, truth) for number in range(len(truth.events))]
    catalogue = Catalog(events=events)
    catalogue.resource_id = ResourceIdentifier(f"smi:local/{truth.scenario}-{truth.seed}")
    catalogue.write(str(path), format="QUAKEML")


def _quakeml_event(number: int, truth: Truth) -> object:
    from obspy import UTCDateTime
    from obspy.core import event as quakeml

    true = truth.events[number]
    base = f"smi:local/{true.event_id}"
    picks = [_quakeml_pick(base, arrival) for arrival in true.arrivals]
    origin = quakeml.Origin(
        resource_id=quakeml.ResourceIdentifier(f"{base}/origin"),
        time=UTCDateTime(ns=true.origin_time_ns),
        latitude=true.latitude_deg,
        longitude=true.longitude_deg,
        depth=true.depth_km * 1e3,
        arrivals=[
            quakeml.Arrival(
                resource_id=quakeml.ResourceIdentifier(f"{base}/arrival/{arrival.station}"),
                pick_id=quakeml.ResourceIdentifier(f"{base}/pick/{arrival.station}"),
                phase="P",
                azimuth=arrival.azimuth_deg,
                takeoff_angle=arrival.takeoff_deg,
            )
            for arrival in true.arrivals
        ],
    )
    return quakeml.Event(
        resource_id=quakeml.ResourceIdentifier(base),
        picks=picks,
        origins=[origin],
        magnitudes=[_quakeml_magnitude(base, true)],
        focal_mechanisms=[_quakeml_mechanism(base, true)],
    )


def _quakeml_pick(base: str, arrival: TrueArrival) -> object:
    from obspy import UTCDateTime
    from obspy.core import event as quakeml

    network, station = arrival.station.split(".")
    return quakeml.Pick(
        resource_id=quakeml.ResourceIdentifier(f"{base}/pick/{arrival.station}"),
        time=UTCDateTime(ns=arrival.p_time_ns),
        waveform_id=quakeml.WaveformStreamID(network, station, channel_code="HHZ"),
        phase_hint="P",
        polarity="positive" if arrival.polarity > 0 else "negative",
    )


def _quakeml_magnitude(base: str, true: TrueEvent) -> object:
    from obspy.core import event as quakeml

    return quakeml.Magnitude(
        resource_id=quakeml.ResourceIdentifier(f"{base}/magnitude"),
        mag=true.magnitude,
        magnitude_type="Mw",
        origin_id=quakeml.ResourceIdentifier(f"{base}/origin"),
    )


def _quakeml_mechanism(base: str, true: TrueEvent) -> object:
    from obspy.core import event as quakeml

    plane = quakeml.NodalPlane(strike=true.strike_deg, dip=true.dip_deg, rake=true.rake_deg)
    return quakeml.FocalMechanism(
        resource_id=quakeml.ResourceIdentifier(f"{base}/mechanism"),
        triggering_origin_id=quakeml.ResourceIdentifier(f"{base}/origin"),
        nodal_planes=quakeml.NodalPlanes(nodal_plane_1=plane, preferred_plane=1),
    )
