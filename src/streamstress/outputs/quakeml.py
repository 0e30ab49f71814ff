"""An event with its mechanism as QuakeML 1.2 (Euchner & Schorlemmer 2013)."""

import io
import string
from urllib.parse import unquote_to_bytes

import numpy as np
from obspy import UTCDateTime
from obspy.core import event as qml

from streamstress.earth.projection import KM_PER_DEGREE
from streamstress.geometry.axes import trend_plunge
from streamstress.geometry.rotations import mechanism_frame
from streamstress.records import Arrival, Event, Magnitude, Mechanism, MechanismSolution

AGENCY = "smi:streamstress"
_PLAIN = frozenset(string.ascii_letters + string.digits + "-._")
_POLARITIES = {"up": "positive", "down": "negative", "unknown": "undecidable"}
_DECLARED = {
    "teleseism": "earthquake",
    "tremor": "other event",
    "noise": "not existing",
    "blast": "quarry blast",
}
"""Terms of QuakeML for kinds that have none of their own name."""

_SURE = 0.95


def event_to_quakeml(event: Event, mechanism: Mechanism | None) -> bytes:
    """QuakeML document of one event.

    Parameters
    ----------
    event
        Its arrivals become picks (with polarity) and arrivals (with azimuth, take-off from
        straight down, distance and residual).
    mechanism
        None, or one without solutions, leaves out the focal mechanism. The best solution comes
        first and is the preferred one.
    """
    document = qml.Catalog(
        events=[catalog_event(event, mechanism)], resource_id=resource_id("catalog", event.event_id)
    )
    target = io.BytesIO()
    document.write(target, format="QUAKEML")
    return target.getvalue()


def catalog_event(event: Event, mechanism: Mechanism | None) -> qml.Event:
    """Build the same as an obspy event, for people who go on in Python."""
    origin = _origin(event)
    result = qml.Event(
        resource_id=resource_id("event", event.event_id),
        event_type=_event_type(event.kind),
        event_type_certainty=_certainty(event),
        picks=[_pick(arrival) for arrival in event.arrivals],
        origins=[origin],
        comments=[
            comment(f"region: {event.region}; version: {event.version}"),
            *(comment(text) for text in _kind_words(event)),
        ],
    )
    result.preferred_origin_id = origin.resource_id
    if event.magnitude is not None:
        result.magnitudes = [_magnitude(event, event.magnitude, origin)]
        result.preferred_magnitude_id = result.magnitudes[0].resource_id
    if mechanism is not None and mechanism.solutions:
        result.focal_mechanisms = _focal_mechanisms(mechanism, event, origin)
        result.preferred_focal_mechanism_id = result.focal_mechanisms[0].resource_id
    return result


def resource_id(*parts: str) -> qml.ResourceIdentifier:
    """Identifier of a part of a document; characters that QuakeML forbids become ``=XX``."""
    cleaned = [
        "".join(c if c in _PLAIN else "".join(f"={b:02X}" for b in c.encode()) for c in part)
        for part in parts
    ]
    return qml.ResourceIdentifier("/".join([AGENCY, *cleaned]))


def event_id_of(identifier: qml.ResourceIdentifier) -> str:
    """Event id in an identifier of `resource_id`; of other agencies all after the authority."""
    text = str(identifier)
    own = f"{AGENCY}/event/"
    if not text.startswith(own):
        return text.partition("/")[2] or text
    return unquote_to_bytes(text.removeprefix(own).replace("=", "%")).decode(errors="replace")


def _event_type(kind: str) -> str:
    known = set(qml.header.EventType)
    name = _DECLARED.get(kind, kind)
    return name if name in known else "other event"


def _certainty(event: Event) -> str | None:
    """``known`` where a person said it or it is sure, else ``suspected``; None: nobody looked."""
    told = event.classified
    if told is None:
        return None
    return "known" if told.probabilities[event.kind] >= _SURE else "suspected"


def _kind_words(event: Event) -> list[str]:
    """What the type alone does not say."""
    texts = []
    if event.kind == "teleseism":
        texts.append("teleseism: a distant earthquake, not at this origin")
    if event.kind == "tremor":
        texts.append("tremor or low-frequency earthquake")
    told = event.classified
    if told is not None:
        by_kind = "; ".join(f"{kind} {p:.3f}" for kind, p in told.probabilities.items())
        texts.append(f"event type by {told.model}: {by_kind}")
    return texts


