"""The threshold that keeps the wanted rate of false alarms.

An alarm needs two things: a score over the threshold (the mechanisms look turned), and slips that
one common stress does not explain. Both are sums of an event's scores, three numbers each,
whitened and, as means of ten or more bounded numbers, nearly Gaussian. So the steady stress is
simulated with Gaussian events whose two scores are correlated as those of the region's reference
are. Each simulated stream has a reference of its own, learned from as many events, so the
uncertainty of a short learning is part of the threshold.
"""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from streamstress.change.score import window_lengths

Array = NDArray[np.float64]

STREAMS = 400
"""Simulated streams."""

EVENTS = 2500
"""Events of each; together a million, in which a rate of 1 in 10,000 shows 100 times."""

LEARNED_STEP = 1.1
"""The number of learned events is rounded to a power of this, so that thresholds can be kept."""

CORRELATION_STEP = 0.1

LEAST_THRESHOLD = 10.0
"""However many false alarms are allowed: a score that one run of steady events passes with a chance
of 0.02 (chi-squared, 3 degrees of freedom)."""

TAIL = 40
"""Largest maxima through which an exponential tail is laid for rates too rare to count."""


def false_alarm_threshold(
    n_learned: float,
    per_1e4: float,
    *,
    correlations: tuple[float, float, float] = (0.0, 0.0, 0.0),
    slip_p_value: float = 1.0,
    min_window: int = 10,
    max_window: int = 600,
    persistence: int = 3,
    alarm_events: int = 1,
    seed: int = 0,
) -> float:
    """Score that a steady stream passes ``per_1e4`` times in 10,000 events, slips agreeing.

    Parameters
    ----------
    n_learned
        Effective events of the reference.
    correlations
        Canonical correlations of an event's two scores (`canonical_correlations`).
    slip_p_value
        Chance under one stress at which it is rejected; 1 leaves the slips out.
    """
    power = round(np.log(max(n_learned, 12.0)) / np.log(LEARNED_STEP))
    rounded = tuple(round(value / CORRELATION_STEP) for value in correlations)
    windows = (min_window, max_window, persistence, alarm_events)
    maxima = null_maxima(power, rounded, slip_p_value, windows, seed)
    chance = -np.expm1(-per_1e4 * 1e-4 * EVENTS)
    if chance * STREAMS >= TAIL:
        return max(LEAST_THRESHOLD, float(np.quantile(maxima, 1.0 - chance)))
    upper = maxima[-TAIL:]
    scale = float(np.mean(upper - upper[0]))
    return float(max(LEAST_THRESHOLD, upper[0] + scale * np.log(TAIL / (chance * STREAMS))))


def canonical_correlations(one: Array, other: Array, weight: Array) -> tuple[float, float, float]:
    """Canonical correlations of whitened rows (n, 3) and (n, 3) (Hotelling 1936)."""
    cross = (weight[:, None] * one).T @ other / weight.sum()
    first, second, third = np.clip(np.linalg.svd(cross, compute_uv=False), 0.0, 1.0)
    return float(first), float(second), float(third)


@lru_cache(maxsize=64)
def null_maxima(
    learned_power: int,
    correlation_steps: tuple[int, ...],
    slip_p_value: float,
    windows: tuple[int, int, int, int],
    seed: int,
) -> Array:
    """Largest score of each of `STREAMS` steady streams (STREAMS,), ascending.

    A score counts where it lasts for the persistence, and the slips of its run reject one stress.
    """
    min_window, max_window, persistence, alarm_events = windows
    n_learned = LEARNED_STEP**learned_power
    correlation = np.minimum(np.array(correlation_steps) * CORRELATION_STEP, 0.999)
    lengths = np.array(window_lengths(min_window, max_window), np.int64)
    critical = float(stats.chi2.isf(slip_p_value, 3)) if slip_p_value < 1.0 else 0.0
    generator = np.random.default_rng([seed, learned_power, *correlation_steps])
    maxima = np.empty(STREAMS)
    for stream in range(STREAMS):
        error = _correlated(generator.normal(size=(1, 6)), correlation)[0] / np.sqrt(n_learned)
        events = _correlated(generator.normal(size=(EVENTS, 6)), correlation) - error
        sums = np.concatenate([np.zeros((1, 6)), np.cumsum(events, axis=0)])
        maxima[stream] = _lasting_maximum(
            sums, lengths, n_learned, critical, persistence, alarm_events
        )
    return np.sort(maxima)


def _correlated(rows: Array, correlation: Array) -> Array:
    """Six independent numbers a row, the last three made to depend on the first."""
    rest = np.sqrt(1.0 - correlation**2)
    return np.concatenate([rows[:, :3], correlation * rows[:, :3] + rest * rows[:, 3:]], axis=1)


@njit(cache=True, error_model="numpy")
def _lasting_maximum(
    sums: Array,
    lengths: NDArray[np.int64],
    n_learned: float,
    critical: float,
    persistence: int,
    alarm_events: int,
) -> float:
    """Largest score that held for ``persistence`` events, with the slips' test passed at the end.

    The slips of the last run since the onset are tested, as in the detector.
    """
    largest = 0.0
    held = np.zeros(persistence)
    for end in range(1, sums.shape[0]):
        best, where = 0.0, 0
        for length in lengths:
            if length > end:
                break
            square = 0.0
            for k in range(3):
                square += (sums[end, k] - sums[end - length, k]) ** 2
            score = square * n_learned / (length * (length + n_learned))
            if score > best:
                best, where = score, length
        held[end % persistence] = best
        if where < alarm_events:
            continue
        lasting = held.min()
        if lasting <= largest:
            continue
        square = 0.0
        for k in range(3, 6):
            square += (sums[end, k] - sums[end - where, k]) ** 2
        if square * n_learned / (where * (where + n_learned)) >= critical:
            largest = lasting
    return largest
