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

from streamstress.mechanism.kernels import AMPLITUDE_FACTOR

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
RayTable = tuple[Array32, Array32, Array32, Array32, Array32, Array32]
UnknownTable = tuple[Array, Array32, Array32, Array32, Array, Array32, Array32, Array]

BLOCK = 256
"""Cells a block: the products of all hypotheses (37 kB) stay in the second-level cache, and a call
of a loop costs little beside it (64 and 128 were slower)."""

SP_CHUNK = 8
"""Ratios whose factors are multiplied in float32 before a logarithm is taken."""

SCALE_SQUARED = 0.70
"""``s^2 / v^2``: the t distribution then has the central 80 per cent of the normal one of variance
v^2 (quantiles 1.533 and 1.282)."""

ROOT_HALF = np.sqrt(0.5)
"""Polarity factors are ``P(up) * sqrt(2)``, so that products of 200 stay within float32."""

LEAST_PRODUCT = 1e-32
"""Added to every product: below it, a cell is hopeless beside the best, which is near 1."""

# log2 of a mantissa in [1, 2), degree 6, error below 4e-6: a library logarithm takes ten times
# longer.
_MANTISSA = np.linspace(1.0, 2.0, 2001)
_LOG2 = np.polyfit(_MANTISSA, np.log2(_MANTISSA), 6)[::-1].astype(np.float32)

SINGLE_SHARE = 0.5
"""Part of the stated variance that is taken for the error of a single ray where S/P is expected."""

LOG_SPREAD = 0.1886
"""(log10 e)^2, turns the variance of ln|P| to that of log10|P|."""

P_LEVEL = (0.741, 0.788, 2.808)
"""``exp(2 E ln|A + v N|) = (A^4 + 0.741 A^2 v^2 + 0.788 v^4) / (A^2 + 2.808 v^2)`` within 0.03 in
the logarithm, N a normal variable: the P amplitude to be expected beside a nodal plane."""

P_SPREAD = (8.80, 0.340, 7.134)
"""``Var ln|A + v N| = v^2 (A^2 + 8.80 v^2) / (A^4 + 0.340 A^2 v^2 + 7.134 v^4)`` within 0.03 in its
root; pi^2 / 8 where A = 0. Both fitted to numerical integrals over A/v of 0 to 12."""

S_SLOPE_SQUARED = 2.0
"""Mean square of the slope of the S factor over directions; it lies between 1 and 2."""

SP_POWER = 0.85
"""Power of the S/P likelihood. With noise of 0.1 to 0.4 and ray errors of 0 to 9 degrees, all
given to it as they are, the variance of its score at the truth is 0.9 to 1.4 times its information,
1.1 to 1.2 in the mean: the expansion about the located ray says a little too much. The power makes
both equal (the adjustment of a composite likelihood, Pauli, Racugno & Ventura 2011)."""

