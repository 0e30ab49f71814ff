"""The coastline of the package: Natural Earth (public domain), simplified; nothing is fetched.

``land.npz`` is made by ``deploy/coastline.py`` from world-atlas 2.0.2 (npm; ISC licence), Natural
Earth 4.1.0 at 1:50 million. Good to about 5 km; islands below about 10 km are missing.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@cache
def land_rings() -> tuple[Array, ...]:
    """Closed rings (n, 2) of longitude and latitude, degrees; land lies inside."""
    with (files(__package__) / "land.npz").open("rb") as file, np.load(file) as held:
        points, lengths = held["points"] / 100.0, held["lengths"]
    return tuple(np.split(points, np.cumsum(lengths)[:-1]))


def land_near(west: float, east: float, south: float, north: float) -> list[Array]:
    """Rings that may show in a view, shifted by whole turns; ``east`` may exceed 180."""
    found = []
    for ring in land_rings():
        for turn in (-360.0, 0.0, 360.0):
            x, y = ring[:, 0] + turn, ring[:, 1]
            if x.max() >= west and x.min() <= east and y.max() >= south and y.min() <= north:
                found.append(np.column_stack([x, y]))
    return found


def shore_parts(ring: Array) -> list[Array]:
    """Parts of a ring that are shore: not the cuts along 180 degrees and the south pole."""
    x, y = np.abs(ring[:, 0]) % 360.0, ring[:, 1]
    on_cut = (x == 180.0) | (y <= -90.0)
    cut = np.flatnonzero(on_cut[:-1] & on_cut[1:]) + 1
    return [part for part in np.split(ring, cut) if len(part) > 1]
