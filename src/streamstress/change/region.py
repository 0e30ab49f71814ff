"""The watch over one region: a detector, and the events that it can still be asked about again.

An event that comes late, twice, revised or withdrawn leaves the state as if it had come right:
the detector goes back to a checkpoint before it and decides again. Persistence is counted in
events, so a gap of years ages nothing.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

from streamstress.change.checkpoints import Checkpoints, Mark, is_marked
from streamstress.change.event_log import BEGINNING, Entry, EventLog, Key
from streamstress.change.events import ChangeDecision, ChangeEvent
from streamstress.change.revision import lines_of_revision, same_changes, told_as

REVISABLE_EVENTS = 50_000
"""Latest events that can be revised; about 50 MB. An older one is set aside by name: reading the
topic again takes it in. Japan's 660,332 mechanisms (Uchide et al. 2022) are 16 years, so this is
more than one."""


class Detector(Protocol):
    """A fold over events in order whose state can be written down; equal states, equal bytes."""

    def update(self, event: ChangeEvent) -> list[ChangeDecision]:
        """Take the next event and decide."""
        ...

    def snapshot(self) -> bytes:
        """State as bytes."""
        ...


D = TypeVar("D", bound=Detector)
Observer = Callable[[ChangeEvent, D], None]
"""Called after every event that a detector took."""


class RegionWatch(Generic[D]):
    """Events of a region in any order, decided in the order of their origin times.

    Parameters
    ----------
    begin
        Makes a detector that has seen nothing.
    restore
        Makes a detector from a snapshot.
    revisable_events
        Latest events that can still be revised.
    """

    def __init__(
        self,
        begin: Callable[[], D],
        restore: Callable[[bytes], D],
        revisable_events: int = REVISABLE_EVENTS,
    ) -> None:
        self.detector = begin()
        self.decisions: list[ChangeDecision] = []
        """All decisions, as if every event had come right."""
        self._begin = begin
        self._restore = restore
        self._revisable_events = revisable_events
        self._log = EventLog()
        self._checkpoints = Checkpoints()
        self._decided = BEGINNING
        self._until_ns = BEGINNING[0]
        self._changed: list[Key] = []
        self._told_as: dict[str, str] = {}

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._log

    @property
    def n_remembered(self) -> int:
        """Events that can be revised, and those that wait."""
        return len(self._log)

    def events(self) -> Iterator[ChangeEvent]:
        """Events that were decided on and can still be revised, in order."""
        return self._log.between(BEGINNING, self._until_ns)

    def entries(self) -> Iterator[Entry]:
        """All that can be revised, in order, also what was withdrawn or waits."""
        return self._log.entries()

    def entry(self, event_id: str) -> Entry | None:
        """Newest version of an event; None where it is not known."""
        return self._log.entry(event_id)

    @property
    def has_forgotten(self) -> bool:
        """Whether events have become too old to be revised."""
        return self._log.floor > BEGINNING

    def newest_version(self, from_ns: int, until_ns: int) -> int:
        """Highest version of the events of a time, both ends included; -1 without any."""
        return self._log.newest_version(from_ns, until_ns)

    def put(
        self, event_id: str, version: int, origin_time_ns: int, event: ChangeEvent | None
    ) -> None:
        """Take in a version of an event; None for one withdrawn or not to be used.

        Nothing is decided before `advance`. A version not above the one held is no news.

        Raises
        ------
        UnusableDataError
            The event lies before all that can be revised.
        """
        changed = self._log.put(event_id, version, origin_time_ns, event)
        self._changed += [key for key in changed if key <= self._decided]

    def advance(self, until_ns: int, observe: Observer[D] | None = None) -> list[ChangeDecision]:
        """Decide on all events before a time, and again on what changed since.

        Returns
        -------
        lines : list of ChangeDecision
            New decisions; after a revision what it makes of those told before
            (`lines_of_revision`).
        """
        self._until_ns = max(self._until_ns, until_ns)
        before = list(self.decisions)
        told = told_as(before, self._told_as)
        is_revised = bool(self._changed)
        if is_revised:
            self._replay(before, observe)
        self._run(observe)
        self._forget()
        if is_revised:
            self._told_as |= same_changes(told, told_as(self.decisions, self._told_as))
        return lines_of_revision(told, told_as(self.decisions, self._told_as))

    def _run(self, observe: Observer[D] | None) -> None:
        for event in self._log.between(self._decided, self._until_ns):
            self._decide(event, observe)

    def _decide(self, event: ChangeEvent, observe: Observer[D] | None) -> bytes | None:
        """Take one event; give the digest of the state where a mark stands."""
        self.decisions += self.detector.update(event)
        self._decided = event.key
        if observe is not None:
            observe(event, self.detector)
        if not is_marked(event.event_id):
            return None
        snapshot = self.detector.snapshot()
        digest = sha256(snapshot).digest()
        self._checkpoints.add(event.key, digest, snapshot, len(self.decisions))
        return digest

    def _replay(self, told: list[ChangeDecision], observe: Observer[D] | None) -> None:
        """Decide again from before the first change, until the state is that of before."""
        detector, decided, last_change = self.detector, self._decided, max(self._changed)
        start, taken = self._checkpoints.go_back(min(self._changed))
        self._changed = []
        self._go_to(start, told)
        marks = {mark.key: place for place, mark in enumerate(taken) if mark.key >= last_change}
        for event in self._log.between(self._decided, self._until_ns):
            digest = self._decide(event, observe)
            place = marks.get(event.key)
            if digest is None or place is None or taken[place].digest != digest:
                continue
            self._checkpoints.rejoin(
                taken[place + 1 :], len(self.decisions) - taken[place].decisions
            )
            self.decisions += told[taken[place].decisions :]
            self.detector, self._decided = detector, decided
            return

    def _go_to(self, start: Mark | None, told: list[ChangeDecision]) -> None:
        if start is None or start.snapshot is None:
            self.detector, self._decided, self.decisions = self._begin(), BEGINNING, []
            return
        self.detector, self._decided = self._restore(start.snapshot), start.key
        self.decisions = told[: start.decisions]

    def _forget(self) -> None:
        """Forget what lies before the oldest snapshot that leaves enough to be revised."""
        if len(self._log) <= self._revisable_events:
            return
        kept = [mark for mark in self._checkpoints.marks if mark.snapshot is not None]
        old = [m for m in kept if self._log.count_after(m.key) >= self._revisable_events]
        if old and old[-1] is not self._checkpoints.marks[0]:
            self._checkpoints.forget_before(old[-1])
            self._log.forget_to(old[-1].key)
