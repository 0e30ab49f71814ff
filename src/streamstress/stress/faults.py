"""What a stress does to given faults: instability, slip tendency, the rake it asks for.

Only the directions and the shape of the stress are known, not its size. Slip tendency, the ratio
of shear to normal traction (Morris et al. 1996, Geology 24, 275), needs one: here the stress is
taken to be as large as friction of optimally oriented faults lets it be (Jaeger & Cook 1979),
``s1 / s3 = (sqrt(1 + mu^2) + mu)^2`` of effective stresses.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.planes import plane_vectors, strike_dip_rake
from streamstress.geometry.tensors import principal_axes, shape_ratio_phi
from streamstress.geometry.tractions import (
    DEFAULT_FRICTION,
    instability,
    slip_direction,
    tractions,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FaultStress:
    """A fault in a stress.

    Attributes
    ----------
    instability : float
        0 stable to 1 optimally oriented (Vavryčuk 2014, eq. 16).
    slip_tendency : float
        Shear over normal traction, over the friction coefficient: 1 at failure.
    rake_deg : float
        Direction of the resolved shear, Aki & Richards.
    """

    instability: float
    slip_tendency: float
    rake_deg: float


def assumption(friction: float) -> str:
    """State what slip tendency supposes, for the reader of a result."""
    ratio = critical_ratio(friction)
    return (
        f"slip tendency: effective s1/s3 = {ratio:.2f}, as friction {friction:g} of optimally "
        "oriented faults limits it; divided by the friction"
    )


def critical_ratio(friction: float) -> float:
    """Largest ratio of effective s1 to s3 that faults of this friction bear."""
    return float((np.sqrt(1.0 + friction**2) + friction) ** 2)


def critical_stress(tensor: ArrayLike, friction: float = DEFAULT_FRICTION) -> Array:
    """Effective stress (..., 3, 3), tension positive, s3 = 1, of this shape at the limit."""
    _, axes = principal_axes(tensor)
    phi = shape_ratio_phi(tensor)
    largest = critical_ratio(friction)
    sizes = [np.full_like(phi, largest), 1.0 + phi * (largest - 1.0), np.ones_like(phi)]
    values = -np.stack(sizes, axis=-1)
    return np.asarray(np.einsum("...k,...ki,...kj->...ij", values, axes, axes))


def slip_tendency(
    tensor: ArrayLike, normal: ArrayLike, friction: float = DEFAULT_FRICTION
) -> Array:
    """Shear over normal traction over friction, 0 to 1, of planes (..., 3) in a stress."""
    normal_traction, shear = tractions(critical_stress(tensor, friction), normal)
    return np.asarray(np.linalg.norm(shear, axis=-1) / (-normal_traction * friction))


def fault_stress(
    tensor: ArrayLike, strike_deg: float, dip_deg: float, friction: float = DEFAULT_FRICTION
) -> FaultStress:
    """Stress on a fault.

    Parameters
    ----------
    tensor
        (3, 3), tension positive, any scale.
    friction
        Over 0.
    """
    normal, _ = plane_vectors(strike_deg, dip_deg, 0.0)
    rake = strike_dip_rake(normal, slip_direction(tensor, normal))[2]
    return FaultStress(
        float(instability(tensor, normal, friction)),
        float(slip_tendency(tensor, normal, friction)),
        float(rake),
    )
