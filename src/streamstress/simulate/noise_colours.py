"""Spectra of random stations' noise: background, humps, lines, self-noise, anti-alias filter."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float64]

# Above this the noise has unit standard deviation.
NOISE_BAND_HZ = 1.0
# Mains, and the traction current of railways in central Europe.
_HUM_HZ = (50.0, 60.0, 16.7)
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
    """Stationary Gaussian noise of random colours, unit standard deviation above 1 Hz.

    Returns
    -------
    (count, samples)
    """
    shapes = np.stack([noise_colour(rng, frequency_hz, sampling_rate_hz) for _ in range(_COLOURS)])
    bins = frequency_hz.size
    phases = rng.standard_normal((count, bins)) + 1j * rng.standard_normal((count, bins))
    spectra = shapes[rng.integers(0, _COLOURS, count)] * phases
    noise: Floats = fft.irfft(spectra, 2 * (bins - 1))[:, :samples]
    return np.ascontiguousarray(noise)


def noise_colour(rng: np.random.Generator, frequency_hz: Floats, sampling_rate_hz: float) -> Floats:
    """Amplitude spectrum of one station's noise, scaled to unit deviation above 1 Hz."""
    frequency = np.maximum(frequency_hz, frequency_hz[1])
    highest_hz = 0.45 * sampling_rate_hz
    power = frequency ** rng.uniform(-3.0, 1.0)
    for _ in range(rng.choice(3, p=(0.4, 0.4, 0.2))):
        power = power * (1.0 + _hump(rng, frequency, highest_hz))
    power = power + _self_noise(rng, power)
    power = power * _roll_off(rng, frequency, sampling_rate_hz)
    if rng.random() < 0.3:
        _add_lines(power, rng, frequency, highest_hz)
    power[0] = 0.0
    band = np.abs(sensor_response(frequency_hz, NOISE_BAND_HZ)) ** 2
    # irfft divides by the length; two real normals a bin and the mirrored half give the 4.
    length = 2 * (frequency_hz.size - 1)
    variance = 4.0 * np.sum(power * band) / length**2
    amplitude: Floats = np.sqrt(power / variance)
    return amplitude


def _hump(rng: np.random.Generator, frequency: Floats, highest_hz: float) -> Floats:
    """Cultural noise or a resonance of the ground: broad or sharp, up to 30 times the rest."""
    centre_hz = np.exp(rng.uniform(0.0, np.log(highest_hz)))
    width_hz = centre_hz * np.exp(rng.uniform(np.log(0.03), np.log(1.0)))
    height = np.exp(rng.uniform(np.log(0.5), np.log(30.0)))
    hump: Floats = height / (1.0 + ((frequency - centre_hz) / width_hz) ** 2)
    return hump


def _self_noise(rng: np.random.Generator, power: Floats) -> float:
    """White noise of digitiser and sensor: at a quiet station it covers the high frequencies."""
    return float(np.exp(rng.uniform(np.log(1e-4), np.log(1.0))) * power.mean())


def _roll_off(rng: np.random.Generator, frequency: Floats, sampling_rate_hz: float) -> Floats:
    """Power response of the anti-alias filter: noise passes it as the onset does."""
    corner_hz = rng.uniform(0.6, 1.2) * sampling_rate_hz / 2
    response: Floats = 1.0 / (1.0 + (frequency / corner_hz) ** (2 * rng.integers(4, 20)))
    return response


def _add_lines(
    power: Floats, rng: np.random.Generator, frequency: Floats, highest_hz: float
) -> None:
    """Add mains hum with an overtone, or the lines of machines."""
    first_hz = float(rng.choice(_HUM_HZ)) if rng.random() < 0.5 else rng.uniform(5.0, highest_hz)
    total = power[1:].sum()
    for overtone in (1, 2, 3):
        if overtone * first_hz < highest_hz:
            share = rng.uniform(0.0, 1.0) / overtone
            power[np.argmin(np.abs(frequency - overtone * first_hz))] += share * total
