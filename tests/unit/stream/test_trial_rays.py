"""Rays of a mechanism's trials: together by the origin's error, each alone by the model's."""

import msgspec
import numpy as np
import pytest
from sample_records import make_sample

from streamstress.cli import polarity_mechanisms
from streamstress.mechanism.readers.quakeml import read_quakeml
from streamstress.mechanism.traced_rays import polarity_data
from streamstress.outputs.picks_csv import PickLine, read_picks, write_picks
from streamstress.outputs.quakeml import event_to_quakeml
from streamstress.records import Arrival, Polarity
from streamstress.stream.event_trials import trial_rays_of

RAY = (
    "azimuth_deg", "takeoff_deg", "azimuth_sigma_deg", "takeoff_sigma_deg", "azimuth_turn_deg",
    "takeoff_turn_deg",
)  # fmt: skip


def arrival(number: int, turns: tuple[float, float, float], sigma_deg: float) -> Arrival:
    return Arrival(
        pick_id=f"p{number}",
        station=f"XX.S{number}",
        channel="HH",
        location="",
        phase="P",
        time_ns=0,
        sigma_s=0.1,
        residual_s=0.0,
        weight=1.0,
        distance_km=10.0,
        azimuth_deg=40.0 * number,
        azimuth_sigma_deg=2.0,
        takeoff_deg=100.0,
        takeoff_sigma_deg=sigma_deg,
        azimuth_turn_deg=(0.0, 0.0, 0.0),
        takeoff_turn_deg=turns,
        snr=10.0,
    )


@pytest.fixture(scope="module")
def rays():
    arrivals = [arrival(n, (0.0, 3.0, 4.0), np.hypot(5.0, 1.0)) for n in range(6)]
    return trial_rays_of(arrivals, 400, 1)


def test_each_ray_scatters_by_its_sigma_and_the_first_trial_is_as_located(rays):
    azimuth, takeoff = rays
    assert azimuth[0] == pytest.approx([40.0 * n for n in range(6)])
    assert takeoff[0] == pytest.approx(np.full(6, 100.0))
    assert takeoff.std(axis=0) == pytest.approx(np.full(6, np.hypot(5.0, 1.0)), rel=0.06)
    assert azimuth.std(axis=0) == pytest.approx(np.full(6, 2.0), rel=0.06)


def test_the_origin_s_part_is_common_to_all_rays(rays):
    _, takeoff = rays
    # 25 of the variance of 26 is common.
    assert np.corrcoef(takeoff.T)[np.triu_indices(6, 1)].min() > 0.9


def test_the_same_event_draws_the_same_and_records_without_turns_draw_none():
    arrivals = [arrival(n, (1.0, 1.0, 1.0), 4.0) for n in range(3)]
    np.testing.assert_array_equal(trial_rays_of(arrivals, 30, 7), trial_rays_of(arrivals, 30, 7))
    old = [arrival(0, (), 4.0), arrivals[1]]
    assert trial_rays_of(old, 30, 7) is None


@pytest.fixture(scope="module")
def read_up():
    """Arrivals of an event, each read up, with rays as a location turns them."""
    up = Polarity(up_probability=0.9, decision="up", model="test")
    turns = [(0.5 * n, 3.0 - n, 1.0) for n in range(6)]
    return [msgspec.structs.replace(arrival(n, t, 5.0), polarity=up) for n, t in enumerate(turns)]


def test_a_quakeml_file_gives_the_solver_the_rays_that_it_has_live(tmp_path, read_up):
    event = make_sample(3).events[0]
    event = msgspec.structs.replace(event, arrivals=tuple(reversed(read_up)))
    path = tmp_path / "event.xml"
    path.write_bytes(event_to_quakeml(event, None))
    (read,) = read_quakeml(path, max_distance_km=1e4)
    data = polarity_data(read, None, 30, np.random.default_rng(0), turn_seed=7)
    live = trial_rays_of(read_up, 30, 7)
    # The file's turns have two decimals, and up to three standard deviations are drawn of each.
    np.testing.assert_allclose(data.trial_takeoff_deg[:, ::-1], live[1], atol=0.1)
    np.testing.assert_allclose(data.trial_azimuth_deg[:, ::-1], live[0], atol=0.1)
    assert data.azimuth_sigma_deg == pytest.approx(np.full(6, 2.0))


def test_a_picks_csv_gives_the_solver_the_rays_that_it_has_live(tmp_path, read_up):
    lines = [
        PickLine(
            0, "XX", a.station[3:], "", "HH", "P", 0, up_probability=0.9, event_id="e1",
            **{name: getattr(a, name) for name in RAY},
        )
        for a in reversed(read_up)
    ]  # fmt: skip
    write_picks(tmp_path / "picks.csv", lines)
    events = polarity_mechanisms.located_events(read_picks(tmp_path / "picks.csv").rows)
    data = polarity_mechanisms.polarity_data(events["e1"], trials=(30, 7))
    live = trial_rays_of(read_up, 30, 7)
    np.testing.assert_allclose(data.trial_takeoff_deg, live[1], atol=0.1)
    np.testing.assert_allclose(data.trial_azimuth_deg, live[0], atol=0.1)
