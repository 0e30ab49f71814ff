"""The score is free of the frame and the stated plane; the threshold keeps its promise."""

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.change import change_event, false_alarm_threshold
from streamstress.change.score import UNIT, isometric, learn_turns, scan, window_lengths
from streamstress.change.significance import slip_p_value_for
from streamstress.geometry.planes import auxiliary_plane, plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import rotation_matrix


def tensors(angles: NDArray[np.float64]):
    return isometric([change_event("e", 0, *map(float, angle)).five for angle in angles])


def lengths_of_scores(angles: NDArray[np.float64]):
    """Length of the mean score of the later events: what the running score is made of."""
    x = tensors(angles)
    turns = learn_turns(x[:80], np.ones(80))
    return np.linalg.norm(np.cumsum(turns.of(x[80:]), axis=0), axis=1)


def stream(synthetic: ModuleType, seed: int = 0, count: int = 140):
    return synthetic.mechanisms(synthetic.strike_slip_stress(), count, np.random.default_rng(seed))


@pytest.mark.parametrize("turn", [0.0, 90.0, 135.0, 180.0])
def test_a_turned_stream_has_the_same_score(synthetic: ModuleType, turn: float):
    angles = stream(synthetic)
    turned = angles + np.array([turn, 0.0, 0.0])
    np.testing.assert_allclose(lengths_of_scores(turned), lengths_of_scores(angles), rtol=1e-7)


def test_a_stream_tilted_in_space_has_the_same_score(synthetic: ModuleType):
    angles = stream(synthetic)
    tilt = rotation_matrix(np.array([1.0, -0.3, 0.4]), np.asarray(63.0))
    tilted = np.stack(strike_dip_rake(*(v @ tilt.T for v in plane_vectors(*angles.T))), axis=-1)
    np.testing.assert_allclose(lengths_of_scores(tilted), lengths_of_scores(angles), rtol=1e-6)


def test_the_stated_plane_does_not_matter(synthetic: ModuleType):
    angles = stream(synthetic)
    swapped = np.stack(auxiliary_plane(*angles.T), axis=-1)
    np.testing.assert_allclose(lengths_of_scores(swapped), lengths_of_scores(angles), rtol=1e-7)


def test_worse_mechanisms_do_not_look_turned(synthetic: ModuleType):
    rng = np.random.default_rng(3)
    stress = synthetic.strike_slip_stress()
    turns = learn_turns(tensors(synthetic.mechanisms(stress, 500, rng)), np.ones(500))
    worse = synthetic.mechanisms(stress, 2000, rng, synthetic.Population(noise_deg=35.0))
    turned = synthetic.mechanisms(synthetic.turned(stress, 15.0), 2000, rng)
    worse_mean, turned_mean = (
        np.linalg.norm(turns.of(tensors(angles)).mean(axis=0)) for angles in (worse, turned)
    )
    assert worse_mean < 0.2 * turned_mean


def test_score_is_the_likelihood_ratio_of_the_latest_events():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(30, 3))
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(z, axis=0)]) / UNIT
    counts = np.arange(31) / UNIT
    score, length = scan(
        np.rint(sums).astype(np.int64), counts.astype(np.int64), np.array([20]), 100.0, 10.0
    )
    assert score == pytest.approx(20 * 100 / 120 * np.sum(z[-20:].mean(axis=0) ** 2), rel=1e-6)
    assert length == 20


def test_runs_that_count_too_little_are_left_out():
    sums = np.full((31, 3), 1 / UNIT).astype(np.int64) * np.arange(31)[:, None]
    counts = (np.arange(31) * 0.3 / UNIT).astype(np.int64)
    assert scan(sums, counts, np.arange(1, 31), 100.0, 10.0) == (0.0, 0)


def test_window_lengths_grow_to_the_longest():
    lengths = window_lengths(10, 600)
    assert (lengths[0], lengths[-1]) == (10, 600)
    assert np.all(np.diff(lengths) > 0)
    assert window_lengths(10, 10) == (10,)


def test_threshold_rises_with_rarity_and_falls_where_slips_must_disagree_too():
    by_rate = [false_alarm_threshold(110, rate) for rate in (30.0, 10.0, 1.0, 0.1)]
    assert by_rate == sorted(by_rate)
    both = [
        false_alarm_threshold(110, 1.0, correlations=(value,) * 3, slip_p_value=0.05)
        for value in (0.0, 0.5, 1.0)
    ]
    assert both == sorted(both)
    assert both[-1] == pytest.approx(by_rate[2], rel=0.1)
    assert both[0] < 0.85 * by_rate[2]


@pytest.mark.parametrize("learned", [60, 300])
def test_scores_of_gaussian_streams_pass_the_threshold_at_the_wanted_rate(learned: int):
    """Independent streams of 1000 events; 10 in 1e4 means an alarm in 63 % of them."""
    limit = false_alarm_threshold(learned, 10.0)
    rng = np.random.default_rng(learned)
    lengths, streams, passed = np.array(window_lengths(10, 600)), 40, 0
    for _ in range(streams):
        z = rng.normal(size=(1000, 3)) - rng.normal(size=3) / np.sqrt(learned)
        sums = np.rint(np.concatenate([np.zeros((1, 3)), np.cumsum(z, axis=0)]) / UNIT)
        counts = np.rint(np.arange(1001) / UNIT).astype(np.int64)
        over = 0
        for end in range(12, 1001):
            part = slice(max(0, end - 600), end + 1)
            score, _ = scan(sums[part].astype(np.int64), counts[part], lengths, learned, 10.0)
            over = over + 1 if score > limit else 0
            if over >= 3:
                passed += 1
                break
    assert 16 <= passed <= 34  # three sigmas about 63 %


def test_generous_rates_are_not_all_one_threshold():
    limits = [
        false_alarm_threshold(
            300, rate, correlations=(0.5, 0.3, 0.2), slip_p_value=slip_p_value_for(rate),
            alarm_events=30,
        )
        for rate in (1.0, 3.0, 10.0, 30.0)
    ]  # fmt: skip
    assert np.all(np.diff(limits) < -1.0)
