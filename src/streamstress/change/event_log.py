"""The events of a region in the order of their origin times, the newest version of each.

What comes late, twice, revised or withdrawn ends up where it would be had it come right, and the
log says from where on the order of events is another one.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from streamstress.change.events import ChangeEvent
from streamstress.errors import UnusableDataError

Key: TypeAlias = tuple[int, str]
"""Place in the order of events: origin time (ns), ties by event id."""

BEGINNING: Key = (-(2**63), "")
"""Before every event."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The newest version of an event; no event where it was withdrawn or is not used."""

    version: int
    key: Key
    event: ChangeEvent | None


@dataclass(slots=True)
class EventLog:
    """Events by origin time, each id once.

    Attributes
    ----------
    floor
        Events before this one are forgotten: nothing there can be revised.
    """

    floor: Key = BEGINNING
    _keys: list[Key] = field(default_factory=list)
    _entries: dict[str, Entry] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._entries

    def put(
        self, event_id: str, version: int, origin_time_ns: int, event: ChangeEvent | None
    ) -> tuple[Key, ...]:
        """Take in a version of an event; None for one withdrawn or not to be used.

        Returns
        -------
        changed : tuple of Key
            Places where the order of events is another one now; none for a version that is not
            above the one held or that says the same, two where an event moved.

        Raises
        ------
        UnusableDataError
            The event lies before what is remembered.
        """
        key = origin_time_ns, event_id
        held = self._entries.get(event_id)
        if held is not None and version <= held.version:
            return ()
        if key < self.floor:
            raise UnusableDataError(
                f"event {event_id}, version {version}, lies before the latest events, which are "
                "all that can still be revised; the state goes on without it"
            )
        if held is not None:
            del self._keys[bisect_left(self._keys, held.key)]
        insort(self._keys, key)
        self._entries[event_id] = Entry(version, key, event)
        return _changed(held, event)

    def between(self, after: Key, until_ns: int) -> Iterator[ChangeEvent]:
        """Events after a key whose origin time is before ``until_ns``, in order."""
        position = bisect_left(self._keys, (after[0], after[1] + "\0"))
        while position < len(self._keys) and self._keys[position][0] < until_ns:
            event = self._entries[self._keys[position][1]].event
            if event is not None:
                yield event
            position += 1

    def entries(self) -> Iterator[Entry]:
        """All that is remembered, in order."""
        return (self._entries[name] for _, name in self._keys)

    def entry(self, event_id: str) -> Entry | None:
        """Newest version of an event; None where it is not known."""
        return self._entries.get(event_id)

    def newest_version(self, from_ns: int, until_ns: int) -> int:
        """Highest version of the events of a time, both ends included; -1 without any."""
        first = bisect_left(self._keys, (from_ns, ""))
        last = bisect_left(self._keys, (until_ns + 1, ""))
        return max((self._entries[name].version for _, name in self._keys[first:last]), default=-1)

    def count_after(self, key: Key) -> int:
        """Count the entries that come after a key."""
        return len(self._keys) - bisect_left(self._keys, (key[0], key[1] + "\0"))

    def forget_to(self, key: Key) -> None:
        """Forget the entries up to a key, the key included."""
        stop = bisect_left(self._keys, (key[0], key[1] + "\0"))
        for _, event_id in self._keys[:stop]:
            del self._entries[event_id]
        del self._keys[:stop]
        self.floor = max(self.floor, (key[0], key[1] + "\0"))


def _changed(held: Entry | None, event: ChangeEvent | None) -> tuple[Key, ...]:
    before = None if held is None else held.event
    if event == before:
        return ()
    places = {one.key for one in (before, event) if one is not None}
    return tuple(sorted(places))
