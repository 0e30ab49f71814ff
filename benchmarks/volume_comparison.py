"""Times and rays of volumes in three dimensions against what is known of them.

Analytic times where the velocity grows along a slanted line (Slotnick 1959), rays bent to the least
time among lumps, and the tables of 1-D models that have the same nodes.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from streamstress.earth.grid import VelocityGrid
from streamstress.earth.paths import Receivers
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.earth.volume_times import VolumeTimes, _looked_up
from streamstress.earth.volumes import Nodes, VolumeStore, mean_slownesses

Array = NDArray[np.float64]
Speed = Callable[[Array], Array]

CENTRE = LocalFrame(35.0, 139.0)
GRADIENT, TOP_KM_S, PLACE = np.array([0.012, -0.006, 0.06]), 5.2, np.array([8.3, -15.2, 0.1])
LUMPS, LUMP = 12, 0.09
PARTS = 24
"""Legs of a bent ray."""

DEEP_KM, HALF_KM = 44.0, 60.0
JUMPS = VelocityModel(
    "jumps at 15 and 32 km (over 1 km)",
    (0.0, 15.0, 15.0, 32.0, 32.0, 60.0),
    (5.8, 5.8, 6.5, 6.5, 8.0, 8.1),
    (3.36, 3.36, 3.75, 3.75, 4.47, 4.5),
)
RAMPS = VelocityModel(
    "ramps over 6 and 8 km",
    (0.0, 12.0, 18.0, 28.0, 36.0, 60.0),
    (5.8, 5.9, 6.4, 6.6, 7.9, 8.1),
    (3.36, 3.4, 3.7, 3.8, 4.4, 4.5),
)
OTHER_JUMPS = VelocityModel(
    "jumps at 9 and 25 km (over 1 km)",
    (0.0, 9.0, 9.0, 25.0, 25.0, 60.0),
    (5.4, 5.6, 6.2, 6.7, 7.8, 8.0),
    (3.1, 3.2, 3.6, 3.85, 4.35, 4.45),
)
"""Looked at only after the tracing of paths had been settled on `JUMPS`."""
PLAIN = VelocityModel("gradient", (0.0, 60.0), (5.0, 8.0), (2.9, 4.6))

HEADING = [
    "medium",
    "rays",
    "time rms s",
    "95 %",
    "largest",
    "angles",
    "median deg",
    "95 %",
    "99 %",
    "largest",
]


def rows(n_sources: int, n_bent: int) -> list[list[str]]:
    """Differences in each medium; ``n_bent`` sources among lumps."""
    return [
        slanted(n_sources),
        lumpy(n_bent),
        *(layered(model, n_sources) for model in (PLAIN, RAMPS, JUMPS, OTHER_JUMPS)),
    ]


def _cells(name: str, late_s: Array, angle_deg: Array) -> list[str]:
    late, angle = np.abs(late_s), np.abs(angle_deg)
    times = [np.sqrt(np.mean(late**2)), np.percentile(late, 95), late.max()]
    angles = [*np.percentile(angle, [50, 95, 99]), angle.max()]
    return [
        name,
        str(late.size),
        *(f"{value:.4f}" for value in times),
        str(angle.size),
        *(f"{value:.2f}" for value in angles),
    ]


def _slanted_speed(at: Array) -> Array:
    return np.asarray(TOP_KM_S + at @ GRADIENT)


def _slanted_times(at: Array) -> Array:
    steep = float(np.linalg.norm(GRADIENT))
    speeds = _slanted_speed(PLACE) * _slanted_speed(at)
    return np.asarray(np.arccosh(1 + steep**2 * ((at - PLACE) ** 2).sum(-1) / (2 * speeds)) / steep)


def _looked(speed: Speed, points: Array) -> Array:
    """Times and gradients from nodes 1 km apart."""
    nodes = Nodes(np.array([-30.0, -30.0, -1.0]), np.ones(3), (61, 61, 24))
    axes = np.stack(np.meshgrid(*(nodes.axis(k) for k in range(3)), indexing="ij"), axis=-1)
    (volume,) = mean_slownesses(nodes, PLACE, [1.0 / speed(axes)])
    return np.asarray(_looked_up(volume, nodes.first, nodes.step, PLACE, points))


def _between_deg(one: Array, other: Array) -> Array:
    cosine = (one * other).sum(-1)
    cosine /= np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _sources(count: int) -> Array:
    """Within the nodes; two in three near a plane through the station, where marches have kinks."""
    rng = np.random.default_rng(0)
    points = rng.uniform([-28, -28, 0.5], [28, 28, 21], (count, 3))
    for axis in (0, 1):
        near = slice(axis, None, 3)
        points[near, axis] = PLACE[axis] + rng.uniform(-1.5, 1.5, len(points[near]))
    return points


def slanted(count: int) -> list[str]:
    """A velocity that grows along a slanted line."""
    points = _sources(count)
    found = _looked(_slanted_speed, points)
    ways = np.stack(
        [
            (_slanted_times(points + s) - _slanted_times(points - s)) / 2e-4
            for s in 1e-4 * np.eye(3)
        ],
        axis=-1,
    )
    late = found[:, 0] - _slanted_times(points)
    return _cells("slanted gradient, nodes 1 km", late, _between_deg(found[:, 1:], ways))


def lumpy(count: int) -> list[str]:
    """The same with lumps, against bent rays."""
    rng = np.random.default_rng(3)
    middles = rng.uniform([-25, -25, 1], [25, 25, 20], (LUMPS, 3))
    sizes, signs = rng.uniform(5, 9, LUMPS), rng.choice([-1.0, 1.0], LUMPS)

    def speed(at: Array) -> Array:
        apart = ((at[..., None, :] - middles) ** 2).sum(-1) / sizes**2
        return np.asarray(_slanted_speed(at) * (1 + LUMP * (signs * np.exp(-apart)).sum(-1)))

    points = _sources(count)
    found = _looked(speed, points)
    bent = [_bent(speed, point) for point in points]
    late = found[:, 0] - np.array([time for time, _ in bent])
    ways = np.array([way for _, way in bent])
    return _cells(f"the same, {LUMPS} lumps of 9 %", late, _between_deg(found[:, 1:], ways))


def _bent(speed: Speed, source: Array) -> tuple[float, Array]:
    """Least time (s) from the station, and the ray's direction at the source."""
    share = np.linspace(0, 1, PARTS + 1)
    straight = PLACE + share[:, None] * (source - PLACE)
    moved = share[:, None] * 1e-4 * np.concatenate([np.eye(3), -np.eye(3)])[:, None]
    shapes = np.sin(np.pi * np.outer(np.arange(1, 9), share))

    def path(shape: Array) -> Array:
        return np.asarray(straight + shapes.T @ shape.reshape(*shape.shape[:-1], 8, 3))

    def times(at: Array) -> Array:
        legs = np.linalg.norm(np.diff(at, axis=-2), axis=-1)
        middles = (at[..., 1:, :] + at[..., :-1, :]) / 2
        ends, inner = 1.0 / speed(at), 1.0 / speed(middles)
        return np.asarray((legs * (ends[..., 1:] + ends[..., :-1] + 4 * inner)).sum(-1) / 6)

    def time_and_slope(shape: Array) -> tuple[float, Array]:
        step = 1e-4 * np.eye(24)
        both = times(path(np.concatenate([shape[None], shape + step, shape - step])))
        return float(both[0]), (both[1:25] - both[25:]) / 2e-4

    best = minimize(time_and_slope, np.zeros(24), jac=True, method="BFGS", options={"gtol": 1e-6})
    # At the least time a moved end counts alone, not the shape that would follow it.
    ends = times(path(best.x) + moved)
    return float(best.fun), np.asarray((ends[:3] - ends[3:]) / 2e-4)


