"""Which places of two lists are the same place."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from streamstress.earth.projection import EARTH_RADIUS_KM

Array = NDArray[np.float64]


def matched_places(
    latitude_deg: ArrayLike,
    longitude_deg: ArrayLike,
    other_latitude_deg: ArrayLike,
    other_longitude_deg: ArrayLike,
    within_km: float,
    depth_km: ArrayLike | None = None,
    other_depth_km: ArrayLike | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Pairs of places nearest to each other, both ways, within a distance.

    Nearest both ways, so that no place of a dense list is paired twice.

    Returns
    -------
    first, second : (k,) int, indices into the two lists
    distance_km : (k,) float, straight through the Earth; with depths where both lists have them
    """
    if depth_km is None or other_depth_km is None:
        depth_km, other_depth_km = 0.0, 0.0
    one = _points(latitude_deg, longitude_deg, depth_km)
    other = _points(other_latitude_deg, other_longitude_deg, other_depth_km)
    if len(one) == 0 or len(other) == 0:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0)
    distance, nearest = (np.asarray(found) for found in cKDTree(other).query(one))
    back = np.asarray(cKDTree(one).query(other)[1])
    first = np.arange(len(one))
    kept = (distance <= within_km) & (back[nearest] == first)
    return first[kept], nearest[kept].astype(np.int64), distance[kept]


def _points(latitude_deg: ArrayLike, longitude_deg: ArrayLike, depth_km: ArrayLike) -> Array:
    """Cartesian kilometres (n, 3) on a sphere."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    radius = EARTH_RADIUS_KM - np.asarray(depth_km, float)
    level = np.cos(latitude)
    vectors = np.stack(
        [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=-1
    )
    return np.asarray(vectors * np.reshape(radius, (-1, 1)))
