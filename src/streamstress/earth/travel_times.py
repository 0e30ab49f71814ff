"""Tables of first arrivals: travel time and take-off angle in well under a microsecond a ray.

Each branch (direct, and each family of diving or head waves) has its own table over distance and
depth, continued beyond its ends; the first arrival is chosen at the lookup. So an angle is never
interpolated between two branches, where it would belong to neither ray.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.earth.paths import Rays, Receivers
from streamstress.earth.projection import EARTH_RADIUS_KM
from streamstress.earth.table_build import ABSENT_S, trace
from streamstress.earth.velocity import VelocityModel, lowered
from streamstress.errors import ConfigError

Array = NDArray[np.float64]

# Ranks of branches that do not truly arrive, added to their time: used only in a shadow zone.
_TOO_FAR_S, _TOO_NEAR_S = 1e5, 2e5

LEVEL_KM = 0.02
"""Receivers below the surface share a table every so much; what is left of their depth is added
along the ray."""

RAISED_LEVEL_KM = 0.1
"""The same below a top above the sea, where all stations are such receivers: 30 tables of a phase
for 3 km of relief, 3 MB and a third of a second each."""


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimeTable:
    """First arrivals of one phase of one model, at the surface or a buried receiver.

    ``time_s``, ``takeoff_deg`` (n_branches, n_depths, n_distances) with distances growing as the
    square of the index; ``nearest_km``, ``farthest_km`` (n_branches, n_depths) where each branch
    arrives; ``present`` (n_branches, n_depths) whether it exists. A jump has two depth rows.
    ``receiver_km`` is the depth of the receiver. With a ``top_km`` below 0 sources may lie above
    sea level, up to there; ``model``, ``depth_km`` and ``receiver_km`` then count from the top.
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
    receiver_km: float = 0.0
    top_km: float = 0.0
    level_km: float = LEVEL_KM
    _buried: dict[int, "TravelTimeTable"] = field(default_factory=dict, repr=False)

    def rays(
        self, distance_km: ArrayLike, depth_km: ArrayLike, station_elevation_km: ArrayLike = 0.0
    ) -> tuple[Array, Array]:
        """Travel time (s) and take-off angle (degrees from down) of first arrivals.

        Parameters
        ----------
        distance_km, depth_km, station_elevation_km
            Any shapes that broadcast. Depths are taken into [top_km, max_depth_km]; beyond
            max_distance_km the last slowness carries on. The elevation adds the way through
            ground with the velocity of the surface; the take-off does not change with it. A
            receiver below sea level has a table of its own (made at first use, 0.3 s a level), so
            sources above it send their rays down.
        """
        distance, depth, elevation = np.broadcast_arrays(
            *(np.asarray(x, float) for x in (distance_km, depth_km, station_elevation_km))
        )
        return self._below_top(distance, depth - self.top_km, elevation + self.top_km)

    def _below_top(self, distance: Array, depth: Array, elevation: Array) -> tuple[Array, Array]:
        """Time and take-off, of depths and elevations from the top."""
        level = np.round(-elevation / self.level_km).astype(int)
        if (level > 0).any():
            return self._to_levels(distance, depth, elevation, np.maximum(level, 0))
        time, takeoff = self._lookup(distance.ravel(), depth.ravel())
        time, takeoff = time.reshape(distance.shape), takeoff.reshape(distance.shape)
        if elevation.any():
            slowness, _ = self._slopes_below_top(takeoff, depth)
            there = 1.0 / float(self.model.at(self.phase, self.receiver_km))
            # A buried receiver above the source's level lies nearer, one below it farther off.
            side = np.where(depth >= self.receiver_km, 1.0, -1.0)
            time = time + side * elevation * np.sqrt(np.clip(there**2 - slowness**2, 0.0, None))
        return time, takeoff

    def _to_levels(
        self, distance: Array, depth: Array, elevation: Array, level: NDArray[np.intp]
    ) -> tuple[Array, Array]:
        time, takeoff = np.empty(distance.shape), np.empty(distance.shape)
        for step in np.unique(level):
            mine = level == step
            table = self if step == 0 else self.buried(int(step))
            rest_km = elevation[mine] + table.receiver_km
            time[mine], takeoff[mine] = table._below_top(distance[mine], depth[mine], rest_km)
        return time, takeoff

    def buried(self, level: int) -> "TravelTimeTable":
        """Return the table of a receiver ``level`` times ``level_km`` below the top."""
        if level not in self._buried:
            receiver_km = level * self.level_km
            deepest_km = max(self.max_depth_km, receiver_km + 1.0)
            table = travel_time_table(
                self.model, self.phase, self.max_distance_km, deepest_km, receiver_km
            )
            # What is left of a level is less than this table's own: it is asked no further.
            self._buried[level] = replace(table, level_km=2 * self.level_km)
        return self._buried[level]

    def rays_to(self, receivers: Receivers, origins: Array) -> Rays:
        """Rays from origins (k, 3): east, north, depth (km) in the receivers' frame."""
        east = receivers.east_km - origins[:, 0, None]
        north = receivers.north_km - origins[:, 1, None]
        distance, bearing = np.hypot(east, north), np.arctan2(east, north)
        depth = np.broadcast_to(origins[:, 2, None], distance.shape)
        time, takeoff = self.rays(distance, depth, receivers.elevation_km)
        away, down = self.slopes(takeoff, depth)
        slopes = np.stack([-away * np.sin(bearing), -away * np.cos(bearing), down], axis=-1)
        return Rays(distance, np.degrees(bearing) % 360.0, time, takeoff, slopes)

    def slopes(self, takeoff_deg: ArrayLike, depth_km: ArrayLike) -> tuple[Array, Array]:
        """Slopes dT/dX along the surface and dT/dZ of the source downward (s/km) of given rays."""
        return self._slopes_below_top(
            np.asarray(takeoff_deg, float), np.asarray(depth_km, float) - self.top_km
        )

    def _slopes_below_top(self, takeoff_deg: Array, depth: Array) -> tuple[Array, Array]:
        depth = np.clip(depth, 0.0, self.max_depth_km)
        slowness = 1.0 / self.model.at(self.phase, depth)
        angle = np.radians(takeoff_deg)
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
        # Branches that follow on one another end at the same distance in a row, not between rows:
        # each reaches as far as in either, or a gap would leave a later branch alone.
        nearest, farthest = self._reach(row, exists, deeper)
        rank = time + _TOO_NEAR_S * (distance < nearest) + _TOO_FAR_S * (distance > farthest)
        first = np.argmin(rank + ABSENT_S * ~(exists | deeper), axis=0)

        ray = np.arange(len(distance))
        cell = cell + first * (n_depths * n_distances)
        takeoff = _bilinear(
            self.takeoff_deg.ravel(), cell, n_distances, np.minimum(along, 1.0), down[first, ray]
        )
        return time[first, ray], takeoff

    def _reach(
        self, row: NDArray[np.intp], exists: NDArray[np.bool_], deeper: NDArray[np.bool_]
    ) -> tuple[Array, Array]:
        """Nearest and farthest distance (n_branches, n) over both depth rows."""
        above, below = self.nearest_km[:, row], self.nearest_km[:, row + 1]
        nearest = np.minimum(np.where(exists, above, below), np.where(deeper, below, above))
        above, below = self.farthest_km[:, row], self.farthest_km[:, row + 1]
        farthest = np.maximum(np.where(exists, above, below), np.where(deeper, below, above))
        return nearest, farthest


