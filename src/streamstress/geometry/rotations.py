"""Rotation matrices and the smallest rotation between two solutions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.tensors import principal_axes

Array = NDArray[np.float64]


def rotation_matrix(axis: ArrayLike, angle_deg: ArrayLike) -> Array:
    """Rotation matrices (..., 3, 3) about axes (..., 3), right-handed (Rodrigues' formula)."""
    k = np.asarray(axis, float)
    k = k / np.linalg.norm(k, axis=-1, keepdims=True)
    angle = np.radians(np.asarray(angle_deg, float))[..., None, None]
    zero = np.zeros_like(k[..., 0])
    cross = np.stack(
        [
            np.stack([zero, -k[..., 2], k[..., 1]], axis=-1),
            np.stack([k[..., 2], zero, -k[..., 0]], axis=-1),
            np.stack([-k[..., 1], k[..., 0], zero], axis=-1),
        ],
        axis=-2,
    )
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross))


def turn_about_vertical(angle_deg: float) -> Array:
    """Rotation that adds ``angle_deg`` to every azimuth (clockwise seen from above)."""
    return rotation_matrix(np.array([0.0, 0.0, 1.0]), np.asarray(-angle_deg))


def rotated(tensor: ArrayLike, rotation: ArrayLike) -> Array:
    """Tensors (..., 3, 3) turned by rotation matrices (..., 3, 3)."""
    r = np.asarray(rotation, float)
    return np.asarray(r @ np.asarray(tensor, float) @ np.swapaxes(r, -1, -2))


def frame_rotation_deg(axes_a: ArrayLike, axes_b: ArrayLike) -> Array:
    """Smallest rotation between orthogonal frames whose axes carry no arrow.

    Parameters
    ----------
    axes_a, axes_b
        (..., 3, 3), rows are matching axes (s1, s2, s3, or P, B, T); signs are free.

    Notes
    -----
    Of the four proper sign choices the rotation with the largest trace is the smallest
    (Kagan 1991, eq. 11). By the law of its trace, tr = 1 + 2 cos(angle).
    """
    a, b = np.asarray(axes_a, float), np.asarray(axes_b, float)
    dots = np.sum(a * b, axis=-1)
    handed = np.sign(np.linalg.det(a) * np.linalg.det(b))
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)
    traces = np.einsum("...k,sk->...s", dots, signs) * handed[..., None]
    cosine = (np.max(traces, axis=-1) - 1.0) / 2.0
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def stress_rotation_deg(tensor_a: ArrayLike, tensor_b: ArrayLike) -> Array:
    """Smallest rotation between the principal frames of stress tensors (..., 3, 3)."""
    return frame_rotation_deg(principal_axes(tensor_a)[1], principal_axes(tensor_b)[1])


def mechanism_frame(strike_deg: ArrayLike, dip_deg: ArrayLike, rake_deg: ArrayLike) -> Array:
    """Rows P, B, T (..., 3, 3) of a double couple, right-handed up to sign."""
    normal, slip = plane_vectors(strike_deg, dip_deg, rake_deg)
    p = (normal - slip) / np.sqrt(2.0)
    t = (normal + slip) / np.sqrt(2.0)
    return np.stack([p, np.cross(t, p), t], axis=-2)


def kagan_angle_deg(mechanism_a: ArrayLike, mechanism_b: ArrayLike) -> Array:
    """Smallest rotation between double couples, 0 to 120 degrees.

    Parameters
    ----------
    mechanism_a, mechanism_b
        (..., 3): strike, dip, rake in degrees.
    """
    a, b = np.asarray(mechanism_a, float), np.asarray(mechanism_b, float)
    frames = (mechanism_frame(m[..., 0], m[..., 1], m[..., 2]) for m in (a, b))
    return frame_rotation_deg(*frames)
