"""The likelihood of double couples, summed over everything else that is unknown.

A first motion is up where the P factor of the true ray plus noise is positive. Written about the
ray as located, ``P(up) = F(A / v)`` with ``A`` the P factor and ``v^2`` the variance of its
error: ray error times the slope of the radiation pattern, plus amplitude noise. So mislabels
gather near nodal planes by themselves. ``F`` is the distribution of Student's t with four degrees
of freedom at scale s, ``F = 1/2 + (3 u - u^3) / 4`` with ``u = A / sqrt(A^2 + 4 s^2)``: its tails
forgive a stated sigma that is too small, and it needs one square root. A label that is wrong
whatever the amplitude shrinks this to ``1/2 + k (3 u - u^3) / 4``.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.mechanism.posterior_polarity import (
    certainties,
    dots,
    multiply_polarity,
    radiation,
)
from streamstress.mechanism.posterior_sp import add_logarithms, multiply_sp

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
RayTable = tuple[Array32, Array32, Array32, Array32, Array32, Array32]
UnknownTable = tuple[Array, Array32, Array32, Array32, Array, Array32, Array32, Array]

BLOCK = 256
"""Cells a block: the products of all hypotheses (37 kB) stay in the second-level cache, and a call
of a loop costs little beside it (64 and 128 were slower)."""

SP_CHUNK = 8
"""Ratios whose factors are multiplied in float32 before a logarithm is taken."""

S_SLOPE_SQUARED = 2.0
"""Mean square of the slope of the S factor over directions; it lies between 1 and 2."""

SP_POWER = 0.85
"""Power of the S/P likelihood. With noise of 0.1 to 0.4 and ray errors of 0 to 9 degrees, all
given to it as they are, the variance of its score at the truth is 0.9 to 1.4 times its information,
1.1 to 1.2 in the mean: the expansion about the located ray says a little too much. The power makes
both equal (the adjustment of a composite likelihood, Pauli, Racugno & Ventura 2011)."""


@njit(cache=True, error_model="numpy")
def log_likelihood(
    normal: Array32,
    slip: Array32,
    rays: RayTable,
    unknowns: UnknownTable,
) -> Array:
    """Log likelihood of double couples, of both signs.

    Parameters
    ----------
    normal, slip
        (3, n) unit vectors, east-north-up.
    rays
        (ray (m, 3), along increasing take-off (m, 3), variance of take-off (m,) and across it
        (m,) in square radians, signed weight of the polarity (m,), log10 S/P (m,) or NaN).
    unknowns
        (shift of take-off (k, m) radians; squared scale of ray errors (h,); squared amplitude
        noise (h,); part of labels that is kept (e,); prior (k, h, e); squared scale of S/P (j,);
        squared scale of ray errors in S/P (j,); prior (j,)).

    Returns
    -------
    (2, n): of ``normal, slip`` and of ``normal, -slip``, up to one constant.
    """
    n = normal.shape[1]
    total = np.zeros((2, n))
    has_sp = bool(np.isfinite(rays[5]).any())
    for low in range(0, n, BLOCK):
        high = min(low + BLOCK, n)
        block_normal = np.ascontiguousarray(normal[:, low:high])
        block_slip = np.ascontiguousarray(slip[:, low:high])
        for k in range(unknowns[0].shape[0]):
            _add_shift(block_normal, block_slip, rays, unknowns, k, has_sp, total[:, low:high])
    return np.log(np.maximum(total, 1e-300))


@njit(cache=True, error_model="numpy")
def _add_shift(
    normal: Array32,
    slip: Array32,
    rays: RayTable,
    unknowns: UnknownTable,
    k: int,
    has_sp: bool,
    total: Array,
) -> None:
    """Add the likelihood of a block under one common shift of the take-offs."""
    ray, along, takeoff_variance, azimuth_variance, weight, log_ratio = rays
    shift, scale, noise, kept, prior, sp_scale, sp_ray_scale, sp_prior = unknowns
    size = normal.shape[1]
    work = np.empty((8, size), np.float32)
    # Rows by index: numba takes unpacked rows for strided ones and does not vectorise them.
    x, y, xt, yt = work[0], work[1], work[2], work[3]
    p, s_squared, p_variance, certainty = work[4], work[5], work[6], work[7]
    products = np.ones((2, scale.shape[0], kept.shape[0], size), np.float32)
    n_sp_scales = sp_scale.shape[0] if has_sp else 0
    parts = np.ones((2, n_sp_scales, size), np.float32)
    log_sp = np.zeros((n_sp_scales, size), np.float32)
    in_chunk = 0
    for i in range(ray.shape[0]):
        cosine, sine = np.float32(np.cos(shift[k, i])), np.float32(np.sin(shift[k, i]))
        dots(slip, ray[i], x)
        dots(normal, ray[i], y)
        dots(slip, along[i], xt)
        dots(normal, along[i], yt)
        radiation(
            x,
            y,
            xt,
            yt,
            cosine,
            sine,
            takeoff_variance[i],
            azimuth_variance[i],
            p,
            s_squared,
            p_variance,
        )
        if weight[i] != 0.0:
            for h in range(scale.shape[0]):
                certainties(p, p_variance, scale[h], noise[h], weight[i], certainty)
                for e in range(kept.shape[0]):
                    multiply_polarity(certainty, kept[e], products[0, h, e], products[1, h, e])
        if has_sp and np.isfinite(log_ratio[i]):
            ray_variance = np.float32(S_SLOPE_SQUARED / 2.0) * (
                takeoff_variance[i] + azimuth_variance[i]
            )
            multiply_sp(
                p,
                s_squared,
                p_variance,
                ray_variance,
                log_ratio[i],
                sp_scale,
                sp_ray_scale,
                parts,
                work,
            )
            in_chunk += 1
            if in_chunk == SP_CHUNK:
                add_logarithms(parts, log_sp)
                in_chunk = 0
    if has_sp:
        add_logarithms(parts, log_sp)
    _sum_hypotheses(products, prior[k], log_sp, sp_prior, total)


@njit(cache=True, error_model="numpy")
def _sum_hypotheses(
    products: Array32, prior: Array, log_sp: Array32, sp_prior: Array, total: Array
) -> None:
    size = total.shape[1]
    sp = np.zeros(size) if log_sp.shape[0] else np.ones(size)
    for j in range(log_sp.shape[0]):
        sp += sp_prior[j] * np.exp(SP_POWER * log_sp[j].astype(np.float64))
    for sign in range(2):
        for h in range(prior.shape[0]):
            for e in range(prior.shape[1]):
                total[sign] += (prior[h, e] * sp) * products[sign, h, e]
