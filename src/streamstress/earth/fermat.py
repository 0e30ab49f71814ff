"""Times along the rays of a marched field.

By Fermat's principle the time along a path that is wrong by a small angle is wrong by its square
only. So fast marching has to tell the way alone, and the kinks that it leaves in the planes through
the station (where no neighbour along one axis is earlier) are gone from the times.
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

LONGEST = 3.0
"""A path may be this many times as long as the straight one; beyond, it has lost its way."""


def along_rays(
    first: Array, step: Array, place: Array, slowness: Array, mean_slowness: Array
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
    """
    way = _ways(first, step, place, mean_slowness)
    return _traced(first, step, place, slowness.astype(np.float32), way)


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
def _traced(first: Array, step: Array, place: Array, slowness: Volume, way: Volume) -> Array:
    shape = slowness.shape
    found = np.empty(shape)
    at = np.empty(3)
    for i in range(shape[0]):
        for j in range(shape[1]):
            for k in range(shape[2]):
                at[0] = first[0] + i * step[0]
                at[1] = first[1] + j * step[1]
                at[2] = first[2] + k * step[2]
                found[i, j, k] = _path(first, step, place, slowness, way, at)
    return found


@njit(cache=True)
def _path(
    first: Array, step: Array, place: Array, slowness: Volume, way: Volume, start: Array
) -> float:
    """Mean slowness of the path from a point to the station, per km of the straight way."""
    at, toward, middle, then = start.copy(), np.empty(3), np.empty(3), np.empty(3)
    length, near = STEP * step.min(), STRAIGHT * step.max()
    straight = _far(at, place)
    here = _trilinear(slowness, first, step, at)
    time, gone = 0.0, 0.0
    left = straight
    while left > near:
        _direction(way, first, step, at, toward)
        for k in range(3):
            middle[k] = at[k] - 0.5 * length * toward[k]
        _direction(way, first, step, middle, toward)
        for k in range(3):
            last = first[k] + step[k] * (slowness.shape[k] - 1)
            then[k] = min(max(at[k] - length * toward[k], first[k]), last)
            middle[k] = 0.5 * (at[k] + then[k])
        passed = _far(at, then)
        there = _trilinear(slowness, first, step, then)
        half = _trilinear(slowness, first, step, middle)
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
        total += weight * _trilinear(slowness, first, step, middle)
    mean = total / (3.0 * parts)
    return (time + left * mean) / straight if straight > 1e-6 else mean


@njit(cache=True)
def _far(one: Array, other: Array) -> float:
    return float(
        np.sqrt((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2)
    )


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
def _direction(way: Volume, first: Array, step: Array, at: Array, toward: Array) -> None:
    """Set the unit vector away from the station along the ray."""
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
    norm = max(np.sqrt(toward[0] ** 2 + toward[1] ** 2 + toward[2] ** 2), 1e-9)
    for m in range(3):
        toward[m] /= norm