def _time(time_ns: int) -> UTCDateTime:
    return UTCDateTime(ns=time_ns)


def comment(text: str) -> qml.Comment:
    """A comment without an identifier of its own."""
    return qml.Comment(text=text, force_resource_id=False)


def _origin(event: Event) -> qml.Origin:
    at, covariance = event.origin, np.asarray(event.origin.covariance, float)
    time_sigma_s = float(np.sqrt(covariance[3, 3]))
    north_sigma_deg = float(np.sqrt(covariance[1, 1])) / KM_PER_DEGREE
    east_scale = KM_PER_DEGREE * max(np.cos(np.radians(at.latitude_deg)), 1e-6)
    east_sigma_deg = float(np.sqrt(covariance[0, 0])) / east_scale
    return qml.Origin(
        resource_id=resource_id("origin", event.event_id, str(event.version)),
        time=_time(at.time_ns),
        time_errors=qml.QuantityError(uncertainty=time_sigma_s),
        latitude=at.latitude_deg,
        latitude_errors=qml.QuantityError(uncertainty=north_sigma_deg),
        longitude=at.longitude_deg,
        longitude_errors=qml.QuantityError(uncertainty=east_sigma_deg),
        depth=at.depth_km * 1000.0,
        depth_errors=qml.QuantityError(uncertainty=at.depth_error_km * 1000.0),
        depth_type="operator assigned" if at.depth_fixed else "from location",
        earth_model_id=resource_id("velocity", at.velocity_model),
        origin_uncertainty=qml.OriginUncertainty(
            horizontal_uncertainty=at.horizontal_error_km * 1000.0,
            preferred_description="horizontal uncertainty",
        ),
        quality=_origin_quality(event),
        arrivals=[_arrival(arrival) for arrival in event.arrivals],
        evaluation_mode="automatic",
        evaluation_status=_evaluation(event.status),
    )


def _origin_quality(event: Event) -> qml.OriginQuality:
    used = [arrival for arrival in event.arrivals if arrival.weight > 0]
    distances = sorted(arrival.distance_km / KM_PER_DEGREE for arrival in event.arrivals)
    return qml.OriginQuality(
        associated_phase_count=len(event.arrivals),
        used_phase_count=len(used),
        used_station_count=len({arrival.station for arrival in used}),
        standard_error=event.origin.rms_s,
        azimuthal_gap=event.origin.gap_deg,
        minimum_distance=distances[0] if distances else None,
        maximum_distance=distances[-1] if distances else None,
    )


def _evaluation(status: str) -> str:
    return {"provisional": "preliminary", "final": "final", "tombstone": "rejected"}[status]


def _pick(arrival: Arrival) -> qml.Pick:
    network, _, station = arrival.station.partition(".")
    comments = []
    if arrival.polarity is not None:
        probability, model = arrival.polarity.up_probability, arrival.polarity.model
        comments.append(comment(f"up probability {probability:.3f} ({model})"))
    return qml.Pick(
        resource_id=resource_id("pick", arrival.pick_id),
        time=_time(arrival.time_ns),
        time_errors=qml.QuantityError(uncertainty=arrival.sigma_s),
        waveform_id=qml.WaveformStreamID(
            network_code=network,
            station_code=station,
            location_code=arrival.location or None,
            channel_code=_vertical_or_band(arrival.channel),
        ),
        phase_hint=arrival.phase,
        polarity=_POLARITIES[arrival.polarity.decision] if arrival.polarity else None,
        evaluation_mode="automatic",
        comments=comments,
    )


def _vertical_or_band(channel: str) -> str:
    # Picks name band and instrument ("HH"); a first motion is read on the vertical.
    return f"{channel}Z" if len(channel) == 2 else channel


def _arrival(arrival: Arrival) -> qml.Arrival:
    return qml.Arrival(
        resource_id=resource_id("arrival", arrival.pick_id),
        pick_id=resource_id("pick", arrival.pick_id),
        phase=arrival.phase,
        azimuth=arrival.azimuth_deg,
        distance=arrival.distance_km / KM_PER_DEGREE,
        takeoff_angle=arrival.takeoff_deg,
        takeoff_angle_errors=qml.QuantityError(uncertainty=arrival.takeoff_sigma_deg),
        time_residual=arrival.residual_s,
        time_weight=arrival.weight,
    )


