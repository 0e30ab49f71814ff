"""Which events repeat one another: near in time, place and mechanism.

A burst of repeats on one fault says the same thing again and again; counted as independent, its
events make every interval too narrow. Two events are linked if they are near in all three and
if chance would rarely make such a pair; a cluster is what links join (single linkage).
`cluster_labels` takes a whole catalogue, `running_clusters` one event after another, by the same
rule.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from streamstress.earth.projection import EARTH_RADIUS_KM

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

NS_PER_MINUTE = 60e9
HOUR_NS = 3600 * 10**9

SAMPLED_STRIDES = (7, 29, 101, 307, 1009, 3001)
"""Pairs that many events apart (of the sorted catalogue, modulo its length) tell how often two
events are near in place and mechanism without being near in time."""


@dataclass(frozen=True, slots=True)
class LinkRule:
    """When two events count as dependent.

    Attributes
    ----------
    minutes, km, similarity
        Nearer than these in time and place, and a normalised product of their double couples
        above this. Two errors of 8 degrees leave 0.95 of the products above 0.8.
    chance
        No links over gaps in which the rate of the catalogue alone would bring more than this
        many neighbours.
    """

    minutes: float = 60.0
    km: float = 2.0
    similarity: float = 0.8
    chance: float = 0.1


@dataclass(frozen=True, slots=True)
class Spots:
    """Where, when and what events are.

    Attributes
    ----------
    minutes : (n,) float
        Since a common time; minus infinity where unknown.
    km : (n, 4) float
        `place_km`.
    tensor : (n, k) float
        Components of unit tensors whose product is the sum of products: nine, or five isometric.
    """

    minutes: Array
    km: Array
    tensor: Array


def cluster_labels(
    origin_time_ns: ArrayLike,
    place: ArrayLike,
    mechanism: ArrayLike,
    rule: LinkRule | None = None,
) -> Integers:
    """Cluster of each event (n,), numbered in the order of first members.

    Parameters
    ----------
    origin_time_ns
        (n,) int; 0 or less is unknown and never linked.
    place
        (n, 3): latitude and longitude in degrees, depth in km; an unknown one (NaN) is near.
    mechanism
        (n, 3, 3) double couples, any scale.
    """
    used = rule or LinkRule()
    times = np.asarray(origin_time_ns, np.int64)
    order = np.argsort(times, kind="stable")
    tensor = np.asarray(mechanism, float).reshape(-1, 9)[order]
    tensor = tensor / np.linalg.norm(tensor, axis=1, keepdims=True)
    minutes = (times[order] - times[order[:1]]) / NS_PER_MINUTE
    minutes = np.where(times[order] > 0, minutes, -np.inf)
    spots = Spots(minutes, place_km(np.asarray(place, float)[order]), tensor)
    reach = min(used.minutes, _reach_minutes(spots, used))
    if _tell_little(times):
        reach = -np.inf
    parent = _roots(spots.minutes, spots.km, tensor, reach, used.km, used.similarity)
    label = np.empty(times.size, np.int64)
    label[order] = parent
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse], np.int64)


def place_km(place: Array) -> Array:
    """Places (n, 4): the point of the surface from the Earth's centre, and the depth.

    ``place`` (n, 3) is latitude and longitude in degrees, depth in km; NaN where unknown.
    """
    latitude, longitude = np.radians(place[:, 0]), np.radians(place[:, 1])
    x, y = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    surface = EARTH_RADIUS_KM * np.stack([x, y, np.sin(latitude)], axis=1)
    return np.concatenate([surface, place[:, 2:]], axis=1)


def _tell_little(times: Integers) -> bool:
    """Whether known times are all one, or all of whole hours: dates, not times."""
    known = times[times > 0]
    return bool(known.size > 2 and (np.ptp(known) == 0 or not np.any(known % HOUR_NS)))


def _reach_minutes(spots: Spots, rule: LinkRule) -> float:
    """Gap within which the catalogue's rate brings `LinkRule.chance` neighbours."""
    minutes, km, tensor = spots.minutes, spots.km, spots.tensor
    known = np.flatnonzero(np.isfinite(minutes))
    if known.size < 3:
        return np.inf
    span = max(float(minutes[known[-1]] - minutes[known[0]]), 1e-9)
    near, pairs = 0, 0
    for stride in {stride % known.size for stride in SAMPLED_STRIDES} - {0}:
        other = np.roll(known, stride)
        gap = np.nansum((km[known] - km[other]) ** 2, axis=1)
        alike = np.sum(tensor[known] * tensor[other], axis=1) >= rule.similarity
        near += int(np.sum(alike & (gap <= rule.km**2)))
        pairs += known.size
    rate = (known.size - 1) / span * near / max(pairs, 1)
    return rule.chance / rate if rate > 0 else np.inf


@njit(cache=True)
def near(km: Array, tensor: Array, i: int, j: int, near_km: float, similarity: float) -> bool:
    """Whether two events are near in place and mechanism; an unknown coordinate is near."""
    product, square = 0.0, 0.0
    for k in range(tensor.shape[1]):
        product += tensor[i, k] * tensor[j, k]
    if product < similarity:
        return False
    for k in range(4):
        gap = km[i, k] - km[j, k]
        if not np.isnan(gap):
            square += gap * gap
    return bool(square <= near_km * near_km)


@njit(cache=True)
def _roots(
    minutes: Array, km: Array, tensor: Array, reach: float, near_km: float, similarity: float
) -> Integers:
    """Root of each event (n,), in time order: the earliest event its links lead to."""
    root = np.arange(minutes.size)
    for i in range(minutes.size):
        for j in range(i - 1, -1, -1):
            if not minutes[i] - minutes[j] <= reach:
                break
            if near(km, tensor, i, j, near_km, similarity):
                _join(root, i, j)
    for i in range(minutes.size):
        root[i] = _top(root, i)
    return root


@njit(cache=True)
def _top(root: Integers, i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@njit(cache=True)
def _join(root: Integers, i: int, j: int) -> None:
    one, other = _top(root, i), _top(root, j)
    root[max(one, other)] = min(one, other)
