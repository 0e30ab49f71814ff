"""Dependent events count as fewer.

m events of one cluster count together as ``m / (1 + (m - 1) rho)``, the effective number of events
with correlation rho (Kish 1965, Survey Sampling, sect. 8.2), in the estimate and in its
resampling alike: one burst of 30 would else outweigh a third of a window of 100.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.stress.contribution import EventContribution, PlaneSet

Array = NDArray[np.float64]

CLUSTER_CORRELATION = 0.8
"""Correlation within a cluster: repeats of one fault that differ by 8 degrees, under mechanism
errors of 10 to 30 degrees. It sets how much a burst weighs; intervals hold for any."""


def cluster_shares(label: ArrayLike, correlation: float = CLUSTER_CORRELATION) -> Array:
    """How much each event counts (n,), 0 to 1, by the labels of clusters (n,)."""
    _, cluster, size = np.unique(np.asarray(label), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (1.0 + (size[cluster] - 1.0) * correlation), float)


def share_weights(solutions: PlaneSet, label: ArrayLike) -> PlaneSet:
    """The events of ``solutions`` with their weights shared within clusters (n,)."""
    return replace(solutions, weight=solutions.weight * cluster_shares(label))


def share_contributions(
    events: Sequence[EventContribution], label: ArrayLike
) -> list[EventContribution]:
    """The same for contributions."""
    return [
        replace(one, weight=one.weight * share, a=one.a * share, b=one.b * share)
        for one, share in zip(events, cluster_shares(label).tolist(), strict=True)
    ]
