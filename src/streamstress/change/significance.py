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

BLOCK = 625
"""Events of a block; at rates of a few in 1e4 and more the largest scores of blocks tell the
threshold, at lower ones those of whole streams."""

LEAST_THRESHOLD = 6.0
"""However many false alarms are allowed: a score that the latest ten steady events pass with a
chance of 0.1 (chi-squared, 3 degrees of freedom)."""

SLIP_P_VALUE = 0.05
"""Chance at which one stress is given up for 1 false alarm in 1e4. A strict slip test and an easy
score keep the same rate as an easy slip test and a strict score; of turns and tilts of 20 degrees
the score is sure after 5 to 15 events, the slips after 30 and more, so the slips set the delay."""

SLIP_P_POWER, MOST_SLIP_P_VALUE = 0.6, 0.4
"""How that chance grows with the rate: steady slips that must all but disagree would keep generous
rates from being reached, however low the threshold."""

PATIENCE = 40.0
"""Events since the onset after which one stress is given up less and less easily: a trigger that is
asked again at every event would else pass some day."""

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
    blocks = null_maxima(power, rounded, slip_p_value, windows, seed)
    maxima, events = np.sort(blocks.ravel()), BLOCK
    if per_1e4 * 1e-4 * EVENTS < 1.0:
        maxima, events = np.sort(blocks.max(axis=1)), EVENTS
    chance = -np.expm1(-per_1e4 * 1e-4 * events)
    if chance * maxima.size >= TAIL:
        return max(LEAST_THRESHOLD, float(np.quantile(maxima, 1.0 - chance)))
    upper = maxima[-TAIL:]
    scale = float(np.mean(upper - upper[0]))
    return float(max(LEAST_THRESHOLD, upper[0] + scale * np.log(TAIL / (chance * maxima.size))))


def slip_p_value_for(per_1e4: float) -> float:
    """Chance at which one stress is given up, for a wanted rate of false alarms."""
    return min(SLIP_P_VALUE * float(per_1e4**SLIP_P_POWER), MOST_SLIP_P_VALUE)


def patient(p_value: float, events: int) -> float:
    """Chance that a slip test counts as so many events after the onset (`PATIENCE`)."""
    return min(1.0, p_value * float(max(1.0, events / PATIENCE) ** 1.5))


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
    """Largest scores of `STREAMS` steady streams (STREAMS, EVENTS / BLOCK), by blocks.

    A score counts where it lasts for the persistence, and the slips of its run reject one stress.
    """
    min_window, max_window, persistence, alarm_events = windows
    n_learned = LEARNED_STEP**learned_power
    correlation = np.minimum(np.array(correlation_steps) * CORRELATION_STEP, 0.999)
    lengths = np.array(window_lengths(min_window, max_window), np.int64)
    critical = _critical(slip_p_value)
    generator = np.random.default_rng([seed, learned_power, *correlation_steps])
    maxima = np.empty((STREAMS, EVENTS // BLOCK))
    for stream in range(STREAMS):
        error = _correlated(generator.normal(size=(1, 6)), correlation)[0] / np.sqrt(n_learned)
        events = _correlated(generator.normal(size=(EVENTS, 6)), correlation) - error
        sums = np.concatenate([np.zeros((1, 6)), np.cumsum(events, axis=0)])
        _lasting_maxima(
            sums, lengths, n_learned, critical, persistence, alarm_events, maxima[stream]
        )
    return maxima


def _critical(slip_p_value: float) -> Array:
    """Chi-squared that the slips of a run must reach (EVENTS + 1,), by the length of the run."""
    if slip_p_value >= 1.0:
        return np.zeros(EVENTS + 1)
    length = np.maximum(1.0, np.arange(EVENTS + 1) / PATIENCE)
    return np.asarray(stats.chi2.isf(slip_p_value / length**1.5, 3))


def _correlated(rows: Array, correlation: Array) -> Array:
    """Six independent numbers a row, the last three made to depend on the first."""
    rest = np.sqrt(1.0 - correlation**2)
    return np.concatenate([rows[:, :3], correlation * rows[:, :3] + rest * rows[:, 3:]], axis=1)


@njit(cache=True, error_model="numpy")
def _lasting_maxima(
    sums: Array,
    lengths: NDArray[np.int64],
    n_learned: float,
    critical: Array,
    persistence: int,
    alarm_events: int,
    maxima: Array,
) -> None:
    """Fill the largest score of each block that held for ``persistence`` events, slips agreeing.

    The slips of the last run since the onset are tested, as in the detector.
    """
    maxima[:] = 0.0
    block = (sums.shape[0] - 1) // maxima.shape[0]
    held = np.zeros(persistence)
    for end in range(1, sums.shape[0]):
        held[end % persistence], where = _best_run(sums, end, lengths, n_learned)
        lasting, number = held.min(), (end - 1) // block
        if where < alarm_events or lasting <= maxima[number]:
            continue
        if _score(sums[end, 3:], sums[end - where, 3:], where, n_learned) >= critical[where]:
            maxima[number] = lasting


@njit(cache=True, error_model="numpy")
def _best_run(
    sums: Array, end: int, lengths: NDArray[np.int64], n_learned: float
) -> tuple[float, int]:
    """Largest score of the runs that end at an event, and the length of that run."""
    best, where = 0.0, 0
    for length in lengths:
        if length > end:
            break
        score = _score(sums[end, :3], sums[end - length, :3], length, n_learned)
        if score > best:
            best, where = score, length
    return best, where


@njit(cache=True, error_model="numpy")
def _score(until: Array, before: Array, length: int, n_learned: float) -> float:
    """Square of a run's summed scores (3,), as ``score.scan`` has it."""
    square = 0.0
    for k in range(3):
        square += (until[k] - before[k]) ** 2
    return square * n_learned / (length * (length + n_learned))
