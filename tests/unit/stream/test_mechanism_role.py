"""The mechanism agent: grid search or posterior, by one setting."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
from synthetic_polarities import Errors, draw_event

from streamstress.config import Settings
from streamstress.config.places import Region
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.mechanism.inputs import PolarityData
from streamstress.outputs.quakeml import catalog_event
from streamstress.records import Arrival, Event, Mechanism, Origin, Polarity
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.role import Incoming
from streamstress.stream.roles import mechanism_role
from streamstress.wire.codec import encode


def event_of(data: PolarityData) -> Event:
    """A final event with the readings."""
    origin = Origin(
        time_ns=1,
        latitude_deg=35.0,
        longitude_deg=139.0,
        depth_km=8.0,
        depth_fixed=False,
        covariance=tuple((1.0,) * 4 for _ in range(4)),
        horizontal_error_km=0.5,
        depth_error_km=1.0,
        rms_s=0.1,
        gap_deg=60.0,
        velocity_model="m",
    )
    arrivals = tuple(
        Arrival(
            pick_id=str(i),
            station=f"N.S{i:02d}",
            channel="HHZ",
            location="",
            phase="P",
            time_ns=2,
            sigma_s=0.05,
            residual_s=0.0,
            weight=1.0,
            distance_km=10.0,
            azimuth_deg=float(data.azimuth_deg[i] % 360.0),
            azimuth_sigma_deg=float(data.azimuth_sigma_deg[i]),
            takeoff_deg=float(data.takeoff_deg[i]),
            takeoff_sigma_deg=float(data.takeoff_sigma_deg[i]),
            snr=20.0,
            polarity=Polarity(
                up_probability=float(data.up_probability[i]),
                decision="up" if data.up_probability[i] > 0.5 else "down",
                model="net",
            ),
        )
        for i in range(len(data.azimuth_deg))
    )
    return Event(
        event_id="e1",
        version=1,
        status="final",
        region="r",
        kind="earthquake",
        origin=origin,
        arrivals=arrivals,
        sent_ns=0,
    )


def answer(method: str, event: Event, stations: Path) -> Mechanism:
    region = Region(name="r", south_deg=34.0, north_deg=36.0, west_deg=138.0, east_deg=140.0)
    network = {"stations": stations, "regions": [region]}
    settings = Settings(network=network, mechanism={"method": method, "max_azimuth_gap_deg": 360})
    role = mechanism_role(settings)
    assert isinstance(role, MechanismRole)
    role.restore("events", 0, None)
    message = Incoming("events", 0, 0, b"e1", encode(event))
    (sent,) = role.process(message, event)
    assert isinstance(sent.record, Mechanism)
    return sent.record


def test_the_posterior_goes_out_with_its_regions_and_its_name(station_file: Path):
    few_errors = Errors((50, 50), (0.0, 0.02), (3.0, 3.0))
    data, truth = draw_event(np.random.default_rng(3), False, few_errors)
    for method in ("hash", "bayes"):
        mechanism = answer(method, event_of(data), station_file)
        assert mechanism.model.startswith(f"{method}/net/")
        best = mechanism.solutions[0]
        angles = best.strike_deg, best.dip_deg, best.rake_deg
        assert kagan_angle_deg(angles, truth.mechanism) < 20.0
        assert (best.region95_deg is not None) == (method == "bayes")


def test_the_posterior_takes_the_rays_errors_once(station_file: Path):
    # The turns are part of the sigmas. Trials drawn with them would add their scatter again.
    data, _ = draw_event(np.random.default_rng(4), False, Errors((20, 20), (0.0, 0.02), (6.0, 6.0)))
    plain = event_of(data)
    turned = msgspec.structs.replace(
        plain,
        arrivals=tuple(
            msgspec.structs.replace(
                a, azimuth_turn_deg=(2.0, 0.0, 0.0), takeoff_turn_deg=(3.0, -4.0, 1.0)
            )
            for a in plain.arrivals
        ),
    )
    for method, is_drawn in (("bayes", False), ("hash", True)):
        one, two = (answer(method, event, station_file) for event in (plain, turned))
        assert (one.solutions == two.solutions) != is_drawn


def test_first_motions_that_are_all_up_are_doubted_in_the_record_and_in_quakeml(
    station_file: Path,
):
    data, _ = draw_event(np.random.default_rng(3), False, Errors((40, 40)))
    event = event_of(replace(data, up_probability=np.ones(40)))
    for method in ("hash", "bayes"):
        mechanism = answer(method, event, station_file)
        assert mechanism.possibly_not_double_couple
        assert (mechanism.grade, bool(mechanism.solutions)) == ("D", True)
        written = catalog_event(event, mechanism)
        texts = [text.text for text in written.focal_mechanisms[0].comments]
        doubt = mechanism.possibly_not_double_couple
        assert f"possibly no double couple: {doubt}" in texts
