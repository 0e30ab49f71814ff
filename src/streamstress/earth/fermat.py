"""Times along the rays of a marched field.

By Fermat's principle the time along a path that is wrong by a small angle is wrong by its square
only. So fast marching has to tell the way alone, and the kinks that it leaves in the planes through
the station (where no neighbour along one axis is earlier) are gone from the times.

Where the velocity changes fast, the marched gradient is blurred across the change. Its part along
the surfaces of equal velocity is kept (Snell's law), the part through them follows from the
slowness there. Rays that graze such a change (head waves) lie on a knife's edge that no gradient
holds: theirs are the marched times.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

REACH = 2
"""Nodes either way over which the mean slowness is differenced for the way: across the kinks."""

STEP = 1.5
"""Length of a step of a path, in shortest steps of the nodes."""

STRAIGHT = 2.5
"""Distance from the station, in longest steps of the nodes, from which on a path is straight."""

WEAK = 0.02
"""Share by which the velocity changes over the shortest step, below which the way is as marched.
Set by judgement."""

STRONG, GRAZE = 0.06, 0.2
"""A change of velocity over the shortest step that is a jump, and the sine of the angle to it below
which a path along it is given up. By paths that do graze, P behind jumps of 12 and 23 % is
0.03 to 0.04 s late, by the march itself within 0.03 s. Set on that medium, and tested on
it alone; a ramp of 18 % over 8 km has no jump."""

LEVEL = 0.01
"""Least sine of that angle: a path that is too deep for its slowness goes on almost level."""

LONGEST = 3.0
"""A path may be this many times as long as the straight one; beyond, it has lost its way."""


def along_rays(
    first: Array,
    step: Array,
    place: Array,
    slowness: Array,
    mean_slowness: Array,
    stretch: Array | None = None,
) -> Array:
    """Mean slownesses (s/km) of all nodes by their paths to the station; NaN where one is lost.

    Parameters
    ----------
    first, step
        (3,) of the nodes.
    place
        (3,) of the station.
    slowness, mean_slowness
        (nx, ny, nz) of the medium, and of the marched paths.
    stretch
        (nz,) km that a km down the axis is, at each level; left out: 1.
    """
    way = _ways(first, step, place, mean_slowness)
    tall = np.ones(slowness.shape[2]) if stretch is None else stretch
    return _traced(first, step, place, (1.0 / slowness).astype(np.float32), way, tall)


def _ways(first: Array, step: Array, place: Array, mean_slowness: Array) -> Volume:
    """Gradient of the time (nx, ny, nz, 3), by the rule of the product."""
    axes = [first[k] + step[k] * np.arange(mean_slowness.shape[k]) for k in range(3)]
    away = np.meshgrid(*(axes[k] - place[k] for k in range(3)), indexing="ij", sparse=True)
    distance = np.maximum(np.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2), 1e-6)
    way = np.empty((*mean_slowness.shape, 3), np.float32)
    for k in range(3):
        count = mean_slowness.shape[k]
        high = np.minimum(np.arange(count) + REACH, count - 1)
        low = np.maximum(np.arange(count) - REACH, 0)
        change = np.take(mean_slowness, high, axis=k) - np.take(mean_slowness, low, axis=k)
        width = ((high - low) * step[k]).reshape([-1 if k == axis else 1 for axis in range(3)])
        way[..., k] = mean_slowness * away[k] / distance + distance * change / width
    return way


@njit(cache=True)
def _traced(
    first: Array, step: Array, place: Array, velocity: Volume, way: Volume, stretch: Array
) -> Array:
    shape = velocity.shape
    found = np.empty(shape)
    at = np.empty(3)
    for i in range(shape[0]):
        for j in range(shape[1]):
            for k in range(shape[2]):
                at[0] = first[0] + i * step[0]
                at[1] = first[1] + j * step[1]
                at[2] = first[2] + k * step[2]
                found[i, j, k] = _path(first, step, place, velocity, way, stretch, at)
    return found


@njit(cache=True)
def _path(
    first: Array,
    step: Array,
    place: Array,
    velocity: Volume,
    way: Volume,
    stretch: Array,
    start: Array,
) -> float:
    """Mean slowness of the path from a point to the station, per km of the straight way.

    NaN where it is lost, or grazes a jump.
    """
    at, toward, middle, then = start.copy(), np.empty(3), np.empty(3), np.empty(3)
    through = np.empty(3)
    length, near = STEP * step.min(), STRAIGHT * step.max()
    straight = _far(at, place)
    here = 1.0 / _trilinear(velocity, first, step, at)
    time, gone = 0.0, 0.0
    left = straight
    while left > near:
        if _direction(way, velocity, first, step, at, toward, through):
            return np.nan
        for k in range(3):
            middle[k] = at[k] - 0.5 * length * toward[k]
        _direction(way, velocity, first, step, middle, toward, through)
        for k in range(3):
            last = first[k] + step[k] * (velocity.shape[k] - 1)
            then[k] = min(max(at[k] - length * toward[k], first[k]), last)
            middle[k] = 0.5 * (at[k] + then[k])
        passed = _length(first, step, stretch, at, then)
        there = 1.0 / _trilinear(velocity, first, step, then)
        half = 1.0 / _trilinear(velocity, first, step, middle)
        time += passed * (here + 4.0 * half + there) / 6.0
        gone += length
        if gone > LONGEST * straight:
            return np.nan
        here = there
        at[:] = then
        left = _far(at, place)
    parts = 4
    total = 0.0
    for n in range(parts + 1):
        for k in range(3):
            middle[k] = at[k] + (place[k] - at[k]) * n / parts
        weight = 1.0 if n in (0, parts) else (4.0 if n % 2 else 2.0)
        total += weight * 1.0 / _trilinear(velocity, first, step, middle)
    mean = total / (3.0 * parts)
    left = _length(first, step, stretch, at, place)
    return (time + left * mean) / straight if straight > 1e-6 else mean


@njit(cache=True)
def _far(one: Array, other: Array) -> float:
    return float(
        np.sqrt((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2)
    )


@njit(cache=True)
def _length(first: Array, step: Array, stretch: Array, one: Array, other: Array) -> float:
    """Length of a leg, levels as far apart as they are in flattened depth."""
    level = (0.5 * (one[2] + other[2]) - first[2]) / step[2]
    k = min(max(int(level), 0), stretch.shape[0] - 2)
    tall = stretch[k] + (level - k) * (stretch[k + 1] - stretch[k])
    down = tall * (one[2] - other[2])
    return float(np.sqrt((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + down**2))


@njit(cache=True)
def _cell(first: Array, step: Array, count: int, at: Array, k: int) -> tuple[int, float]:
    place = min(max((at[k] - first[k]) / step[k], 0.0), count - 1.0)
    base = min(int(place), count - 2)
    return base, place - base


@njit(cache=True)
def _trilinear(values: Volume, first: Array, step: Array, at: Array) -> float:
    i, x = _cell(first, step, values.shape[0], at, 0)
    j, y = _cell(first, step, values.shape[1], at, 1)
    k, z = _cell(first, step, values.shape[2], at, 2)
    total = 0.0
    for a in range(2):
        for b in range(2):
            weight = (x if a else 1.0 - x) * (y if b else 1.0 - y)
            total += weight * (
                values[i + a, j + b, k] * (1.0 - z) + values[i + a, j + b, k + 1] * z
            )
    return total


@njit(cache=True)
def _direction(
    way: Volume,
    velocity: Volume,
    first: Array,
    step: Array,
    at: Array,
    toward: Array,
    through: Array,
) -> bool:
    """Set the unit vector away from the station along the ray; whether it grazes a jump."""
    i, x = _cell(first, step, way.shape[0], at, 0)
    j, y = _cell(first, step, way.shape[1], at, 1)
    k, z = _cell(first, step, way.shape[2], at, 2)
    toward[:] = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                weight = (x if a else 1 - x) * (y if b else 1 - y) * (z if c else 1 - z)
                for m in range(3):
                    toward[m] += weight * way[i + a, j + b, k + c, m]
    grazes = _refract(velocity, first, step, at, toward, through)
    norm = max(np.sqrt(toward[0] ** 2 + toward[1] ** 2 + toward[2] ** 2), 1e-9)
    for m in range(3):
        toward[m] /= norm
    return grazes


@njit(cache=True)
def _change(velocity: Volume, first: Array, step: Array, at: Array, gradient: Array) -> float:
    """Velocity (km/s) at a point; sets its gradient (3,)."""
    i, x = _cell(first, step, velocity.shape[0], at, 0)
    j, y = _cell(first, step, velocity.shape[1], at, 1)
    k, z = _cell(first, step, velocity.shape[2], at, 2)
    here = 0.0
    gradient[:] = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                wx, wy, wz = x if a else 1 - x, y if b else 1 - y, z if c else 1 - z
                there = velocity[i + a, j + b, k + c]
                here += wx * wy * wz * there
                gradient[0] += (there if a else -there) * wy * wz / step[0]
                gradient[1] += (there if b else -there) * wx * wz / step[1]
                gradient[2] += (there if c else -there) * wx * wy / step[2]
    return here


@njit(cache=True)
def _refract(
    velocity: Volume, first: Array, step: Array, at: Array, toward: Array, through: Array
) -> bool:
    """Give a slowness vector (s/km) the part through a change of velocity that is its due.

    Returns whether it grazes a jump. ``through`` (3,) is room to work in.
    """
    here = _change(velocity, first, step, at, through)
    size = np.sqrt(through[0] ** 2 + through[1] ** 2 + through[2] ** 2)
    share = size * min(step[0], step[1], step[2]) / here
    if share < WEAK:
        return False
    across, square = 0.0, 0.0
    for m in range(3):
        through[m] /= size
        across += toward[m] * through[m]
        square += toward[m] ** 2
    sine_square = 1.0 - (square - across**2) * here**2
    due = np.sqrt(max(sine_square, LEVEL**2)) / here
    for m in range(3):
        toward[m] += ((due if across > 0 else -due) - across) * through[m]
    return share > STRONG and sine_square < GRAZE**2
