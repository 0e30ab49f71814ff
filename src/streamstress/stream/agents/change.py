"""Final mechanisms in, changes of stress out: events in order of origin time, behind progress."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from streamstress.change import (
    ChangeDecision,
    ChangeDetector,
    ChangeEvent,
    ChangeSettings,
    Grid,
    JoiningCells,
    RegionWatch,
    change_event,
    joined_solutions,
)
from streamstress.change.grid import Cell
from streamstress.outputs.alarm_lines import change_record
from streamstress.records import Control, Mechanism, Progress, Record
from streamstress.records.mechanisms import VERSIONS_A_REVISION
from streamstress.stream.controls import ControlTable, stations_verdict
from streamstress.stream.places import Places
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.stream.station_hold import StationHold
from streamstress.wire.topics import CHANGES, CONTROLS, MECHANISMS, Topic

DECISIONS_A_MESSAGE = 10_000
"""More decisions than one step of progress can bring; keeps versions apart and rising."""

WHOLE: Cell = (0, 0)
"""The one cell of a region that is watched as a whole."""

Watch = RegionWatch[ChangeDetector] | JoiningCells[ChangeDetector]


@dataclass(slots=True)
class ChangeRole(FoldedFromStart):
    """The change agent: a watch a region, whose partition it is, or a watch for each cell of it."""

    places: Places
    settings: ChangeSettings
    grades: str
    cells_deg: float | None = None
    name: str = "change"
    inputs: tuple[Topic, ...] = (MECHANISMS,)
    outputs: tuple[Topic, ...] = (CHANGES,)
    broadcasts: tuple[Topic, ...] = field(default=(CONTROLS,), kw_only=True)
    _controls: ControlTable = field(default_factory=ControlTable)
    _watches: dict[int, Watch] = field(default_factory=dict)
    _holds: dict[tuple[int, Cell], StationHold] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Keep a final mechanism until progress passes it; then decide, if need be again."""
        watch = self._watches[message.partition]
        if isinstance(record, Mechanism) and record.status != "provisional":
            event = self._event(record)
            watch.put(record.event_id, record.version, record.origin_time_ns, event)
        if isinstance(record, Progress):
            told = self._told(message.partition, record.done_until_ns)
            return [self._outgoing(*one, message, number) for number, one in enumerate(told)]
        return ()

    def _told(self, partition: int, until_ns: int) -> list[tuple[Cell, ChangeDecision]]:
        """Decisions to be told, by cell; alarms wait for stations that seem reversed."""
        watch = self._watches[partition]
        lines: dict[Cell, list[ChangeDecision]] = {}
        if isinstance(watch, JoiningCells):
            for line in watch.advance(until_ns):
                lines.setdefault(line.cell, []).append(line.decision)
        else:
            lines[WHOLE] = watch.advance(until_ns)
        for where, cell in self._holds:
            if where == partition:
                lines.setdefault(cell, [])
        told: list[tuple[Cell, ChangeDecision]] = []
        for cell, decided in lines.items():
            hold = self._holds.setdefault((partition, cell), StationHold())
            verdict = partial(self._stations, partition, cell)
            told += [(cell, decision) for decision in hold.told(decided, verdict)]
        return told

    def _stations(self, partition: int, cell: Cell, decision: ChangeDecision) -> str:
        watch = self._watches[partition]
        own = watch.watches.get(cell) if isinstance(watch, JoiningCells) else watch
        span = (decision.onset_time_ns, decision.time_ns)
        version = -1 if own is None else own.newest_version(*span)
        return stations_verdict(
            self._controls,
            decision.onset_time_ns,
            decision.time_ns,
            version // VERSIONS_A_REVISION,
        )

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
                picker=mechanism.picker,
                stations=mechanism.stations,
                stations_against=mechanism.stations_against,
                backfilled=mechanism.flagged_backfill,
            )
            for one in mechanism.solutions
        ]
        return joined_solutions(solutions, [one.probability for one in mechanism.solutions])

    def _outgoing(
        self, cell: Cell, decision: ChangeDecision, message: Incoming, number: int
    ) -> Outgoing:
        region = self.places.regions[message.partition].name
        if self.cells_deg is not None:
            region = f"{region}/{Grid(self.cells_deg).name(cell)}"
        # The offset rises also across restarts, where a count would begin again.
        version = (message.offset + 1) * DECISIONS_A_MESSAGE + number
        record = change_record(decision, version, region)
        return Outgoing(CHANGES, record.change_id, record, message.partition)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a control, or a message again after a restart."""
        if isinstance(record, Control):
            self._controls.take(message.offset, record)
        else:
            self.process(message, record)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition with nothing learned."""
        self._watches[partition] = (
            self._region()
            if self.cells_deg is None
            else JoiningCells(Grid(self.cells_deg), self._region, self.settings.learn)
        )

    def forget(self) -> None:
        """Drop all detectors."""
        self._watches.clear()
        self._holds.clear()

    def _region(self) -> RegionWatch[ChangeDetector]:
        return RegionWatch(self._begin, _restored)

    def _begin(self) -> ChangeDetector:
        return ChangeDetector(self.settings)


def _restored(snapshot: bytes) -> ChangeDetector:
    return ChangeDetector.restore(snapshot)