def _bilinear(
    table: Array, cell: NDArray[np.intp], row_length: int, along: Array, down: Array
) -> Array:
    upper = table[..., cell] * (1 - along) + table[..., cell + 1] * along
    cell = cell + row_length
    lower = table[..., cell] * (1 - along) + table[..., cell + 1] * along
    return np.asarray(upper * (1 - down) + lower * down, float)


def travel_time_table(
    model: VelocityModel,
    phase: str,
    max_distance_km: float,
    max_depth_km: float,
    receiver_km: float = 0.0,
    top_km: float = 0.0,
) -> TravelTimeTable:
    """Trace all rays of one phase (``"P"`` or ``"S"``) through a model; about 0.1-0.5 s.

    Sources may lie as high as ``top_km``, 0 or less. The Earth's radius is then taken to the top,
    which makes times longer by 0.05 % for 3 km.

    Raises
    ------
    ConfigError
        The phase is unknown, the size is not positive, or the receiver lies outside it.
    """
    if phase not in ("P", "S"):
        raise ConfigError(f"travel-time table of phase {phase!r}; expected 'P' or 'S'")
    if not (max_distance_km > 0 and 0 < max_depth_km < 700):
        raise ConfigError(
            f"travel-time table of {max_distance_km} km by {max_depth_km} km depth; "
            "expected a positive distance and a depth of 0 to 700 km"
        )
    if not 0.0 <= receiver_km < max_depth_km:
        raise ConfigError(
            f"travel-time table for a receiver at {receiver_km} km; "
            f"expected 0 to {max_depth_km} km of depth"
        )
    if not -10.0 <= top_km <= 0.0:
        raise ConfigError(f"travel-time table from {top_km} km of depth; expected -10 to 0")
    model, deepest_km = lowered(model, -top_km) if top_km else model, max_depth_km - top_km
    found = trace(model, phase, (max_distance_km, deepest_km), receiver_km)
    return TravelTimeTable(
        model,
        phase,
        float(max_distance_km),
        float(deepest_km),
        found.depth_km,
        found.time_s,
        found.takeoff_deg,
        found.nearest_km,
        found.farthest_km,
        found.present,
        float(receiver_km),
        float(top_km),
        RAISED_LEVEL_KM if top_km else LEVEL_KM,
    )
