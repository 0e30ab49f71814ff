"""The far-field pulse of an earthquake: Brune source, causal attenuation, closed form."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

BRUNE_FACTOR = 0.37
"""Corner frequency of S is this times vs / radius (Brune 1970, 1971: 2.34 / 2 pi)."""

CORNER_RATIO = 1.3
"""Corner of P over corner of S (Madariaga 1976: about 1.5; data: 1.2 to 1.6)."""

_TWO_POLE = np.sqrt(np.e - 1.0) / 2.0
"""Time constant over t* of two equal poles that fall to 1/e where exp(-pi f t*) does."""

_SERIES_LIMIT = 0.05
_LEAST_SPLIT = 0.05
_LENGTH_IN_TIME_CONSTANTS = 14.0


def scalar_moment(magnitude: ArrayLike) -> Array:
    """Scalar moment in N m of a moment magnitude (Hanks & Kanamori 1979, IASPEI constants)."""
    return np.asarray(10.0 ** (1.5 * np.asarray(magnitude, float) + 9.1))


def corner_frequency(magnitude: ArrayLike, vs_km_s: float, stress_drop_mpa: float) -> Array:
    """Corner frequency of S in Hz (Brune 1970; circular crack of Eshelby 1957)."""
    moment = scalar_moment(magnitude)
    radius_m = (7.0 / 16.0 * moment / (stress_drop_mpa * 1e6)) ** (1.0 / 3.0)
    return np.asarray(BRUNE_FACTOR * vs_km_s * 1e3 / radius_m)


def pulse_velocity(time_s: ArrayLike, corner_hz: ArrayLike, t_star_s: ArrayLike) -> Array:
    """Time derivative of a displacement pulse of unit area, zero up to time zero.

    The pulse is Brune's ``a^2 t exp(-a t)`` through ``b^2 t exp(-b t)``: two causal poles in
    place of ``exp(-pi f t*)``, so that nothing comes before the onset. The first motion is
    positive and grows as ``t^2``.

    Parameters
    ----------
    time_s
        (..., n) seconds after the onset.
    corner_hz, t_star_s
        (...) corner frequency and attenuation time of each pulse.

    Returns
    -------
    (..., n) float, 1/s^2.
    """
    a = 2.0 * np.pi * np.asarray(corner_hz, float)[..., None]
    b = 1.0 / (_TWO_POLE * np.asarray(t_star_s, float)[..., None])
    b = np.where(np.abs(b - a) < _LEAST_SPLIT * a, a * (1.0 + _LEAST_SPLIT), b)
    t = np.maximum(np.asarray(time_s, float), 0.0)
    d = b - a
    fall_a, fall_b = np.exp(-a * t), np.exp(-b * t)
    full = ((1 - a * t) * fall_a + (1 - b * t) * fall_b) / d**2
    full = full + 2.0 * (a * fall_a - b * fall_b) / d**3
    onset = t**2 / 2.0 - (a + b) * t**3 / 3.0
    shape = np.where((a + b) * t < _SERIES_LIMIT, onset, full)
    return np.asarray(shape * (a * b) ** 2)


def pulse_length_s(corner_hz: float, t_star_s: float) -> float:
    """Time in seconds after which a pulse is below 1e-5 of its peak."""
    slowest = max(1.0 / (2.0 * np.pi * corner_hz), _TWO_POLE * t_star_s)
    return float(_LENGTH_IN_TIME_CONSTANTS * slowest)
