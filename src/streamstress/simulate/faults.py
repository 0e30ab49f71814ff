"""Fault planes that a stress would break, and the slip on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.axes import axis_vector
from streamstress.geometry.planes import strike_dip_rake
from streamstress.geometry.rotations import rotation_matrix
from streamstress.geometry.tensors import stress_tensor
from streamstress.geometry.tractions import DEFAULT_FRICTION, instability, slip_direction

Array = NDArray[np.float64]

ACCEPTANCE_WIDTH = 0.04
"""Instability over which the acceptance falls from 1/2 to 1/4."""

_TRIES = 64


@dataclass(frozen=True, slots=True)
class Mechanisms:
    """Fault planes with slip: (n,) strike, dip, rake, degrees; (n, 3) normal and slip, ENU."""

    strike_deg: Array
    dip_deg: Array
    rake_deg: Array
    normal: Array
    slip: Array


def regional_stress(shmax_deg: float, phi: float, regime: str = "strike-slip") -> Array:
    """Stress tensor (3, 3) with level and vertical axes.

    Parameters
    ----------
    shmax_deg
        Azimuth of the largest horizontal compression.
    phi
        ``(s2 - s3) / (s1 - s3)``.
    regime
        ``"normal"``, ``"strike-slip"`` or ``"reverse"``: which axis is vertical (Anderson 1951).
    """
    along, across = axis_vector(shmax_deg, 0.0), axis_vector(shmax_deg + 90.0, 0.0)
    vertical = np.array([0.0, 0.0, -1.0])
    rows = {
        "normal": (vertical, along, across),
        "strike-slip": (along, vertical, across),
        "reverse": (along, across, vertical),
    }
    return stress_tensor(np.stack(rows[regime]), phi)


def acceptance(tensor: Array, normal: Array, threshold: float) -> Array:
    """Probability (...) that a plane (..., 3) is a fault: logistic in the instability."""
    excess = instability(tensor, normal, DEFAULT_FRICTION) - threshold
    return np.asarray(1.0 / (1.0 + np.exp(-np.log(3.0) * excess / ACCEPTANCE_WIDTH)))


def draw_normals(tensor: Array, n: int, threshold: float, rng: np.random.Generator) -> Array:
    """Draw normals (n, 3) of random planes, accepted by their instability."""
    kept: list[Array] = [np.empty((0, 3))]
    while sum(map(len, kept)) < n:
        tries = rng.standard_normal((_TRIES * max(n, 8), 3))
        tries /= np.linalg.norm(tries, axis=1, keepdims=True)
        tries *= np.where(tries[:, 2:] < 0, -1.0, 1.0)
        kept.append(tries[rng.random(len(tries)) < acceptance(tensor, tries, threshold)])
    return np.concatenate(kept)[:n]


def slip_on(
    tensor: Array, normal: Array, scatter_deg: float, rng: np.random.Generator
) -> Mechanisms:
    """Slip along the resolved shear, then turn plane and slip together by a small random angle.

    Parameters
    ----------
    tensor
        (3, 3) stress.
    normal
        (n, 3) planes.
    scatter_deg
        Standard deviation of the angle; the axis is random. Zero keeps the resolved shear.
    """
    slip = slip_direction(tensor, normal)
    angle = np.abs(rng.normal(0.0, 1.0, len(normal))) * scatter_deg
    turn = rotation_matrix(rng.standard_normal((len(normal), 3)), angle)
    turned_normal = np.einsum("nij,nj->ni", turn, normal)
    turned_slip = np.einsum("nij,nj->ni", turn, slip)
    strike, dip, rake = strike_dip_rake(turned_normal, turned_slip)
    return Mechanisms(strike, dip, rake, turned_normal, turned_slip)


def draw_mechanisms(
    tensor: Array,
    fault: NDArray[np.int64],
    *,
    threshold: float,
    scatter_deg: float,
    rng: np.random.Generator,
) -> Mechanisms:
    """Mechanisms of events on random faults under a stress.

    Parameters
    ----------
    tensor
        (3, 3) stress, tension positive.
    fault
        (n,) number of the fault of each event: those of one number share their plane.
    threshold
        Instability at which half of all planes are faults: 0.8 gives diverse ones, 0.95 only
        those near the optimum.
    scatter_deg
        See `slip_on`.
    """
    _, member = np.unique(fault, return_inverse=True)
    normals = draw_normals(tensor, int(member.max(initial=-1)) + 1, threshold, rng)
    return slip_on(tensor, normals[member], scatter_deg, rng)
