"""The score is free of the frame and the stated plane; the threshold keeps its promise."""

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.change import change_event, false_alarm_threshold
from streamstress.change.score import (
    isometric,
    learn_reference,
    run_scores,
    scan,
    whitened,
    window_lengths,
)
from streamstress.geometry.planes import auxiliary_plane, plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import rotation_matrix


def running_scores(angles: NDArray[np.float64]):
    x = isometric([change_event("e", 0, *map(float, angle)).five for angle in angles])
    reference = learn_reference(x[:80], np.ones(80))
    return run_scores(whitened(reference, x[80:]), np.ones(len(x) - 80), 80.0, 10.0)


def stream(synthetic: ModuleType, seed: int = 0, count: int = 140):
    return synthetic.mechanisms(synthetic.strike_slip_stress(), count, np.random.default_rng(seed))


@pytest.mark.parametrize("turn", [0.0, 90.0, 135.0, 180.0])
def test_a_turned_stream_has_the_same_score(synthetic: ModuleType, turn: float):
    angles = stream(synthetic)
    turned = angles + np.array([turn, 0.0, 0.0])
    np.testing.assert_allclose(running_scores(turned), running_scores(angles), rtol=1e-7)


def test_a_stream_tilted_in_space_has_the_same_score(synthetic: ModuleType):
    angles = stream(synthetic)
    tilt = rotation_matrix(np.array([1.0, -0.3, 0.4]), np.asarray(63.0))
    tilted = np.stack(strike_dip_rake(*(v @ tilt.T for v in plane_vectors(*angles.T))), axis=-1)
    np.testing.assert_allclose(running_scores(tilted), running_scores(angles), rtol=1e-6)


def test_the_stated_plane_does_not_matter(synthetic: ModuleType):
    angles = stream(synthetic)
    swapped = np.stack(auxiliary_plane(*angles.T), axis=-1)
    np.testing.assert_allclose(running_scores(swapped), running_scores(angles), rtol=1e-7)


def test_score_is_the_likelihood_ratio_of_the_latest_events():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(30, 5))
    scores = run_scores(z, np.ones(30), 100.0, 10.0)
    expected = 20 * 100 / 120 * np.sum(z[-20:].mean(axis=0) ** 2)
    assert scores[19] == pytest.approx(expected)
    assert np.all(scores[:9] == 0.0)
    assert scan(scores, (10, 20, 30)).score == pytest.approx(max(scores[[9, 19, 29]]))


def test_window_lengths_grow_to_the_longest():
    lengths = window_lengths(10, 600)
    assert (lengths[0], lengths[-1]) == (10, 600)
    assert np.all(np.diff(lengths) > 0)
    assert window_lengths(10, 10) == (10,)


def test_threshold_rises_with_rarity_and_with_short_learning():
    by_rate = [false_alarm_threshold(110, rate) for rate in (30.0, 10.0, 1.0, 0.1)]
    assert by_rate == sorted(by_rate)
    assert false_alarm_threshold(60, 1.0) > false_alarm_threshold(1000, 1.0)


@pytest.mark.parametrize("learned", [60, 300])
def test_triggers_of_gaussian_streams_keep_the_wanted_rate(learned: int):
    """Independent streams of 1000 events; 10 in 1e4 means an alarm in 63 % of them."""
    limit = false_alarm_threshold(learned, 10.0)
    rng = np.random.default_rng(learned)
    lengths, streams, passed = window_lengths(10, 600), 16, 0
    for _ in range(streams):
        reference = learn_reference(rng.normal(size=(learned, 5)), np.ones(learned))
        z = whitened(reference, rng.normal(size=(1000, 5)))
        over = 0
        for t in range(12, 1000):
            scores = run_scores(z[max(0, t - 600) : t], np.ones(min(t, 600)), learned, 10.0)
            over = over + 1 if scan(scores, lengths).score > limit else 0
            if over >= 3:
                passed += 1
                break
    assert 4 <= passed <= 15  # three sigmas about 63 %
