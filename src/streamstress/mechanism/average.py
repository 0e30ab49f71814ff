"""From acceptable mechanisms to preferred ones, with probability and plane uncertainty.

The method of HASH's `MECH_PROB` and `MECH_AVG` (Hardebeck & Shearer 2002, v1.2): drop the
mechanism farthest from the average until all lie within the cut-off angle, average again after
each. Sums are kept up to date instead of summed anew, and angles are compared by the trace of
the rotation, so that a removal costs one pass without a single arc cosine.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.geometry.tensors import double_couple_of
from streamstress.mechanism.alignment import align, rotation_traces, squared_plane_angles

Array = NDArray[np.float64]

ORTHOGONAL_DEG = 0.01
"""Normal and slip of an average are at right angles within this (HASH v1.2 `MECH_AVG`)."""


@dataclass(frozen=True, slots=True)
class PreferredMechanism:
    """An average of acceptable mechanisms.

    Attributes
    ----------
    normal, slip
        (3,) unit vectors, east-north-up.
    probability
        Part of all acceptable mechanisms that lies within the cut-off angle, 0 to 1.
    plane_uncertainty_deg, plane_uncertainty_aux_deg
        RMS angle of all acceptable planes to this plane and to the auxiliary plane.
    """

    normal: Array
    slip: Array
    probability: float
    plane_uncertainty_deg: float
    plane_uncertainty_aux_deg: float


def preferred_mechanisms(
    normal: Array,
    slip: Array,
    cutoff_angle_deg: float = 45.0,
    min_probability: float = 0.25,
    max_solutions: int = 5,
) -> tuple[PreferredMechanism, ...]:
    """Average mechanisms of a set of acceptable ones, best first.

    Parameters
    ----------
    normal, slip
        (3, n) unit vectors of the acceptable mechanisms, n at least 1.
    cutoff_angle_deg
        Mechanisms turned farther than this from the average are outliers.
    min_probability
        The outliers are averaged in turn, as long as a solution keeps this part of the whole.
    max_solutions
        Most solutions.

    Notes
    -----
    The solutions keep the order in which they were found, as in HASH: a later one can, rarely,
    be more probable.
    """
    n, u = np.array(normal, order="C"), np.array(slip, order="C")
    total = n.shape[1]
    least_trace = 1.0 + 2.0 * np.cos(np.radians(cutoff_angle_deg))
    left = total
    solutions: list[PreferredMechanism] = []
    while left > 0 and len(solutions) < max_solutions:
        _central_first(n, u)
        kept, mean_normal, mean_slip = _average_without_outliers(
            n[:, :left], u[:, :left], least_trace
        )
        probability = kept / total
        if solutions and probability < min_probability:
            break
        rms = _rms_angles(normal, slip, mean_normal, mean_slip)
        solutions.append(PreferredMechanism(mean_normal, mean_slip, probability, *rms))
        n, u = np.ascontiguousarray(n[:, kept:left]), np.ascontiguousarray(u[:, kept:left])
        left -= kept
    return tuple(solutions)


def _central_first(n: Array, u: Array) -> None:
    """Put the mechanism nearest to the mean tensor first: the others are aligned to it.

    HASH aligns to whichever comes first. An outlier there pairs planes wrongly, and the average
    then depends on the order of the set.
    """
    tensors = double_couple_of(n.T, u.T)
    central = int(np.argmax(np.einsum("kij,ij->k", tensors, tensors.mean(axis=0))))
    n[:, [0, central]] = n[:, [central, 0]]
    u[:, [0, central]] = u[:, [central, 0]]


def _rms_angles(n: Array, u: Array, normal: Array, slip: Array) -> tuple[float, float]:
    """RMS angle, degrees, of normals and of slips (3, n) to a mechanism."""
    to_normal, to_slip = np.degrees(np.sqrt(squared_plane_angles(n, u, normal, slip).mean(axis=1)))
    return float(to_normal), float(to_slip)


@njit(cache=True)
def _average_without_outliers(n: Array, u: Array, least_trace: float) -> tuple[int, Array, Array]:
    """Return number kept, mean normal and slip; move the kept to the front of ``n`` and ``u``."""
    count = n.shape[1]
    traces = np.empty(count)
    normal_sum, slip_sum = _align_to_first(n, u, count)
    while True:
        mean_normal, mean_slip = _orthogonal_mean(normal_sum, slip_sum, count)
        rotation_traces(n, u, count, mean_normal, mean_slip, traces)
        worst = np.argmin(traces[:count])
        if count == 1 or traces[worst] >= least_trace:
            return count, mean_normal, mean_slip
        count -= 1
        for i in range(3):
            normal_sum[i] -= n[i, worst]
            slip_sum[i] -= u[i, worst]
            n[i, worst], n[i, count] = n[i, count], n[i, worst]
            u[i, worst], u[i, count] = u[i, count], u[i, worst]
        if worst == 0:
            normal_sum, slip_sum = _align_to_first(n, u, count)


@njit(cache=True)
def _align_to_first(n: Array, u: Array, count: int) -> tuple[Array, Array]:
    """Bring every pair to the form nearest to the first; return the sums of both vectors."""
    align(n[:, :count], u[:, :count], n[:, 0].copy(), u[:, 0].copy())
    normal_sum, slip_sum = np.zeros(3), np.zeros(3)
    for i in range(3):
        normal_sum[i] = n[i, :count].sum()
        slip_sum[i] = u[i, :count].sum()
    return normal_sum, slip_sum


@njit(cache=True)
def _orthogonal_mean(normal_sum: Array, slip_sum: Array, count: int) -> tuple[Array, Array]:
    """Make unit mean vectors orthogonal: the worse determined one is moved more.

    HASH weighs the two by their RMS angles to the members; here the chord stands for the angle,
    so that ``2 - 2 |sum| / count`` gives its mean square.
    """
    normal_length = np.sqrt((normal_sum**2).sum())
    slip_length = np.sqrt((slip_sum**2).sum())
    normal, slip = normal_sum / normal_length, slip_sum / slip_length
    normal_scatter = np.sqrt(max(0.0, 2.0 - 2.0 * normal_length / count))
    slip_scatter = np.sqrt(max(0.0, 2.0 - 2.0 * slip_length / count))
    if normal_scatter + slip_scatter < 1e-4:
        return normal, slip
    share = normal_scatter / (normal_scatter + slip_scatter)
    for _ in range(100):
        excess = np.pi / 2.0 - np.arccos(max(-1.0, min(1.0, (normal * slip).sum())))
        if abs(excess) <= np.radians(ORTHOGONAL_DEG):
            break
        moved = normal - slip * np.sin(excess * share)
        slip = slip - normal * np.sin(excess * (1.0 - share))
        normal = moved / np.sqrt((moved**2).sum())
        slip = slip / np.sqrt((slip**2).sum())
    return normal, slip
