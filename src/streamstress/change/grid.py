"""Cells of latitude and longitude, and sparse ones joined to neighbours of like stress."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from streamstress.change.events import ChangeEvent
from streamstress.change.score import isometric
from streamstress.errors import UnusableDataError

Array = NDArray[np.float64]
Cell: TypeAlias = tuple[int, int]
"""Row and column, counted from 0 N, 0 E."""

ALIKE_P_VALUE = 0.05
"""Cells are joined where equal mean tensors are not less likely than this (Hotelling's test)."""

RIDGE = 0.02
"""Share of the variance added to every direction: a double couple has no fifth free number."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of so many degrees in latitude and longitude."""

    width_deg: float

    @property
    def columns(self) -> int:
        """Cells around the globe; the one east of the last is the first."""
        return max(1, round(360.0 / self.width_deg))

    def cell_of(self, event: ChangeEvent) -> Cell:
        """Cell of an event.

        Raises
        ------
        UnusableDataError
            The event has no place.
        """
        if event.latitude_deg is None or event.longitude_deg is None:
            raise UnusableDataError(f"event {event.event_id}: no place, and cells are watched")
        east_deg = (event.longitude_deg + 180.0) % 360.0 - 180.0
        return (
            math.floor(event.latitude_deg / self.width_deg),
            math.floor(east_deg / self.width_deg),
        )

    def around(self, cell: Cell) -> Iterator[Cell]:
        """Eight cells around one."""
        half = self.columns // 2
        for row, column in ((r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)):
            yield cell[0] + row, (cell[1] + column + half) % self.columns - half

    def name(self, cell: Cell) -> str:
        """Centre of a cell, as ``36.50N 141.50E``."""
        latitude, longitude = ((index + 0.5) * self.width_deg for index in cell)
        ns, ew = "NS"[latitude < 0], "EW"[longitude < 0]
        return f"{abs(latitude):.2f}{ns} {abs(longitude):.2f}{ew}"


def joined_cells(
    grid: Grid, events: Mapping[Cell, Sequence[ChangeEvent]], enough: int
) -> dict[Cell, Cell]:
    """Join sparse cells to the neighbours that they cannot be told from.

    The sparsest cell with fewer than ``enough`` events goes first, to the neighbour most alike, and
    what it was joined to may go on; one that differs from all its neighbours stays alone.

    Returns
    -------
    heads : dict
        Every cell, to the fullest cell of those it is joined with.
    """
    tensors = {cell: isometric([e.five for e in there]) for cell, there in events.items()}
    members: dict[Cell, list[Cell]] = {cell: [cell] for cell in tensors}
    alone: set[Cell] = set()
    while True:
        sparse = [cell for cell in members if len(tensors[cell]) < enough and cell not in alone]
        if not sparse:
            break
        cell = min(sparse, key=lambda one: (len(tensors[one]), one))
        other = _most_alike(grid, cell, members, tensors)
        if other is None:
            alone.add(cell)
            continue
        fuller, lesser = sorted((cell, other), key=lambda one: (-len(tensors[one]), one))
        members[fuller] += members.pop(lesser)
        tensors[fuller] = np.concatenate([tensors[fuller], tensors.pop(lesser)])
        alone.discard(fuller)
    full = {cell: len(there) for cell, there in events.items()}
    heads = {cell: min(group, key=lambda one: (-full[one], one)) for cell, group in members.items()}
    return {member: heads[cell] for cell, group in members.items() for member in group}


def likeness(some: Array, others: Array) -> float:
    """P-value of equal mean tensors (n, 5) and (m, 5), pooled covariance (Hotelling 1931)."""
    counts = len(some), len(others)
    centred = np.concatenate([some - some.mean(axis=0), others - others.mean(axis=0)])
    covariance = centred.T @ centred / max(sum(counts) - 2, 1)
    covariance += (RIDGE * np.trace(covariance) / 5.0 + 1e-12) * np.eye(5)
    gap = some.mean(axis=0) - others.mean(axis=0)
    distance = float(gap @ np.linalg.solve(covariance, gap)) * counts[0] * counts[1] / sum(counts)
    return float(stats.chi2.sf(distance, 5))


def _most_alike(
    grid: Grid, cell: Cell, members: Mapping[Cell, Sequence[Cell]], tensors: Mapping[Cell, Array]
) -> Cell | None:
    beside = {other for member in members[cell] for other in grid.around(member)}
    touching = [head for head, group in members.items() if head != cell and beside & {*group}]
    told = [(likeness(tensors[cell], tensors[head]), head) for head in sorted(touching)]
    alike = [pair for pair in told if pair[0] >= ALIKE_P_VALUE]
    return max(alike)[1] if alike else None
