"""Travel times through a 3-D model: by reciprocity one volume of times a station and phase.

The eikonal equation is solved by fast marching (scikit-fmm, second order) from the station, on
flattened depths as in `rays`. The same march through ground whose velocity grows linearly with
depth, whose times are known (Slotnick 1959), tells the error of the grid, and is taken as a ratio.
The times are then summed along the marched rays (`fermat`).
What is kept is the mean slowness of each path: smooth at the station, where times are not.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from streamstress.earth.fermat import along_rays
from streamstress.earth.grid import VelocityGrid
from streamstress.earth.projection import EARTH_RADIUS_KM
from streamstress.earth.stations import Station

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

LOST_WAY = 0.01
"""A path that differs by more from the march has left it (at a jump of velocity): the march stays.
Set by judgement: in the smooth media that were
tested no path was lost."""

VERSION = "3"
"""Part of the hash: another way to compute makes other files."""

SPHERE_STEPS = 2.0
"""Radius, in steps, of the sphere that the march begins on; inside, both ends' mean is used."""

Show = Callable[[int, int], None]
"""Told how many volumes of how many are there."""


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """The nodes that the march runs on: even steps east, north and down.

    Attributes
    ----------
    first, step, shape
        (3,) of the nodes.
    depth_km
        (2,) first and last depth of a grid, whose levels the nodes share; None on a flat Earth.
    """

    first: Array
    step: Array
    shape: tuple[int, int, int]
    depth_km: tuple[float, float] | None = None

    def axis(self, number: int) -> Array:
        """Coordinates along one axis."""
        return np.asarray(self.first[number] + self.step[number] * np.arange(self.shape[number]))

    def level(self, depth_km: float | Array) -> Array:
        """Where true depths lie on the axis downward, which is even in them."""
        depth = np.asarray(depth_km, float)
        if self.depth_km is None:
            return depth
        share = (depth - self.depth_km[0]) / (self.depth_km[1] - self.depth_km[0])
        return np.asarray(self.first[2] + share * self.step[2] * (self.shape[2] - 1))

    def stretch(self, depth_km: float | Array) -> Array:
        """Flattened depth that a step down the axis is, at true depths."""
        depth = np.asarray(depth_km, float)
        if self.depth_km is None:
            return np.ones_like(depth)
        true_km = (self.depth_km[1] - self.depth_km[0]) / (self.step[2] * (self.shape[2] - 1))
        return np.asarray(true_km * EARTH_RADIUS_KM / (EARTH_RADIUS_KM - depth))

    def stretches(self) -> Array:
        """Return the stretch (nz,) of every level."""
        ends = self.depth_km or (0.0, 0.0)
        return self.stretch(np.linspace(*ends, self.shape[2]))


def nodes_of(grid: VelocityGrid) -> Nodes:
    """Nodes of the grid, evenly between its ends in flattened depth.

    Nodes at other levels than the grid's would place its jumps elsewhere, and cut their corners.
    The levels are off by 0.04 km at most of 44 km; `stretch` makes up for it along rays.
    """
    ends = float(grid.depth_km[0]), float(grid.depth_km[-1])
    top, bottom = flat_depth(ends[0]), flat_depth(ends[1])
    shape = (len(grid.east_km), len(grid.north_km), len(grid.depth_km))
    down = float(bottom - top) / (shape[2] - 1)
    step = np.array([*(float(np.diff(a).mean()) for a in (grid.east_km, grid.north_km)), down])
    first = np.array([grid.east_km[0], grid.north_km[0], float(top)])
    return Nodes(first, step, shape, ends)


def flat_depth(depth_km: float | Array) -> Array:
    """Depth of the flattened Earth (Müller 1985, eq. 1)."""
    shrunk = EARTH_RADIUS_KM / (EARTH_RADIUS_KM - np.asarray(depth_km, float))
    return np.asarray(EARTH_RADIUS_KM * np.log(shrunk))


def flat_slowness(grid: VelocityGrid, phase: str) -> Array:
    """Slowness (s/km) at the nodes of a grid, flattened (Müller 1985, eq. 3)."""
    velocity = grid.vp_km_s if phase == "P" else grid.vs_km_s
    return np.asarray((1.0 - grid.depth_km / EARTH_RADIUS_KM) / velocity)


def place_of(grid: VelocityGrid, station: Station) -> Array | None:
    """East, north and level (`Nodes.level`) of a station; None where it is not in the grid.

    Above the grid it stands on its top.
    """
    east, north = grid.frame.to_km(station.latitude_deg, station.longitude_deg)
    depth = max(-station.elevation_m / 1000.0, float(grid.depth_km[0]))
    inside = (
        grid.east_km[0] <= east <= grid.east_km[-1]
        and grid.north_km[0] <= north <= grid.north_km[-1]
        and depth <= grid.depth_km[-1]
    )
    level = float(nodes_of(grid).level(depth))
    return np.array([float(east), float(north), level]) if inside else None


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """From a station to the nodes: offsets along the axes, distances, the start's radius."""

    nodes: Nodes
    place: Array
    away: tuple[Array, Array, Array]
    distance: Array
    radius: float

    def march(self, slowness: Array) -> Array:
        """Times from the station to the nodes outside the sphere, 0 inside."""
        import skfmm

        outside = self.distance - self.radius
        time = skfmm.travel_time(outside, 1.0 / slowness, dx=self.nodes.step, order=2)
        there = _on_sphere(self.nodes, slowness, self)
        return np.where(outside > 0, np.asarray(time) + self.radius * there, 0.0)


