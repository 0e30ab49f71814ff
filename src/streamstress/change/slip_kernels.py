"""Distances of slips from a stress, their slopes, and what events say of it: the loops."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

TAIL_FREEDOM = 3.0
"""Degrees of freedom of the Student distribution of distances: mechanism errors are peaked and
heavy-tailed (|N(0, s)| about a random axis), and some mechanisms are plainly wrong."""

ROUNDING_RAD = np.radians(0.5)
"""Error of every mechanism, however well it seems to fit: angles are told in whole degrees or so.
Without it the scores of slips without errors vanish, and their inverse information grows without
bounds."""


@njit(cache=True, fastmath=False, error_model="numpy")
def score_events(
    axes: Array, phi: float, scale: float, normal: Array, slip: Array, scores: Array, terms: Array
) -> None:
    """Fill scores (n, 4) and terms (n, 2): log-likelihood, and what the event adds to scale^2."""
    plane = np.empty((2, 6))
    for i in range(normal.shape[0]):
        for j in range(2):
            if j == 0:
                distance(axes, phi, normal[i], slip[i], plane[j])
            else:
                distance(axes, phi, slip[i], normal[i], plane[j])
        first, second = plane[0, 0] / scale, plane[1, 0] / scale
        one = (1.0 + first * first / TAIL_FREEDOM) ** (-(TAIL_FREEDOM + 1.0) / 2.0)
        two = (1.0 + second * second / TAIL_FREEDOM) ** (-(TAIL_FREEDOM + 1.0) / 2.0)
        share = one / (one + two)
        terms[i, 0] = np.log(0.5 * (one + two) / scale)
        terms[i, 1] = 0.0
        for k in range(4):
            scores[i, k] = 0.0
        for j in range(2):
            w = share if j == 0 else 1.0 - share
            d = plane[j, 0]
            pull = (TAIL_FREEDOM + 1.0) / (TAIL_FREEDOM * scale * scale + d * d)
            terms[i, 1] += w * pull * scale * scale * d * d
            for k in range(3):
                scores[i, k] += w * pull * d * plane[j, 1 + k]
            scores[i, 3] += w * pull * d * plane[j, 4]


@njit(cache=True, error_model="numpy")
def rounding(
    axes: Array, phi: float, scale: float, normal: Array, slip: Array, weight: Array
) -> Array:
    """Scatter (4, 4) of the summed scores by the rounding of mechanisms."""
    found, plane = np.zeros((4, 4)), np.empty((2, 6))
    size = (TAIL_FREEDOM + 1.0) * ROUNDING_RAD / TAIL_FREEDOM / scale**2
    for i in range(normal.shape[0]):
        distance(axes, phi, normal[i], slip[i], plane[0])
        distance(axes, phi, slip[i], normal[i], plane[1])
        near = plane[0] if abs(plane[0, 0]) <= abs(plane[1, 0]) else plane[1]
        pull = size / (1.0 + near[0] ** 2 / (TAIL_FREEDOM * scale * scale))
        for k in range(4):
            for m in range(4):
                found[k, m] += weight[i] * pull * pull * near[1 + k] * near[1 + m]
    return found


@njit(cache=True, error_model="numpy")
def distance(axes: Array, phi: float, n: Array, u: Array, out: Array) -> None:
    """Distance of slip u on plane n (radians), its unit gradient, its slope with phi.

    Without arrays of its own: it is called a hundred times an event.
    """
    p, q = axes[0], axes[1]
    c1 = p[0] * n[0] + p[1] * n[1] + p[2] * n[2]
    c2 = q[0] * n[0] + q[1] * n[1] + q[2] * n[2]
    sigma = -c1 * c1 - phi * c2 * c2
    s0 = -c1 * p[0] - phi * c2 * q[0] - sigma * n[0]
    s1 = -c1 * p[1] - phi * c2 * q[1] - sigma * n[1]
    s2 = -c1 * p[2] - phi * c2 * q[2] - sigma * n[2]
    tau = np.sqrt(s0 * s0 + s1 * s1 + s2 * s2) + 1e-9
    s0, s1, s2 = s0 / tau, s1 / tau, s2 / tau
    a0 = n[1] * s2 - n[2] * s1
    a1 = n[2] * s0 - n[0] * s2
    a2 = n[0] * s1 - n[1] * s0
    rake = np.arctan2(a0 * u[0] + a1 * u[1] + a2 * u[2], s0 * u[0] + s1 * u[1] + s2 * u[2])
    d1 = p[0] * a0 + p[1] * a1 + p[2] * a2
    d2 = q[0] * a0 + q[1] * a1 + q[2] * a2
    t0 = (-d1 * p[0] - phi * d2 * q[0] - sigma * a0) / tau
    t1 = (-d1 * p[1] - phi * d2 * q[1] - sigma * a1) / tau
    t2 = (-d1 * p[2] - phi * d2 * q[2] - sigma * a2) / tau
    g0 = n[0] - (n[1] * t2 - n[2] * t1)
    g1 = n[1] - (n[2] * t0 - n[0] * t2)
    g2 = n[2] - (n[0] * t1 - n[1] * t0)
    length = np.sqrt(g0 * g0 + g1 * g1 + g2 * g2)
    out[0] = rake / length
    out[1], out[2], out[3] = g0 / length, g1 / length, g2 / length
    # more middle stress turns the shear by -(across . s2)(s2 . n) / tau
    out[4] = -d2 * c2 / (tau * length)
