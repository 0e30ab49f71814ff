"""Whether a score is as rare as the threshold says, with mechanisms as they are at present.

The threshold is that of the reference's mechanisms: their two scores, of a turn and of the slips,
have unit variance and are correlated so and so much. Where errors grow from 15 to 30 degrees both
change: the variance to 1.45, and in one direction to 1.8; the canonical correlations from 0.33 to
0.56, for a mechanism that lies off tells a turn and another slip at once. The slips are then less
of a second witness, and the score that keeps the wanted rate rises from 13.9 to 16.1 (16 references
of 500 events each). So before an alarm opens, the score is held against the latest events' scatter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PRIOR_EVENTS = 20.0
"""Events that the reference's scatter counts as in that of the latest ones."""


@dataclass(frozen=True, slots=True)
class PresentScatter:
    """How both scores of the latest events scatter about their means.

    Attributes
    ----------
    turn : (3, 3) float
        Covariance of the turn scores, nowhere under the reference's, 1.
    correlations : (3,) float
        Canonical correlations of turn scores and slip scores.
    """

    turn: Array
    correlations: tuple[float, float, float]


def scatter_of(scores: Array, slip_scores: Array, weight: Array, after: int = 0) -> Array:
    """Sum (6, 6) of the squares of both scores, the last ``after`` events about their own mean.

    Parameters
    ----------
    scores, slip_scores
        (n, 3) whitened scores.
    weight
        (n,) what each event counts.
    """
    rows = np.concatenate([scores, slip_scores], axis=1)
    split = max(0, len(rows) - after)
    for part in (slice(0, split), slice(split, None)):
        total = float(weight[part].sum())
        if total > 0.0:
            rows[part] -= weight[part] @ rows[part] / total
    return np.asarray((weight[:, None] * rows).T @ rows)


def present_scatter(squares: Array, count: float, learned: Array) -> PresentScatter:
    """Scatter of so many latest events (`scatter_of`), with that learned, (6, 6), as a prior."""
    covariance = (PRIOR_EVENTS * learned + squares) / (PRIOR_EVENTS + max(count - 2.0, 0.0))
    variance, axes = np.linalg.eigh(covariance[:3, :3])
    return PresentScatter(
        np.asarray(axes * np.maximum(variance, 1.0) @ axes.T), _correlations(covariance)
    )


def _correlations(covariance: Array) -> tuple[float, float, float]:
    """Canonical correlations (Hotelling 1936) of a covariance (6, 6) of two scores."""
    one, other = (np.linalg.cholesky(covariance[k : k + 3, k : k + 3]) for k in (0, 3))
    half = np.linalg.solve(other, covariance[3:, :3])
    first, second, third = np.linalg.svd(np.linalg.solve(one, half.T), compute_uv=False)
    return float(first), float(second), float(third)
