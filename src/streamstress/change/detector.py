"""The detector: one event in, the decisions it causes out.

::

    learning --(learn events)--> watching --(score over threshold)--> trigger
    trigger --(guards pass)--> open --(later events agree)--> confirmed --(relearned)--> closed
    trigger --(a guard holds)--> held --(guards pass)--> open, or --(score falls)--> closed
    held, all other guards passed --(the old state is back already)--> closed
    held to the end --> closed: other faults join the reference, another sampling is learned anew
    open --(the old state returns)--> withdrawn, confirmed --(the old state returns)--> closed
"""

from collections.abc import Sequence

from streamstress.change import snapshots
from streamstress.change.events import ChangeDecision, ChangeEvent, State
from streamstress.change.guards import holding
from streamstress.change.judgement import effect_since, one_stress, verdicts_since
from streamstress.change.reference import learn_reference
from streamstress.change.report import decision
from streamstress.change.settings import ChangeSettings
from streamstress.change.snapshots import DetectorState, Pending, canonical
from streamstress.change.window import Window, fill
from streamstress.errors import UnusableDataError

TOLD_AGAIN = 2
"""Growth of the independent events since an onset after which a confirmed change is sized anew."""

SAME_STRESS = {"fault population", "scatter", "return"}
"""Guards that, where only they held a trigger to its end, leave the learned stress as it was."""


