"""Dependent events count as fewer.

Repeats of one fault within minutes say the same thing again; counted as independent they raise
the score without any change (20 % of events in bursts of ten need a five-fold threshold). Linked
events share their weight: m of them count as ``m / (1 + (m - 1) rho)``, the effective number of
events with correlation rho (Kish 1965, Survey Sampling, sect. 8.2); 1 is the default, so that a
burst of any length counts as one event. A learned history may hold no burst at all, so what is
linked is not learned from it; it tells only how often neighbours come by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.change.events import ChangeEvent
from streamstress.change.score import isometric
from streamstress.change.settings import ChangeSettings

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

KM_PER_DEGREE = 111.195
"""Length of a degree of a great circle on a sphere of 6371 km."""

NS_PER_MINUTE = 60e9

LOOK_BACK = 100
"""Latest events among which repeats are sought."""


@dataclass(frozen=True, slots=True)
class Background:
    """How often two events of the reference are neighbours by chance.

    Attributes
    ----------
    rate_per_minute : float
        Events a minute.
    neighbour_share : float
        Share of event pairs, not close in time, that are near in place and mechanism.
    """

    rate_per_minute: float
    neighbour_share: float


@dataclass(frozen=True, slots=True)
class Spots:
    """Where, when and what events are, as arrays.

    Attributes
    ----------
    minutes : (n,) float
    place : (n, 3) float
        Latitude, longitude, depth; NaN where unknown.
    tensor : (n, 5) float
        Isometric components, unit norm.
    """

    minutes: Array
    place: Array
    tensor: Array

    @classmethod
    def of(cls, events: Sequence[ChangeEvent]) -> "Spots":
        """Take them from events."""
        x = isometric([event.five for event in events]).reshape(-1, 5)
        return cls(
            np.array([event.origin_time_ns for event in events], float) / NS_PER_MINUTE,
            np.array(
                [(one.latitude_deg, one.longitude_deg, one.depth_km) for one in events], float
            ).reshape(-1, 3),
            x / np.linalg.norm(x, axis=1, keepdims=True),
        )


def learn_background(spots: Spots, settings: ChangeSettings) -> Background:
    """Rate and chance of neighbours among the reference events.

    The rate is that of the median interval, as for a Poisson process: a sequence or a gap of years
    in the history does not change it.
    """
    median = float(np.median(np.diff(spots.minutes)))
    near = _alike(spots.place, spots.tensor, settings.link_km, settings.link_similarity)
    count = spots.minutes.size
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) > 5
    return Background(float(np.log(2.0)) / max(median, 1e-9), float(near[apart].mean()))


def linked(
    spots: Spots, first: int, last: int, background: Background, settings: ChangeSettings
) -> Integers:
    """Find the events from ``first`` that event ``last`` repeats, as indices.

    An unknown coordinate is near.
    """
    return _linked(
        spots.minutes,
        spots.place,
        spots.tensor,
        max(first, last - LOOK_BACK),
        last,
        background.rate_per_minute * background.neighbour_share,
        settings.link_minutes,
        settings.link_chance,
        settings.link_km,
        settings.link_similarity,
    )


def label_clusters(spots: Spots, background: Background, settings: ChangeSettings) -> list[int]:
    """Cluster label of each event (single linkage), in time order."""
    labels: list[int] = []
    for i in range(spots.minutes.size):
        extend_labels(labels, linked(spots, 0, i, background, settings))
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
def _near(place: Array, tensor: Array, i: int, j: int, link_km: float, similarity: float) -> bool:
    product = 0.0
    for k in range(5):
        product += tensor[i, k] * tensor[j, k]
    if product < similarity:
        return False
    north = (place[i, 0] - place[j, 0]) * KM_PER_DEGREE
    east = (place[i, 1] - place[j, 1]) * KM_PER_DEGREE * np.cos(np.radians(place[i, 0]))
    square = 0.0
    for gap in (north, east, place[i, 2] - place[j, 2]):
        if not np.isnan(gap):
            square += gap * gap
    return bool(square <= link_km * link_km)


@njit(cache=True, error_model="numpy")
def _alike(place: Array, tensor: Array, link_km: float, similarity: float) -> NDArray[np.bool_]:
    count = tensor.shape[0]
    near = np.zeros((count, count), np.bool_)
    for i in range(count):
        for j in range(count):
            near[i, j] = _near(place, tensor, i, j, link_km, similarity)
    return near


@njit(cache=True, error_model="numpy")
def _linked(
    minutes: Array,
    place: Array,
    tensor: Array,
    first: int,
    last: int,
    chance_rate: float,
    link_minutes: float,
    link_chance: float,
    link_km: float,
    similarity: float,
) -> Integers:
    found = np.empty(last - first, np.int64)
    count = 0
    for i in range(last - 1, first - 1, -1):
        gap = minutes[last] - minutes[i]
        if gap > link_minutes or chance_rate * gap > link_chance:
            break
        if _near(place, tensor, last, i, link_km, similarity):
            found[count] = i
            count += 1
    return found[:count]
