"""Far-field radiation of a double couple."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.rays import ray_vector

Array = NDArray[np.float64]


def radiation_pattern(
    tensor: ArrayLike, azimuth_deg: ArrayLike, takeoff_deg: ArrayLike
) -> tuple[Array, Array, Array]:
    """P, SV and SH factors along rays (Aki & Richards 2002, eqs 4.29 and 4.84 to 4.86).

    Parameters
    ----------
    tensor
        (3, 3) or (..., 3, 3) moment tensor, east-north-up. For a double couple of unit scalar
        moment give ``sqrt(2)`` times `geometry.tensors.double_couple`.
    azimuth_deg, takeoff_deg
        (...), take-off from straight down.

    Returns
    -------
    p, sv, sh : (...) float
        P positive away from the source (first motion up), SV positive along the increasing
        take-off direction, SH positive along increasing azimuth.
    """
    m = np.asarray(tensor, float)
    azimuth, takeoff = np.asarray(azimuth_deg, float), np.asarray(takeoff_deg, float)
    ray = ray_vector(azimuth, takeoff)
    toward_up = ray_vector(azimuth, takeoff + 90.0)
    transverse = ray_vector(azimuth + 90.0, np.full_like(takeoff, 90.0))
    traction = np.einsum("...ij,...j->...i", m, ray)
    return (
        np.sum(ray * traction, axis=-1),
        np.sum(toward_up * traction, axis=-1),
        np.sum(transverse * traction, axis=-1),
    )
