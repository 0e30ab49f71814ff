"""The merge agent gives events a magnitude, and learns its stations from final ones."""

import numpy as np
import pytest

from streamstress.config.places import Region
from streamstress.earth.stations import Station
from streamstress.location.magnitude import MagnitudeSettings
from streamstress.records import Amplitude, Arrival, Candidate, Event, Origin, Progress
from streamstress.stream.agents.merge import MergeRole
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
COUNTS = 5_000.0


def arrival(number: int, phase: str) -> Arrival:
    return Arrival(
        pick_id=f"p{number}{phase}",
        station=f"XX.S{number}",
        channel="HH",
        location="",
        phase=phase,
        time_ns=EPOCH_NS + (5 + number) * NS,
        sigma_s=0.1,
        residual_s=0.0,
        weight=1.0,
        distance_km=24.0,
        azimuth_deg=40.0 * number,
        azimuth_sigma_deg=2.0,
        takeoff_deg=100.0,
        takeoff_sigma_deg=4.0,
        snr=10.0,
        amplitude=Amplitude(
            value=COUNTS, noise=10.0, band_hz=(1.0, 15.0), component="ZNE", clipped=number == 5
        ),
    )


def candidate() -> Candidate:
    origin = Origin(
        time_ns=EPOCH_NS,
        latitude_deg=35.0,
        longitude_deg=139.0,
        depth_km=7.0,
        depth_fixed=False,
        covariance=tuple(tuple(0.1 * (i == j) for j in range(4)) for i in range(4)),
        horizontal_error_km=0.3,
        depth_error_km=0.5,
        rms_s=0.1,
        gap_deg=90.0,
        velocity_model="m",
    )
    arrivals = tuple(arrival(n, phase) for n in range(6) for phase in "PS")
    return Candidate(
        candidate_id="all-1-0",
        zone="all",
        origin=origin,
        arrivals=arrivals,
        quality=12.0,
        complete=True,
        sent_ns=0,
    )


def test_an_event_has_the_relative_magnitude_of_its_unclipped_s():
    stations = {f"XX.S{n}": Station("XX", f"S{n}", 35.0, 139.0) for n in range(6)}
    region = Region(name="r", south_deg=34.0, north_deg=36.0, west_deg=138.0, east_deg=140.0)
    role = MergeRole(Places(stations, ("all",), {"all": frozenset(stations)}, (region,)), "m")
    message = Incoming("candidates", 0, 0, b"k", b"")
    (first,) = role.process(message, candidate())
    done = Progress(source="zone/all", done_until_ns=EPOCH_NS + 60 * NS, sent_ns=0)
    final = [out.record for out in role.process(message, done) if isinstance(out.record, Event)]
    expected = np.log10(COUNTS) + MagnitudeSettings().path(25.0)
    for event in (first.record, *final):
        assert isinstance(event, Event)
        assert event.region == "r"
        assert event.magnitude is not None
        assert (event.magnitude.kind, event.magnitude.n_stations) == ("Mrel", 5)
        assert event.magnitude.value == pytest.approx(expected, abs=1e-3)
    assert final[0].status == "final"
