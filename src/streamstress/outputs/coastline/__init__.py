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
    """Closed rings (n, 2) of longitude and latitude, degrees; land lies inside, or a lake.

    No ring jumps at 180 degrees: one across them goes on beyond, its middle within them.
    """
    with (files(__package__) / "land.npz").open("rb") as file, np.load(file) as held:
        points, lengths = held["points"] / 100.0, held["lengths"]
    return tuple(map(_without_jump, np.split(points, np.cumsum(lengths)[:-1])))


def _without_jump(ring: Array) -> Array:
    x, y = np.unwrap(ring[:, 0], period=360.0), ring[:, 1]
    if abs(x[-1] - x[0]) > 180.0:
        # Antarctica lies around the pole, and closes along it.
        x, y = np.append(x, [x[-1], x[0], x[0]]), np.append(y, [-90.0, -90.0, y[0]])
        return np.column_stack([x, y])
    # The unwrapped ring starts where the file's does, which may be on the far side.
    return np.column_stack([x - 360.0 * np.round((x.max() + x.min()) / 720.0), y])


def is_lake(ring: Array) -> bool:
    """Whether water lies inside, as in the Caspian Sea: such rings run anticlockwise."""
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    return bool(np.sum(x0 * y1 - x1 * y0) > 0.0)


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
