"""Whether the latest scores are of the learned state again, and how much they scatter."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

NOISE_PRIOR = 20.0
"""Events that the reference's scatter counts as in that of the latest."""


def gain_of_return(scores: Array, weight: Array, least: float) -> float:
    """Log-likelihood that the latest events gain by the learned state over that of those before.

    Both states get the scatter of these scores (n, k) themselves, which a large turn makes several
    times the reference's: by the latter, a few stray events would end an alarm that stands.
    """
    return float(_return_gain(scores @ _whitening(scores), weight, least))


def _whitening(scores: Array) -> Array:
    """Matrix (k, k) that makes the scatter of scores (n, k) one where it is larger.

    By the differences of neighbours, so that a change of their mean does not count as scatter.
    """
    size = scores.shape[1]
    if len(scores) < 2:
        return np.eye(size)
    steps = np.diff(scores, axis=0)
    scatter, axes = np.linalg.eigh(0.5 * steps.T @ steps / len(steps))
    return np.asarray(axes / np.sqrt(np.maximum(scatter, 1.0)))


@njit(cache=True, error_model="numpy")
def _return_gain(scores: Array, weight: Array, least: float) -> float:
    """Log-likelihood that the latest events gain at a zero mean, over the mean of those before.

    The largest over the latest runs of ``least`` events or more, with as many left before.
    """
    count, size = scores.shape
    sums = np.zeros((count + 1, size))
    counts = np.zeros(count + 1)
    for i in range(count):
        counts[i + 1] = counts[i] + weight[i]
        for k in range(size):
            sums[i + 1, k] = sums[i, k] + weight[i] * scores[i, k]
    best = 0.0
    for split in range(count):
        later = counts[count] - counts[split]
        if counts[split] < least or later < least:
            continue
        gain = 0.0
        for k in range(size):
            mean = sums[split, k] / counts[split]
            gain += 0.5 * later * mean * mean - mean * (sums[count, k] - sums[split, k])
        best = max(best, gain)
    return best


@njit(cache=True, error_model="numpy")
def mean_square(scores: Array, weight: Array) -> float:
    """Mean square of scores (n, k), not under that of the reference's, 1."""
    total, count = NOISE_PRIOR, NOISE_PRIOR
    size = scores.shape[1]
    for i in range(scores.shape[0]):
        count += weight[i]
        for k in range(size):
            total += weight[i] * scores[i, k] ** 2 / size
    return max(1.0, total / count)
