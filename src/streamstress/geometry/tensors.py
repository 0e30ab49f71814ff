"""Moment and stress tensors, their five-vectors and principal axes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.planes import plane_vectors

Array = NDArray[np.float64]

FIVE = ("ee", "en", "eu", "nn", "nu")
"""Names of the components of a five-vector; ``uu = -ee - nn``."""


def double_couple(strike_deg: ArrayLike, dip_deg: ArrayLike, rake_deg: ArrayLike) -> Array:
    """Double-couple tensor of unit Frobenius norm, (..., 3, 3), the same for both planes."""
    normal, slip = plane_vectors(strike_deg, dip_deg, rake_deg)
    return double_couple_of(normal, slip)


def double_couple_of(normal: ArrayLike, slip: ArrayLike) -> Array:
    """Double-couple tensor ``(n u + u n) / sqrt(2)`` of normals and slips (..., 3)."""
    n, u = np.asarray(normal, float), np.asarray(slip, float)
    outer = n[..., :, None] * u[..., None, :]
    return np.asarray((outer + np.swapaxes(outer, -1, -2)) / np.sqrt(2.0))


def five_of(tensor: ArrayLike) -> Array:
    """Five-vector ``(ee, en, eu, nn, nu)`` of trace-free tensors (..., 3, 3)."""
    t = np.asarray(tensor, float)
    return np.stack([t[..., 0, 0], t[..., 0, 1], t[..., 0, 2], t[..., 1, 1], t[..., 1, 2]], axis=-1)


def tensor_of(five: ArrayLike) -> Array:
    """Trace-free tensor (..., 3, 3) of five-vectors (..., 5)."""
    ee, en, eu, nn, nu = np.moveaxis(np.asarray(five, float), -1, 0)
    rows = [[ee, en, eu], [en, nn, nu], [eu, nu, -ee - nn]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def normalised(tensor: ArrayLike) -> Array:
    """The tensors (..., 3, 3) without isotropic part, at unit Frobenius norm."""
    t = np.asarray(tensor, float)
    trace = np.trace(t, axis1=-2, axis2=-1)[..., None, None] / 3.0
    deviator = t - trace * np.eye(3)
    norm = np.linalg.norm(deviator, axis=(-2, -1), keepdims=True)
    return np.asarray(deviator / np.where(norm > 0, norm, 1.0))


def principal_axes(tensor: ArrayLike) -> tuple[Array, Array]:
    """Eigenvalues and axes, most compressive first.

    Parameters
    ----------
    tensor
        (..., 3, 3), tension positive, east-north-up.

    Returns
    -------
    values : (..., 3) float, ascending (s1 first; tension positive)
    axes : (..., 3, 3) float, row k is the unit vector of axis k, pointing down or level
    """
    values, vectors = np.linalg.eigh(np.asarray(tensor, float))
    axes = np.swapaxes(vectors, -1, -2)
    return values, np.where(axes[..., 2:3] > 0, -axes, axes)


def stress_tensor(axes: ArrayLike, phi: ArrayLike) -> Array:
    """Stress tensor of unit norm, from principal axes and shape ratio.

    Parameters
    ----------
    axes
        (..., 3, 3), rows s1, s2, s3, unit vectors east-north-up.
    phi
        (...), ``(s2 - s3) / (s1 - s3)`` of compressive magnitudes, 0 to 1.
    """
    rows, ratio = np.asarray(axes, float), np.asarray(phi, float)
    values = np.stack([-np.ones_like(ratio), -ratio, np.zeros_like(ratio)], axis=-1)
    return normalised(np.einsum("...k,...ki,...kj->...ij", values, rows, rows))


def shape_ratio_phi(tensor: ArrayLike) -> Array:
    """``phi = (s2 - s3) / (s1 - s3)`` of compressive magnitudes, of tensors (..., 3, 3)."""
    values, _ = principal_axes(tensor)
    span = values[..., 2] - values[..., 0]
    return np.asarray((values[..., 2] - values[..., 1]) / np.where(span > 0, span, 1.0))
