"""Mechanisms in, rolling stress estimates out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from streamstress.errors import UnusableDataError
from streamstress.records import Mechanism, Progress, Record, StressEstimate
from streamstress.stream.cell_field import CellField, region_grid
from streamstress.stream.event_window import EventWindow, WindowLimits
from streamstress.stream.final_field import FieldLimits
from streamstress.stream.places import Places
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.stream.stress_records import CellPlace, stress_record
from streamstress.stress import bootstrap, describe, invert
from streamstress.stress.uncertainty import estimate_of
from streamstress.wire.topics import MECHANISMS, STRESS, Topic


@dataclass(slots=True)
class Cell:
    """The window of one region, and its field where it has a grid."""

    window: EventWindow
    field: CellField | None
    changed: bool = False


@dataclass(slots=True)
class StressRole(FoldedFromStart):
    """The stress agent: an estimate whenever progress finds the window changed."""

    places: Places
    grades: str
    window: WindowLimits
    min_events: int
    resamplings: int
    friction: float
    fields: FieldLimits | None = None
    seed: int = 0
    name: str = "stress"
    inputs: tuple[Topic, ...] = (MECHANISMS,)
    outputs: tuple[Topic, ...] = (STRESS,)
    _cells: dict[int, Cell] = field(default_factory=dict)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Take a mechanism into the window, or estimate at progress."""
        cell = self._cells[message.partition]
        if isinstance(record, Mechanism):
            self._take(cell, record)
        elif isinstance(record, Progress) and cell.changed:
            cell.changed = False
            # The offset rises also across restarts, where a count would begin again.
            estimates = [
                *self._region_estimates(cell, message),
                *self._field_estimates(cell, message),
            ]
            return _outgoing(estimates, message.partition)
        return ()

    def _take(self, cell: Cell, mechanism: Mechanism) -> None:
        cell.changed |= cell.window.take(mechanism)
        if cell.field is not None:
            cell.changed |= cell.field.take(mechanism)

    def _region_estimates(self, cell: Cell, message: Incoming) -> Sequence[StressEstimate]:
        label = cell.window.clusters()
        if np.unique(label).size < self.min_events:
            return ()
        events = cell.window.shared(label)
        try:
            inversion = invert(events, friction=self.friction)
        except UnusableDataError:
            # The window's planes do not resolve a stress yet; later events may.
            return ()
        samples = bootstrap(
            events,
            resamplings=self.resamplings,
            seed=self.seed,
            friction=self.friction,
            cluster=label,
        )
        tensor = estimate_of(samples)
        told = describe(
            tensor,
            samples,
            misfit_deg=inversion.misfit_deg,
            mean_instability=inversion.mean_instability,
        )
        held = cell.window.events()
        region = self.places.regions[message.partition].name
        place = CellPlace(
            region,
            region,
            float(np.mean([event.latitude_deg for event in held])),
            float(np.mean([event.longitude_deg for event in held])),
        )
        method = f"michael/{inversion.planes}/friction={inversion.friction}/phi corrected"
        effective = float(samples.n_effective or len(held))
        return [stress_record(place, message.offset + 1, tensor, told, held, effective, method)]

    def _field_estimates(self, cell: Cell, message: Incoming) -> Sequence[StressEstimate]:
        if cell.field is None:
            return ()
        cell.field.settle()
        if not cell.field.is_due():
            return ()
        version, partition = message.offset + 1, message.partition
        final = cell.field.deferred(version, self.seed)
        self.deferred[cell.field.region] = lambda: _outgoing(final(), partition)
        return cell.field.estimates(version, self.seed)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a mechanism into the windows again, without an estimate at each step.

        What came after the last progress is still to be told.
        """
        cell = self._cells[message.partition]
        if isinstance(record, Mechanism):
            self._take(cell, record)
        elif isinstance(record, Progress):
            cell.changed = False
            if cell.field is not None:
                cell.field.passed()

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin a partition empty."""
        self._cells[partition] = Cell(EventWindow(self.window, self.grades), self._field(partition))

    def _field(self, partition: int) -> CellField | None:
        if self.fields is None or partition >= len(self.places.regions):
            return None
        region = self.places.regions[partition]
        if region.grid_deg is None:
            return None
        return CellField(region.name, region_grid(region, region.grid_deg), self.fields)

    def forget(self) -> None:
        """Drop all windows."""
        self._cells.clear()


def _outgoing(estimates: Sequence[StressEstimate], partition: int) -> list[Outgoing]:
    return [Outgoing(STRESS, one.cell, one, partition) for one in estimates]
