"""The threshold that keeps the wanted rate of false alarms.

The score of a steady stress is simulated with independent Gaussian events: means of ten or more
bounded tensors are nearly Gaussian, and whitening removes their covariance. Each simulated stream
learns its own reference from as many events as the detector did, so the uncertainty of a short
learning is part of the threshold (200 learned events need a lower one than 60).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from streamstress.change.score import learn_reference, whitened, window_lengths

Array = NDArray[np.float64]

HORIZON_EVENTS = 1000
"""Events after the learning over which alarms are counted."""

STREAMS = 400
"""Simulated streams; rates that fewer than `TAIL` of them would show are extrapolated."""

TAIL = 40
"""Largest maxima through which an exponential tail is laid for rates too rare to count."""


def false_alarm_threshold(
    n_learned: float,
    per_1e4: float,
    *,
    min_window: int = 10,
    max_window: int = 600,
    persistence: int = 3,
    seed: int = 0,
) -> float:
    """Score that a steady stream passes ``per_1e4`` times in 10,000 events.

    The chance of at least one alarm in `HORIZON_EVENTS` is ``1 - exp(-rate x horizon)``.

    Parameters
    ----------
    n_learned
        Effective events of the reference.
    """
    maxima = null_maxima(max(int(n_learned), 12), min_window, max_window, persistence, seed)
    chance = -np.expm1(-per_1e4 * 1e-4 * HORIZON_EVENTS)
    if chance * STREAMS >= TAIL:
        return float(np.quantile(maxima, 1.0 - chance))
    upper = maxima[-TAIL:]
    scale = float(np.mean(upper - upper[0]))
    return float(upper[0] + scale * np.log(TAIL / (chance * STREAMS)))


@lru_cache(maxsize=64)
def null_maxima(
    n_learned: int, min_window: int, max_window: int, persistence: int, seed: int
) -> Array:
    """Largest score of each of `STREAMS` steady streams (STREAMS,), ascending.

    A score counts where it lasts ``persistence`` consecutive events, as in the detector.
    """
    rng = np.random.default_rng([seed, n_learned])
    learned = rng.normal(size=(STREAMS, n_learned, 5))
    reference = learn_reference(learned, np.ones(n_learned), ridge=0.0)
    z = whitened(reference, rng.normal(size=(STREAMS, HORIZON_EVENTS, 5)))
    sums = np.concatenate([np.zeros((STREAMS, 1, 5)), np.cumsum(z, axis=1)], axis=1)
    best = np.zeros((STREAMS, HORIZON_EVENTS))
    for k in window_lengths(min_window, max_window):
        if k <= HORIZON_EVENTS:
            total = sums[:, k:] - sums[:, :-k]
            score = np.einsum("sti,sti->st", total, total) * (n_learned / (k * (k + n_learned)))
            np.maximum(best[:, k - 1 :], score, out=best[:, k - 1 :])
    lasting = best[:, persistence - 1 :].copy()
    for lag in range(1, persistence):
        np.minimum(lasting, best[:, persistence - 1 - lag : -lag], out=lasting)
    return np.sort(lasting.max(axis=1))
