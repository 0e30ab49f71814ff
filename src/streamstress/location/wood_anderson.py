"""What a Wood-Anderson seismograph would have shown of an S whose peak was read in another band.

A peak is about in proportion to the root of the energy in its band (Parseval; random-vibration
theory, Boore 1983, BSSA 73, 1865-1894). So the ratio of the two peaks is that of two integrals over
one spectrum: Brune's (1970, JGR 75, 4997) with the corner of the earthquake's size, attenuated on
its way, once through the Wood-Anderson and once through the instrument and the band.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid

Array = NDArray[np.float64]

FREQUENCIES_HZ = np.geomspace(0.4, 40.0, 48)
"""Where spectra and responses are taken: the bands of both with their flanks."""

MAGNIFICATION, PERIOD_S, DAMPING = 2080.0, 0.8, 0.7
"""Of the Wood-Anderson (Uhrhammer & Collins 1990, BSSA 80, 702; IASPEI 2013)."""

S_KM_S = 3.5
STRESS_DROP_PA = 3e6
"""The usual one of small crustal earthquakes; a factor of 10 moves the corner by 2.2."""

QUALITY_S = 300.0
NEAR_SURFACE_S = 0.02
"""Attenuation of the way, and of the ground below the station (kappa, Anderson & Hough 1984)."""

FILTER_ORDER = 2
"""Of the Butterworth band-pass of the amplitudes of picks."""

SMALLEST, LARGEST = -2.0, 7.0
"""Magnitudes of which a corner frequency is made."""


def wood_anderson_mm(
    counts: float, distance_km: float, band_hz: tuple[float, float], gain: Array, path: float
) -> float:
    """Amplitude in mm of a Wood-Anderson.

    Parameters
    ----------
    counts
        Peak in the band.
    gain
        (n,) counts per m/s of the instrument at `FREQUENCIES_HZ`.
    path
        What the magnitude adds to log10 of the amplitude for the distance: the size of the
        earthquake tells its corner frequency.
    """
    magnitude = 2.0
    for _ in range(8):
        amplitude = counts * mm_per_count(magnitude, distance_km, band_hz, gain)
        magnitude = float(np.clip(np.log10(amplitude) + path, SMALLEST, LARGEST))
    return float(counts * mm_per_count(magnitude, distance_km, band_hz, gain))


def mm_per_count(
    magnitude: float, distance_km: float, band_hz: tuple[float, float], gain: Array
) -> float:
    """Millimetres of a Wood-Anderson for one count of the peak in a band."""
    frequency = FREQUENCIES_HZ
    displacement = displacement_spectrum(magnitude, distance_km)
    shown = 1000.0 * wood_anderson_response() * displacement
    velocity = 2 * np.pi * frequency * displacement
    read = gain * band_response(band_hz) * velocity
    return float(np.sqrt(trapezoid(shown**2, frequency) / trapezoid(read**2, frequency)))


def displacement_spectrum(magnitude: float, distance_km: float) -> Array:
    """Shape (n,) of the S displacement spectrum at `FREQUENCIES_HZ`, 1 at low frequency."""
    moment = 10.0 ** (1.5 * magnitude + 9.1)
    corner = 0.49 * 1000.0 * S_KM_S * (STRESS_DROP_PA / moment) ** (1 / 3)
    fall = distance_km / (S_KM_S * QUALITY_S) + NEAR_SURFACE_S
    source = 1.0 / (1.0 + (FREQUENCIES_HZ / corner) ** 2)
    return np.asarray(source * np.exp(-np.pi * FREQUENCIES_HZ * fall), float)


def wood_anderson_response() -> Array:
    """Trace over ground displacement (n,), without unit."""
    own = 1.0 / PERIOD_S
    stiff = own**2 - FREQUENCIES_HZ**2
    swing = np.hypot(stiff, 2 * DAMPING * own * FREQUENCIES_HZ)
    return np.asarray(MAGNIFICATION * FREQUENCIES_HZ**2 / swing, float)


def band_response(band_hz: Sequence[float]) -> Array:
    """Gain (n,) of the Butterworth band-pass of the picks' amplitudes."""
    low, high = band_hz
    detuned = (FREQUENCIES_HZ**2 - low * high) / (FREQUENCIES_HZ * (high - low))
    return np.asarray(1.0 / np.sqrt(1.0 + detuned ** (2 * FILTER_ORDER)), float)
