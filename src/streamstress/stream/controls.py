"""What operators said, as every worker that obeys it keeps it: the newest record of each control.

The topic ``controls`` is small and compacted, and each worker reads all of it. A revision is the
offset (plus one) of the newest control that may have turned any of some readings: the same for
every worker, and rising. Since the end of a reversal may be moved, but never its start, which is
part of its id, that is every reading since the start.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from streamstress.records import Control, Event
from streamstress.records.controls import kind_control_id, waiting_proposals
from streamstress.records.events import EventKind

TURNING = ("reverse-polarity", "mute")
"""Actions that change what an event's readings say."""

Reading = tuple[str, int]
"""``NET.STA`` and time, ns UTC."""


@dataclass(slots=True)
class ControlTable:
    """The controls of all stations and regions."""

    newest_offset: int = -1
    """Of the messages taken in; -1 before the first."""
    _held: dict[str, tuple[int, Control]] = field(default_factory=dict)

    def take(self, offset: int, control: Control) -> None:
        """Take a message; one that was taken already changes nothing."""
        if offset > self._held.get(control.control_id, (-1, control))[0]:
            self._held[control.control_id] = (offset, control)
        self.newest_offset = max(self.newest_offset, offset)

    def get(self, control_id: str) -> Control | None:
        """The newest record of a control."""
        held = self._held.get(control_id)
        return None if held is None else held[1]

    def of_target(self, target: str, action: str) -> list[Control]:
        """Controls of a station or region, in any state, by id."""
        return [
            control
            for _, (_, control) in sorted(self._held.items())
            if control.target == target and control.action == action
        ]

    def is_reversed(self, station: str, time_ns: int) -> bool:
        """Whether a station's polarity is confirmed to be reversed at a time."""
        return any(
            control.is_obeyed and control.holds_at(time_ns)
            for control in self.of_target(station, "reverse-polarity")
        )

    def is_muted(self, station: str, time_ns: int) -> bool:
        """Whether a whole station is confirmed to be left out at a time."""
        return any(
            control.is_obeyed and control.holds_at(time_ns)
            for control in self.of_target(station, "mute")
        )

    def mutes(self) -> list[Control]:
        """Mutes that hold at some time: of a station, a sensor or one channel, by id."""
        return [
            control
            for _, (_, control) in sorted(self._held.items())
            if control.action == "mute" and control.is_obeyed
        ]

    def revision(self, readings: Iterable[Reading], since_offset: int = 0) -> int:
        """Revision of what is made of readings; 0 where no control ever turned any of them.

        Parameters
        ----------
        since_offset
            Controls before it are left out.
        """
        turning = [
            (offset, control)
            for offset, control in self._held.values()
            if offset >= since_offset
            and control.action in TURNING
            and control.state in ("confirmed", "withdrawn")
        ]
        if not turning:
            return 0
        revisions = [
            offset + 1
            for station, time_ns in readings
            for offset, control in turning
            if control.target == station and control.valid_from_ns <= time_ns
        ]
        return max(revisions, default=0)

    def event_kind(self, event: Event) -> EventKind:
        """What an event is: what a person said last, else its own kind."""
        held = self._kind_control(event.event_id)
        if held is None or not held[1].is_obeyed or held[1].event_kind is None:
            return event.kind
        return held[1].event_kind

    def kind_revision(self, event_id: str, since_offset: int = 0) -> int:
        """Revision of what is made of an event by what a person said of its kind; 0: nothing."""
        held = self._kind_control(event_id)
        return held[0] + 1 if held is not None and held[0] >= since_offset else 0

    def _kind_control(self, event_id: str) -> tuple[int, Control] | None:
        return self._held.get(kind_control_id(event_id))

    def waiting(self) -> list[Control]:
        """Proposals that no person has confirmed or refused yet."""
        return waiting_proposals(control for _, control in self._held.values())

    def turned(self, from_ns: int, until_ns: int, solved_revision: int) -> list[Control]:
        """What was confirmed or withdrawn for part of a time, after what its events knew of."""
        return [
            control
            for offset, control in self._held.values()
            if control.action in TURNING
            and control.state in ("confirmed", "withdrawn")
            and offset + 1 > solved_revision
            and _touches(control, from_ns, until_ns)
        ]

    def proposed(self, from_ns: int, until_ns: int) -> list[Control]:
        """Reversals that were proposed for any part of a time, and not decided on yet."""
        return [control for control in self.waiting() if _touches(control, from_ns, until_ns)]


def _touches(control: Control, from_ns: int, until_ns: int) -> bool:
    """Whether a control is valid in any part of a time."""
    return control.valid_from_ns <= until_ns and (
        control.valid_until_ns is None or control.valid_until_ns > from_ns
    )


def stations_verdict(
    table: ControlTable, from_ns: int, until_ns: int, solved_revision: int = 0
) -> str:
    """Guard of a change: whether the mechanisms of a time may suffer from a reversed station.

    It begins with ``pass`` or ``hold``, as those of `change.guards`. Once a proposal is confirmed,
    the events are solved anew and the detector goes over them again by itself.

    Parameters
    ----------
    solved_revision
        Highest revision of the mechanisms of that time.
    """
    proposed = _names(table.proposed(from_ns, until_ns))
    if proposed:
        verb = "seem" if "," in proposed else "seems"
        return f"hold: {proposed} {verb} reversed; confirm it or not"
    turned = _names(table.turned(from_ns, until_ns, solved_revision))
    if turned:
        return f"hold: {turned} was turned or muted by an operator; no event is solved anew yet"
    return "pass: no station seems reversed"


def _names(controls: Iterable[Control]) -> str:
    return ", ".join(sorted({control.target for control in controls}))
