"""The latest events, held against a reference: score, onset, epochs."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.change.clusters import Spots, extend_labels, linked
from streamstress.change.events import ChangeEvent
from streamstress.change.population import own_scatter
from streamstress.change.reference import Reference, angles_of
from streamstress.change.score import UNIT, scan, window_lengths
from streamstress.change.settings import ChangeSettings

Array = NDArray[np.float64]

SPARE = 512
"""Events that arrays have room for before they are moved to the front again."""


CLEAR_GAIN = 4.0
"""Score by which another onset must be better: a factor of seven in likelihood."""

NOISE_EVENTS = 200
"""Latest events whose scores tell how much larger they have become in all directions: mechanisms
whose errors grow from 15 to 30 degrees have scores of 1.45 times the variance, without a mean, and
slip scores of twice the variance."""

NOISE_PRIOR = 20.0
"""Events that the reference's scatter counts as in that."""


class Window:
    """Events since the reference, the latest `max_window` of them unless told to keep more.

    Parameters
    ----------
    reference
        What they are held against.
    settings
        `ChangeSettings`.
    """

    def __init__(self, reference: Reference, settings: ChangeSettings) -> None:
        self.reference = reference
        self.settings = settings
        self.since = 0
        """Index in ``events`` of the first that is scored; those before only tell the noise."""
        self.events: list[ChangeEvent] = []
        self.labels: list[int] = []
        self.score = 0.0
        self._lengths = np.array(window_lengths(settings.min_window, settings.max_window), np.int64)
        self._first = self._end = 0
        self._spots = Spots(np.zeros(SPARE), np.zeros((SPARE, 3)), np.zeros((SPARE, 5)))
        self._turn, self._slip = np.zeros((SPARE, 3)), np.zeros((SPARE, 3))
        self._weight = np.zeros(SPARE)
        self._sums = np.zeros((SPARE + 1, 3), np.int64)
        self._counts = np.zeros(SPARE + 1, np.int64)

    def add(self, event: ChangeEvent, *, trim: bool, label: int | None = None) -> None:
        """Take an event in and score; with ``trim``, forget those past the longest window.

        Where scores have become larger in all directions the running score counts as less.

        ``label`` is the cluster that a snapshot remembers.
        """
        if trim and len(self.events) >= self.settings.max_window:
            self._forget_first()
        self._make_room()
        self._enter(event)
        self._sum_up(self._link(label))
        self.score = self._scan(self._lengths)[0] / self.noise

    def onset(self, before: int | None = None) -> int:
        """Index in ``events`` of the first event after the change, by the largest score.

        ``before`` is the onset found before; it stays unless another scores higher by
        `CLEAR_GAIN`.
        """
        count = len(self.events)
        best, length = self._scan(np.arange(1, count - self.since + 1))
        if before is not None and before < count:
            known, _ = self._scan(np.array([count - before]))
            if known >= best - CLEAR_GAIN:
                return before
        return count - max(length, 1)

    def _scan(self, lengths: NDArray[np.int64]) -> tuple[float, int]:
        part = slice(self._first + self.since, self._end + 1)
        return scan(
            self._sums[part],
            self._counts[part],
            lengths,
            self.reference.n_effective,
            float(self.settings.min_window),
        )

    def weight(self, onset: int = 0) -> Array:
        """What events count, from an index on."""
        return self._weight[self._first + onset : self._end]

    def tensors(self, onset: int = 0) -> Array:
        """Isometric components (n, 5), from an index on."""
        return self._spots.tensor[self._first + onset : self._end]

    def slip_scores(self, onset: int = 0) -> Array:
        """Whitened slip scores (n, 3), from an index on; an event is scored when first asked for.

        Each by itself, so that what was asked before moves no last bit.
        """
        for i in range(onset, len(self.events)):
            at = self._first + i
            if np.isnan(self._slip[at, 0]):
                self._slip[at] = self.reference.slip_score(angles_of([self.events[i]]))[0]
        return self._slip[self._first + onset : self._end]

    def begin_again(self) -> None:
        """Score no event that came until now; keep the latest for the noise."""
        while len(self.events) > NOISE_EVENTS:
            self._forget_first()
        self.since = len(self.events)

    @property
    def noise(self) -> float:
        """Mean square of the latest events' scores, not under that of the reference's, 1."""
        first = max(self._first, self._end - NOISE_EVENTS)
        return float(_noise(self._turn[first : self._end], self._weight[first : self._end]))

    def slip_noise(self, onset: int) -> tuple[float, float]:
        """Mean square of the slip scores just before an onset, and how many events tell it."""
        first = max(0, onset - NOISE_EVENTS)
        weight = self.weight(first)[: onset - first]
        count = float(weight.sum())
        if count < 1.0:
            return 1.0, 0.0
        scores = self.slip_scores(first)[: onset - first]
        return float(weight @ np.mean(scores**2, axis=1)) / count, count

    @property
    def latest_is_independent(self) -> bool:
        """Whether the latest event repeats none before it."""
        return self.labels[-1] not in self.labels[:-1]

    def independent(self, onset: int) -> int:
        """Independent events from an index on: clusters count once."""
        return len(set(self.labels[onset:]))

    def returned(self, onset: int) -> bool:
        """Whether the latest events since an onset are of the reference's state again.

        They are if they are likelier under it than under the state of those before them; the gain
        in log-likelihood is asked to be the threshold, twice what it asks of a change. Both states
        get the scatter of the events since the onset, which a large turn makes several times the
        reference's: by the latter, a few stray events would end an alarm that stands.
        """
        scores = self._turn[self._first + onset : self._end]
        whitened = scores @ _whitening(scores)
        gain = _return_gain(whitened, self.weight(onset), float(self.settings.min_window))
        return gain >= self.reference.threshold

    def own_score(self, onset: int) -> float:
        """Score of the events since an onset with their own scatter, not the reference's.

        Worse mechanisms scatter more, and pass the threshold more often by chance.
        """
        weight = self.weight(onset)
        scores = self._turn[self._first + onset : self._end]
        count = float(weight.sum())
        total = weight @ scores
        scatter = own_scatter(scores, weight, np.array(self.labels[onset:]), total / count)
        known = count * (1.0 + count / self.reference.n_effective)
        return float(total @ np.linalg.solve(known * scatter, total))

    def carried_by(self, onset: int, most: int = 10) -> tuple[str, ...]:
        """Ids of the events since an onset whose scores point most the way that all do."""
        weighted = self.weight(onset)[:, None] * self._turn[self._first + onset : self._end]
        order = np.argsort(-(weighted @ weighted.sum(axis=0)), kind="stable")[:most]
        return tuple(self.events[onset + i].event_id for i in order.tolist())

    def _forget_first(self) -> None:
        """Drop the oldest event; what is left of its cluster shares anew."""
        gone = self.labels.pop(0)
        self.since = max(0, self.since - 1)
        del self.events[0]
        self._first += 1
        left = [i for i, label in enumerate(self.labels) if label == gone]
        if left:
            self._share(left)
            self._sum_up(left[0])

    def _make_room(self) -> None:
        if self._end < len(self._weight):
            return
        first, count = self._first, self._end - self._first
        size = count + SPARE
        old = self._spots
        self._spots = Spots(
            *(_moved(rows, first, count, size) for rows in (old.minutes, old.place, old.tensor))
        )
        self._turn = _moved(self._turn, first, count, size)
        self._slip = _moved(self._slip, first, count, size)
        self._weight = _moved(self._weight, first, count, size)
        self._sums = _moved(self._sums, first, count + 1, size + 1)
        self._counts = _moved(self._counts, first, count + 1, size + 1)
        self._first, self._end = 0, count

    def _enter(self, event: ChangeEvent) -> None:
        spot, at = Spots.of([event]), self._end
        self._spots.minutes[at] = spot.minutes[0]
        self._spots.place[at] = spot.place[0]
        self._spots.tensor[at] = spot.tensor[0]
        self._turn[at] = self.reference.turns.of(spot.tensor)[0]
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
            links = linked(
                self._spots, self._first, self._end - 1, self.reference.background, self.settings
            )
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
        rows = np.rint(weight[:, None] * self._turn[first : self._end] / UNIT).astype(np.int64)
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


