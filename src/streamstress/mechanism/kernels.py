"""The loops over nodes and rays: sums of S/P misfit. Those of the polarities: `polarity_kernel`.

Blocks of nodes stay in the first-level cache.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array32 = NDArray[np.float32]

BLOCK = 1024
"""Nodes a block: 24 kB of vectors and 4 kB of sums (L1 is 32 kB or more)."""

AMPLITUDE_FACTOR = 4.9
"""Ratio of S to P amplitude at equal radiation factors, (vp/vs)**3 (HASH v1.2 `FOCALAMP_MC`)."""

LOG_RATIO_AT_P_NODE = 4.0
"""log10 S/P on a nodal plane of P (HASH v1.2 `FOCALAMP_MC`), here the upper limit."""

LOG_RATIO_AT_S_NODE = -2.0
"""log10 S/P on a nodal axis of S (HASH v1.2 `FOCALAMP_MC`), here the lower limit."""

# log2(m) for a mantissa m in [1, 2), degree 6, error below 4e-6: a library logarithm for every
# node and ray would take ten times longer than the rest of the search.
_MANTISSA = np.linspace(1.0, 2.0, 2001)
LOG2 = np.polyfit(_MANTISSA, np.log2(_MANTISSA), 6)[::-1].astype(np.float32)
"""Coefficients of log2 of a mantissa in [1, 2), from degree 0 to 6."""


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
    _amplitude_blocks(normal, slip, rays, log_ratio, misfit, LOG2)


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
