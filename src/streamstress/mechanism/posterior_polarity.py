"""Radiation of double couples along rays, and what first motions say of it: loops over cells.

For arrays of a block of cells (n,), float32; ``posterior_kernels`` says what the likelihood is.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array32 = NDArray[np.float32]

SCALE_SQUARED = 0.70
"""``s^2 / v^2``: the t distribution then has the central 80 per cent of the normal one of variance
v^2 (quantiles 1.533 and 1.282)."""

ROOT_HALF = np.sqrt(0.5)
"""Polarity factors are ``P(up) * sqrt(2)``, so that products of 200 stay within float32."""

LEAST_PRODUCT = 1e-32
"""Added to every product: below it, a cell is hopeless beside the best, which is near 1."""


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def dots(vector: Array32, ray: Array32, out: Array32) -> None:
    """Parts of vectors (3, n) along one ray (3,)."""
    a, b, c = ray[0], ray[1], ray[2]
    v0, v1, v2 = vector[0], vector[1], vector[2]
    for j in range(out.shape[0]):
        out[j] = v0[j] * a + v1[j] * b + v2[j] * c


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def radiation(
    x: Array32,
    y: Array32,
    xt: Array32,
    yt: Array32,
    cosine: np.float32,
    sine: np.float32,
    takeoff_variance: np.float32,
    azimuth_variance: np.float32,
    p: Array32,
    s_squared: Array32,
    p_variance: Array32,
) -> None:
    """P factor, squared S factor and variance of P by ray errors, the take-off turned.

    ``x, y`` are slip and normal along the ray, ``xt, yt`` along increasing take-off. The slope of
    P over the sphere is twice the S factor, its part along the take-off is ``2 (x' y + x y')``.
    """
    extra = takeoff_variance - azimuth_variance
    two, four = np.float32(2.0), np.float32(4.0)
    for j in range(p.shape[0]):
        xj = cosine * x[j] + sine * xt[j]
        yj = cosine * y[j] + sine * yt[j]
        dx = cosine * xt[j] - sine * x[j]
        dy = cosine * yt[j] - sine * y[j]
        a = two * xj * yj
        slope = two * (dx * yj + xj * dy)
        s = max(xj * xj + yj * yj - a * a, np.float32(0.0))
        p[j] = a
        s_squared[j] = s
        p_variance[j] = max(four * s * azimuth_variance + extra * slope * slope, np.float32(0.0))


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def certainties(
    p: Array32,
    p_variance: Array32,
    scale_squared: np.float32,
    noise_squared: np.float32,
    weight: np.float32,
    certainty: Array32,
) -> None:
    """``2 F - 1`` of each cell times the signed weight of the label and `ROOT_HALF`."""
    four, half = np.float32(4.0 * SCALE_SQUARED), np.float32(0.5)
    one_half = np.float32(1.5)
    factor = weight * np.float32(ROOT_HALF)
    for j in range(p.shape[0]):
        v = noise_squared + scale_squared * p_variance[j]
        u = p[j] / np.sqrt(p[j] * p[j] + four * v)
        certainty[j] = factor * u * (one_half - half * u * u)


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def multiply_polarity(certainty: Array32, kept: np.float32, plus: Array32, minus: Array32) -> None:
    """Multiply the likelihood of both signs by that of a label, of which a part is kept."""
    # The least value keeps hopeless cells out of subnormal numbers, which are slow.
    root, least = np.float32(ROOT_HALF), np.float32(LEAST_PRODUCT)
    for j in range(certainty.shape[0]):
        part = kept * certainty[j]
        plus[j] = plus[j] * (root + part) + least
        minus[j] = minus[j] * (root - part) + least
