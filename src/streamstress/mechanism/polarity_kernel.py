"""The misfit of polarities at every node, and the limits that accept a node.

On one plane a polarity is wrong for all slips on one side of a certain angle ``zeta``, because
``(n . r)(u . r)`` with ``u = start cos(zeta) + across sin(zeta)`` changes its sign once in 180
degrees. So a ray costs one angle a plane instead of five products a node: its weight is entered
where it begins and ends to count, and one running sum over the slips gives all nodes.

Sums are exact: weights are multiples of `WEIGHT_STEP`, so that the order of the readings cannot
change a single bit.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

WEIGHT_STEP = 1.0 / 1024.0
"""Weights are multiples of this, so float32 sums up to 2**14 are exact."""

# atan(t) / t for t in [0, 1] as a polynomial in t**2, error of the angle below 2e-6 radians
# (1e-4 degrees): a library function would take ten times longer than the rest of the search.
_T = np.sqrt((1.0 + np.cos(np.pi * (np.arange(400) + 0.5) / 400.0)) / 2.0)
_ATAN = np.polyfit(_T**2, np.arctan(_T) / _T, 6)[::-1].astype(np.float32)


def quantised_weight(weight: Array) -> Array32:
    """Weights (n,) brought to multiples of `WEIGHT_STEP`."""
    return np.asarray(np.round(weight / WEIGHT_STEP) * WEIGHT_STEP, np.float32)


def polarity_misfit_of_nodes(
    planes: Array32, n_slips: int, rays: Array, sign: Array, weight: Array
) -> Array32:
    """Sum of the weights of the wrong polarities at each node.

    Parameters
    ----------
    planes, n_slips
        Of a `MechanismGrid`.
    rays
        (n, 3) unit vectors, east-north-up.
    sign
        (n,) +1 up, -1 down.
    weight
        (n,) from `quantised_weight`.

    Returns
    -------
    (n_slips, n_planes).
    """
    n_planes = planes.shape[2]
    steps = np.zeros((n_slips + 2) * n_planes, np.float32)
    misfit = np.empty((n_slips, n_planes), np.float32)
    rays32, sign32 = np.asarray(rays, np.float32), np.asarray(sign, np.float32)
    _enter(planes, n_slips, rays32, sign32, np.asarray(weight, np.float32), steps, _ATAN)
    _run(steps, misfit)
    return misfit


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def accept_by_polarity(
    planes: Array32,
    rays: Array32,
    sign: Array32,
    weight: Array32,
    n_impulsive: int,
    limits: tuple[float, float, float],
    atan: Array32,
    accepted: Mask,
) -> float:
    """Mark the nodes that are acceptable in any trial; return the least misfit of all trials.

    Parameters
    ----------
    rays
        (n_trials, n, 3).
    sign, weight
        (n,), the impulsive ones first.
    n_impulsive
        How many of them are impulsive.
    limits
        ``polarity_total``, ``polarity_extra`` and ``polarity_weight`` of `MisfitLimits`.
    accepted
        (n_slips, n_planes), marks are added.
    """
    n_slips, n_planes = accepted.shape
    impulsive = np.empty((n_slips, n_planes), np.float32)
    total = np.empty((n_slips, n_planes), np.float32)
    steps = np.empty((n_slips + 2) * n_planes, np.float32)
    least = np.inf
    for trial in range(rays.shape[0]):
        steps[:] = 0.0
        first = slice(0, n_impulsive)
        _enter(planes, n_slips, rays[trial, first], sign[first], weight[first], steps, atan)
        _run(steps, impulsive)
        misfit = impulsive
        if n_impulsive < len(sign):
            rest = slice(n_impulsive, len(sign))
            _enter(planes, n_slips, rays[trial, rest], sign[rest], weight[rest], steps, atan)
            _run(steps, total)
            misfit = total
        highest = polarity_limits(impulsive.ravel(), misfit.ravel(), limits)
        _mark(impulsive.ravel(), misfit.ravel(), highest[0], highest[1], accepted.ravel())
        least = min(least, _least(misfit.ravel()))
    return least


@njit(cache=True)
def polarity_limits(
    impulsive: Array32, misfit: Array32, limits: tuple[float, float, float]
) -> tuple[float, float]:
    """Misfits (n_nodes,) up to which a node is accepted in a trial (HASH v1.2 `FOCALMC`).

    Returns
    -------
    impulsive_limit, limit
        Of the impulsive polarities and of all.
    """
    total, extra, weight = limits
    best_impulsive = _least(impulsive)
    best = _least_where(misfit, impulsive, best_impulsive)
    always = total if best_impulsive < WEIGHT_STEP else weight
    return max(total, best_impulsive + extra), max(always, best + extra)


@njit(cache=True)
def _least(misfit: Array32) -> float:
    """Smallest value: floats that are not negative are ordered as their bits, which vectorise."""
    bits = misfit.view(np.int32)
    least = bits[0]
    for k in range(len(bits)):
        least = bits[k] if bits[k] < least else least
    return float(np.array([least]).view(np.float32)[0])


@njit(cache=True)
def _least_where(misfit: Array32, impulsive: Array32, best_impulsive: float) -> float:
    """Smallest misfit of the nodes that fit the impulsive polarities best."""
    bits = misfit.view(np.int32)
    least = np.array([np.float32(np.inf)]).view(np.int32)[0]
    for k in range(len(bits)):
        value = bits[k] if impulsive[k] <= best_impulsive else least
        least = value if value < least else least
    return float(np.array([least]).view(np.float32)[0])


@njit(cache=True)
def _mark(
    impulsive: Array32, misfit: Array32, impulsive_limit: float, limit: float, accepted: Mask
) -> None:
    high_impulsive, high = np.float32(impulsive_limit), np.float32(limit)
    for k in range(len(misfit)):
        accepted[k] |= (impulsive[k] <= high_impulsive) & (misfit[k] <= high)


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _enter(
    planes: Array32,
    n_slips: int,
    rays: Array32,
    sign: Array32,
    weight: Array32,
    steps: Array32,
    atan: Array32,
) -> None:
    """Enter where each ray begins and ends to be wrong; ``steps`` is ((n_slips + 2) n_planes,)."""
    n_planes = planes.shape[2]
    place = np.empty(n_planes, np.int32)
    step = np.empty(n_planes, np.float32)
    for i in range(rays.shape[0]):
        _places(
            planes[0], planes[1], planes[2], rays[i], sign[i], weight[i], n_slips, atan,
            steps[:n_planes], place, step,
        )  # fmt: skip
        for k in range(n_planes):
            steps[place[k]] += step[k]


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _places(
    normal: Array32,
    start: Array32,
    across: Array32,
    ray: Array32,
    sign: np.float32,
    weight: np.float32,
    n_slips: int,
    atan: Array32,
    at_zero: Array32,
    place: NDArray[np.int32],
    step: Array32,
) -> None:
    """Of one ray on each plane: whether it is wrong at zeta 0, and where that changes."""
    n_planes = normal.shape[1]
    n0, n1, n2 = normal[0], normal[1], normal[2]
    s0, s1, s2 = start[0], start[1], start[2]
    a0, a1, a2 = across[0], across[1], across[2]
    e, n, u = ray[0], ray[1], ray[2]
    c0, c1, c2, c3, c4, c5, c6 = atan[0], atan[1], atan[2], atan[3], atan[4], atan[5], atan[6]
    zero, tiny = np.float32(0.0), np.float32(1e-30)
    half, whole = np.float32(np.pi / 2.0), np.float32(np.pi)
    per_radian = np.float32(n_slips / np.pi)
    for k in range(n_planes):
        q = (n0[k] * e + n1[k] * n + n2[k] * u) * sign
        p = (s0[k] * e + s1[k] * n + s2[k] * u) * q
        r = (a0[k] * e + a1[k] * n + a2[k] * u) * q
        # Wrong where p cos(zeta) + r sin(zeta) <= 0; it changes at atan2(|p|, -+r).
        right = p > zero
        y = abs(p)
        x = -r if right else r
        t = min(y, abs(x)) / (max(y, abs(x)) + tiny)
        t2 = t * t
        angle = t * (c0 + t2 * (c1 + t2 * (c2 + t2 * (c3 + t2 * (c4 + t2 * (c5 + t2 * c6))))))
        angle = angle if abs(x) > y else half - angle
        angle = angle if x >= zero else whole - angle
        at_zero[k] += zero if right else weight
        step[k] = weight if right else -weight
        place[k] = (np.int32(angle * per_radian) + np.int32(1)) * np.int32(n_planes) + np.int32(k)


@njit(cache=True)
def _run(steps: Array32, misfit: Array32) -> None:
    """Sum the steps over the slips."""
    n_slips, n_planes = misfit.shape
    for k in range(n_planes):
        misfit[0, k] = steps[k]
    for row in range(1, n_slips):
        for k in range(n_planes):
            misfit[row, k] = misfit[row - 1, k] + steps[row * n_planes + k]


ATAN = _ATAN
"""Coefficients that `accept_by_polarity` takes."""
