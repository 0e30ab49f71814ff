"""Which plane of a mechanism is the less stable one, for many planes and stresses at once.

Both planes of a solution lie in one stress, so the offsets and the scale of
`geometry.tractions.instability` cancel: ``tau + mu sigma_n`` (tension positive) is compared. With
the products of the components of a normal as features, the normal traction ``n'Sn`` and the squared
traction ``n'SSn`` are both scalar products of six.
"""

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.geometry.tractions import DEFAULT_FRICTION, instability
from streamstress.stress.contribution import EventContribution
from streamstress.stress.normal_equations import plane_sums, unpack_sums

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
State = tuple[Bools, Array, Array, Array, Array]
"""Second plane taken (m,), sums (20,), stress (5,), shear and normal tension of planes (2, m)."""

MAX_ITERATIONS = 20
"""Rounds of plane choice at most: a longer cycle between choices ends here."""

RIDGE = 1e-12
"""Share of the trace added to the diagonal, as in `invert.michael_five`."""


def plane_features(normal: Array) -> Array:
    """Features (2, 6, m) of both planes (m, 2, 3): products with (ee, en, eu, nn, nu, uu)."""
    e, n, u = (normal[..., k].T for k in range(3))
    products = [e * e, 2 * e * n, 2 * e * u, n * n, 2 * n * u, u * u]
    return np.ascontiguousarray(np.stack(products, axis=1))


def second_plane_less_stable(
    five: Array, node: Integers, features: Array, friction: float
) -> Bools:
    """Whether the second plane of each solution has the larger instability, (m,).

    Parameters
    ----------
    five : (k, 5)
        Stresses.
    node : (m,)
        Stress of each solution.
    features : (2, 6, m)
        `plane_features`.
    """
    excess = unstable_excess(five, node, features, friction)
    return np.asarray(excess[1] > excess[0])


@njit(cache=True, nogil=True, error_model="numpy")
def unstable_excess(five: Array, node: Integers, features: Array, friction: float) -> Array:
    """``tau + mu sigma_n`` (2, m) of both planes, each in the stress of its node."""
    flat, square = np.empty((len(five), 6)), np.empty((len(five), 6))
    for row in range(len(five)):
        flat[row], square[row] = stress_six(five[row])
    excess = np.empty((2, node.size))
    for side in range(2):
        for k in range(node.size):
            across, whole = 0.0, 0.0
            for j in range(6):
                across += features[side, j, k] * flat[node[k], j]
                whole += features[side, j, k] * square[node[k], j]
            excess[side, k] = np.sqrt(max(whole - across * across, 0.0)) + friction * across
    return excess


@njit(cache=True, nogil=True)
def stress_six(five: Array) -> tuple[Array, Array]:
    """Components (ee, en, eu, nn, nu, uu) of a stress and of its square, (6,) each."""
    ee, en, eu, nn, nu = five[0], five[1], five[2], five[3], five[4]
    uu = -ee - nn
    flat = np.array([ee, en, eu, nn, nu, uu])
    square = np.array(
        [
            ee * ee + en * en + eu * eu,
            ee * en + en * nn + eu * nu,
            ee * eu + en * nu + eu * uu,
            en * en + nn * nn + nu * nu,
            en * eu + nn * nu + nu * uu,
            eu * eu + nu * nu + uu * uu,
        ]
    )
    return flat, square


@njit(cache=True, nogil=True, error_model="numpy")
def settle_planes(
    features: Array, sums: Array, weight: Array, friction: float, state: State
) -> None:
    """Solve and choose planes until the choice stands or goes to and fro; ``state`` in place.

    Parameters
    ----------
    features : (2, 6, m), sums : (2, m, 20)
        Of both planes.
    weight : (m,)
        Of each solution.
    """
    second, total, five, shear, across = state
    changed = np.full(second.size, -1)
    before = 0
    for number in range(MAX_ITERATIONS):
        solve_five(total, five)
        flat, square = stress_six(five)
        for side in range(2):
            tractions_of(features[side], flat, square, shear[side], across[side])
        moving, again = 0, 0
        for k in range(second.size):
            gain = shear[1, k] - shear[0, k] + friction * (across[1, k] - across[0, k])
            if (gain > 0.0) != second[k] and weight[k] > 0.0:
                moving += 1
                again += changed[k] == number - 1
                changed[k] = number
        # The same planes as a step ago would change back, and so for ever.
        if moving == 0 or (moving == again and again == before):
            return
        before = moving
        for k in range(second.size):
            if changed[k] == number:
                now, then = (0, 1) if second[k] else (1, 0)
                second[k] = not second[k]
                for j in range(20):
                    total[j] += weight[k] * (sums[now, k, j] - sums[then, k, j])


@njit(cache=True, nogil=True, error_model="numpy")
def tractions_of(features: Array, flat: Array, square: Array, shear: Array, across: Array) -> None:
    """Shear and normal tension of planes, into arrays (m,)."""
    f0, f1, f2 = features[0], features[1], features[2]
    f3, f4, f5 = features[3], features[4], features[5]
    for k in range(shear.size):
        normal = f0[k] * flat[0] + f1[k] * flat[1] + f2[k] * flat[2]
        normal += f3[k] * flat[3] + f4[k] * flat[4] + f5[k] * flat[5]
        whole = f0[k] * square[0] + f1[k] * square[1] + f2[k] * square[2]
        whole += f3[k] * square[3] + f4[k] * square[4] + f5[k] * square[5]
        rest = whole - normal * normal
        shear[k] = np.sqrt(rest if rest > 0.0 else 0.0)
        across[k] = normal


@njit(cache=True)
def solve_five(sums: Array, five: Array) -> None:
    """Solve the 5x5 system of packed sums (20,) by Cholesky's factors, into ``five``."""
    factor = np.empty((5, 5))
    k, trace = 0, 0.0
    for i in range(5):
        for j in range(i, 5):
            factor[j, i] = sums[k]
            k += 1
        trace += factor[i, i]
    for j in range(5):
        left = factor[j, j] + RIDGE * trace
        for q in range(j):
            left -= factor[j, q] * factor[j, q]
        # A resampling of one mechanism again and again leaves nothing here but rounding.
        factor[j, j] = np.sqrt(max(left, RIDGE * trace))
        for i in range(j + 1, 5):
            left = factor[i, j]
            for q in range(j):
                left -= factor[i, q] * factor[j, q]
            factor[i, j] = left / factor[j, j]
    for i in range(5):
        left = sums[15 + i]
        for q in range(i):
            left -= factor[i, q] * five[q]
        five[i] = left / factor[i, i]
    for i in range(4, -1, -1):
        left = five[i]
        for q in range(i + 1, 5):
            left -= factor[q, i] * five[q]
        five[i] = left / factor[i, i]


def with_chosen_plane(
    event: EventContribution, tensor: Array, friction: float = DEFAULT_FRICTION
) -> EventContribution:
    """The event with the sums of its less stable planes in this stress (3, 3), not of both."""
    unstable = instability(tensor, event.normal, friction)
    side = np.argmax(unstable, axis=1)
    every = np.arange(side.size)
    sums = event.probability @ plane_sums(event.normal[every, side], event.slip[every, side])
    a, b = unpack_sums(event.weight * sums)
    return replace(event, a=a, b=b)
