"""Thresholds by precision, and by the mechanisms that they give."""

import numpy as np
import pytest

from streamstress.cli.polarity_mechanisms import quality_by_threshold
from streamstress.errors import UnusableDataError
from streamstress.mechanism.settings import MechanismSettings
from streamstress.polarity.calibration import Calibration
from streamstress.polarity.thresholds import (
    MechanismQuality,
    best_threshold,
    information_bits,
    precision_recall,
    threshold_for_precision,
    wilson_interval,
)


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities and labels."""
    rng = np.random.default_rng(seed)
    p = Calibration().apply(rng.normal(0, 3, n))
    return np.round(p, 4), rng.random(n) < p


def test_curve_at_each_threshold_is_what_counting_gives():
    p, up = drawn(300, 1)
    curve = precision_recall(p, up)
    for place in range(0, curve.threshold.size, 17):
        kept = np.abs(2 * p - 1) >= curve.threshold[place] - 1e-9
        right = ((p > 0.5) == up) & kept
        assert curve.count[place] == kept.sum()
        assert curve.precision[place] == pytest.approx(right.sum() / kept.sum())
        assert curve.recall[place] == pytest.approx(right.sum() / p.size)


@pytest.mark.parametrize("wanted", [0.9, 0.95, 0.98])
def test_threshold_for_a_precision_keeps_it_on_onsets_it_has_not_seen(wanted: float):
    threshold = threshold_for_precision(precision_recall(*drawn(20_000, 2)), wanted)
    p, up = drawn(20_000, 3)
    kept = np.abs(2 * p - 1) >= threshold
    assert np.mean((p > 0.5)[kept] == up[kept]) == pytest.approx(wanted, abs=0.008)
    assert kept.mean() > 0.3


def test_curve_is_the_same_for_labels_and_answers_turned_over():
    p, up = drawn(500, 4)
    one, other = precision_recall(p, up), precision_recall(1 - p, ~up)
    assert np.array_equal(one.precision, other.precision)


def test_precision_that_no_threshold_reaches_is_said_with_the_best_there_is():
    rng = np.random.default_rng(5)
    p = rng.uniform(0, 1, 2000)
    with pytest.raises(UnusableDataError, match="best"):
        threshold_for_precision(precision_recall(p, rng.random(2000) < 0.5), 0.99)


def test_readings_that_say_nothing_give_no_curve():
    with pytest.raises(UnusableDataError):
        precision_recall(np.full(10, 0.5), np.ones(10, bool))


def test_interval_of_a_share_is_that_of_wilson():
    # Newcombe (1998, Statist. Med. 17, 857), table I: 81 of 263.
    low, high = wilson_interval(81 / 263, 263)
    assert (float(low), float(high)) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_noise_taken_for_first_motions_makes_grades_but_is_not_chosen(located_readings):
    events, _ = located_readings(n_events=40, seed=8, n_stations=24, noise_share=0.5)
    settings = MechanismSettings(grid_step_deg=10.0, n_trials=10)
    everything, clear, few = quality_by_threshold(events, settings, (0.0, 0.2, 0.9999))
    assert everything.n_usable > clear.n_usable > few.n_usable
    assert clear.information_bits > everything.information_bits + 0.1
    assert clear.information_bits > few.information_bits
    assert everything.misfit > clear.misfit
    assert best_threshold([everything, clear, few]) == clear


def test_of_thresholds_that_tell_nearly_the_same_the_lowest_is_taken():
    tried = [quality(threshold, bits) for threshold, bits in ((0.9, 0.6), (0.5, 0.57), (0.1, 0.4))]
    assert best_threshold(tried).threshold == 0.5


def test_mechanisms_that_tell_nothing_are_said():
    with pytest.raises(UnusableDataError, match="other first motions"):
        best_threshold([quality(0.5, -0.01)])


def test_information_is_one_bit_for_the_sure_and_none_for_the_undecided():
    p = np.array([0.99, 0.01, 0.98])
    assert information_bits(p, np.array([1.0, 0.0, 1.0])) == pytest.approx(0.99, abs=0.01)
    assert information_bits(p, np.full(3, 0.5)) == pytest.approx(0.0, abs=1e-9)
    assert information_bits(p, np.array([0.0, 1.0, 0.0])) < -3
    assert information_bits(np.array([0.6, 0.5]), np.array([0.0, 0.0])) == 0.0


def quality(threshold: float, bits: float) -> MechanismQuality:
    return MechanismQuality(threshold, 10, 9.0, 5, 0.7, 0.1, bits)
