"""Tracing all rays of one phase through a model, onto a grid of depth and distance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.branches import Curve, DivingRays, continued, direct_curve
from streamstress.earth.rays import FlatLayers, flat_layers
from streamstress.earth.velocity import VelocityModel

Array = NDArray[np.float64]

DISTANCES = 400
NEAR_JUMP_KM = np.array([0.03, 0.08, 0.16, 0.3, 0.6])
"""Rows this far below the surface and each jump, and either side of a buried receiver: rays that
leave along it change fast with depth."""
KINK_PER_S = 0.015
DEEPEST_KINK_KM = 40.0
NEAR_KINK_KM = np.array([-0.1, 0.03, 0.1])
"""Changes of the velocity gradient (km/s a km) that get depth rows beside them."""

GROWTH, LEAST_STEP_KM = 0.01, 0.02
"""Largest share that velocity grows by from row to row, rows no closer than this: where it grows
by 6 % in a km, level rays half a km apart leave 1 degree from what lies between them."""

ABSENT_S = 4e5
"""Rank of a branch that does not exist, added to its time."""


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """What `TravelTimeTable` looks up, each as it names it."""

    depth_km: Array
    time_s: Array
    takeoff_deg: Array
    nearest_km: Array
    farthest_km: Array
    present: NDArray[np.bool_]


def trace(
    model: VelocityModel, phase: str, size_km: tuple[float, float], receiver_km: float
) -> Branches:
    """All rays to a receiver at a depth, over distances and source depths to ``size_km``."""
    layers = flat_layers(model, phase, _boundaries(model, size_km, receiver_km))
    receiver = int(np.searchsorted(layers.depth_km, receiver_km - 1e-6))
    diving = DivingRays(layers, receiver)
    sources = _sources(layers, size_km[1])
    curves = [
        _curves(
            direct_curve(layers, boundary, speed, receiver),
            [diving.curve(k, boundary, speed) for k in range(len(diving.families))],
        )
        for boundary, speed in sources
    ]
    return _assemble(size_km[0], layers, sources, curves)


def _curves(direct: Curve, families: list[Curve | None]) -> list[Curve | None]:
    """Branches of one source; the family that goes on from the direct rays is carried on by them.

    The direct rays themselves end in the first family that does.
    """
    found: list[Curve | None] = []
    longer = direct
    for family in families:
        if family is None:
            found.append(None)
            continue
        whole, family = continued(direct, family)
        longer = whole if longer is direct else longer
        found.append(family)
    return [longer, *found]


def _assemble(
    max_distance_km: float,
    layers: FlatLayers,
    sources: list[tuple[int, float]],
    curves: list[list[Curve | None]],
) -> Branches:
    distances = max_distance_km * np.linspace(0.0, 1.0, DISTANCES) ** 2
    tables = [
        [_on_grid(curve, distances, speed) for curve in row]
        for row, (_, speed) in zip(curves, sources, strict=True)
    ]
    time = np.array([[cell[0] for cell in row] for row in tables]).swapaxes(0, 1)
    takeoff = np.array([[cell[1] for cell in row] for row in tables]).swapaxes(0, 1)
    nearest = np.array([[0.0 if c is None else c.nearest_km for c in row] for row in curves]).T
    farthest = np.array([[0.0 if c is None else c.farthest_km for c in row] for row in curves]).T
    present = np.array([[c is not None for c in row] for row in curves]).T
    kept = _ever_first(time, distances, nearest, farthest, present)
    return Branches(
        np.array([layers.depth_km[boundary] for boundary, _ in sources]),
        time[kept],
        takeoff[kept],
        nearest[kept],
        farthest[kept],
        present[kept],
    )


def _ever_first(
    time: Array, distances: Array, nearest: Array, farthest: Array, present: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Branches that arrive first somewhere in the table; the direct one always stays."""
    arrives = (distances >= nearest[..., None]) & (distances <= farthest[..., None])
    rank = np.where(arrives & present[..., None], time, ABSENT_S)
    first = np.where(rank.min(axis=0) < ABSENT_S, rank.argmin(axis=0), 0)
    return np.asarray(np.unique(np.append(first, 0)), np.intp)


