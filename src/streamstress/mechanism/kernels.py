"""The loops over nodes and rays: sums of polarity and S/P misfit.

A polarity is misfit where ``ray . M . ray`` has the wrong sign: five products a node and ray
with ``M`` and the ray as five-vectors. Blocks of nodes stay in the first-level cache and four
rays share each load. Sums are exact: weights are multiples of `WEIGHT_STEP`, so that the order
of the readings cannot change a single bit.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streamstress.geometry.rays import ray_vector

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

WEIGHT_STEP = 1.0 / 1024.0
"""Weights are multiples of this, so float32 sums up to 2**14 are exact."""

BLOCK = 1024
"""Nodes a block: 20 kB of tensor components and 4 kB of sums (L1 is 32 kB or more)."""

TOGETHER = 4
"""Rays taken together; ray lists are padded with weight 0 to a multiple."""

AMPLITUDE_FACTOR = 4.9
"""Ratio of S to P amplitude at equal radiation factors, (vp/vs)**3 (HASH v1.2 `FOCALAMP_MC`)."""

LOG_RATIO_AT_P_NODE = 4.0
"""log10 S/P on a nodal plane of P (HASH v1.2 `FOCALAMP_MC`), here the upper limit."""

LOG_RATIO_AT_S_NODE = -2.0
"""log10 S/P on a nodal axis of S (HASH v1.2 `FOCALAMP_MC`), here the lower limit."""

# log2(m) for a mantissa m in [1, 2), degree 6, error below 4e-6: a library logarithm for every
# node and ray would take ten times longer than the rest of the search.
_MANTISSA = np.linspace(1.0, 2.0, 2001)
_LOG2 = np.polyfit(_MANTISSA, np.log2(_MANTISSA), 6)[::-1].astype(np.float32)


def quantised_weight(weight: Array) -> Array32:
    """Weights (n,) brought to multiples of `WEIGHT_STEP`."""
    return np.asarray(np.round(weight / WEIGHT_STEP) * WEIGHT_STEP, np.float32)


def ray_fives(azimuth_deg: Array, takeoff_deg: Array) -> Array32:
    """Rays as (..., 5) factors of ``(ee, en, eu, nn, nu)`` in ``ray . M . ray``."""
    e, n, u = np.moveaxis(ray_vector(azimuth_deg, takeoff_deg), -1, 0)
    factors = [e * e - u * u, 2 * e * n, 2 * e * u, n * n - u * u, 2 * n * u]
    return np.asarray(np.stack(factors, axis=-1), np.float32)


def add_polarity_misfit(
    five: Array32, signed_rays: Array32, weight: Array32, misfit: Array32
) -> None:
    """Add the weight of each wrong polarity to ``misfit``, in place.

    Parameters
    ----------
    five
        (5, n_nodes) of the grid.
    signed_rays
        (n, 5) from `ray_fives`, times +1 for an observed up, -1 for a down.
    weight
        (n,) from `quantised_weight`.
    misfit
        (n_nodes,) sums so far.
    """
    padding = -len(weight) % TOGETHER
    rays = np.concatenate([signed_rays, np.zeros((padding, 5), np.float32)])
    weights = np.concatenate([weight, np.zeros(padding, np.float32)])
    _polarity_blocks(five, rays, weights, misfit)


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _polarity_blocks(five: Array32, rays: Array32, weight: Array32, misfit: Array32) -> None:
    n_nodes = misfit.shape[0]
    for low in range(0, n_nodes, BLOCK):
        high = min(low + BLOCK, n_nodes)
        for k in range(0, rays.shape[0], TOGETHER):
            _four_rays(
                five[0, low:high],
                five[1, low:high],
                five[2, low:high],
                five[3, low:high],
                five[4, low:high],
                rays[k : k + TOGETHER],
                weight[k : k + TOGETHER],
                misfit[low:high],
            )


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _four_rays(
    ee: Array32,
    en: Array32,
    eu: Array32,
    nn: Array32,
    nu: Array32,
    r: Array32,
    w: Array32,
    misfit: Array32,
) -> None:
    zero = np.float32(0.0)
    a0, a1, a2, a3, a4, wa = r[0, 0], r[0, 1], r[0, 2], r[0, 3], r[0, 4], w[0]
    b0, b1, b2, b3, b4, wb = r[1, 0], r[1, 1], r[1, 2], r[1, 3], r[1, 4], w[1]
    c0, c1, c2, c3, c4, wc = r[2, 0], r[2, 1], r[2, 2], r[2, 3], r[2, 4], w[2]
    d0, d1, d2, d3, d4, wd = r[3, 0], r[3, 1], r[3, 2], r[3, 3], r[3, 4], w[3]
    for j in range(misfit.shape[0]):
        m0, m1, m2, m3, m4 = ee[j], en[j], eu[j], nn[j], nu[j]
        a = m0 * a0 + m1 * a1 + m2 * a2 + m3 * a3 + m4 * a4
        b = m0 * b0 + m1 * b1 + m2 * b2 + m3 * b3 + m4 * b4
        c = m0 * c0 + m1 * c1 + m2 * c2 + m3 * c3 + m4 * c4
        d = m0 * d0 + m1 * d1 + m2 * d2 + m3 * d3 + m4 * d4
        ab = (wa if a <= zero else zero) + (wb if b <= zero else zero)
        cd = (wc if c <= zero else zero) + (wd if d <= zero else zero)
        misfit[j] += ab + cd


def add_amplitude_misfit(
    normal: Array32, slip: Array32, rays: Array32, log_ratio: Array32, misfit: Array32
) -> None:
    """Add ``|observed - predicted|`` of log10 S/P to ``misfit``, in place.

    Parameters
    ----------
    normal, slip
        (3, n_nodes) of the grid.
    rays
        (n, 3) unit vectors, east-north-up.
    log_ratio
        (n,) observed log10 of S over P amplitude.
    misfit
        (n_nodes,) sums so far.

    Notes
    -----
    With ``x = slip . ray`` and ``y = normal . ray`` the P factor is ``2 x y`` and the square of
    the S factor ``x^2 + y^2 - 4 x^2 y^2`` (Aki & Richards 2002, eqs 4.29, SV and SH together).
    """
    _amplitude_blocks(normal, slip, rays, log_ratio, misfit, _LOG2)


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _amplitude_blocks(
    normal: Array32,
    slip: Array32,
    rays: Array32,
    log_ratio: Array32,
    misfit: Array32,
    log2: Array32,
) -> None:
    squared = np.empty(BLOCK, np.float32)
    mantissa_bits = np.empty(BLOCK, np.int32)
    for low in range(0, misfit.shape[0], BLOCK):
        high = min(low + BLOCK, misfit.shape[0])
        for k in range(rays.shape[0]):
            _squared_ratio(
                normal[0, low:high],
                normal[1, low:high],
                normal[2, low:high],
                slip[0, low:high],
                slip[1, low:high],
                slip[2, low:high],
                rays[k],
                squared,
            )
            _add_log_difference(squared, mantissa_bits, log_ratio[k], log2, misfit[low:high])


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _squared_ratio(
    n0: Array32,
    n1: Array32,
    n2: Array32,
    u0: Array32,
    u1: Array32,
    u2: Array32,
    ray: Array32,
    squared: Array32,
) -> None:
    """(S/P)^2 of each node, within the limits of the nodes of P and S."""
    e, n, u = ray[0], ray[1], ray[2]
    factor = np.float32(AMPLITUDE_FACTOR**2)
    lowest = np.float32(10.0 ** (2.0 * LOG_RATIO_AT_S_NODE))
    highest = np.float32(10.0 ** (2.0 * LOG_RATIO_AT_P_NODE))
    tiny = np.float32(1e-20)
    four = np.float32(4.0)
    for j in range(n0.shape[0]):
        x = u0[j] * e + u1[j] * n + u2[j] * u
        y = n0[j] * e + n1[j] * n + n2[j] * u
        p = four * x * x * y * y
        ratio = factor * (x * x + y * y - p) / (p + tiny)
        squared[j] = min(max(ratio, lowest), highest)


@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _add_log_difference(
    squared: Array32,
    mantissa_bits: NDArray[np.int32],
    observed: np.float32,
    log2: Array32,
    misfit: Array32,
) -> None:
    bits = squared.view(np.int32)
    mantissa = mantissa_bits.view(np.float32)
    half_log10_2 = np.float32(0.5 * np.log10(2.0))
    c0, c1, c2, c3, c4, c5, c6 = log2[0], log2[1], log2[2], log2[3], log2[4], log2[5], log2[6]
    for j in range(misfit.shape[0]):
        mantissa_bits[j] = (bits[j] & np.int32(0x007FFFFF)) | np.int32(0x3F800000)
    for j in range(misfit.shape[0]):
        exponent = np.float32((bits[j] >> np.int32(23)) - np.int32(127))
        m = mantissa[j]
        log = exponent + (c0 + m * (c1 + m * (c2 + m * (c3 + m * (c4 + m * (c5 + m * c6))))))
        misfit[j] += abs(observed - half_log10_2 * log)
