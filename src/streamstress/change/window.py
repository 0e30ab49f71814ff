"""The latest events, held against a reference: score, onset, epochs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.change.events import ChangeEvent
from streamstress.change.population import own_scatter
from streamstress.change.present import PresentScatter, present_scatter, scatter_of
from streamstress.change.reference import Reference
from streamstress.change.returns import gain_of_return, mean_square
from streamstress.change.score import scan, window_lengths
from streamstress.change.scored_events import ScoredEvents
from streamstress.change.settings import ChangeSettings

Array = NDArray[np.float64]

CLEAR_GAIN = 4.0
"""Score by which another onset must be better: a factor of seven in likelihood."""

FAR_LIKENESS = -1.0
"""Mean likeness under which the later mechanisms are no longer those learned, however they turned:
where the stress turns by 90 degrees the score itself may vanish."""

RETURN_WINDOWS = 2.0
"""Shortest windows that tell a return, and as many before it a change: fewer events than an alarm
waits for, more than a dozen of one family that happen to look like the old state."""

NOISE_EVENTS = 200
"""Latest events whose scores tell how much larger they have become in all directions: mechanisms
whose errors grow from 15 to 30 degrees have scores of 1.45 times the variance, without a mean, and
slip scores of twice the variance."""


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
        self.score = 0.0
        self._kept = ScoredEvents(reference, settings)
        self._lengths = np.array(window_lengths(settings.min_window, settings.max_window), np.int64)

    @property
    def events(self) -> list[ChangeEvent]:
        """Events that are kept, in order."""
        return self._kept.events

    @property
    def labels(self) -> list[int]:
        """Their clusters."""
        return self._kept.labels

    def add(self, event: ChangeEvent, *, trim: bool, label: int | None = None) -> None:
        """Take an event in and score; with ``trim``, forget those past the longest window.

        Where scores have become larger in all directions the running score counts as less.

        ``label`` is the cluster that a snapshot remembers.
        """
        if trim and len(self.events) >= self.settings.max_window:
            self._forget_first()
        self._kept.add(event, label)
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
        sums, counts = self._kept.sums(self.since)
        least = float(self.settings.min_window)
        return scan(sums, counts, lengths, self.reference.n_effective, least)

    def weight(self, onset: int = 0) -> Array:
        """What events count, from an index on."""
        return self._kept.weight(onset)

    def tensors(self, onset: int = 0) -> Array:
        """Isometric components (n, 5), from an index on."""
        return self._kept.tensors(onset)

    def slip_scores(self, onset: int = 0) -> Array:
        """Whitened slip scores (n, 3), from an index on."""
        return self._kept.slip_scores(onset)

    def begin_again(self) -> None:
        """Score no event that came until now; keep the latest for the noise."""
        while len(self.events) > NOISE_EVENTS:
            self._forget_first()
        self.since = len(self.events)

    def _forget_first(self) -> None:
        self._kept.forget_first()
        self.since = max(0, self.since - 1)

    @property
    def noise(self) -> float:
        """Mean square of the latest events' scores, not under that of the reference's, 1."""
        first = max(0, len(self.events) - NOISE_EVENTS)
        return float(mean_square(self._kept.scores(first)[:, :3], self.weight(first)))

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

    def is_far(self, onset: int) -> bool:
        """Whether the events since an onset are far from those learned (`FAR_LIKENESS`)."""
        weight = self.weight(onset)
        total = float(weight @ self._kept.scores(onset)[:, 3])
        return total <= FAR_LIKENESS * float(weight.sum())

    def returned(self, onset: int) -> bool:
        """Whether the latest events since an onset are of the reference's state again.

        They are if they gain the threshold, twice what it asks of a change (`gain_of_return`).
        """
        return self.gain_of_return(onset) >= self.reference.threshold

    def may_have_returned(self, onset: int) -> bool:
        """Whether a return is as likely as the threshold asks of a change, half the log of it."""
        return self.gain_of_return(onset) >= self.reference.threshold / 2.0

    def gain_of_return(self, onset: int) -> float:
        """Log-likelihood by which the latest events are likelier under the reference's state.

        Than under the state of those before them, by scores and likeness; of `RETURN_WINDOWS` of
        the shortest windows at least.
        """
        least = RETURN_WINDOWS * float(self.settings.min_window)
        return gain_of_return(self._kept.scores(onset), self.weight(onset), least)

    def present_scatter(self, onset: int, latest: int = NOISE_EVENTS) -> PresentScatter:
        """How both scores of the latest events scatter, those since an onset about their mean."""
        first = max(0, len(self.events) - latest)
        weight = self.weight(first)
        squares = scatter_of(
            self._kept.scores(first)[:, :3],
            self.slip_scores(first),
            weight,
            len(self.events) - onset,
        )
        return present_scatter(squares, float(weight.sum()), self.reference.scatter)

    def own_scatter(self, onset: int) -> Array:
        """Covariance (3, 3) of the scores since an onset: worse mechanisms scatter more."""
        weight = self.weight(onset)
        scores = self._kept.scores(onset)[:, :3]
        mean = weight @ scores / float(weight.sum())
        return own_scatter(scores, weight, np.array(self.labels[onset:]), mean)

    def score_with(self, onset: int, scatter: Array) -> float:
        """Score of the events since an onset with a scatter (3, 3) of theirs."""
        weight = self.weight(onset)
        count = float(weight.sum())
        total = weight @ self._kept.scores(onset)[:, :3]
        known = count * (1.0 + count / self.reference.n_effective)
        return float(total @ np.linalg.solve(known * scatter, total))

    def carried_by(self, onset: int, most: int = 10) -> tuple[str, ...]:
        """Ids of the events since an onset whose scores point most the way that all do."""
        weighted = self.weight(onset)[:, None] * self._kept.scores(onset)[:, :3]
        order = np.argsort(-(weighted @ weighted.sum(axis=0)), kind="stable")[:most]
        return tuple(self.events[onset + i].event_id for i in order.tolist())


def fill(window: Window, events: Sequence[ChangeEvent], labels: Sequence[int]) -> None:
    """Take in the events of a snapshot, with their clusters."""
    for event, label in zip(events, labels, strict=True):
        window.add(event, trim=False, label=label)
