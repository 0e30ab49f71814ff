"""The detector: one event in, the decisions it causes out.

::

    learning --(learn events)--> watching --(score over threshold)--> trigger
    trigger --(guards pass)--> open --(later events agree)--> confirmed --(relearned)--> closed
    trigger --(a guard holds)--> held --(guards pass)--> open, or --(score falls)--> closed
    open --(score falls)--> withdrawn
"""

from collections.abc import Sequence

from streamstress.change import snapshots
from streamstress.change.effect import ChangeEffect, TensorEstimator
from streamstress.change.events import ChangeDecision, ChangeEvent, State
from streamstress.change.guards import effect_of, holds, verdicts
from streamstress.change.population import PlaneInversion
from streamstress.change.report import decision
from streamstress.change.settings import ChangeSettings
from streamstress.change.snapshots import DetectorState, Pending
from streamstress.change.watch import Watch
from streamstress.errors import UnusableDataError


class ChangeDetector:
    """Sequential detector of a change of stress orientation, for one region.

    Parameters
    ----------
    settings
        `ChangeSettings`.
    inversion
        Linear inversion of chosen planes, for the guard "fault population"; untested without.
    estimator
        Tensor of an epoch, for the size of the change; the mean event tensor without.
    """

    def __init__(
        self,
        settings: ChangeSettings | None = None,
        *,
        inversion: PlaneInversion | None = None,
        estimator: TensorEstimator | None = None,
    ) -> None:
        self.settings = settings or ChangeSettings()
        self.inversion = inversion
        self.estimator = estimator
        self._state = DetectorState()
        self._watch: Watch | None = None

    @property
    def learned(self) -> bool:
        """Whether a reference is learned and events are watched."""
        return self._watch is not None

    @property
    def n_learned(self) -> int:
        """Events of the reference, or learned so far."""
        return len(self._watch.reference if self._watch else self._state.learning)

    @property
    def score(self) -> float:
        """Score after the latest event; 0 while learning."""
        return self._watch.score if self._watch else 0.0

    @property
    def threshold(self) -> float | None:
        """Threshold of the reference learned; None while learning."""
        return self._watch.threshold if self._watch else None

    def update(self, event: ChangeEvent) -> list[ChangeDecision]:
        """Take the next event and decide.

        Raises
        ------
        UnusableDataError
            The event does not come after the one before, by (origin time, event id): replay
            from a snapshot before it.
        """
        if self._state.last_key is not None and event.key <= self._state.last_key:
            raise UnusableDataError(
                f"event {event.event_id} comes before {self._state.last_key[1]}, which was "
                "decided already; restore a snapshot from before it and replay"
            )
        self._state.last_key = event.key
        if self._watch is None:
            self._learn(event)
            return []
        self._watch.add(event, trim=self._state.pending is None)
        above = self._watch.score >= self._watch.threshold
        self._state.above = self._state.above + 1 if above else 0
        low = self._watch.score < self._watch.threshold / 2.0
        self._state.low = self._state.low + 1 if low else 0
        if self._state.pending is None:
            return self._trigger() if self._state.above >= self.settings.persistence else []
        return self._follow(self._state.pending)

    def run(self, events: Sequence[ChangeEvent]) -> list[ChangeDecision]:
        """Decisions of a whole catalogue, sorted by (origin time, event id) first."""
        ordered = sorted(events, key=lambda event: event.key)
        return [line for event in ordered for line in self.update(event)]

    def snapshot(self) -> bytes:
        """State as bytes for `restore`; equal states give equal bytes."""
        reference = self._watch.reference if self._watch else None
        recent = self._watch.recent if self._watch else []
        return snapshots.to_bytes(self.settings, self._state, reference, recent)

    @classmethod
    def restore(
        cls,
        snapshot: bytes,
        *,
        inversion: PlaneInversion | None = None,
        estimator: TensorEstimator | None = None,
    ) -> "ChangeDetector":
        """Rebuild the detector that `snapshot` wrote; functions are given anew.

        Raises
        ------
        CorruptRecordError
            The bytes are no snapshot.
        """
        settings, state, reference, recent = snapshots.from_bytes(snapshot)
        detector = cls(settings, inversion=inversion, estimator=estimator)
        detector._state = state
        if reference is not None:
            detector._watch = Watch(reference, settings)
            detector._watch.extend(recent)
        return detector

    def _learn(self, event: ChangeEvent) -> None:
        self._state.learning.append(event)
        if len(self._state.learning) >= self.settings.learn:
            self._watch = Watch(self._state.learning, self.settings)
            self._state.learning = []

    def _trigger(self) -> list[ChangeDecision]:
        watch = self._watching()
        self._state.pending = Pending("held", watch.recent[-1].event_id, watch.onset())
        return self._judge(self._state.pending, first=True)

    def _judge(self, pending: Pending, *, first: bool) -> list[ChangeDecision]:
        """Ask the guards; tell the state if it is new."""
        watch = self._watching()
        pending.onset = watch.onset()
        waits = len(watch.recent) - pending.onset < self.settings.alarm_events
        if waits and not first:
            return []
        effect = self._effect(pending)
        guards = verdicts(*watch.epochs(pending.onset), effect, self.inversion, self.settings)
        pending.guards = guards
        if not holds(guards):
            return [self._say(pending, "open", effect)]
        return [self._say(pending, "held", effect)] if first else []

    def _follow(self, pending: Pending) -> list[ChangeDecision]:
        since = len(self._watching().recent) - pending.onset
        if pending.state == "held":
            return self._follow_held(pending, since)
        if pending.state == "open":
            return self._follow_open(pending, since)
        if since >= self.settings.learn:
            return self._close(pending)
        return []

    def _follow_held(self, pending: Pending, since: int) -> list[ChangeDecision]:
        if self._state.low >= self.settings.abandon_events or since >= 2 * self.settings.learn:
            return self._close(pending, relearn=since >= 2 * self.settings.learn)
        if self._state.above >= self.settings.persistence:
            return self._judge(pending, first=False)
        return []

    def _follow_open(self, pending: Pending, since: int) -> list[ChangeDecision]:
        if self._state.low >= self.settings.abandon_events:
            line = self._say(pending, "withdrawn", self._effect(pending))
            self._state.pending = None
            return [line]
        if since < self.settings.confirm_events or self._state.above == 0:
            return []
        pending.onset = self._watching().onset()
        effect = self._effect(pending)
        if effect.rotation_p_value > self.settings.rotation_p_value:
            return []
        return [self._say(pending, "confirmed", effect)]

    def _close(self, pending: Pending, *, relearn: bool = True) -> list[ChangeDecision]:
        """End a change; the events since its onset become the reference."""
        watch = self._watching()
        line = self._say(pending, "closed", self._effect(pending))
        self._state.pending = None
        self._state.above = self._state.low = 0
        if relearn:
            self._watch = Watch(watch.recent[pending.onset :], self.settings)
        return [line]

    def _effect(self, pending: Pending) -> ChangeEffect:
        epochs = self._watching().epochs(pending.onset)
        return effect_of(*epochs, self.estimator, self.settings)

    def _say(self, pending: Pending, state: State, effect: ChangeEffect) -> ChangeDecision:
        pending.state = state
        watch = self._watching()
        return decision(
            state,
            pending.change_id,
            watch.recent[-1],
            watch.recent[pending.onset],
            len(watch.recent) - pending.onset,
            effect,
            (watch.score, watch.threshold, self.settings.false_alarms_per_1e4),
            dict(pending.guards),
        )

    def _watching(self) -> Watch:
        if self._watch is None:
            raise UnusableDataError("no reference is learned yet")
        return self._watch
