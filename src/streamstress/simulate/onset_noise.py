"""Noise under simulated onsets: coloured, or cut from recordings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

Floats = NDArray[np.float64]

# Above this the noise has unit standard deviation.
NOISE_BAND_HZ = 1.0
# Shapes of spectrum a call draws from: many more than windows are alike, few enough to be free.
_COLOURS = 64


def sensor_response(frequency_hz: Floats, corner_hz: float) -> NDArray[np.complex128]:
    """Causal high-pass of two poles, damping 0.707; a corner of 0 passes all."""
    if corner_hz == 0.0:
        return np.ones(frequency_hz.size, complex)
    s = 1j * frequency_hz / corner_hz
    response: NDArray[np.complex128] = s**2 / (s**2 + np.sqrt(2.0) * s + 1.0)
    return response


def coloured_noise(
    count: int,
    rng: np.random.Generator,
    frequency_hz: Floats,
    samples: int,
    sampling_rate_hz: float,
) -> Floats:
    """Gaussian noise of random colours, unit standard deviation above 1 Hz.

    The power spectrum falls as f^0 to f^-3 (or rises as f), half of them with a broad hump and
    some with a hum, and the level drifts along the window.

    Returns
    -------
    (count, samples)
    """
    shapes = np.stack([_colour(rng, frequency_hz, sampling_rate_hz) for _ in range(_COLOURS)])
    bins = frequency_hz.size
    phases = rng.standard_normal((count, bins)) + 1j * rng.standard_normal((count, bins))
    spectra = shapes[rng.integers(0, _COLOURS, count)] * phases
    noise: Floats = fft.irfft(spectra, 2 * (bins - 1))[:, :samples]
    drift = rng.normal(0.0, 0.3, (count, 1)) * np.linspace(-1.0, 1.0, samples)
    return np.asarray(noise * np.exp(drift))


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


def _colour(rng: np.random.Generator, frequency_hz: Floats, sampling_rate_hz: float) -> Floats:
    """Amplitude spectrum for :func:`coloured_noise`, scaled to unit deviation above 1 Hz."""
    frequency = np.maximum(frequency_hz, frequency_hz[1])
    power = frequency ** rng.uniform(-3.0, 1.0)
    highest = np.log(0.45 * sampling_rate_hz)
    if rng.random() < 0.5:
        centre, width = np.exp(rng.uniform(0.0, highest)), rng.uniform(0.5, 8.0)
        power = power * (1.0 + rng.uniform(0.0, 30.0) / (1 + ((frequency - centre) / width) ** 2))
    if rng.random() < 0.15:
        hum = np.exp(rng.uniform(np.log(5.0), highest))
        power[np.argmin(np.abs(frequency - hum))] += rng.uniform(0.0, 0.5) * power.sum()
    power[0] = 0.0
    band = np.abs(sensor_response(frequency_hz, NOISE_BAND_HZ)) ** 2
    # irfft divides by the length; two real normals a bin and the mirrored half give the 4.
    length = 2 * (frequency_hz.size - 1)
    variance = 4.0 * np.sum(power * band) / length**2
    amplitude: Floats = np.sqrt(power / variance)
    return amplitude
