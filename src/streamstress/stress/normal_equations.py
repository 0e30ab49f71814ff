"""The sums of Michael's (1984) inversion: how planes and slips enter it.

A plane enters through ``A = G'G`` and its slip through ``b = G'u``; 20 numbers hold both.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

UPPER = np.triu_indices(5)
"""Where the 15 different elements of a symmetric 5x5 matrix lie."""


def shear_matrix(normal: ArrayLike) -> Array:
    """Matrices (..., 3, 5) that turn a stress five-vector into shear traction on planes.

    Michael (1984, J. Geophys. Res. 89, 11517), eqs 4 to 8; ``uu = -ee - nn``.

    Parameters
    ----------
    normal
        (..., 3) unit normals, east-north-up.
    """
    n = np.asarray(normal, float)
    e, north, up = n[..., 0], n[..., 1], n[..., 2]
    zero = np.zeros_like(e)
    traction = np.stack(
        [
            np.stack([e, north, up, zero, zero], axis=-1),
            np.stack([zero, e, zero, north, up], axis=-1),
            np.stack([-up, zero, e, -up, north], axis=-1),
        ],
        axis=-2,
    )
    across = np.eye(3) - n[..., :, None] * n[..., None, :]
    return np.asarray(across @ traction)


def plane_sums(normal: ArrayLike, slip: ArrayLike) -> Array:
    """Upper triangle of ``G'G`` and ``G'u`` (..., 20) of planes and their slip (..., 3)."""
    g = shear_matrix(normal)
    a = np.swapaxes(g, -1, -2) @ g
    b = np.einsum("...ki,...k->...i", g, np.asarray(slip, float))
    return np.concatenate([a[..., UPPER[0], UPPER[1]], b], axis=-1)


def unpack_sums(sums: ArrayLike) -> tuple[Array, Array]:
    """Unpack sums (..., 20) to ``A`` (..., 5, 5) and ``b`` (..., 5)."""
    packed = np.asarray(sums, float)
    a = np.zeros((*packed.shape[:-1], 5, 5))
    a[..., UPPER[0], UPPER[1]] = packed[..., :15]
    a[..., UPPER[1], UPPER[0]] = packed[..., :15]
    return a, packed[..., 15:]
