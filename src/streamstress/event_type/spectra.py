"""Spectra of an event's P and S by octave: ratios of bands, S over P, and the corner frequency."""

import numpy as np
from numpy.typing import NDArray

from streamstress.event_type.observation import OCTAVES_HZ, Array, PhaseTable

CLEAR = 2.0
"""Least signal over noise of the clearer of two bands that are compared, and of one that is
fitted."""

FLOOR = 0.5
"""A band without signal counts as this part of its noise power: at most so much is hidden in it."""

CORNERS_HZ = np.geomspace(0.5, 40.0, 34)
QUALITIES = (60.0, 120.0, 250.0, 500.0, 1000.0)
NEAR_SURFACE_S = (0.005, 0.02, 0.045)
"""Where the fit of the corner looks: Q of the way and kappa below the stations (Anderson & Hough
1984, BSSA 74), alike for all stations of an event."""

SCATTER = 0.25
"""Of log10 of the level of a band about the spectrum of its source: radiation and ground."""

MOST = 1.0
"""No band misses by more: a line of mains is no spectrum."""

_LOW_HZ = np.array(OCTAVES_HZ[:-1])
_CENTRE_HZ = np.sqrt(_LOW_HZ * np.array(OCTAVES_HZ[1:]))


def freed(table: PhaseTable) -> tuple[Array, NDArray[np.bool_]]:
    """Power (n, 6) less the noise, NaN where nothing is known, and where it is clear of noise."""
    signal, noise = table.signal**2, table.noise**2
    power = np.maximum(signal - noise, FLOOR * noise)
    return np.where(power > 0.0, power, np.nan), signal >= CLEAR**2 * noise


def band_ratios(table: PhaseTable, *bands: tuple[int, int]) -> tuple[float, ...]:
    """Medians over the stations of log10 of the level of one band over another's."""
    power, clear = freed(table)
    return tuple(
        median(_log_ratios(power[:, low], clear[:, low], power[:, high], clear[:, high]))
        for low, high in bands
    )


def s_over_p(p: PhaseTable, s: PhaseTable, *bands: int) -> tuple[float, ...]:
    """Median log10 S/P by band of the stations that read both on three components."""
    both, of_p, of_s = np.intersect1d(p.station[p.whole], s.station[s.whole], return_indices=True)
    if not len(both):
        return (np.nan,) * len(bands)
    p_rows, s_rows = np.flatnonzero(p.whole)[of_p], np.flatnonzero(s.whole)[of_s]
    (p_power, p_clear), (s_power, s_clear) = freed(p), freed(s)
    return tuple(
        median(
            _log_ratios(
                s_power[s_rows, band],
                s_clear[s_rows, band],
                p_power[p_rows, band],
                p_clear[p_rows, band],
            )
        )
        for band in bands
    )


def corner(table: PhaseTable) -> tuple[float, float]:
    """log10 of the corner frequency (Hz) of a phase, and the mean misfit of log10 of its levels.

    Brune's (1970, JGR 75, 4997) spectrum, attenuated on the way to each station, whose level is
    free. A band under the noise misses by what the spectrum lies above the most that it can hide.
    The corner is the mean over `CORNERS_HZ` by likelihood, Q and kappa being the best for each. NaN
    where no station has a clear band.
    """
    power, clear = freed(table)
    known = np.isfinite(power)
    clear = clear & known
    told = clear.any(axis=1)
    if not told.any():
        return np.nan, np.nan
    known, clear = known[told], clear[told]
    level = np.where(known, 0.5 * np.log10(np.where(known, power[told], 1.0)), 0.0)
    off = level - _spectra(table.time_s[told])
    size = np.sum(off, axis=-1, where=clear) / clear.sum(axis=-1)
    off -= size[..., None]
    missed = np.where(clear, np.abs(off), np.where(known, np.maximum(-off, 0.0), 0.0))
    misfit = np.minimum(missed, MOST).sum(axis=(-1, -2)).min(axis=1)
    likelihood = np.exp((misfit.min() - misfit) / SCATTER)
    mean = float(likelihood @ np.log10(CORNERS_HZ) / likelihood.sum())
    return mean, float(misfit.min() / known.sum())


def _spectra(travel_s: Array) -> Array:
    """log10 of levels by octave (corners, attenuations, stations, 6) of velocity."""
    quality, kappa_s = (
        grid.ravel() for grid in np.meshgrid(QUALITIES, NEAR_SURFACE_S, indexing="ij")
    )
    t_star_s = np.maximum(travel_s, 0.0) / quality[:, None] + kappa_s[:, None]
    fall = np.pi * np.log10(np.e) * t_star_s[..., None] * _CENTRE_HZ
    # An octave is as wide as its lower edge.
    source = np.log10(_CENTRE_HZ * np.sqrt(_LOW_HZ)) - np.log10(
        1.0 + (_CENTRE_HZ / CORNERS_HZ[:, None]) ** 2
    )
    return np.asarray(source[:, None, None, :] - fall)


def median(values: Array) -> float:
    """Median of what is known; NaN of nothing."""
    known = np.sort(values[np.isfinite(values)])
    n = len(known)
    return float(0.5 * (known[(n - 1) // 2] + known[n // 2])) if n else np.nan


def _log_ratios(
    power: Array, clear: NDArray[np.bool_], other: Array, other_clear: NDArray[np.bool_]
) -> Array:
    """log10 of levels of powers (n,) less their noise; NaN where neither is clear."""
    ratio = 0.5 * np.log10(power / other)
    return np.where(clear | other_clear, ratio, np.nan)
