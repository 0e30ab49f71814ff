"""The running score: a generalised likelihood ratio on plane-free event tensors.

The mean of the latest k events is held against the mean of the n0 reference events, both
whitened by the reference's covariance: ``k n0 / (k + n0) |mean_k - mean_0|^2``, the largest over
the run lengths k (Lai 1995, J. R. Stat. Soc. B 57, 613: window-limited GLR). Whitening makes it
independent of the frame, so a rotated stream has the same score.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

WINDOW_RATIO = 1.12
"""Step between run lengths that are scanned at every event; the onset is then sought over all
lengths."""

RIDGE = 0.02
"""Share of the mean variance added to every direction of the reference: keeps nearly identical
mechanisms, whose tensors fill only three directions, from being whitened to noise."""

_HALF, _THIRD = np.sqrt(0.5), np.sqrt(1.5)
ISOMETRY = np.array(
    [
        [0.0, np.sqrt(2.0), 0.0, 0.0, 0.0],
        [0.0, 0.0, np.sqrt(2.0), 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, np.sqrt(2.0)],
        [_HALF, 0.0, 0.0, -_HALF, 0.0],
        [-_THIRD, 0.0, 0.0, -_THIRD, 0.0],
    ]
)
"""Turns ``(ee, en, eu, nn, nu)`` into five numbers whose length is the tensor's norm."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The learned state.

    Attributes
    ----------
    mean : (..., 5) float, in isometric components
    whiten : (..., 5, 5) float
        Inverse Cholesky factor of the covariance.
    n_effective : float
        Independent events that the mean is worth.
    """

    mean: Array
    whiten: Array
    n_effective: float


@dataclass(frozen=True, slots=True)
class Scan:
    """Largest score over run lengths, and the length (events) at which it is reached."""

    score: float
    length: int


def isometric(five: ArrayLike) -> Array:
    """Isometric components (..., 5) of five-vectors (..., 5)."""
    return np.asarray(np.asarray(five, float) @ ISOMETRY.T)


def learn_reference(x: Array, weight: Array, ridge: float = RIDGE) -> Reference:
    """Mean and whitening of reference events.

    Parameters
    ----------
    x
        (..., n, 5) isometric components; leading axes are streams of their own.
    weight
        (n,) how much of an independent event each one counts.
    """
    total = float(weight.sum())
    mean = np.einsum("n,...ni->...i", weight, x) / total
    centred = x - mean[..., None, :]
    # a mean estimated from the same events takes one effective event away
    covariance = np.einsum("n,...ni,...nj->...ij", weight, centred, centred) / (total - 1.0)
    variance = np.trace(covariance, axis1=-2, axis2=-1)[..., None, None] / 5.0
    covariance = covariance + (ridge * variance + 1e-12) * np.eye(5)
    return Reference(mean, np.linalg.inv(np.linalg.cholesky(covariance)), total)


def whitened(reference: Reference, x: Array) -> Array:
    """Events (..., n, 5) as deviations from the reference in its standard deviations."""
    offset = x - reference.mean[..., None, :]
    return np.asarray(offset @ np.swapaxes(reference.whiten, -1, -2))


def window_lengths(min_window: int, max_window: int) -> tuple[int, ...]:
    """Run lengths that are scanned, growing by `WINDOW_RATIO`."""
    lengths, length = [], float(min_window)
    while length < max_window:
        lengths.append(round(length))
        length = max(length * WINDOW_RATIO, length + 1.0)
    return (*lengths, max_window)


def run_scores(z: Array, weight: Array, n_reference: float, min_weight: float) -> Array:
    """Score of the latest 1, 2, ... n events (n,), zero where they count as too few.

    Parameters
    ----------
    z, weight
        (n, 5) whitened events and (n,) what each counts, oldest first.
    """
    count = np.cumsum(weight[::-1])
    total = np.cumsum((weight[:, None] * z)[::-1], axis=0)
    share = n_reference / (count * (count + n_reference))
    scores = share * np.sum(total**2, axis=1)
    return np.where(count >= min_weight - 1e-9, scores, 0.0)


def scan(scores: Array, lengths: tuple[int, ...]) -> Scan:
    """Largest score over the scanned run lengths."""
    usable = np.array([length for length in lengths if length <= scores.size], dtype=int)
    if usable.size == 0:
        return Scan(0.0, 0)
    best = int(usable[np.argmax(scores[usable - 1])])
    return Scan(float(scores[best - 1]), best)