def _boundaries(model: VelocityModel, size_km: tuple[float, float], receiver_km: float) -> Array:
    max_distance_km, max_depth_km = size_km
    bottom = max_depth_km + 20.0 + max_distance_km / 4
    fine = np.arange(0.0, 20.0, 0.25), np.arange(20.0, 40.0, 0.5), np.arange(40.0, bottom, 1.0)
    nodes = np.array([z for z in model.depth_km if 0.0 < z < bottom])
    jumps = np.append(nodes[:-1][np.diff(nodes) == 0.0], 0.0)
    under = (np.append(jumps, receiver_km)[:, None] + NEAR_JUMP_KM).ravel()
    over = receiver_km - NEAR_JUMP_KM
    near = np.concatenate(
        [under[under < bottom], over[over > 0.0], _beside_kinks(model), _in_steep_ground(model)]
    )
    every = np.concatenate([*fine, nodes, near, [receiver_km, max_depth_km, bottom]])
    every = np.unique(every.round(6))
    kept = np.append(True, np.diff(every) > 1e-3)
    return np.asarray(every[kept], float)


def _beside_kinks(model: VelocityModel) -> Array:
    """Depths close to nodes where the gradient changes: level rays change fast across them."""
    depth, velocity = np.asarray(model.depth_km), np.asarray(model.vp_km_s)
    thick = np.diff(depth)
    gradient = np.diff(velocity) / np.where(thick > 0, thick, np.inf)
    at = depth[1:-1][np.abs(np.diff(gradient)) > KINK_PER_S]
    near = (at[:, None] + NEAR_KINK_KM).ravel()
    return np.asarray(near[(near > 0) & (near < DEEPEST_KINK_KM)])


def _in_steep_ground(model: VelocityModel) -> Array:
    """Depths between nodes so close that no velocity grows by more than `GROWTH` between two."""
    depth, velocity = np.asarray(model.depth_km), np.asarray(model.vp_km_s)
    parts = np.ceil(np.abs(np.diff(np.log(velocity))) / GROWTH).astype(int)
    steep = (parts > 1) & (np.diff(depth) > 0.0) & (depth[:-1] < DEEPEST_KINK_KM)
    rows = [
        np.linspace(depth[n], depth[n + 1], parts[n], endpoint=False)[1:]
        for n in np.flatnonzero(steep & (parts < np.diff(depth) / LEAST_STEP_KM))
    ]
    found = np.concatenate([np.zeros(0), *rows])
    return found[found > 0.0]


def _sources(layers: FlatLayers, max_depth_km: float) -> list[tuple[int, float]]:
    """Rows of the table: layer boundary and flattened velocity; both sides of a jump."""
    rows: list[tuple[int, float]] = [(0, float(layers.top_km_s[0]))]
    last = int(np.searchsorted(layers.depth_km, max_depth_km - 1e-3))
    for boundary in range(1, last + 1):
        over, under = float(layers.bottom_km_s[boundary - 1]), float(layers.top_km_s[boundary])
        rows.append((boundary, over))
        if boundary < last and abs(under - over) > 1e-4 * over:
            rows.append((boundary, under))
    return rows


def _on_grid(curve: Curve | None, distances: Array, source_km_s: float) -> tuple[Array, Array]:
    """Time and take-off at grid distances, continued along the tangents beyond the ends."""
    if curve is None:
        return np.zeros_like(distances), np.zeros_like(distances)
    x, t, p = curve.distance_km, curve.time_s, curve.slowness_s_km
    near, far = np.minimum(distances - x[0], 0.0), np.maximum(distances - x[-1], 0.0)
    time = np.interp(distances, x, t) + p[0] * near + p[-1] * far
    angle = np.degrees(np.arcsin(np.clip(p * source_km_s, 0.0, 1.0)))
    return time, np.interp(distances, x, np.where(curve.leaves_up, 180.0 - angle, angle))
