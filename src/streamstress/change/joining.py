"""Cells of a region that are joined once enough is known of them.

Sparse cells would learn for years. So nothing is decided until the fullest cell has its learned
events; then sparse cells are joined to the neighbours that they cannot be told from, by the events
until that moment, and stay so. A revision of one of those events decides anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic

from streamstress.change.cells import CellLine, CellWatch
from streamstress.change.event_log import BEGINNING, Entry, EventLog, Key
from streamstress.change.events import ChangeEvent
from streamstress.change.grid import Cell, Grid, joined_cells
from streamstress.change.region import D, Observer, RegionWatch
from streamstress.change.revision import lines_of_revision

SPARSE_SHARE = 4
"""A cell with less than this part of the events of the fullest one would learn too late."""


class JoiningCells(Generic[D]):
    """Watches of cells, or of groups of them, that find out themselves what to join.

    Parameters
    ----------
    grid
        The cells.
    make
        Makes the watch of a cell.
    learn
        Events that a watch learns from.
    """

    def __init__(self, grid: Grid, make: Callable[[], RegionWatch[D]], learn: int) -> None:
        self.grid = grid
        self._make = make
        self._learn = learn
        self._cells: CellWatch[D] = CellWatch(grid, make)
        self._waiting = EventLog()
        self._heads: dict[Cell, Cell] | None = None
        self._decided_by = BEGINNING
        self._stale = False

    @property
    def watches(self) -> Mapping[Cell, RegionWatch[D]]:
        """Watch of each cell, or group of cells; none before they are joined."""
        return self._cells.watches

    def cell_of(self, event: ChangeEvent) -> Cell:
        """Cell with which an event is watched.

        Raises
        ------
        UnusableDataError
            The event has no place.
        """
        return self._cells.cell_of(event)

    def put(
        self, event_id: str, version: int, origin_time_ns: int, event: ChangeEvent | None
    ) -> None:
        """Take in a version of an event.

        Raises
        ------
        UnusableDataError
            The event has no place, or lies before all that can be revised.
        """
        if event is not None:
            self.grid.cell_of(event)
        if self._heads is None:
            self._waiting.put(event_id, version, origin_time_ns, event)
            return
        places = [entry.key for entry in self._entries_of(event_id)]
        self._stale |= min([(origin_time_ns, event_id), *places]) <= self._decided_by
        self._cells.put(event_id, version, origin_time_ns, event)

    def advance(self, until_ns: int, observe: Observer[D] | None = None) -> list[CellLine]:
        """Decide on all events before a time, in every cell; lines in order of time.

        Nothing before cells are joined. What a new joining makes of lines told before is told as
        after any revision (`lines_of_revision`).
        """
        if self._heads is not None and not self._stale:
            return self._cells.advance(until_ns, observe)
        self._stale = False
        entries = list(self._waiting.entries()) if self._heads is None else self._entries()
        found = self._joined(entries, until_ns)
        if found is None or found[0] == self._heads:
            return [] if self._heads is None else self._cells.advance(until_ns, observe)
        return self._begin_anew(found, entries, until_ns, observe)

    def _begin_anew(
        self,
        found: tuple[dict[Cell, Cell], Key],
        entries: Iterable[Entry],
        until_ns: int,
        observe: Observer[D] | None,
    ) -> list[CellLine]:
        before = self._cells
        self._heads, self._decided_by = found
        self._cells = CellWatch(self.grid, self._make, self._heads)
        self._waiting = EventLog()
        for entry in entries:
            self._cells.put(entry.key[1], entry.version, entry.key[0], entry.event)
        self._cells.advance(until_ns, observe)
        told = {cell: watch.decisions for cell, watch in before.watches.items()}
        now = {cell: watch.decisions for cell, watch in self._cells.watches.items()}
        lines = [
            CellLine(cell, decision)
            for cell in told.keys() | now.keys()
            for decision in lines_of_revision(told.get(cell, []), now.get(cell, []))
        ]
        return self._cells.in_order(lines)

    def _joined(
        self, entries: Iterable[Entry], until_ns: int
    ) -> tuple[dict[Cell, Cell], Key] | None:
        """Cells to those they are joined with, and the event that decides; None before it came."""
        if any(watch.has_forgotten for watch in self.watches.values()):
            return None if self._heads is None else (self._heads, self._decided_by)
        seen: dict[Cell, list[ChangeEvent]] = {}
        for entry in sorted(entries, key=lambda one: one.key):
            if entry.event is None or entry.key[0] >= until_ns:
                continue
            there = seen.setdefault(self.grid.cell_of(entry.event), [])
            there.append(entry.event)
            if len(there) >= self._learn:
                return joined_cells(self.grid, seen, self._learn // SPARSE_SHARE), entry.key
        return None

    def _entries(self) -> list[Entry]:
        return [entry for watch in self.watches.values() for entry in watch.entries()]

    def _entries_of(self, event_id: str) -> Iterator[Entry]:
        for watch in self.watches.values():
            entry = watch.entry(event_id)
            if entry is not None:
                yield entry
