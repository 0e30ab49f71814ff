"""Rays of a mechanism's trials: together by the origin's error, each alone by the model's."""

import numpy as np
import pytest

from streamstress.records import Arrival
from streamstress.stream.event_trials import trial_rays_of


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
