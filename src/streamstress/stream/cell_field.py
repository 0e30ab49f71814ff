"""The stress field of a region with a grid: mechanisms in, an estimate a node out."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from streamstress.config.places import Region
from streamstress.errors import ConfigError
from streamstress.records import Mechanism, StressEstimate
from streamstress.stream.event_window import EventWindow, WindowLimits
from streamstress.stream.stress_records import CellPlace, stress_record
from streamstress.stress.nodes import NodeGrid, grid_nodes
from streamstress.stress.region_field import RegionField

MAX_NODES = 400
"""Nodes of a region: an update of its field takes 5 ms at 200 of them, a whole inversion 1.2 s."""

METHOD = "michael/instability/abic field/phi corrected"


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """Window of the fields, least events of a node, and changes between two publications."""

    window: WindowLimits
    min_events: int
    every_events: int
    grades: str
    friction: float


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

    def __post_init__(self) -> None:
        self.window = EventWindow(self.limits.window, self.limits.grades)
        self.stress = RegionField(
            self.grid.nodes, friction=self.limits.friction, min_events=self.limits.min_events
        )

    def take(self, mechanism: Mechanism) -> bool:
        """Take a mechanism into the window; whether it changed."""
        return self.window.take(mechanism)

    def settle(self) -> None:
        """Bring the field to the window."""
        events = self.window.events()
        shared = self.window.shared(self.window.clusters()) if events else []
        self._unsent += self.stress.settle(
            {
                event.event_id: (self.grid.node_of(event), contribution)
                for event, contribution in zip(events, shared, strict=True)
            }
        )

    def estimates(self, version: int, seed: int) -> list[StressEstimate]:
        """Estimates of the nodes with events enough, if enough changed since the last ones."""
        if self._unsent < self.limits.every_events:
            return []
        self._unsent = 0
        at_node: dict[int, list[Mechanism]] = defaultdict(list)
        for event in self.window.events():
            at_node[self.grid.node_of(event)].append(event)
        return [
            stress_record(
                self._place(node),
                version,
                one.tensor,
                one.description,
                at_node[node],
                one.effective_events,
                METHOD,
            )
            for node, one in enumerate(self.stress.nodes(seed))
            if one.tensor is not None and one.description is not None
        ]

    def _place(self, node: int) -> CellPlace:
        latitude, longitude = (float(value) for value in self.grid.nodes.coordinates[node])
        longitude = (longitude + 180.0) % 360.0 - 180.0
        return CellPlace(
            f"{self.region}/{latitude:.3f},{longitude:.3f}", self.region, latitude, longitude
        )
