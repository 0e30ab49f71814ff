"""The stress field of a region with a grid: mechanisms in, an estimate a node out.

Estimates come twice: at once from the field as it is kept up to date, and later, made beside the
stream, as `streamstress invert` makes them of the same events (`final_field`).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from streamstress.config.places import Region
from streamstress.errors import ConfigError
from streamstress.records import Mechanism, StressEstimate
from streamstress.stream.event_window import EventWindow
from streamstress.stream.final_field import FieldLimits, FinalField, final_estimates
from streamstress.stream.stress_records import node_place, stress_record
from streamstress.stress import EventContribution
from streamstress.stress.nodes import NodeGrid, grid_nodes
from streamstress.stress.region_field import RegionField

MAX_NODES = 400
"""Nodes of a region: an update of its field takes 5 ms at 200 of them, a whole inversion 1.2 s."""

METHOD = "michael/instability/abic field/phi corrected/provisional"


@dataclass(frozen=True, slots=True)
class RegionGrid:
    """Nodes at whole multiples of the region's step, latitude slowest, that cover its box."""

    nodes: NodeGrid
    first: tuple[int, int]
    columns: int
    step_deg: float
    west_deg: float

    def node_of(self, mechanism: Mechanism) -> int:
        """Node nearest to an epicentre of the region."""
        turned = (mechanism.longitude_deg - self.west_deg) % 360.0 + self.west_deg
        row = int(np.floor(mechanism.latitude_deg / self.step_deg + 0.5)) - self.first[0]
        column = int(np.floor(turned / self.step_deg + 0.5)) - self.first[1]
        rows = self.nodes.size // self.columns
        return min(max(row, 0), rows - 1) * self.columns + min(max(column, 0), self.columns - 1)


def region_grid(region: Region, step_deg: float) -> RegionGrid:
    """Grid of a region.

    Raises
    ------
    ConfigError
        More than `MAX_NODES` nodes.
    """
    edges = [region.south_deg, region.north_deg, region.west_deg, region.east_deg]
    south, north, west, east = (int(np.floor(edge / step_deg + 0.5)) for edge in edges)
    rows, columns = north - south + 1, east - west + 1
    if rows * columns > MAX_NODES:
        raise ConfigError(
            f"network.regions: {region.name} has {rows} x {columns} nodes by its grid_deg "
            f"{step_deg}; at most {MAX_NODES} can be kept up to date: give a larger step"
        )
    axes = np.meshgrid(np.arange(south, north + 1), np.arange(west, east + 1), indexing="ij")
    where = np.stack([axis.ravel() for axis in axes], axis=-1) * step_deg
    nodes = grid_nodes(where, [step_deg, step_deg], latitude_axis=0, longitude_axis=1)
    return RegionGrid(nodes, (south, west), columns, step_deg, region.west_deg)


@dataclass(slots=True)
class CellField:
    """The window and the field of one region."""

    region: str
    grid: RegionGrid
    limits: FieldLimits
    window: EventWindow = field(init=False)
    stress: RegionField = field(init=False)
    _unsent: int = 0
    _label: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _shared: list[EventContribution] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window = EventWindow(self.limits.window, self.limits.grades)
        self.stress = RegionField(
            self.grid.nodes, friction=self.limits.friction, min_events=self.limits.min_events
        )

    def take(self, mechanism: Mechanism) -> bool:
        """Take a mechanism into the window; whether it changed."""
        changed = self.window.take(mechanism)
        self._unsent += changed
        return changed

    def passed(self) -> None:
        """Count on after a progress that was answered before a restart."""
        if self._unsent >= self.limits.every_events:
            self._unsent = 0

    def settle(self) -> None:
        """Bring the field to the window."""
        events = self.window.events()
        self._label = self.window.clusters() if events else self._label[:0]
        self._shared = self.window.shared(self._label) if events else []
        self.stress.settle(
            {
                event.event_id: (self.grid.node_of(event), contribution)
                for event, contribution in zip(events, self._shared, strict=True)
            }
        )

    def is_due(self) -> bool:
        """Whether enough changed since the last publication; it is then taken as published."""
        due = self._unsent >= self.limits.every_events
        if due:
            self._unsent = 0
        return due

    def estimates(self, version: int, seed: int) -> list[StressEstimate]:
        """Provisional estimates of the nodes with events enough."""
        at_node: dict[int, list[Mechanism]] = defaultdict(list)
        for event in self.window.events():
            at_node[self.grid.node_of(event)].append(event)
        return [
            stress_record(
                node_place(self.region, *self.grid.nodes.coordinates[node].tolist()),
                2 * version,
                one.tensor,
                one.description,
                at_node[node],
                one.effective_events,
                METHOD,
            )
            for node, one in enumerate(self.stress.nodes(seed))
            if one.tensor is not None and one.description is not None
        ]

    def deferred(self, version: int, seed: int) -> Callable[[], list[StressEstimate]]:
        """Final estimates of the present window, to be made beside the stream."""
        held = FinalField(
            self.region,
            self.grid.step_deg,
            self.grid.west_deg,
            tuple(self.window.events()),
            tuple(self._shared),
            self._label,
        )
        return partial(final_estimates, held, self.limits, 2 * version + 1, seed)
