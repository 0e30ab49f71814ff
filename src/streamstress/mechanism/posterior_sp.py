"""What amplitude ratios say of double couples: Student's t of log10 S/P, loops over cells.

For arrays of a block of cells (n,), float32; ``posterior_kernels`` says what the likelihood is.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.mechanism.kernels import AMPLITUDE_FACTOR, LOG2

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

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

S_LEVEL, S_SPREAD = 1.12, 2.43
"""The same for the two components of S: ``S^2 + 1.12 v^2`` and ``v^2 / (S^2 + 2.43 v^2)``, exact at
S = 0 (2 exp(-0.577) and 24 / pi^2) and far from it."""


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def natural_logarithms(values: Array32, bits: NDArray[np.int32], out: Array32) -> None:
    """Natural logarithms of positive values; ``bits`` is work space."""
    raw, mantissa = values.view(np.int32), bits.view(np.float32)
    c0, c1, c2, c3 = LOG2[0], LOG2[1], LOG2[2], LOG2[3]
    c4, c5, c6, ln2 = LOG2[4], LOG2[5], LOG2[6], np.float32(np.log(2.0))
    for j in range(values.shape[0]):
        bits[j] = (raw[j] & np.int32(0x007FFFFF)) | np.int32(0x3F800000)
    for j in range(values.shape[0]):
        exponent = np.float32((raw[j] >> np.int32(23)) - np.int32(127))
        m = mantissa[j]
        log = exponent + (c0 + m * (c1 + m * (c2 + m * (c3 + m * (c4 + m * (c5 + m * c6))))))
        out[j] = ln2 * log


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _expected_squares(
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
def _multiply_factors(
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
def multiply_sp(
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
    """Multiply what the densities of one ratio are made of, for every scatter, into ``parts``."""
    squares, residual = work[0], work[1]
    _expected_squares(p, s_squared, p_variance, ray_variance, squares)
    natural_logarithms(squares, work[2].view(np.int32), residual)
    to_log10 = np.float32(0.5 / np.log(10.0))
    for j in range(residual.shape[0]):
        residual[j] = observed - to_log10 * residual[j]
    for j in range(sp_scale.shape[0]):
        _multiply_factors(
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
def add_logarithms(parts: Array32, log_sp: Array32) -> None:
    """Add the logarithm of the density of t (4 degrees of freedom) of a chunk; start the next."""
    size = log_sp.shape[1]
    bits, logs = np.empty(size, np.int32), np.empty(size, np.float32)
    for j in range(log_sp.shape[0]):
        natural_logarithms(parts[0, j], bits, logs)
        log_sp[j] += np.float32(2.0) * logs
        natural_logarithms(parts[1, j], bits, logs)
        log_sp[j] -= np.float32(2.5) * logs
    parts[:] = np.float32(1.0)
