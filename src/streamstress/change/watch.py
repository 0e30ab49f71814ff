"""The learned reference and the events since: score, onset, epochs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.change.clusters import (
    LOOK_BACK,
    cluster_weights,
    extend_labels,
    label_clusters,
    learn_background,
    linked,
)
from streamstress.change.events import ChangeEvent
from streamstress.change.guards import Epoch
from streamstress.change.score import (
    isometric,
    learn_reference,
    run_scores,
    scan,
    whitened,
    window_lengths,
)
from streamstress.change.settings import ChangeSettings
from streamstress.change.significance import false_alarm_threshold

Array = NDArray[np.float64]


class Watch:
    """Events held against a reference.

    Parameters
    ----------
    reference
        Events of the steady state, in order.
    settings
        `ChangeSettings`.
    """

    def __init__(self, reference: Sequence[ChangeEvent], settings: ChangeSettings) -> None:
        self.settings = settings
        self.reference = list(reference)
        self.recent: list[ChangeEvent] = []
        self.score = 0.0
        self._background = learn_background(self.reference, settings)
        self._reference_labels = label_clusters(self.reference, self._background, settings)
        self._reference_weight = self._weights(self.reference, self._reference_labels)
        x = isometric([event.five for event in self.reference])
        self._learned = learn_reference(x, self._reference_weight)
        self.threshold = false_alarm_threshold(
            self._learned.n_effective,
            settings.false_alarms_per_1e4,
            min_window=settings.min_window,
            max_window=settings.max_window,
            persistence=settings.persistence,
            seed=settings.seed,
        )
        self._lengths = window_lengths(settings.min_window, settings.max_window)
        self._labels: list[int] = []
        self._z: Array = np.zeros((0, 5))
        self._scores: Array = np.zeros(0)

    def add(self, event: ChangeEvent, *, trim: bool) -> None:
        """Take an event in and score; with ``trim``, forget those past the longest window."""
        self._append(event)
        if trim:
            past = max(0, len(self.recent) - self.settings.max_window)
            del self.recent[:past]
            del self._labels[:past]
            self._z = self._z[past:]
        self._rescore()

    def extend(self, events: Sequence[ChangeEvent]) -> None:
        """Take in the events of a snapshot."""
        for event in events:
            self._append(event)
        self._rescore()

    def onset(self) -> int:
        """Index in ``recent`` of the first event after the change (largest score)."""
        return len(self.recent) - 1 - int(np.argmax(self._scores))

    def epochs(self, onset: int) -> tuple[Epoch, Epoch]:
        """Give the reference and the events since the onset."""
        weight = self._weights(self.recent, self._labels)[onset:]
        after = Epoch(self.recent[onset:], weight, self._labels[onset:])
        return Epoch(self.reference, self._reference_weight, self._reference_labels), after

    def _append(self, event: ChangeEvent) -> None:
        first = max(0, len(self.recent) - LOOK_BACK)
        links = linked(event, self.recent[first:], self._background, self.settings) + first
        extend_labels(self._labels, links)
        self.recent.append(event)
        z = whitened(self._learned, isometric([event.five]))
        self._z = np.concatenate([self._z, z])

    def _rescore(self) -> None:
        if not self.recent:
            return
        self._scores = run_scores(
            self._z,
            self._weights(self.recent, self._labels),
            self._learned.n_effective,
            self.settings.min_window,
        )
        self.score = scan(self._scores, self._lengths).score

    def _weights(self, events: Sequence[ChangeEvent], labels: Sequence[int]) -> Array:
        grade = np.array([event.weight for event in events])
        return np.asarray(grade * cluster_weights(labels, self.settings.cluster_correlation))
