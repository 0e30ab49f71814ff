"""Cells of a region, each watched apart, and whether the cells around an alarm show it too.

A wanted rate of false alarms is one by events, and an event lies in one cell: the alarms of all
cells together come at the wanted rate in the events of all of them.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias

import numpy as np

from streamstress.change.events import ChangeDecision, ChangeEvent
from streamstress.change.grid import Cell, Grid
from streamstress.change.region import D, Observer, RegionWatch
from streamstress.change.score import isometric

LEAST_EVENTS = 10
"""Events since the onset with which a neighbour has a say."""

CLEAR_SIGMA = 2.0
"""A neighbour shows the change where its mean moved the same way by so many sigmas."""


@dataclass(frozen=True, slots=True)
class CellLine:
    """A decision, and the cell it is on."""

    cell: Cell
    decision: ChangeDecision


class CellWatch(Generic[D]):
    """A watch a cell, or a group of cells that are joined.

    Parameters
    ----------
    grid
        The cells.
    make
        Makes the watch of a cell.
    joined
        Cells to the cell with which they are watched (`grid.joined_cells`); any other is watched by
        itself.
    """

    def __init__(
        self,
        grid: Grid,
        make: Callable[[], RegionWatch[D]],
        joined: Mapping[Cell, Cell] | None = None,
    ) -> None:
        self.grid = grid
        self.watches: dict[Cell, RegionWatch[D]] = {}
        self._make = make
        self._joined = joined or {}

    def cell_of(self, event: ChangeEvent) -> Cell:
        """Cell with which an event is watched.

        Raises
        ------
        UnusableDataError
            The event has no place.
        """
        cell = self.grid.cell_of(event)
        return self._joined.get(cell, cell)

    def put(
        self, event_id: str, version: int, origin_time_ns: int, event: ChangeEvent | None
    ) -> None:
        """Take in a version of an event; one that moved to another cell leaves the first.

        Raises
        ------
        UnusableDataError
            The event has no place, or lies before all that can be revised.
        """
        cell = None if event is None else self.cell_of(event)
        for other, watch in self.watches.items():
            if other != cell and event_id in watch:
                watch.put(event_id, version, origin_time_ns, None)
        if cell is not None:
            watch = self.watches.setdefault(cell, self._make())
            watch.put(event_id, version, origin_time_ns, event)

    def advance(self, until_ns: int, observe: Observer[D] | None = None) -> list[CellLine]:
        """Decide on all events before a time, in every cell; lines in order of time."""
        lines = [
            CellLine(cell, decision)
            for cell, watch in self.watches.items()
            for decision in watch.advance(until_ns, observe)
        ]
        return self.in_order(lines)

    def in_order(self, lines: list[CellLine]) -> list[CellLine]:
        """Lines in order of time, each with what its neighbours show."""
        lines.sort(key=lambda line: (line.decision.time_ns, line.decision.event_id, line.cell))
        return [replace(line, decision=self._with_neighbours(line)) for line in lines]

    def _with_neighbours(self, line: CellLine) -> ChangeDecision:
        guards = {**line.decision.guards, "neighbouring cells": self._agreement(line)}
        return replace(line.decision, guards=guards)

    def _agreement(self, line: CellLine) -> str:
        """Say which of the eight cells around show the change; they never hold an alarm."""
        if line.cell not in self.watches:
            return "untested: the cells were joined anew"
        own = _sides(self.watches[line.cell], line.decision)
        asked: list[str] = []
        showing: list[str] = []
        for cell, watch in self._around(line.cell):
            before, after = _sides(watch, line.decision)
            if min(len(before), len(after)) < LEAST_EVENTS:
                continue
            asked.append(self.grid.name(cell))
            if sigmas_along(own, (before, after)) >= CLEAR_SIGMA:
                showing.append(self.grid.name(cell))
        if not asked:
            return f"untested: none has {LEAST_EVENTS} events since the onset"
        if not showing:
            return f"untested: none of {len(asked)} shows it; local, or not the stress"
        return f"pass: {len(showing)} of {len(asked)} show it ({', '.join(showing)})"

    def _around(self, cell: Cell) -> Iterator[tuple[Cell, RegionWatch[D]]]:
        members = [cell, *(one for one, head in self._joined.items() if head == cell)]
        beside = {other for member in members for other in self.grid.around(member)}
        for head in sorted({self._joined.get(other, other) for other in beside} - {cell}):
            if head in self.watches:
                yield head, self.watches[head]


Sides: TypeAlias = tuple[Sequence[ChangeEvent], Sequence[ChangeEvent]]
"""Events before an onset and since."""


def sigmas_along(own: Sides, other: Sides) -> float:
    """How clearly the mean tensor of other events moved the way of one's own, in sigmas.

    The way is the difference of the mean tensors across the onset; the other events are projected
    onto it, so that a neighbour with another stress is asked for the change and not for the state.
    """
    mine = [isometric([event.five for event in side]) for side in own]
    way = mine[1].mean(axis=0) - mine[0].mean(axis=0)
    along = [isometric([event.five for event in side]) @ way for side in other]
    error = math.sqrt(sum(float(np.var(side, ddof=1)) / len(side) for side in along))
    moved = float(along[1].mean() - along[0].mean())
    return moved / error if error > 0.0 else 0.0


def _sides(watch: RegionWatch[D], decision: ChangeDecision) -> Sides:
    """Events until the decision that can still be revised, cut at the onset."""
    events = [e for e in watch.events() if e.origin_time_ns <= decision.time_ns]
    onset = decision.onset_time_ns
    return (
        [event for event in events if event.origin_time_ns < onset],
        [event for event in events if event.origin_time_ns >= onset],
    )