def _whitening(scores: Array) -> Array:
    """Matrix (3, 3) that makes the scatter of scores (n, 3) one where it is larger.

    By the differences of neighbours, so that a change of their mean does not count as scatter.
    """
    if len(scores) < 2:
        return np.eye(3)
    steps = np.diff(scores, axis=0)
    size, axes = np.linalg.eigh(0.5 * steps.T @ steps / len(steps))
    return np.asarray(axes / np.sqrt(np.maximum(size, 1.0)))


@njit(cache=True, error_model="numpy")
def _return_gain(scores: Array, weight: Array, least: float) -> float:
    """Log-likelihood that the latest events gain at a zero mean, over the mean of those before.

    The largest over the latest runs of ``least`` events or more, with as many left before.
    """
    count = scores.shape[0]
    sums = np.zeros((count + 1, 3))
    counts = np.zeros(count + 1)
    for i in range(count):
        counts[i + 1] = counts[i] + weight[i]
        for k in range(3):
            sums[i + 1, k] = sums[i, k] + weight[i] * scores[i, k]
    best = 0.0
    for split in range(count):
        later = counts[count] - counts[split]
        if counts[split] < least or later < least:
            continue
        gain = 0.0
        for k in range(3):
            mean = sums[split, k] / counts[split]
            gain += 0.5 * later * mean * mean - mean * (sums[count, k] - sums[split, k])
        best = max(best, gain)
    return best


@njit(cache=True, error_model="numpy")
def _noise(scores: Array, weight: Array) -> float:
    total, count = NOISE_PRIOR, NOISE_PRIOR
    for i in range(scores.shape[0]):
        count += weight[i]
        for k in range(3):
            total += weight[i] * scores[i, k] ** 2 / 3.0
    return max(1.0, total / count)


def fill(window: Window, events: Sequence[ChangeEvent], labels: Sequence[int]) -> None:
    """Take in the events of a snapshot, with their clusters."""
    for event, label in zip(events, labels, strict=True):
        window.add(event, trim=False, label=label)
