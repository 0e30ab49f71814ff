"""Stress and changes in, domain gauges out: the one place that exports what is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from streamstress.outputs.metrics import CellMetrics
from streamstress.records import Record, StressChange, StressEstimate
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.wire.topics import CHANGES, STRESS, Topic


@dataclass(slots=True)
class ExportRole(FoldedFromStart):
    """The exporter; it reads both topics from their start, so a restart shows all again."""

    cells: CellMetrics
    name: str = "exporter"
    inputs: tuple[Topic, ...] = (STRESS, CHANGES)
    outputs: tuple[Topic, ...] = ()

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:  # noqa: ARG002
        """Show one record."""
        if isinstance(record, StressEstimate):
            self.cells.show_stress(record)
        elif isinstance(record, StressChange):
            self.cells.show_change(record)
        return ()

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Show a record again after a restart."""
        self.process(message, record)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:
        """Begin a partition; what another one showed stays."""

    def forget(self) -> None:
        """Keep what is shown until something newer comes."""