def _magnitude(event: Event, magnitude: Magnitude, origin: qml.Origin) -> qml.Magnitude:
    return qml.Magnitude(
        resource_id=resource_id("magnitude", event.event_id, str(event.version)),
        mag=magnitude.value,
        mag_errors=qml.QuantityError(uncertainty=magnitude.sigma),
        magnitude_type=magnitude.kind,
        station_count=magnitude.n_stations,
        origin_id=origin.resource_id,
        evaluation_mode="automatic",
    )


def _focal_mechanisms(
    mechanism: Mechanism, event: Event, origin: qml.Origin
) -> list[qml.FocalMechanism]:
    return [
        _focal_mechanism(mechanism, solution, number, event, origin)
        for number, solution in enumerate(mechanism.solutions, start=1)
    ]


def _focal_mechanism(
    mechanism: Mechanism,
    solution: MechanismSolution,
    number: int,
    event: Event,
    origin: qml.Origin,
) -> qml.FocalMechanism:
    texts = [
        f"grade: {mechanism.grade}",
        f"grade reason: {mechanism.grade_reason}",
        f"probability: {solution.probability:.3f}",
        f"plane uncertainty: {solution.plane_uncertainty_deg:.1f} degrees",
        f"S/P ratios: {mechanism.n_sp}",
    ]
    if mechanism.possibly_not_double_couple:
        texts.append(f"possibly no double couple: {mechanism.possibly_not_double_couple}")
    return qml.FocalMechanism(
        resource_id=resource_id("mechanism", event.event_id, str(mechanism.version), str(number)),
        triggering_origin_id=origin.resource_id,
        waveform_id=[_pick(arrival).waveform_id for arrival in _with_polarity(event)],
        nodal_planes=nodal_planes(solution),
        principal_axes=principal_axes(solution),
        azimuthal_gap=mechanism.azimuth_gap_deg,
        station_polarity_count=mechanism.n_polarity,
        misfit=mechanism.misfit,
        station_distribution_ratio=mechanism.stdr,
        method_id=resource_id("method", mechanism.model),
        evaluation_mode="automatic",
        evaluation_status=_evaluation(mechanism.status),
        comments=[comment(text) for text in texts],
    )


def _with_polarity(event: Event) -> list[Arrival]:
    return [a for a in event.arrivals if a.polarity and a.polarity.decision != "unknown"]


def nodal_planes(solution: MechanismSolution) -> qml.NodalPlanes:
    """Both planes with their uncertainty."""
    # The uncertainty is that of the plane's normal: it bounds strike and dip alike.
    sigma = qml.QuantityError(uncertainty=solution.plane_uncertainty_deg)
    sigma_aux = qml.QuantityError(uncertainty=solution.plane_uncertainty_aux_deg)
    return qml.NodalPlanes(
        nodal_plane_1=qml.NodalPlane(
            strike=solution.strike_deg,
            dip=solution.dip_deg,
            rake=solution.rake_deg,
            strike_errors=sigma,
            dip_errors=sigma,
        ),
        nodal_plane_2=qml.NodalPlane(
            strike=solution.auxiliary_strike_deg,
            dip=solution.auxiliary_dip_deg,
            rake=solution.auxiliary_rake_deg,
            strike_errors=sigma_aux,
            dip_errors=sigma_aux,
        ),
        preferred_plane=1,
    )


def principal_axes(solution: MechanismSolution) -> qml.PrincipalAxes:
    """T, P and null axis; lengths say which is which."""
    frame = mechanism_frame(solution.strike_deg, solution.dip_deg, solution.rake_deg)
    trend, plunge = trend_plunge(frame)
    p, n, t = (
        qml.Axis(azimuth=float(azimuth), plunge=float(dip), length=length)
        for azimuth, dip, length in zip(trend, plunge, (-1.0, 0.0, 1.0), strict=True)
    )
    return qml.PrincipalAxes(t_axis=t, p_axis=p, n_axis=n)
