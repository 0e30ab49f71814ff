"""Fault planes: strike, dip, rake against normal and slip vectors."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def plane_vectors(
    strike_deg: ArrayLike, dip_deg: ArrayLike, rake_deg: ArrayLike
) -> tuple[Array, Array]:
    """Normal and slip unit vectors of a fault plane.

    Parameters
    ----------
    strike_deg, dip_deg, rake_deg
        Aki & Richards convention, any matching shapes.

    Returns
    -------
    normal, slip : (..., 3) float, east-north-up
        The normal points into the hanging wall, the slip is that of the hanging wall
        (Aki & Richards 2002, eqs 4.88 and 4.89).
    """
    strike, dip, rake = np.broadcast_arrays(
        *(np.radians(np.asarray(angle, float)) for angle in (strike_deg, dip_deg, rake_deg))
    )
    normal = np.stack(
        [np.sin(dip) * np.cos(strike), -np.sin(dip) * np.sin(strike), np.cos(dip)], axis=-1
    )
    along, updip = np.cos(rake), np.sin(rake)
    slip = np.stack(
        [
            along * np.sin(strike) - updip * np.cos(dip) * np.cos(strike),
            along * np.cos(strike) + updip * np.cos(dip) * np.sin(strike),
            updip * np.sin(dip),
        ],
        axis=-1,
    )
    return normal, slip


def strike_dip_rake(normal: ArrayLike, slip: ArrayLike) -> tuple[Array, Array, Array]:
    """Strike, dip, rake of planes given by normal and slip, the inverse of `plane_vectors`.

    Parameters
    ----------
    normal, slip
        (..., 3), east-north-up; the pair may come with both signs flipped.

    Returns
    -------
    strike_deg in [0, 360), dip_deg in [0, 90], rake_deg in (-180, 180].
    """
    n = np.asarray(normal, float)
    u = np.asarray(slip, float)
    flip = np.where(n[..., 2:3] < 0, -1.0, 1.0)
    n, u = n * flip, u * flip
    dip = np.arccos(np.clip(n[..., 2], -1, 1))
    horizontal = np.hypot(n[..., 0], n[..., 1])
    strike = np.where(horizontal > 1e-12, np.arctan2(-n[..., 1], n[..., 0]), 0.0)
    along = u[..., 0] * np.sin(strike) + u[..., 1] * np.cos(strike)
    updip_vector = np.stack(
        [-np.cos(dip) * np.cos(strike), np.cos(dip) * np.sin(strike), np.sin(dip)], axis=-1
    )
    rake = np.arctan2(np.sum(u * updip_vector, axis=-1), along)
    rake_deg = np.degrees(rake)
    return np.degrees(strike) % 360.0, np.degrees(dip), np.where(rake_deg <= -180, 180.0, rake_deg)


def auxiliary_plane(
    strike_deg: ArrayLike, dip_deg: ArrayLike, rake_deg: ArrayLike
) -> tuple[Array, Array, Array]:
    """Strike, dip, rake of the other nodal plane."""
    normal, slip = plane_vectors(strike_deg, dip_deg, rake_deg)
    return strike_dip_rake(slip, normal)
