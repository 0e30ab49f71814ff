"""Dependent events count as fewer.

Repeats of one fault within minutes say the same thing again; counted as independent they raise
the score without any change (20 % of events in bursts of ten need a five-fold threshold). Linked
events share their weight: m of them count as ``m / (1 + (m - 1) rho)``, the effective number of
events with correlation rho (Kish 1965, Survey Sampling, sect. 8.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.change.events import ChangeEvent
from streamstress.change.score import isometric
from streamstress.change.settings import ChangeSettings

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

KM_PER_DEGREE = 111.195
"""Length of a degree of a great circle on a sphere of 6371 km."""

NS_PER_MINUTE = 60e9


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


def learn_background(events: Sequence[ChangeEvent], settings: ChangeSettings) -> Background:
    """Rate and chance of neighbours among the reference events."""
    times = np.array([event.origin_time_ns for event in events], float) / NS_PER_MINUTE
    span = max(float(times[-1] - times[0]), 1e-9)
    near = alike(events, events, settings)
    apart = np.abs(np.subtract.outer(np.arange(times.size), np.arange(times.size))) > 5
    return Background((times.size - 1) / span, float(near[apart].mean()))


def alike(
    some: Sequence[ChangeEvent], others: Sequence[ChangeEvent], settings: ChangeSettings
) -> NDArray[np.bool_]:
    """Whether events are near in place and mechanism (n, m); an unknown coordinate is near."""
    product = _tensors(some) @ _tensors(others).T
    gap = _places(some)[:, None] - _places(others)[None]
    east = gap[..., 1] * KM_PER_DEGREE * np.cos(np.radians(_places(some)[:, 0]))[:, None]
    squares = np.stack([(gap[..., 0] * KM_PER_DEGREE) ** 2, east**2, gap[..., 2] ** 2])
    near = np.nansum(squares, axis=0) <= settings.link_km**2
    return np.asarray((product >= settings.link_similarity) & near)


def linked(
    event: ChangeEvent,
    earlier: Sequence[ChangeEvent],
    background: Background,
    settings: ChangeSettings,
) -> Integers:
    """Find the earlier events that this one repeats, as indices."""
    times = np.array([one.origin_time_ns for one in earlier], float)
    minutes = (event.origin_time_ns - times) / NS_PER_MINUTE
    chance = background.rate_per_minute * minutes * background.neighbour_share
    soon = np.flatnonzero((minutes <= settings.link_minutes) & (chance <= settings.link_chance))
    if soon.size == 0:
        return soon
    near = alike([event], [earlier[i] for i in soon.tolist()], settings)[0]
    return np.asarray(soon[near], np.int64)


def label_clusters(
    events: Sequence[ChangeEvent], background: Background, settings: ChangeSettings
) -> list[int]:
    """Cluster label of each event (single linkage), in time order."""
    labels: list[int] = []
    for i, event in enumerate(events):
        first = max(0, i - LOOK_BACK)
        extend_labels(labels, linked(event, events[first:i], background, settings) + first)
    return labels


LOOK_BACK = 100
"""Latest events among which repeats are sought."""


def extend_labels(labels: list[int], links: Integers) -> None:
    """Add one event's label, joining every cluster that it links."""
    joined = {labels[i] for i in links}
    if not joined:
        labels.append(max(labels, default=-1) + 1)
        return
    target = min(joined)
    if len(joined) > 1:
        labels[:] = [target if label in joined else label for label in labels]
    labels.append(target)


def cluster_weights(labels: Sequence[int], correlation: float) -> Array:
    """Share each event counts (n,), given the cluster labels (n,)."""
    _, inverse, size = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (1.0 + (size[inverse] - 1.0) * correlation), float)


def _tensors(events: Sequence[ChangeEvent]) -> Array:
    x = isometric([event.five for event in events])
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def _places(events: Sequence[ChangeEvent]) -> Array:
    return np.array(
        [(one.latitude_deg, one.longitude_deg, one.depth_km) for one in events], dtype=float
    )
