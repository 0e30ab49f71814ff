"""Tables of first arrivals: travel time and take-off angle in well under a microsecond a ray.

Each branch (direct, and each family of diving or head waves) has its own table over distance and
depth, continued beyond its ends; the first arrival is chosen at the lookup. So an angle is never
interpolated between two branches, where it would belong to neither ray.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.earth.branches import Curve, DivingRays, direct_curve
from streamstress.earth.projection import EARTH_RADIUS_KM
from streamstress.earth.rays import FlatLayers, flat_layers
from streamstress.earth.velocity import VelocityModel
from streamstress.errors import ConfigError

Array = NDArray[np.float64]

DISTANCES = 400
# Rows this far below the surface and each jump: rays that leave along it change fast with depth.
NEAR_JUMP_KM = np.array([0.03, 0.08, 0.16, 0.3, 0.6])
# Ranks of branches that do not truly arrive, added to their time: used only in a shadow zone.
_TOO_FAR_S, _TOO_NEAR_S, _ABSENT_S = 1e5, 2e5, 4e5


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimeTable:
    """First arrivals of one phase at the surface of one model.

    ``time_s``, ``takeoff_deg`` (n_branches, n_depths, n_distances) with distances growing as the
    square of the index; ``nearest_km``, ``farthest_km`` (n_branches, n_depths) where each branch
    arrives; ``present`` (n_branches, n_depths) whether it exists. A jump has two depth rows.
    """

    model: VelocityModel
    phase: str
    max_distance_km: float
    max_depth_km: float
    depth_km: Array
    time_s: Array
    takeoff_deg: Array
    nearest_km: Array
    farthest_km: Array
    present: NDArray[np.bool_]

    def rays(
        self, distance_km: ArrayLike, depth_km: ArrayLike, station_elevation_km: ArrayLike = 0.0
    ) -> tuple[Array, Array]:
        """Travel time (s) and take-off angle (degrees from down) of first arrivals.

        Parameters
        ----------
        distance_km, depth_km, station_elevation_km
            Any shapes that broadcast. Depths are taken into [0, max_depth_km]; beyond
            max_distance_km the last slowness carries on. The elevation adds the way through
            ground with the velocity of the surface; the take-off does not change with it.
        """
        distance, depth, elevation = np.broadcast_arrays(
            *(np.asarray(x, float) for x in (distance_km, depth_km, station_elevation_km))
        )
        time, takeoff = self._lookup(distance.ravel(), depth.ravel())
        time, takeoff = time.reshape(distance.shape), takeoff.reshape(distance.shape)
        if elevation.any():
            slowness, _ = self.slopes(takeoff, depth)
            surface = 1.0 / float(self.model.at(self.phase, 0.0))
            time = time + elevation * np.sqrt(np.clip(surface**2 - slowness**2, 0.0, None))
        return time, takeoff

    def slopes(self, takeoff_deg: ArrayLike, depth_km: ArrayLike) -> tuple[Array, Array]:
        """Slopes dT/dX along the surface and dT/dZ of the source downward (s/km) of given rays."""
        depth = np.clip(np.asarray(depth_km, float), 0.0, self.max_depth_km)
        slowness = 1.0 / self.model.at(self.phase, depth)
        angle = np.radians(np.asarray(takeoff_deg, float))
        shrink = 1.0 - depth / EARTH_RADIUS_KM
        return np.sin(angle) * slowness * shrink, -np.cos(angle) * slowness

    def _lookup(self, distance: Array, depth: Array) -> tuple[Array, Array]:
        n_depths, n_distances = self.time_s.shape[1:]
        depth = np.clip(depth, 0.0, self.max_depth_km)
        row = np.clip(np.searchsorted(self.depth_km, depth, side="right") - 1, 0, n_depths - 2)
        above, below = self.depth_km[row], self.depth_km[row + 1]
        down = (depth - above) / (below - above)

        last = n_distances - 1
        place = np.minimum(np.sqrt(distance / self.max_distance_km) * last, last)
        column = np.minimum(place.astype(np.intp), last - 1)
        left = (column / last) ** 2 * self.max_distance_km
        step = (2 * column + 1) / last**2 * self.max_distance_km
        along = (distance - left) / step

        # A branch that ends between two depth rows keeps the row where it exists.
        exists, deeper = self.present[:, row], self.present[:, row + 1]
        down = np.where(exists & deeper, down, np.where(exists, 0.0, 1.0))
        cell = row * n_distances + column
        time = _bilinear(self.time_s.reshape(len(exists), -1), cell, n_distances, along, down)
        nearest = self.nearest_km[:, row] * (1 - down) + self.nearest_km[:, row + 1] * down
        farthest = self.farthest_km[:, row] * (1 - down) + self.farthest_km[:, row + 1] * down
        rank = time + _TOO_NEAR_S * (distance < nearest) + _TOO_FAR_S * (distance > farthest)
        first = np.argmin(rank + _ABSENT_S * ~(exists | deeper), axis=0)

        ray = np.arange(len(distance))
        cell = cell + first * (n_depths * n_distances)
        takeoff = _bilinear(
            self.takeoff_deg.ravel(), cell, n_distances, np.minimum(along, 1.0), down[first, ray]
        )
        return time[first, ray], takeoff


def _bilinear(
    table: Array, cell: NDArray[np.intp], row_length: int, along: Array, down: Array
) -> Array:
    upper = table[..., cell] * (1 - along) + table[..., cell + 1] * along
    cell = cell + row_length
    lower = table[..., cell] * (1 - along) + table[..., cell + 1] * along
    return np.asarray(upper * (1 - down) + lower * down, float)


def travel_time_table(
    model: VelocityModel, phase: str, max_distance_km: float, max_depth_km: float
) -> TravelTimeTable:
    """Trace all rays of one phase (``"P"`` or ``"S"``) through a model; about 0.1-0.5 s.

    Raises
    ------
    ConfigError
        The phase is unknown, or the size is not positive.
    """
    if phase not in ("P", "S"):
        raise ConfigError(f"travel-time table of phase {phase!r}; expected 'P' or 'S'")
    if not (max_distance_km > 0 and 0 < max_depth_km < 700):
        raise ConfigError(
            f"travel-time table of {max_distance_km} km by {max_depth_km} km depth; "
            "expected a positive distance and a depth of 0 to 700 km"
        )
    layers = flat_layers(model, phase, _boundaries(model, max_distance_km, max_depth_km))
    diving = DivingRays(layers)
    sources = _sources(layers, max_depth_km)
    curves = [
        [direct_curve(layers, boundary, speed), *_diving_curves(diving, boundary, speed)]
        for boundary, speed in sources
    ]
    return _assemble(model, phase, (max_distance_km, max_depth_km), layers, sources, curves)


def _assemble(
    model: VelocityModel,
    phase: str,
    size_km: tuple[float, float],
    layers: FlatLayers,
    sources: list[tuple[int, float]],
    curves: list[list[Curve | None]],
) -> TravelTimeTable:
    distances = size_km[0] * np.linspace(0.0, 1.0, DISTANCES) ** 2
    tables = [[_on_grid(curve, distances) for curve in row] for row in curves]
    time = np.array([[cell[0] for cell in row] for row in tables]).swapaxes(0, 1)
    slowness = np.array([[cell[1] for cell in row] for row in tables]).swapaxes(0, 1)
    speed = np.array([speed for _, speed in sources])
    takeoff = np.degrees(np.arcsin(np.clip(slowness * speed[:, None], 0.0, 1.0)))
    takeoff[0] = 180.0 - takeoff[0]
    nearest = np.array([[0.0 if c is None else c.distance_km[0] for c in row] for row in curves]).T
    farthest = np.array(
        [[0.0 if c is None else c.distance_km[-1] for c in row] for row in curves]
    ).T
    present = np.array([[c is not None for c in row] for row in curves]).T
    kept = _ever_first(time, distances, nearest, farthest, present)
    return TravelTimeTable(
        model,
        phase,
        float(size_km[0]),
        float(size_km[1]),
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
    rank = np.where(arrives & present[..., None], time, _ABSENT_S)
    first = np.where(rank.min(axis=0) < _ABSENT_S, rank.argmin(axis=0), 0)
    return np.asarray(np.unique(np.append(first, 0)), np.intp)


def _boundaries(model: VelocityModel, max_distance_km: float, max_depth_km: float) -> Array:
    bottom = max_depth_km + 20.0 + max_distance_km / 4
    fine = np.arange(0.0, 3.0, 0.25), np.arange(3.0, 20.0, 0.5), np.arange(20.0, bottom, 1.0)
    nodes = np.array([z for z in model.depth_km if 0.0 < z < bottom])
    jumps = np.append(nodes[:-1][np.diff(nodes) == 0.0], 0.0)
    under = (jumps[:, None] + NEAR_JUMP_KM).ravel()
    every = np.concatenate([*fine, nodes, under[under < bottom], [max_depth_km, bottom]])
    every = np.unique(every.round(6))
    kept = np.append(True, np.diff(every) > 1e-3)
    return np.asarray(every[kept], float)


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


def _diving_curves(diving: DivingRays, boundary: int, source_km_s: float) -> list[Curve | None]:
    return [diving.curve(family, boundary, source_km_s) for family in range(len(diving.families))]


def _on_grid(curve: Curve | None, distances: Array) -> tuple[Array, Array]:
    """Time and slowness at grid distances, continued along the tangents beyond the ends."""
    if curve is None:
        return np.zeros_like(distances), np.zeros_like(distances)
    x, t, p = curve.distance_km, curve.time_s, curve.slowness_s_km
    near, far = np.minimum(distances - x[0], 0.0), np.maximum(distances - x[-1], 0.0)
    time = np.interp(distances, x, t) + p[0] * near + p[-1] * far
    return time, np.interp(distances, x, p)
