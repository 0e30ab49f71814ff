"""Dependent events count as fewer, in the estimate and in its resampling alike.

One burst of 30 would else outweigh a third of a window of 100. Intervals hold for any weights, for
clusters are drawn whole (`uncertainty.bootstrap`).
"""

from collections.abc import Sequence
from dataclasses import replace

from numpy.typing import ArrayLike

from streamstress.stress.contribution import EventContribution, PlaneSet
from streamstress.stress.weights import cluster_weight


def share_weights(solutions: PlaneSet, label: ArrayLike) -> PlaneSet:
    """The events of ``solutions`` with their weights shared within clusters (n,)."""
    return replace(solutions, weight=solutions.weight * cluster_weight(label))


def share_contributions(
    events: Sequence[EventContribution], label: ArrayLike
) -> list[EventContribution]:
    """The same for contributions."""
    return [
        replace(one, weight=one.weight * share, a=one.a * share, b=one.b * share)
        for one, share in zip(events, cluster_weight(label).tolist(), strict=True)
    ]
