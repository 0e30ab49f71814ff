"""Final mechanisms in, changes of stress out: events in order of origin time, behind progress."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import structs

from streamstress.change import (
    ChangeDecision,
    ChangeDetector,
    ChangeEvent,
    ChangeSettings,
    RegionWatch,
    change_event,
    joined_solutions,
)
from streamstress.outputs.alarm_lines import change_record
from streamstress.records import Control, Mechanism, Progress, Record
from streamstress.stream.controls import ControlTable, stations_verdict
from streamstress.stream.places import Places
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.wire.topics import CHANGES, CONTROLS, MECHANISMS, Topic

DECISIONS_A_MESSAGE = 10_000
"""More decisions than one step of progress can bring; keeps versions apart and rising."""


@dataclass(slots=True)
class ChangeRole(FoldedFromStart):
    """The change agent: a watch a region, whose partition it is."""

    places: Places
    settings: ChangeSettings
    grades: str
    name: str = "change"
    inputs: tuple[Topic, ...] = (MECHANISMS,)
    outputs: tuple[Topic, ...] = (CHANGES,)
    broadcasts: tuple[Topic, ...] = field(default=(CONTROLS,), kw_only=True)
    _controls: ControlTable = field(default_factory=ControlTable)
    _watches: dict[int, RegionWatch[ChangeDetector]] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Keep a final mechanism until progress passes it; then decide, if need be again."""
        watch = self._watches[message.partition]
        if isinstance(record, Mechanism) and record.status != "provisional":
            event = self._event(record)
            watch.put(record.event_id, record.version, record.origin_time_ns, event)
        if isinstance(record, Progress):
            lines = watch.advance(record.done_until_ns)
            return [self._outgoing(line, message, number) for number, line in enumerate(lines)]
        return ()

    def _event(self, mechanism: Mechanism) -> ChangeEvent | None:
        """Give the event to be watched; None where it was withdrawn or its grade is not used."""
        if mechanism.status == "tombstone" or mechanism.grade not in self.grades:
            return None
        solutions = [
            change_event(
                mechanism.event_id,
                mechanism.origin_time_ns,
                one.strike_deg,
                one.dip_deg,
                one.rake_deg,
                latitude_deg=mechanism.latitude_deg,
                longitude_deg=mechanism.longitude_deg,
                depth_km=mechanism.depth_km,
                magnitude=mechanism.magnitude,
                n_polarity=mechanism.n_polarity,
                misfit=mechanism.misfit,
                uncertainty_deg=one.plane_uncertainty_deg,
                model=mechanism.model,
            )
            for one in mechanism.solutions
        ]
        return joined_solutions(solutions, [one.probability for one in mechanism.solutions])

    def _outgoing(self, decision: ChangeDecision, message: Incoming, number: int) -> Outgoing:
        region = self.places.regions[message.partition].name
        # The offset rises also across restarts, where a count would begin again.
        version = (message.offset + 1) * DECISIONS_A_MESSAGE + number
        record = change_record(decision, version, region)
        verdict = stations_verdict(self._controls, record.onset_time_ns, record.time_ns)
        record = structs.replace(record, guards={**record.guards, "stations": verdict})
        return Outgoing(CHANGES, record.change_id, record, message.partition)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a control, or a message again after a restart."""
        if isinstance(record, Control):
            self._controls.take(message.offset, record)
        else:
            self.process(message, record)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition with nothing learned."""
        self._watches[partition] = RegionWatch(self._begin, _restored)

    def forget(self) -> None:
        """Drop all detectors."""
        self._watches.clear()

    def _begin(self) -> ChangeDetector:
        return ChangeDetector(self.settings)


def _restored(snapshot: bytes) -> ChangeDetector:
    return ChangeDetector.restore(snapshot)
