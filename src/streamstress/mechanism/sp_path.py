"""What path and surface do to S over P, so that the ratio at the source can be had.

``log10(S/P) observed = log10(S/P) at the source + path_log_ratio``, the source with the factor
(vp/vs)^3 of `kernels.AMPLITUDE_FACTOR`. Ground below a station is in its learned term
(`sp_stations`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def attenuation_log_ratio(
    travel_p_s: ArrayLike, travel_s_s: ArrayLike, q_p: float, q_s: float, frequency_hz: ArrayLike
) -> Array:
    """log10 of what anelasticity leaves of S/P.

    ``exp(-pi f t / Q)`` of each phase (Aki & Richards 2002, eq. 5.84), ``t / Q`` summed along the
    path by one Q a phase.

    Parameters
    ----------
    travel_p_s, travel_s_s
        (...) travel times.
    q_p, q_s
        Quality factors of the path.
    frequency_hz
        (...) at which the peaks of both are read.
    """
    lost = np.asarray(travel_s_s, float) / q_s - np.asarray(travel_p_s, float) / q_p
    return np.asarray(-np.pi * np.asarray(frequency_hz, float) * lost * np.log10(np.e))


def surface_gains(
    slowness_s_km: ArrayLike, vp_km_s: float, vs_km_s: float
) -> tuple[Array, Array, Array]:
    """Length of the ground's motion over that of the wave that comes up: P, SV, SH.

    Plane waves at the free surface of a half-space (Kennett 1991, GJI 104, 153; Aki & Richards
    2002, section 5.2). Beyond the critical angle of SV its P is evanescent and the motion an
    ellipse: the root of the sum of both squared amplitudes is taken.

    Parameters
    ----------
    slowness_s_km
        (...) horizontal slowness; below ``1 / vp_km_s`` where P comes up at all.
    vp_km_s, vs_km_s
        Of the half-space.
    """
    p = np.asarray(slowness_s_km, float)
    vertical_p = np.sqrt((1.0 / vp_km_s**2 - p**2).astype(complex))
    vertical_s = np.sqrt((1.0 / vs_km_s**2 - p**2).astype(complex))
    double = 1.0 / vs_km_s**2 - 2.0 * p**2
    rayleigh = double**2 + 4.0 * p**2 * vertical_p * vertical_s
    straight = 2.0 * double / (vs_km_s**2 * rayleigh)
    converted = 4.0 * vertical_p * vertical_s / (vs_km_s**2 * rayleigh)
    of_p = vp_km_s * np.hypot(np.abs(p * converted), np.abs(vertical_p * straight))
    # SV makes P where its converted part is driven through its own vertical slowness.
    of_sv = vs_km_s * np.hypot(np.abs(vertical_s * straight), np.abs(p * converted))
    return of_p, of_sv, np.full_like(of_p, 2.0)


def surface_log_ratio(slowness_s_km: ArrayLike, vp_km_s: float, vs_km_s: float) -> Array:
    """log10 of what the free surface makes of S/P of vector amplitudes, S half SV and half SH.

    Slownesses that the half-space has no P for count as just below: those rays came up through
    faster ground than the model's.
    """
    largest = 0.98 / vp_km_s
    p, sv, sh = surface_gains(np.minimum(np.abs(slowness_s_km), largest), vp_km_s, vs_km_s)
    return np.asarray(np.log10(np.sqrt((sv**2 + sh**2) / 2.0) / p))


def slowness_of(takeoff_deg: ArrayLike, vp_source_km_s: ArrayLike) -> Array:
    """Horizontal slowness (...), s/km, of rays of P that leave a source."""
    return np.asarray(
        np.sin(np.radians(np.asarray(takeoff_deg, float))) / np.asarray(vp_source_km_s, float)
    )
