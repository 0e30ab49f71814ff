"""First arrivals of one phase in a 3-D model, looked up in the stations' volumes."""

from collections.abc import Iterable, Mapping

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.earth.paths import Rays, Receivers, TravelTimes, empty_rays
from streamstress.earth.projection import EARTH_RADIUS_KM
from streamstress.earth.stations import Station
from streamstress.earth.volumes import Volume, VolumeStore

Array = NDArray[np.float64]

REACH = 1.0
"""Steps either way over which the mean slowness is differenced."""

NORTH_DEG = 0.01
"""Step to the north that tells how the grid is turned at a point."""


class VolumeTimes:
    """Times and rays by reciprocity.

    Parameters
    ----------
    store
        The model and its nodes.
    volumes
        Place and volume of each station (`VolumeStore.open`).
    beyond
        Used for stations without a volume, and for sources outside the grid.
    """

    def __init__(
        self,
        store: VolumeStore,
        volumes: Mapping[str, tuple[Array, Volume]],
        beyond: TravelTimes,
    ) -> None:
        self._nodes = store.nodes
        self._grid = store.grid
        self._volumes = volumes
        self._beyond = beyond

    def rays_to(self, receivers: Receivers, origins: Array) -> Rays:
        """Rays from origins (k, 3): east, north, depth (km) in the receivers' frame."""
        points, turned_deg, inside = self._in_grid(receivers, origins)
        known = np.array([code in self._volumes for code in receivers.codes])
        rays = _flat_paths(receivers, origins)
        if not (known.all() and inside.all()):
            rays = self._beyond.rays_to(receivers, origins)
        for n in np.flatnonzero(known):
            place, volume = self._volumes[receivers.codes[n]]
            found = _looked_up(volume, self._nodes.first, self._nodes.step, place, points[inside])
            found[:, 3] /= self._nodes.stretch(origins[inside, 2])
            _enter(rays, inside, int(n), found, turned_deg[inside], origins[inside, 2])
        return rays

    def _in_grid(
        self, receivers: Receivers, origins: Array
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Origins in the grid's frame and flattened depth, its turn there, and which are inside."""
        latitude, longitude = receivers.frame.to_degrees(origins[:, 0], origins[:, 1])
        east, north = self._grid.frame.to_km(latitude, longitude)
        east_on, north_on = self._grid.frame.to_km(latitude + NORTH_DEG, longitude)
        turned = np.degrees(np.arctan2(east_on - east, north_on - north))
        points = np.stack([east, north, self._nodes.level(origins[:, 2])], axis=-1)
        last = self._nodes.first + self._nodes.step * (np.array(self._nodes.shape) - 1)
        inside = ((points >= self._nodes.first) & (points <= last)).all(axis=1)
        return points, turned, inside


def _flat_paths(receivers: Receivers, origins: Array) -> Rays:
    """Distances, and room for the rest."""
    rays = empty_rays(len(origins), len(receivers.codes))
    east = receivers.east_km - origins[:, 0, None]
    north = receivers.north_km - origins[:, 1, None]
    rays.distance_km[:] = np.hypot(east, north)
    return rays


def _enter(
    rays: Rays,
    inside: NDArray[np.bool_],
    n: int,
    found: Array,
    turned_deg: Array,
    depth_km: Array,
) -> None:
    """Put times and gradients (k, 4) of one station where they belong."""
    time, x, y, down = found.T
    turn = np.radians(turned_deg)
    east = x * np.cos(turn) - y * np.sin(turn)
    north = x * np.sin(turn) + y * np.cos(turn)
    rays.time_s[inside, n] = time
    rays.azimuth_deg[inside, n] = np.degrees(np.arctan2(-east, -north)) % 360.0
    rays.takeoff_deg[inside, n] = np.degrees(np.arctan2(np.hypot(x, y), -down))
    stretch = EARTH_RADIUS_KM / (EARTH_RADIUS_KM - depth_km)
    rays.slopes[inside, n] = np.stack([east, north, down * stretch], axis=-1)


@njit(cache=True)
def _trilinear(volume: Volume, at: Array) -> float:
    """Value at fractional nodes (3,), which are taken into the volume."""
    base = np.empty(3, np.int64)
    part = np.empty(3)
    for k in range(3):
        place = min(max(at[k], 0.0), volume.shape[k] - 1.0)
        base[k] = min(int(place), volume.shape[k] - 2)
        part[k] = place - base[k]
    total = 0.0
    for i in range(2):
        for j in range(2):
            for m in range(2):
                weight = (
                    (part[0] if i else 1 - part[0])
                    * (part[1] if j else 1 - part[1])
                    * (part[2] if m else 1 - part[2])
                )
                total += weight * volume[base[0] + i, base[1] + j, base[2] + m]
    return total


@njit(cache=True)
def _looked_up(volume: Volume, first: Array, step: Array, place: Array, points: Array) -> Array:
    """Time and its gradient (k, 4) at points (k, 3), by the rule of the product.

    The time is distance times mean slowness, which is differenced over `REACH` steps either way.
    """
    found = np.empty((points.shape[0], 4))
    at = np.empty(3)
    for row in range(points.shape[0]):
        square = 0.0
        for k in range(3):
            at[k] = (points[row, k] - first[k]) / step[k]
            square += (points[row, k] - place[k]) ** 2
        distance = max(np.sqrt(square), 1e-6)
        slowness = _trilinear(volume, at)
        found[row, 0] = distance * slowness
        for k in range(3):
            here = at[k]
            high = min(here + REACH, volume.shape[k] - 1.0)
            low = max(here - REACH, 0.0)
            at[k] = high
            above = _trilinear(volume, at)
            at[k] = low
            below = _trilinear(volume, at)
            at[k] = here
            change = (above - below) / ((high - low) * step[k])
            toward = (points[row, k] - place[k]) / distance
            found[row, k + 1] = slowness * toward + distance * change
    return found


def volume_tables(
    store: VolumeStore, stations: Iterable[Station], beyond: Mapping[str, TravelTimes]
) -> dict[str, TravelTimes]:
    """Times by phase of stations whose volumes are built; ``beyond`` them by 1-D tables."""
    wanted = list(stations)
    return {
        phase: VolumeTimes(store, store.open(wanted, phase), beyond[phase]) for phase in ("P", "S")
    }