def layered(model: VelocityModel, count: int) -> list[str]:
    """The table of the very nodes of a grid; angles where no other branch is near."""
    depth = np.arange(0.0, DEEP_KM + 0.1)
    axis = np.arange(-HALF_KM, HALF_KM + 0.1, 2.0)
    vp, vs = model.at("P", depth), model.at("S", depth)
    nodes = VelocityModel(model.name, tuple(depth), tuple(vp), tuple(vs))
    shape = (axis.size, axis.size, depth.size)
    grids = [np.broadcast_to(values, shape).copy() for values in (vp, vs)]
    grid = VelocityGrid("grid", CENTRE, axis, axis, depth, *grids)
    places = ((-42.0, 24.0), (3.1, -4.4))
    stations = [_station(n, *place) for n, place in enumerate(places)]
    rng = np.random.default_rng(1)
    reach = 0.87 * HALF_KM
    sources = rng.uniform([-reach, -reach, 1.0], [reach, reach, DEEP_KM - 2], (count, 3))
    table = travel_time_table(nodes, "P", 3 * HALF_KM, DEEP_KM + 5)
    with TemporaryDirectory() as folder:
        store = VolumeStore(grid, Path(folder))
        store.build(stations)
        east, north = CENTRE.to_km(
            *np.array([(s.latitude_deg, s.longitude_deg) for s in stations]).T
        )
        codes = tuple(s.code for s in stations)
        at = Receivers(CENTRE, codes, east, north, np.zeros(len(stations)))
        one = VolumeTimes(store, store.open(stations, "P"), table).rays_to(at, sources)
    other = table.rays_to(at, sources)
    alone = ~_crossing(table, other.distance_km, sources[:, 2]) & (other.distance_km > 2.0)
    angle = (one.takeoff_deg - other.takeoff_deg)[alone]
    return _cells(f"{model.name}, nodes 2, 1 km deep", one.time_s - other.time_s, angle)


def _station(number: int, east: float, north: float) -> Station:
    latitude, longitude = CENTRE.to_degrees(east, north)
    return Station("XX", f"S{number}", float(latitude), float(longitude))


def _crossing(table: TravelTimeTable, distance_km: Array, depth_km: Array) -> NDArray[np.bool_]:
    """Whether take-offs change by more than 8 degrees a km within 4 km, at 1.5 km either way."""
    around = np.clip(distance_km[..., None] + np.linspace(-4, 4, 9), 0.1, None)
    found = np.zeros(distance_km.shape, np.bool_)
    for off in (-1.5, 0.0, 1.5):
        depth = np.broadcast_to(np.maximum(depth_km + off, 0.0)[:, None, None], around.shape)
        takeoff = table.rays(around.ravel(), depth.ravel())[1].reshape(around.shape)
        found |= np.abs(np.diff(takeoff, axis=-1)).max(axis=-1) > 8.0
    return found