def mean_slownesses(nodes: Nodes, place: Array, slownesses: Iterable[Array]) -> list[Volume]:
    """Mean slowness of the paths from a station to every node, for each medium."""
    offsets = np.meshgrid(*(nodes.axis(k) - place[k] for k in range(3)), indexing="ij")
    distance = np.sqrt(offsets[0] ** 2 + offsets[1] ** 2 + offsets[2] ** 2)
    radius = SPHERE_STEPS * float(nodes.step.max())
    way = _Way(nodes, place, (offsets[0], offsets[1], offsets[2]), distance, radius)
    known: tuple[Array, Array, Array] | None = None
    found = []
    for slowness in slownesses:
        if known is None:
            linear, exact = _linear_ground(nodes, place, distance, slowness)
            known = linear, exact, way.march(linear)
        linear, exact, marched = known
        inside = (_at(nodes, slowness, place) + slowness) / (_at(nodes, linear, place) + linear)
        far = distance > radius
        ratio = np.where(far, way.march(slowness) / np.where(far, marched, 1.0), inside)
        marched_mean = exact * ratio
        along = along_rays(
            nodes.first, nodes.step, place, slowness, marched_mean, nodes.stretches()
        )
        lost = ~(np.abs(along / marched_mean - 1.0) < LOST_WAY)
        found.append(np.where(lost, marched_mean, along).astype(np.float32))
    return found


def _linear_ground(
    nodes: Nodes, place: Array, distance: Array, slowness: Array
) -> tuple[Array, Array]:
    """Slowness of linear ground near to a medium, and its exact mean slowness of each path.

    The time is ``arccosh(1 + g^2 d^2 / (2 v1 v2)) / g`` (Slotnick 1959, Lessons in Seismic
    Computing, p. 205) with the velocities at both ends and their gradient g.
    """
    depth = nodes.axis(2)
    mean = 1.0 / slowness.mean(axis=(0, 1))
    gradient, top = np.polyfit(depth, mean, 1)
    gradient = float(np.clip(gradient, 1e-4, None))
    top = max(float(top), 0.3 * float(mean.min()) - gradient * float(depth[0]))
    velocity = top + gradient * depth
    station = top + gradient * place[2]
    way = np.maximum(distance, 1e-3)
    argument = (gradient * way) ** 2 / (2.0 * station * velocity)
    time = np.arccosh(1.0 + argument) / gradient
    return np.broadcast_to(1.0 / velocity, nodes.shape).copy(), np.asarray(time / way)


def _on_sphere(nodes: Nodes, slowness: Array, way: _Way) -> Array:
    """Mean slowness from the station to the sphere, in the direction of each node."""
    shrink = way.radius / np.maximum(way.distance, way.radius)
    points = np.stack([way.place[k] + way.away[k] * shrink for k in range(3)], axis=-1)
    axes = tuple(nodes.axis(k) for k in range(3))
    edge = RegularGridInterpolator(axes, slowness, bounds_error=False, fill_value=None)(points)
    return np.asarray((_at(nodes, slowness, way.place) + edge) / 2)


def _at(nodes: Nodes, values: Array, place: Array) -> float:
    axes = tuple(nodes.axis(k) for k in range(3))
    return float(RegularGridInterpolator(axes, values)(place)[0])


class VolumeStore:
    """Volumes in a folder, one file a station and phase, named by the hash of what made them.

    Parameters
    ----------
    grid
        The model.
    folder
        Made where it is missing. A file that is there is not computed again.
    """

    def __init__(self, grid: VelocityGrid, folder: Path) -> None:
        self.grid = grid
        self.nodes = nodes_of(grid)
        self._folder = folder
        self._digest = grid.digest()

    def file_of(self, station: Station, phase: str) -> Path:
        """Where a volume is kept."""
        place = f"{station.latitude_deg:.6f} {station.longitude_deg:.6f} {station.elevation_m:.1f}"
        text = f"{VERSION} {self._digest} {phase} {place}"
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.npy"

    def build(self, stations: Iterable[Station], show: Show | None = None) -> None:
        """Compute what is missing; stations outside the grid are passed over."""
        self._folder.mkdir(parents=True, exist_ok=True)
        wanted = list(stations)
        slowness: Mapping[str, Array] | None = None
        for number, station in enumerate(wanted):
            place = place_of(self.grid, station)
            missing = [p for p in ("P", "S") if not self.file_of(station, p).exists()]
            if place is not None and missing:
                slowness = slowness or {
                    phase: flat_slowness(self.grid, phase) for phase in ("P", "S")
                }
                volumes = mean_slownesses(self.nodes, place, [slowness[p] for p in missing])
                for phase, volume in zip(missing, volumes, strict=True):
                    _write(self.file_of(station, phase), volume)
            if show is not None:
                show(number + 1, len(wanted))

    def open(self, stations: Iterable[Station], phase: str) -> dict[str, tuple[Array, Volume]]:
        """Place and memory-mapped volume of each station in the grid, by ``NET.STA``."""
        found = {}
        for station in stations:
            place = place_of(self.grid, station)
            if place is not None:
                file = self.file_of(station, phase)
                found[station.code] = (place, np.asarray(np.load(file, mmap_mode="r")))
        return found


def _write(file: Path, volume: Volume) -> None:
    """Whole or not at all: a worker that dies leaves no half file under the name."""
    half = file.with_suffix(".half")
    with half.open("wb") as out:
        np.save(out, volume)
    half.replace(file)
