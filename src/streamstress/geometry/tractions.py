"""Stress on planes: normal and shear traction, fault instability."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.tensors import principal_axes

Array = NDArray[np.float64]

DEFAULT_FRICTION = 0.6
"""Friction coefficient of faults (Byerlee 1978; the value of Vavryčuk 2014)."""


def tractions(tensor: ArrayLike, normal: ArrayLike) -> tuple[Array, Array]:
    """Normal traction and shear traction vector on planes.

    Parameters
    ----------
    tensor
        (..., 3, 3) stress, tension positive.
    normal
        (..., 3) unit normals.

    Returns
    -------
    normal_traction : (...) float, tension positive
    shear : (..., 3) float
        Shear traction on the side the normal points to: the hanging wall slips along it.
    """
    n = np.asarray(normal, float)
    traction = np.einsum("...ij,...j->...i", np.asarray(tensor, float), n)
    normal_traction = np.sum(traction * n, axis=-1)
    return normal_traction, traction - normal_traction[..., None] * n


def slip_direction(tensor: ArrayLike, normal: ArrayLike) -> Array:
    """Unit slip (..., 3) along the resolved shear (Wallace 1951, Bott 1959)."""
    _, shear = tractions(tensor, normal)
    length = np.linalg.norm(shear, axis=-1, keepdims=True)
    return np.asarray(shear / np.where(length > 0, length, 1.0))


def instability(tensor: ArrayLike, normal: ArrayLike, friction: float = DEFAULT_FRICTION) -> Array:
    """Fault instability, 0 (stable) to 1 (optimally oriented).

    Vavryčuk (2014), eqs 16 to 19: ``I = (tau - mu (sigma - 1)) / (mu + sqrt(1 + mu^2))`` with
    stresses scaled to s1 = 1, s3 = -1, compression positive.

    Parameters
    ----------
    tensor
        (..., 3, 3) stress of any scale, tension positive.
    normal
        (..., 3) unit normals.
    """
    values, _ = principal_axes(tensor)
    middle = (values[..., 0] + values[..., 2]) / 2.0
    half = (values[..., 2] - values[..., 0]) / 2.0
    normal_traction, shear = tractions(tensor, normal)
    sigma = -(normal_traction - middle) / half
    tau = np.linalg.norm(shear, axis=-1) / half
    return np.asarray((tau - friction * (sigma - 1.0)) / (friction + np.sqrt(1 + friction**2)))
