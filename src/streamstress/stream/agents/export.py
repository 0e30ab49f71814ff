"""Stress, changes and controls in, domain gauges out: the one place that exports what is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from streamstress.outputs.cell_metrics import CellMetrics
from streamstress.records import Control, Record, StressChange, StressEstimate
from streamstress.stream.controls import ControlTable
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.wire.topics import CHANGES, CONTROLS, STRESS, Topic


@dataclass(slots=True)
class ExportRole(FoldedFromStart):
    """The exporter; it reads its topics from their start, so a restart shows all again."""

    cells: CellMetrics
    name: str = "exporter"
    inputs: tuple[Topic, ...] = (STRESS, CHANGES)
    outputs: tuple[Topic, ...] = ()
    broadcasts: tuple[Topic, ...] = field(default=(CONTROLS,), kw_only=True)
    _controls: ControlTable = field(default_factory=ControlTable)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Show one record."""
        if isinstance(record, StressEstimate):
            self.cells.show_stress(record)
        elif isinstance(record, StressChange):
            self.cells.show_change(record)
        elif isinstance(record, Control):
            self._show_control(message.offset, record)
        return ()

    def _show_control(self, offset: int, control: Control) -> None:
        before = [proposal.target for proposal in self._controls.waiting()]
        self._controls.take(offset, control)
        now = [proposal.target for proposal in self._controls.waiting()]
        self.cells.show_proposals(before, now)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Show a record again after a restart, or what an operator says."""
        self.process(message, record)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:
        """Begin a partition; what another one showed stays."""

    def forget(self) -> None:
        """Keep what is shown until something newer comes."""
