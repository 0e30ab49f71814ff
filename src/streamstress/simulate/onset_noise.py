"""Noise under simulated onsets: that of random stations, or cut from recordings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from streamstress.simulate.noise_colours import (
    NOISE_BAND_HZ,
    coloured_noise,
    sensor_response,
)

__all__ = ["coloured_noise", "noise_from_bank", "sensor_response", "station_noise"]

Floats = NDArray[np.float64]

MICROSEISM_SHARE = 0.5
CODA_SHARE = 0.12
BURST_SHARE = 0.12
_MICROSEISM_HZ = (0.1, 0.35)
# Amplitude over the deviation above 1 Hz, at 0.15 Hz and falling as f^-2; so little of it is left
# above 1 Hz. Peterson (1993, USGS OFR 93-322), fig. 13 and 14: 20 to 40 dB in power density between
# the peak near 0.2 Hz and a few hertz.
_MICROSEISM_SIZE = (0.3, 15.0)
_MICROSEISM_REFERENCE_HZ = 0.15


def station_noise(
    count: int,
    rng: np.random.Generator,
    frequency_hz: Floats,
    samples: int,
    sampling_rate_hz: float,
) -> Floats:
    """Noise of random stations, of unit deviation above 1 Hz on the average of a window.

    Coloured Gaussian noise (:func:`coloured_noise`) whose level drifts; to that, for a share of the
    windows each, the microseism, the decaying coda of an earlier event, and a burst.

    Returns
    -------
    (count, samples)
    """
    noise = coloured_noise(count, rng, frequency_hz, samples, sampling_rate_hz)
    drift = np.exp(rng.normal(0.0, 0.3, (count, 1)) * np.linspace(-1.0, 1.0, samples))
    noise *= drift / np.sqrt(np.mean(drift**2, axis=1, keepdims=True))
    time_s = np.arange(samples) / sampling_rate_hz
    for share, make in ((CODA_SHARE, _coda_gain), (BURST_SHARE, _burst_gain)):
        rows = np.flatnonzero(rng.random(count) < share)
        other = coloured_noise(rows.size, rng, frequency_hz, samples, sampling_rate_hz)
        gain = make(rows.size, rng, time_s)
        both = noise[rows] + gain * other
        noise[rows] = both / np.sqrt(1.0 + np.mean(gain**2, axis=1, keepdims=True))
    rows = np.flatnonzero(rng.random(count) < MICROSEISM_SHARE)
    noise[rows] += _microseism(rows.size, rng, time_s)
    return noise


def noise_from_bank(
    count: int,
    rng: np.random.Generator,
    bank: NDArray[np.floating[Any]],
    samples: int,
    sampling_rate_hz: float,
) -> Floats:
    """Random cuts of recorded noise, of random sign, unit standard deviation above 1 Hz.

    Parameters
    ----------
    bank
        (m, long) recordings at this sampling rate, without gaps.

    Returns
    -------
    (count, samples)

    Raises
    ------
    ValueError
        The recordings are shorter than a window.
    """
    bank = np.asarray(bank, float)
    if bank.ndim != 2 or bank.shape[1] < samples:
        raise ValueError(f"noise bank of shape {bank.shape}: rows of {samples} samples are needed")
    row = rng.integers(0, bank.shape[0], count)[:, None]
    start = rng.integers(0, bank.shape[1] - samples + 1, count)[:, None]
    index = start + np.arange(samples)
    high_pass = signal.butter(2, NOISE_BAND_HZ, "highpass", fs=sampling_rate_hz, output="sos")
    banded = signal.sosfilt(high_pass, bank - bank.mean(axis=1, keepdims=True), axis=1)
    deviation = banded[row, index].std(axis=1, keepdims=True)
    cut = bank[row, index]
    cut = cut - cut.mean(axis=1, keepdims=True)
    flip = rng.choice(np.array([-1.0, 1.0]), (count, 1))
    # A dead stretch stays dead.
    gain = np.divide(flip, deviation, out=np.zeros_like(flip), where=deviation > 0)
    scaled: Floats = gain * cut
    return scaled


def _coda_gain(count: int, rng: np.random.Generator, time_s: Floats) -> Floats:
    """Level of the coda of an event before the window, falling along it; (count, samples)."""
    decay_s = np.exp(rng.uniform(np.log(0.3), np.log(5.0), (count, 1)))
    level = np.exp(rng.uniform(np.log(0.5), np.log(6.0), (count, 1)))
    gain: Floats = level * np.exp(-time_s / decay_s)
    return gain


def _burst_gain(count: int, rng: np.random.Generator, time_s: Floats) -> Floats:
    """Level of a footstep, a car or a machine's stroke somewhere in the window."""
    centre_s = rng.uniform(0.0, time_s[-1], (count, 1))
    width_s = np.exp(rng.uniform(np.log(0.02), np.log(0.5), (count, 1)))
    level = np.exp(rng.uniform(np.log(0.5), np.log(4.0), (count, 1)))
    gain: Floats = level * np.exp(-0.5 * ((time_s - centre_s) / width_s) ** 2)
    return gain


def _microseism(count: int, rng: np.random.Generator, time_s: Floats) -> Floats:
    low, high = np.log(_MICROSEISM_SIZE)
    size = np.exp(rng.uniform(low, high, (count, 1)))
    frequency_hz = rng.uniform(*_MICROSEISM_HZ, (count, 1))
    size *= (_MICROSEISM_REFERENCE_HZ / frequency_hz) ** 2
    phase = 2 * np.pi * (frequency_hz * time_s + rng.random((count, 1)))
    wave: Floats = size * np.sin(phase)
    return wave
