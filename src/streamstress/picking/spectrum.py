"""Signal and noise by octave at a pick: what the type of an event is told by."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import tukey

from streamstress.picking.extract import Phase
from streamstress.picking.station_window import ComponentTrace

OCTAVES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Edges of the bands. Below 0.5 Hz the window is too short, above 32 Hz most stations end."""

SIGNAL_S = 4.0
"""Of the wave after the pick; a picker sees 5 s by default. That of a P ends at its S."""

_LEAST_SIGNAL_S = 1.0
_NOISE_S, _NOISE_END_S = 5.0, 0.3
_PERIODS = 2.0
"""A band counts where so many of its longest periods fit into the window."""

_HIGHEST_SHARE = 0.45
"""Of the sampling rate: what anti-alias filters leave whole."""


@dataclass(frozen=True, slots=True)
class BandLevels:
    """Root mean square by octave, vector of all components read, in the unit of the samples.

    ``signal`` (after the pick, with the noise in it) and ``noise`` (before) have one value a band
    of `OCTAVES_HZ`; None where window or sampling rate do not reach.
    """

    signal: tuple[float | None, ...]
    noise: tuple[float | None, ...]


def band_levels(
    traces: list[ComponentTrace],
    phase: Phase,
    time_ns: int,
    noise_before_ns: int | None = None,
    until_ns: int | None = None,
) -> BandLevels | None:
    """Levels at a pick; None where a gap, or the end of the data, is too near.

    Parameters
    ----------
    traces
        Components of one rate and start, unfiltered.
    noise_before_ns
        Noise ends here instead of at the pick: for an S, its P.
    until_ns
        The signal of a P ends here: at its S.
    """
    signal_s = SIGNAL_S
    if phase == "P" and until_ns is not None:
        signal_s = min(SIGNAL_S, (until_ns - time_ns) / 1e9)
    if signal_s < _LEAST_SIGNAL_S:
        return None
    rate = traces[0].sampling_rate_hz
    pick = traces[0].index(time_ns)
    quiet = traces[0].index(noise_before_ns or time_ns) - round(_NOISE_END_S * rate)
    signal = _levels(traces, pick, pick + round(signal_s * rate))
    noise = _levels(traces, quiet - round(_NOISE_S * rate), quiet)
    return None if signal is None or noise is None else BandLevels(signal, noise)


def _levels(traces: list[ComponentTrace], first: int, last: int) -> tuple[float | None, ...] | None:
    """Level of each band in samples ``first`` to ``last``; None where any of them is missing."""
    if first < 0 or any(
        last > len(trace.samples) or not trace.valid[first:last].all() for trace in traces
    ):
        return None
    rate, n = traces[0].sampling_rate_hz, last - first
    samples = np.array([trace.samples[first:last] for trace in traces], dtype=np.float64)
    taper = _taper(n)
    centred = (samples - samples.mean(axis=1, keepdims=True)) * taper
    power = (np.abs(np.fft.rfft(centred, axis=1)) ** 2).sum(axis=0)
    # One-sided power per Hz of the untapered trace.
    density = 2.0 * power / (rate * (taper**2).sum())
    frequency_hz = np.asarray(np.fft.rfftfreq(n, 1.0 / rate), dtype=np.float64)
    return _octaves(density, frequency_hz, n / rate, _HIGHEST_SHARE * rate)


@lru_cache(maxsize=512)
def _taper(n: int) -> NDArray[np.float64]:
    return np.asarray(tukey(n, 0.2))


def _octaves(
    density: NDArray[np.float64], frequency_hz: NDArray[np.float64], length_s: float, top_hz: float
) -> tuple[float | None, ...]:
    levels: list[float | None] = []
    for low, high in pairwise(OCTAVES_HZ):
        inside = (frequency_hz >= low) & (frequency_hz < high)
        known = high <= top_hz and length_s >= _PERIODS / low and inside.any()
        levels.append(float(np.sqrt(density[inside].mean() * (high - low))) if known else None)
    return tuple(levels)
