"""The nodes of a stress field: cells of a regular grid in space, depth and time, and their links.

An event belongs to the node nearest to it. Nodes are the cells that hold events and, so that
damping reaches across a hole, the empty cells between two of them on one line of the grid
(SATSI does the same; Hardebeck & Michael 2006, J. Geophys. Res. 111, B11310).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from streamstress.errors import ConfigError, UnusableDataError

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
LinkKind = Literal["space", "time"]

MAX_NODES = 2_000_000
"""More cells than this are a mistaken step, not a field."""

EXACT_INDEX = 2.0**52
"""A cell index beyond this is no longer an exact number."""


@dataclass(frozen=True, slots=True)
class NodeGrid:
    """Nodes and the links between neighbours.

    Attributes
    ----------
    cell : (m, d) int
        Index of each node along each axis, in rising order, first axis slowest.
    step : (d,) float
        Distance of neighbouring nodes along each axis, in the unit of that axis.
    node_of_event : (n,) int
    links : (l, 2) int
        Pairs of neighbouring nodes, one step apart along one axis.
    link_axis : (l,) int
        Axis of each link.
    link_weight : (l,) float
        Share of a link in the roughness, about 1.
    time_axis : int or None
        The axis that is time; its links have a strength of their own.
    """

    cell: Integers
    step: Array
    node_of_event: Integers
    links: Integers
    link_axis: Integers
    link_weight: Array
    time_axis: int | None = None

    @property
    def size(self) -> int:
        """Number of nodes."""
        return int(self.cell.shape[0])

    @property
    def coordinates(self) -> Array:
        """Place (and time) of the nodes, (m, d)."""
        return np.asarray(self.cell * self.step)

    @property
    def events_per_node(self) -> Integers:
        """Events at each node, (m,)."""
        return np.bincount(self.node_of_event, minlength=self.size).astype(np.int64)

    @property
    def kinds(self) -> tuple[LinkKind, ...]:
        """The kinds of links there are; each has its own strength of smoothing."""
        is_time = self.is_time_link
        space: tuple[LinkKind, ...] = ("space",) if np.any(~is_time) or not is_time.size else ()
        time: tuple[LinkKind, ...] = ("time",) if np.any(is_time) else ()
        return space + time

    @property
    def is_time_link(self) -> NDArray[np.bool_]:
        """Whether a link joins two times of one place, (l,)."""
        if self.time_axis is None:
            return np.zeros(self.link_axis.shape, dtype=bool)
        return np.asarray(self.link_axis == self.time_axis)

    @property
    def on_boundary(self) -> NDArray[np.bool_]:
        """Nodes that lack a neighbour on some side, (m,)."""
        neighbours = np.bincount(self.links.ravel(), minlength=self.size)
        return np.asarray(neighbours < 2 * np.count_nonzero(np.ptp(self.cell, axis=0) > 0))

    def without_links(self) -> "NodeGrid":
        """The same nodes, each for itself."""
        none = np.zeros(0, np.int64)
        return replace(self, links=none.reshape(0, 2), link_axis=none, link_weight=np.zeros(0))

    def part(self, keep: NDArray[np.bool_]) -> "NodeGrid":
        """The kept nodes (m,), their events (numbered anew) and the links between them."""
        number = np.cumsum(keep) - 1
        within = np.all(keep[self.links], axis=1)
        return replace(
            self,
            cell=self.cell[keep],
            node_of_event=number[self.node_of_event[keep[self.node_of_event]]],
            links=number[self.links[within]],
            link_axis=self.link_axis[within],
            link_weight=self.link_weight[within],
        )

    def components(self) -> tuple[int, Integers]:
        """Number of linked groups of nodes, and the group of each node (m,)."""
        ones = np.ones(self.links.shape[0])
        graph = coo_matrix((ones, self.links.T), shape=(self.size, self.size))
        count, label = connected_components(graph, directed=False)
        return int(count), np.asarray(label, np.int64)


def grid_nodes(
    position: ArrayLike,
    step: ArrayLike,
    *,
    time_axis: int | None = None,
    latitude_axis: int | None = None,
    longitude_axis: int | None = None,
    fill_holes: bool = True,
) -> NodeGrid:
    """Nodes at whole multiples of the steps, and the links between neighbours.

    Parameters
    ----------
    position : (n, d)
        Coordinates of the events.
    step : (d,)
        Distance of the nodes along each axis, over 0.
    time_axis
        Axis whose links are links in time.
    latitude_axis, longitude_axis
        Where both are given, links along them weigh by their lengths, so that the roughness is
        the same in every direction although degrees of longitude are shorter.
    fill_holes
        Whether empty cells between two nodes of a line become nodes.

    Raises
    ------
    ConfigError
        A step is not positive, or so small that the grid is not one.
    UnusableDataError
        No events, or a coordinate that is not a number.
    """
    where, steps = np.asarray(position, float), np.asarray(step, float)
    if where.ndim != 2 or where.shape[0] == 0 or steps.shape != where.shape[1:]:
        raise UnusableDataError(f"positions {where.shape} and steps {steps.shape} make no grid")
    if not np.all(np.isfinite(where)):
        raise UnusableDataError("a coordinate is not a number")
    if not np.all(np.isfinite(steps)) or np.any(steps <= 0):
        raise ConfigError(f"grid steps {steps.tolist()}: give numbers over 0")
    index = np.floor(where / steps + 0.5)
    if np.any(np.abs(index) > EXACT_INDEX):
        raise ConfigError(f"grid steps {steps.tolist()} are too small for these coordinates")
    occupied = np.unique(index.astype(np.int64), axis=0)
    cell = _filled(occupied) if fill_holes else occupied
    links, axis = _links(cell)
    weight = np.ones(axis.shape)
    if latitude_axis is not None and longitude_axis is not None:
        weight = _length_weights(cell, steps, links, axis, latitude_axis, longitude_axis)
    node = _row_numbers(cell, index.astype(np.int64))
    return NodeGrid(cell, steps, node, links, axis, weight, time_axis)


def single_node(n_events: int, axes: int = 2) -> NodeGrid:
    """A grid of one node that takes every event, as for a region without a grid."""
    none = np.zeros(0, np.int64)
    return NodeGrid(
        np.zeros((1, axes), np.int64),
        np.ones(axes),
        np.zeros(n_events, np.int64),
        np.zeros((0, 2), np.int64),
        none,
        np.zeros(0),
    )


def _filled(occupied: Integers) -> Integers:
    """Cells, and those between two cells of one line along any axis, sorted."""
    parts = [occupied]
    for axis in range(occupied.shape[1]):
        rest = [k for k in range(occupied.shape[1]) if k != axis]
        ordered = occupied[_order(occupied, [*rest, axis])]
        same = np.all(ordered[1:, rest] == ordered[:-1, rest], axis=1)
        gap = np.where(same, ordered[1:, axis] - ordered[:-1, axis] - 1, 0)
        if gap.sum() > MAX_NODES:
            raise ConfigError(f"the grid would have over {MAX_NODES} nodes: give larger steps")
        between = np.repeat(ordered[:-1], gap, axis=0)
        first = np.repeat(np.cumsum(gap) - gap, gap)
        between[:, axis] += np.arange(between.shape[0]) - first + 1
        parts.append(between)
    return np.asarray(np.unique(np.concatenate(parts), axis=0))


def _order(cell: Integers, axes: Sequence[int]) -> Integers:
    """Sort order of cells by these axes, the first slowest."""
    return np.lexsort([cell[:, axis] for axis in reversed(axes)])


def _links(cell: Integers) -> tuple[Integers, Integers]:
    """Pairs of cells one step apart, (l, 2), and their axis (l,)."""
    pairs, axes = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.int64)]
    for axis in range(cell.shape[1]):
        rest = [k for k in range(cell.shape[1]) if k != axis]
        order = _order(cell, [*rest, axis])
        ordered = cell[order]
        near = np.all(ordered[1:, rest] == ordered[:-1, rest], axis=1)
        near &= ordered[1:, axis] - ordered[:-1, axis] == 1
        pairs.append(np.stack([order[:-1][near], order[1:][near]], axis=1))
        axes.append(np.full(int(near.sum()), axis))
    return np.concatenate(pairs), np.concatenate(axes)


def _length_weights(
    cell: Integers,
    step: Array,
    links: Integers,
    axis: Integers,
    latitude_axis: int,
    longitude_axis: int,
) -> Array:
    """Width over length of each horizontal link's strip, so that the sum is that of a gradient."""
    latitude = np.clip(cell[:, latitude_axis] * step[latitude_axis], -89.0, 89.0)
    ratio = step[longitude_axis] * np.cos(np.radians(latitude[links].mean(axis=1)))
    ratio /= step[latitude_axis]
    weight = np.ones(axis.shape)
    weight[axis == latitude_axis] = ratio[axis == latitude_axis]
    weight[axis == longitude_axis] = 1.0 / ratio[axis == longitude_axis]
    return weight


def _row_numbers(cell: Integers, wanted: Integers) -> Integers:
    """Row of each wanted cell in the sorted unique cells."""
    low = cell.min(axis=0)
    span = np.ptp(cell, axis=0) + 1
    if float(np.prod(span.astype(float))) > EXACT_INDEX:
        raise ConfigError("the grid steps are too small for these coordinates")
    scale = np.concatenate([np.cumprod(span[:0:-1])[::-1], [1]]).astype(np.int64)
    found = np.searchsorted((cell - low) @ scale, (wanted - low) @ scale)
    return np.asarray(found, np.int64)