S_LEVEL, S_SPREAD = 1.12, 2.43
"""The same for the two components of S: ``S^2 + 1.12 v^2`` and ``v^2 / (S^2 + 2.43 v^2)``, exact at
S = 0 (2 exp(-0.577) and 24 / pi^2) and far from it."""


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _dots(vector: Array32, ray: Array32, out: Array32) -> None:
    a, b, c = ray[0], ray[1], ray[2]
    v0, v1, v2 = vector[0], vector[1], vector[2]
    for j in range(out.shape[0]):
        out[j] = v0[j] * a + v1[j] * b + v2[j] * c


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _radiation(
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
def _certainty(
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
def _multiply(certainty: Array32, kept: np.float32, plus: Array32, minus: Array32) -> None:
    # The least value keeps hopeless cells out of subnormal numbers, which are slow.
    root, least = np.float32(ROOT_HALF), np.float32(LEAST_PRODUCT)
    for j in range(certainty.shape[0]):
        part = kept * certainty[j]
        plus[j] = plus[j] * (root + part) + least
        minus[j] = minus[j] * (root - part) + least


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _ln(values: Array32, bits: NDArray[np.int32], out: Array32) -> None:
    """Natural logarithms of positive values; ``bits`` is work space."""
    raw, mantissa = values.view(np.int32), bits.view(np.float32)
    c0, c1, c2, c3 = _LOG2[0], _LOG2[1], _LOG2[2], _LOG2[3]
    c4, c5, c6, ln2 = _LOG2[4], _LOG2[5], _LOG2[6], np.float32(np.log(2.0))
    for j in range(values.shape[0]):
        bits[j] = (raw[j] & np.int32(0x007FFFFF)) | np.int32(0x3F800000)
    for j in range(values.shape[0]):
        exponent = np.float32((raw[j] >> np.int32(23)) - np.int32(127))
        m = mantissa[j]
        log = exponent + (c0 + m * (c1 + m * (c2 + m * (c3 + m * (c4 + m * (c5 + m * c6))))))
        out[j] = ln2 * log


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _sp_squares(
    p: Array32, s_squared: Array32, p_variance: Array32, ray_variance: np.float32, out: Array32
) -> None:
    """Squared S/P that ray errors leave to be expected."""
    factor, tiny = np.float32(AMPLITUDE_FACTOR**2), np.float32(1e-9)
    single = np.float32(SINGLE_SHARE)
    s_part = np.float32(S_LEVEL) * single * ray_variance
    b1, b0, c = np.float32(P_LEVEL[0]), np.float32(P_LEVEL[1]), np.float32(P_LEVEL[2])
    for j in range(p.shape[0]):
        a, v = p[j] * p[j], single * p_variance[j] + tiny
        level = (a * a + b1 * a * v + b0 * v * v) / (a + c * v)
        out[j] = factor * (s_squared[j] + s_part) / level


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _sp_factors(
    residual: Array32,
    p: Array32,
    s_squared: Array32,
    p_variance: Array32,
    ray_variance: np.float32,
    scale_squared: np.float32,
    ray_scale_squared: np.float32,
    scales: Array32,
    spreads: Array32,
) -> None:
    """Multiply what the density of Student's t is made of: its scale, and scale plus residual."""
    ray_spread, s_part = np.float32(LOG_SPREAD) * ray_scale_squared, np.float32(S_SPREAD)
    a0, b1, b0 = np.float32(P_SPREAD[0]), np.float32(P_SPREAD[1]), np.float32(P_SPREAD[2])
    tiny, quarter = np.float32(1e-9), np.float32(0.25)
    for j in range(p.shape[0]):
        a, v = p[j] * p[j], p_variance[j] + tiny
        of_p = v * (a + a0 * v) / (a * a + b1 * a * v + b0 * v * v)
        of_s = ray_variance / (s_squared[j] + s_part * ray_variance + tiny)
        variance = scale_squared + ray_spread * (of_p + of_s)
        scales[j] *= variance
        spreads[j] *= variance + quarter * residual[j] * residual[j]


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
        (shift of take-off (k,) radians; squared scale of ray errors (h,); squared amplitude
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
    cosine, sine = np.float32(np.cos(shift[k])), np.float32(np.sin(shift[k]))
    in_chunk = 0
    for i in range(ray.shape[0]):
        _dots(slip, ray[i], x)
        _dots(normal, ray[i], y)
        _dots(slip, along[i], xt)
        _dots(normal, along[i], yt)
        _radiation(
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
                _certainty(p, p_variance, scale[h], noise[h], weight[i], certainty)
                for e in range(kept.shape[0]):
                    _multiply(certainty, kept[e], products[0, h, e], products[1, h, e])
        if has_sp and np.isfinite(log_ratio[i]):
            ray_variance = np.float32(S_SLOPE_SQUARED / 2.0) * (
                takeoff_variance[i] + azimuth_variance[i]
            )
            _sp_ratio(
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
                _flush(parts, log_sp)
                in_chunk = 0
    if has_sp:
        _flush(parts, log_sp)
    _sum_hypotheses(products, prior[k], log_sp, sp_prior, total)


@njit(cache=True, error_model="numpy")
def _sp_ratio(
    p: Array32,
    s_squared: Array32,
    p_variance: Array32,
    ray_variance: np.float32,
    observed: np.float32,
    sp_scale: Array32,
    sp_ray_scale: Array32,
    parts: Array32,
    work: Array32,
) -> None:
    squares, residual = work[0], work[1]
    _sp_squares(p, s_squared, p_variance, ray_variance, squares)
    _ln(squares, work[2].view(np.int32), residual)
    to_log10 = np.float32(0.5 / np.log(10.0))
    for j in range(residual.shape[0]):
        residual[j] = observed - to_log10 * residual[j]
    for j in range(sp_scale.shape[0]):
        _sp_factors(
            residual,
            p,
            s_squared,
            p_variance,
            ray_variance,
            sp_scale[j],
            sp_ray_scale[j],
            parts[0, j],
            parts[1, j],
        )


@njit(cache=True, error_model="numpy")
def _flush(parts: Array32, log_sp: Array32) -> None:
    """Add the logarithm of the density of t (4 degrees of freedom) of a chunk; start the next."""
    size = log_sp.shape[1]
    bits, logs = np.empty(size, np.int32), np.empty(size, np.float32)
    for j in range(log_sp.shape[0]):
        _ln(parts[0, j], bits, logs)
        log_sp[j] += np.float32(2.0) * logs
        _ln(parts[1, j], bits, logs)
        log_sp[j] -= np.float32(2.5) * logs
    parts[:] = np.float32(1.0)


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
