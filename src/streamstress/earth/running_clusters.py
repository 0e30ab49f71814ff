"""Clusters of events that come one after another.

Repeats of one fault within minutes say the same thing again; counted as independent they raise
a score without any change (20 % of events in bursts of ten need a five-fold threshold). Linked
events share their weight: m of them count as ``m / (1 + (m - 1) rho)``, the effective number of
events with correlation rho (Kish 1965, Survey Sampling, sect. 8.2); 1 is the default, so that a
burst of any length counts as one event. A learned history may hold no burst at all, so what is
linked is not learned from it; it tells only how often neighbours come by chance. The rule of a link
is that of `clusters`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.earth.clusters import LinkRule, Spots, near

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

LOOK_BACK = 100
"""Latest events among which repeats are sought."""

APART = 5
"""Events that lie so many apart in order tell how often neighbours come by chance."""


@dataclass(frozen=True, slots=True)
class Background:
    """How often two events of a history are neighbours by chance.

    Attributes
    ----------
    rate_per_minute : float
        Events a minute.
    neighbour_share : float
        Share of event pairs, not close in time, that are near in place and mechanism.
    """

    rate_per_minute: float
    neighbour_share: float


def learn_background(spots: Spots, rule: LinkRule) -> Background:
    """Rate and chance of neighbours among the events of a history, in time order.

    The rate is that of the median interval, as for a Poisson process: a sequence or a gap of years
    in the history does not change it.
    """
    median = float(np.median(np.diff(spots.minutes)))
    share = _neighbour_share(spots.km, spots.tensor, rule.km, rule.similarity)
    return Background(float(np.log(2.0)) / max(median, 1e-9), float(share))


def linked(spots: Spots, first: int, last: int, background: Background, rule: LinkRule) -> Integers:
    """Find the events from ``first`` that event ``last`` repeats, as indices."""
    chance_rate = background.rate_per_minute * background.neighbour_share
    return _linked(
        spots.minutes,
        spots.km,
        spots.tensor,
        max(first, last - LOOK_BACK),
        last,
        min(rule.minutes, rule.chance / chance_rate if chance_rate > 0.0 else np.inf),
        rule.km,
        rule.similarity,
    )


def label_clusters(spots: Spots, background: Background, rule: LinkRule) -> list[int]:
    """Cluster label of each event (single linkage), in time order."""
    labels: list[int] = []
    for i in range(spots.minutes.size):
        extend_labels(labels, linked(spots, 0, i, background, rule))
    return labels


def extend_labels(labels: list[int], links: Integers) -> int:
    """Add one event's label, joining every cluster that it links; give the first event changed."""
    joined = {labels[i] for i in links.tolist()}
    if not joined:
        labels.append(max(labels, default=-1) + 1)
        return len(labels) - 1
    target = min(joined)
    members = [i for i, label in enumerate(labels) if label in joined]
    for i in members:
        labels[i] = target
    labels.append(target)
    return members[0]


def cluster_weights(labels: Sequence[int], correlation: float) -> Array:
    """Share each event counts (n,), given the cluster labels (n,)."""
    _, inverse, size = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (1.0 + (size[inverse] - 1.0) * correlation), float)


@njit(cache=True, error_model="numpy")
def _neighbour_share(km: Array, tensor: Array, near_km: float, similarity: float) -> float:
    found, pairs = 0, 0
    for i in range(km.shape[0]):
        for j in range(i - APART):
            pairs += 1
            found += near(km, tensor, i, j, near_km, similarity)
    return found / max(pairs, 1)


@njit(cache=True, error_model="numpy")
def _linked(
    minutes: Array,
    km: Array,
    tensor: Array,
    first: int,
    last: int,
    reach: float,
    near_km: float,
    similarity: float,
) -> Integers:
    found = np.empty(last - first, np.int64)
    count = 0
    for i in range(last - 1, first - 1, -1):
        if minutes[last] - minutes[i] > reach:
            break
        if near(km, tensor, last, i, near_km, similarity):
            found[count] = i
            count += 1
    return found[:count]