class ChangeDetector:
    """Sequential detector of a change of stress orientation, for one region.

    Parameters
    ----------
    settings
        `ChangeSettings`.
    """

    def __init__(self, settings: ChangeSettings | None = None) -> None:
        self.settings = settings or ChangeSettings()
        self._state = DetectorState()
        self._window: Window | None = None

    @property
    def learned(self) -> bool:
        """Whether a reference is learned and events are watched."""
        return self._window is not None

    @property
    def n_learned(self) -> int:
        """Events of the reference, or learned so far."""
        return len(self._window.reference.events if self._window else self._state.learning)

    @property
    def score(self) -> float:
        """Score after the latest event; 0 while learning."""
        return self._window.score if self._window else 0.0

    @property
    def threshold(self) -> float | None:
        """Threshold of the reference learned; None while learning."""
        return self._window.reference.threshold if self._window else None

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
        if self._window is None:
            self._learn(event)
            return []
        self._window.add(event, trim=self._state.pending is None)
        self._count(self._window)
        if self._state.pending is None:
            return self._trigger() if self._state.above >= self.settings.persistence else []
        return self._follow(self._state.pending)

    def run(self, events: Sequence[ChangeEvent]) -> list[ChangeDecision]:
        """Decisions of a whole catalogue, sorted by (origin time, event id) first."""
        ordered = sorted(events, key=lambda event: event.key)
        return [line for event in ordered for line in self.update(event)]

    def snapshot(self) -> bytes:
        """State as bytes for `restore`; equal states give equal bytes."""
        window = self._window
        self._state.labels = canonical(window.labels) if window else []
        self._state.since = window.since if window else 0
        return snapshots.to_bytes(
            self.settings,
            self._state,
            window.reference.events if window else None,
            window.events if window else [],
        )

    @classmethod
    def restore(cls, snapshot: bytes) -> "ChangeDetector":
        """Rebuild the detector that `snapshot` wrote.

        Raises
        ------
        CorruptRecordError
            The bytes are no snapshot.
        """
        settings, state, reference, recent = snapshots.from_bytes(snapshot)
        detector = cls(settings)
        detector._state = state
        if reference is not None:
            detector._window = Window(learn_reference(reference, settings), settings)
            fill(detector._window, recent, state.labels)
            detector._window.since = state.since
        return detector

    def _learn(self, event: ChangeEvent) -> None:
        self._state.learning.append(event)
        if len(self._state.learning) >= self.settings.learn:
            self._window = Window(
                learn_reference(self._state.learning, self.settings), self.settings
            )
            self._state.learning = []

    def _count(self, window: Window) -> None:
        """Count events in a row above the threshold and below its half; repeats do not count."""
        above = window.score >= window.reference.threshold
        low = window.score < window.reference.threshold / 2.0
        step = int(window.latest_is_independent)
        self._state.above = self._state.above + step if above else 0
        self._state.low = self._state.low + step if low else 0

    def _trigger(self) -> list[ChangeDecision]:
        window = self._watching()
        self._state.pending = Pending("held", window.events[-1].event_id, window.onset())
        return self._judge(self._state.pending, first=True)

    def _judge(self, pending: Pending, *, first: bool) -> list[ChangeDecision]:
        """Ask the guards; tell the state if it is new, or held by what did not hold it before."""
        window = self._watching()
        pending.onset = window.onset(pending.onset)
        since = len(window.events) - pending.onset
        if not first and not pending.is_asked(since, self.settings.alarm_events):
            return []
        pending.asked = since
        test = one_stress(window, pending.onset)
        stands = test.far or self._state.above >= self.settings.persistence
        if not first and not (stands and test.rejects(window.reference.one_stress_p_value)):
            return []
        told = holding(pending.guards)
        pending.guards = verdicts_since(window, pending.onset, test)
        held = holding(pending.guards)
        if not held:
            return [self._say(pending, "open")]
        if held == {"return"} and window.returned(pending.onset):
            return self._close(pending, relearn=False)
        return [self._say(pending, "held")] if first or not held <= told else []

    def _follow(self, pending: Pending) -> list[ChangeDecision]:
        window = self._watching()
        since = window.independent(pending.onset)
        if pending.state == "held":
            return self._follow_held(pending, since)
        if window.returned(pending.onset):
            return self._return(pending)
        if pending.state == "confirmed" and since >= self.settings.learn:
            return self._close(pending, relearn=True)
        if since >= max(self.settings.confirm_events, TOLD_AGAIN * pending.sized):
            return self._confirm(pending)
        return []

    def _follow_held(self, pending: Pending, since: int) -> list[ChangeDecision]:
        window = self._watching()
        if since >= 2 * self.settings.learn:
            test = one_stress(window, pending.onset)
            pending.guards = verdicts_since(window, pending.onset, test)
            if holding(pending.guards) <= SAME_STRESS:
                return self._widen(pending)
            return self._close(pending, relearn=True)
        if self._may_stand(pending):
            return self._judge(pending, first=False)
        if self._state.low >= self.settings.abandon_events:
            return self._close(pending, relearn=False)
        return []

    def _may_stand(self, pending: Pending) -> bool:
        """Whether the latest score does, or mechanisms are so far off that none would."""
        above = self._state.above >= self.settings.persistence
        return above or self._watching().is_far(pending.onset)

    def _confirm(self, pending: Pending) -> list[ChangeDecision]:
        """Say that an alarm still stands, if the latest score does, and how large it is by now."""
        window = self._watching()
        if self._state.above == 0 and not window.is_far(pending.onset):
            return []
        pending.onset = window.onset(pending.onset)
        pending.sized = window.independent(pending.onset)
        return [self._say(pending, "confirmed")]

    def _return(self, pending: Pending) -> list[ChangeDecision]:
        """The old state is back: an alarm not yet confirmed is withdrawn."""
        state: State = "withdrawn" if pending.state == "open" else "closed"
        line = self._say(pending, state)
        self._begin_again(self._watching(), None)
        return [line]

    def _close(self, pending: Pending, *, relearn: bool) -> list[ChangeDecision]:
        """End a change; with ``relearn`` the events since its onset become the reference."""
        window = self._watching()
        line = self._say(pending, "closed")
        self._begin_again(window, window.events[pending.onset :] if relearn else None)
        return [line]

    def _widen(self, pending: Pending) -> list[ChangeDecision]:
        """End what was held to the end: the later faults join those of the reference."""
        window, learn = self._watching(), self.settings.learn
        line = self._say(pending, "closed")
        known = window.reference.events[:learn]
        self._begin_again(window, known + window.events[pending.onset :][-learn:])
        return [line]

    def _begin_again(self, window: Window, learned: list[ChangeEvent] | None) -> None:
        self._state.pending = None
        self._state.above = self._state.low = 0
        if learned is None:
            window.begin_again()
        else:
            self._window = Window(learn_reference(learned, self.settings), self.settings)

    def _say(self, pending: Pending, state: State) -> ChangeDecision:
        pending.state = state
        window = self._watching()
        return decision(
            state,
            pending.change_id,
            window.events[-1],
            window.events[pending.onset],
            len(window.events) - pending.onset,
            effect_since(window, pending.onset),
            (window.score, window.reference.threshold, window.reference.wanted_per_1e4),
            dict(pending.guards),
            window.carried_by(pending.onset),
        )

    def _watching(self) -> Window:
        if self._window is None:
            raise UnusableDataError("no reference is learned yet")
        return self._window
