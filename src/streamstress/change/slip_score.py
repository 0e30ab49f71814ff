"""What one event's slip says against a stress, whatever plane it is on.

The score is the distance of the slip from the stress (`slips`), along the rotation of the stress
that would undo it: three numbers. It is linear to `BEND` scales and constant beyond (Huber 1964,
Ann. Math. Stat. 35, 73): a clear turn is not taken for bad mechanisms, nor one bad mechanism for a
turn. Either nodal plane may have slipped; each counts by how near it is to the stress.

On a family of like faults the plane that did not slip is near in the same way each time, and the
mean score is not zero. So what this stress would show on the event's own two planes, with
mechanism errors, is taken off: then the score depends on the slips given the planes.
"""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.change.slip_kernels import distance
from streamstress.change.slips import Slips, SlipStress
from streamstress.geometry.rotations import rotation_matrix

Array = NDArray[np.float64]

BEND = 3.0
"""Scales of the distance at which the score stops to grow. With 1.5, the score told a turn of 15
degrees at errors of 15 by a third less."""

LEAST_SCALE_RAD = np.radians(5.0)
"""Scale of better mechanisms too: else the score would bend long before a turn worth an alarm."""

SHARPNESS = 3.0
"""Planes count as ``(1 + d^2 / (12 scale^2)) ** -SHARPNESS``; with 2, families of like faults bias
the score twice as much."""

ERROR_SCALES = 3.0
"""Mechanism error (sigma of the angle) in scales of the distance: fitted scales are 5.4, 6.8 and
9.2 degrees at errors of 15, 20 and 30."""

ERROR_AXES = 6
ERROR_ANGLES = (0.32, 1.15)
"""Sizes, in sigmas, that stand for errors of |N(0, sigma)|: the means of its lower 2/3 and upper
1/3 rounded; about axes and their opposites."""


def conditional_scores(slips: Slips, stress: SlipStress) -> Array:
    """Scores (n, 3) of events, less what the stress would show on their planes."""
    scale = max(stress.scale_rad, LEAST_SCALE_RAD)
    return _conditional(
        stress.axes,
        stress.phi,
        scale,
        slips.normal,
        slips.slip,
        _error_rotations(ERROR_SCALES * scale),
    )


@lru_cache(maxsize=64)
def _error_rotations(sigma_rad: float) -> Array:
    """Rotations (m, 3, 3) that stand for mechanism errors, each with its opposite."""
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    half = np.array([(0, 1, golden), (0, 1, -golden), (1, golden, 0), (1, -golden, 0),
                     (golden, 0, 1), (golden, 0, -1)])  # fmt: skip
    axes = np.concatenate([half, -half])
    return np.concatenate(
        [rotation_matrix(axes, np.full(len(axes), np.degrees(size * sigma_rad)))
         for size in ERROR_ANGLES]
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _conditional(
    axes: Array, phi: float, scale: float, normal: Array, slip: Array, errors: Array
) -> Array:
    count = normal.shape[0]
    scores = np.zeros((count, 3))
    expected, one, planes = np.zeros(3), np.zeros(3), np.zeros((2, 5))
    turned_n, turned_u = np.zeros(3), np.zeros(3)
    for i in range(count):
        share = _score(axes, phi, scale, normal[i], slip[i], planes, scores[i])
        expected[:] = 0.0
        for j in range(2):
            weight = (share if j == 0 else 1.0 - share) / errors.shape[0]
            n = normal[i] if j == 0 else slip[i]
            u = _resolved(axes, phi, n)
            for r in range(errors.shape[0]):
                for k in range(3):
                    e = errors[r, k]
                    turned_n[k] = e[0] * n[0] + e[1] * n[1] + e[2] * n[2]
                    turned_u[k] = e[0] * u[0] + e[1] * u[1] + e[2] * u[2]
                _score(axes, phi, scale, turned_n, turned_u, planes, one)
                expected += weight * one
        scores[i] -= expected
    return scores


@njit(cache=True, error_model="numpy")
def _score(
    axes: Array, phi: float, scale: float, n: Array, u: Array, planes: Array, out: Array
) -> float:
    """Fill the plain score (3,); give the share of the first plane."""
    distance(axes, phi, n, u, planes[0])
    distance(axes, phi, u, n, planes[1])
    near = (1.0 + planes[0, 0] ** 2 / (12.0 * scale * scale)) ** -SHARPNESS
    other = (1.0 + planes[1, 0] ** 2 / (12.0 * scale * scale)) ** -SHARPNESS
    share = near / (near + other)
    out[:] = 0.0
    for j in range(2):
        pull = min(BEND, max(-BEND, planes[j, 0] / scale))
        for k in range(3):
            out[k] += (share if j == 0 else 1.0 - share) * pull * planes[j, 1 + k]
    return float(share)


@njit(cache=True, error_model="numpy")
def _resolved(axes: Array, phi: float, n: Array) -> Array:
    """Direction (3,) of the resolved shear on a plane."""
    c1, c2 = 0.0, 0.0
    for k in range(3):
        c1 += axes[0, k] * n[k]
        c2 += axes[1, k] * n[k]
    sigma = -c1 * c1 - phi * c2 * c2
    shear = -c1 * axes[0] - phi * c2 * axes[1] - sigma * n
    return np.asarray(shear / (np.sqrt(np.sum(shear * shear)) + 1e-12))
