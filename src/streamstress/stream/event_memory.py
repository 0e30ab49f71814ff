"""The newest version of the latest events of a region, for a mechanism that must be solved anew."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from streamstress.records import Event
from streamstress.wire.codec import encode

REMEMBERED = 3000
"""Events kept: some 15 MB. An older one keeps the mechanism it has."""

_decoder = msgspec.msgpack.Decoder(Event)


@dataclass(slots=True)
class EventMemory:
    """Final events by id, as bytes, and the highest revision that each was solved in."""

    limit: int = REMEMBERED
    revision: dict[str, int] = field(default_factory=dict)
    _version: dict[str, int] = field(default_factory=dict)
    _held: dict[str, bytes] = field(default_factory=dict)

    def keep(self, event: Event, revision: int) -> list[str]:
        """Keep an event in place of its former version; ids of the events that had to go."""
        self.revision[event.event_id] = revision
        self._version[event.event_id] = event.version
        if event.status == "tombstone":
            self._held.pop(event.event_id, None)
            return [event.event_id]
        self._held[event.event_id] = encode(event)
        gone = list(self._held)[: max(0, len(self._held) - self.limit)]
        for event_id in gone:
            del self._held[event_id]
            self.revision.pop(event_id, None)
            self._version.pop(event_id, None)
        return gone

    def knows(self, event: Event) -> bool:
        """Whether this version of the event, or a later one, was kept before.

        A merger that died sends again what it had sent. What the stations taught meanwhile would
        make another answer of it.
        """
        return event.version <= self._version.get(event.event_id, 0)

    def event(self, event_id: str) -> Event | None:
        """The version kept of an event."""
        value = self._held.get(event_id)
        return None if value is None else _decoder.decode(value)

    def events(self) -> Iterator[Event]:
        """The events, in the order of their first versions."""
        for value in list(self._held.values()):
            yield _decoder.decode(value)

    def __len__(self) -> int:
        return len(self._held)
