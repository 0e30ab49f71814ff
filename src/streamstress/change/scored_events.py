"""Events in order with their scores, clusters and weights, and running sums of them."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from streamstress.change.events import ChangeEvent
from streamstress.change.reference import Reference
from streamstress.change.score import UNIT
from streamstress.change.settings import ChangeSettings
from streamstress.change.spots import angles_of, spots_of
from streamstress.earth.clusters import Spots
from streamstress.earth.running_clusters import extend_labels, linked

Array = NDArray[np.float64]

SPARE = 512
"""Events that arrays have room for before they are moved to the front again."""


class ScoredEvents:
    """Events since the reference that are kept.

    Attributes
    ----------
    events : list of ChangeEvent
    labels : list of int
        Clusters.
    """

    def __init__(self, reference: Reference, settings: ChangeSettings) -> None:
        self.reference = reference
        self.settings = settings
        self.events: list[ChangeEvent] = []
        self.labels: list[int] = []
        self._first = self._end = 0
        self._spots = Spots(np.zeros(SPARE), np.zeros((SPARE, 4)), np.zeros((SPARE, 5)))
        self._turn, self._slip = np.zeros((SPARE, 4)), np.zeros((SPARE, 3))
        self._weight = np.zeros(SPARE)
        self._sums = np.zeros((SPARE + 1, 3), np.int64)
        self._counts = np.zeros(SPARE + 1, np.int64)

    def add(self, event: ChangeEvent, label: int | None = None) -> None:
        """Take an event in and score it; ``label`` is its cluster where that is known."""
        self._make_room()
        self._enter(event)
        self._sum_up(self._link(label))

    def forget_first(self) -> None:
        """Drop the oldest event; what is left of its cluster shares anew."""
        gone = self.labels.pop(0)
        del self.events[0]
        self._first += 1
        if gone in self.labels:
            left = [i for i, label in enumerate(self.labels) if label == gone]
            self._share(left)
            self._sum_up(left[0])

    def sums(self, first: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Running sums of weighted scores and of weights, in `UNIT`, from an index on."""
        part = slice(self._first + first, self._end + 1)
        return self._sums[part], self._counts[part]

    def weight(self, first: int = 0) -> Array:
        """What events count, from an index on."""
        return self._weight[self._first + first : self._end]

    def tensors(self, first: int = 0) -> Array:
        """Isometric components (n, 5), from an index on."""
        return self._spots.tensor[self._first + first : self._end]

    def scores(self, first: int = 0) -> Array:
        """Whitened scores and likeness (n, 4), from an index on."""
        return self._turn[self._first + first : self._end]

    def slip_scores(self, first: int = 0) -> Array:
        """Whitened slip scores (n, 3), from an index on; an event is scored when first asked for.

        Each by itself, so that what was asked before moves no last bit.
        """
        for i in range(first, len(self.events)):
            at = self._first + i
            if np.isnan(self._slip[at, 0]):
                self._slip[at] = self.reference.slip_score(angles_of([self.events[i]]))[0]
        return self._slip[self._first + first : self._end]

    def _make_room(self) -> None:
        if self._end < len(self._weight):
            return
        first, count = self._first, self._end - self._first
        size = count + SPARE
        old = self._spots
        self._spots = Spots(
            *(_moved(rows, first, count, size) for rows in (old.minutes, old.km, old.tensor))
        )
        self._turn = _moved(self._turn, first, count, size)
        self._slip = _moved(self._slip, first, count, size)
        self._weight = _moved(self._weight, first, count, size)
        self._sums = _moved(self._sums, first, count + 1, size + 1)
        self._counts = _moved(self._counts, first, count + 1, size + 1)
        self._first, self._end = 0, count

    def _enter(self, event: ChangeEvent) -> None:
        spot, at = spots_of([event]), self._end
        self._spots.minutes[at] = spot.minutes[0]
        self._spots.km[at] = spot.km[0]
        self._spots.tensor[at] = spot.tensor[0]
        self._turn[at] = self.reference.turns.with_likeness(spot.tensor)[0]
        self._slip[at] = np.nan
        self._weight[at] = event.weight
        self.events.append(event)
        self._end += 1

    def _link(self, label: int | None) -> int:
        """Label the latest event; give the index from which weights changed."""
        if label is not None:
            members = self._members(label)
            self.labels.append(label)
        else:
            rule, background = self.settings.link_rule, self.reference.background
            links = linked(self._spots, self._first, self._end - 1, background, rule)
            extend_labels(self.labels, links - self._first)
            members = self._members(self.labels[-1]) if links.size else []
        members.append(len(self.events) - 1)
        self._share(members)
        return members[0]

    def _members(self, label: int) -> list[int]:
        """Events before the latest that bear a label, in order."""
        before = self.labels[: len(self.events) - 1]
        return [i for i, one in enumerate(before) if one == label] if label in before else []

    def _share(self, members: Sequence[int]) -> None:
        share = 1.0 / (1.0 + (len(members) - 1.0) * self.settings.cluster_correlation)
        for i in members:
            self._weight[self._first + i] = self.events[i].weight * share

    def _sum_up(self, changed: int) -> None:
        first = self._first + changed
        weight = self._weight[first : self._end]
        rows = np.rint(weight[:, None] * self._turn[first : self._end, :3] / UNIT).astype(np.int64)
        self._sums[first + 1 : self._end + 1] = self._sums[first] + np.cumsum(rows, axis=0)
        self._counts[first + 1 : self._end + 1] = self._counts[first] + np.cumsum(
            np.rint(weight / UNIT).astype(np.int64)
        )


N = TypeVar("N", np.float64, np.int64)


def _moved(rows: NDArray[N], first: int, count: int, size: int) -> NDArray[N]:
    """Copy rows from ``first`` to the front of an array (size, ...)."""
    room = np.zeros((size, *rows.shape[1:]), rows.dtype)
    room[:count] = rows[first : first + count]
    return room
