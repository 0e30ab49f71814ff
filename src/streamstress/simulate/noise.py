"""The noise of a station: microseism, quiet background, traffic and machines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array32 = NDArray[np.float32]

SAMPLING_HZ = 100.0
BLOCK = 30_000
"""Samples from one block of continuous noise to the next."""
_LENGTH = 32_768
_FADE = _LENGTH - BLOCK


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """What sets the noise spectrum of one station.

    Amplitude densities of ground velocity in m/s per root Hz: at 1 Hz for the background, at its
    peak for the microseism and for the cultural hump. Bursts are steps, cars and machines nearby.
    """

    background: float = 2.5e-8
    slope: float = 0.3
    microseism: float = 8e-7
    microseism_hz: float = 0.2
    cultural: float = 2e-8
    cultural_hz: float = 6.0
    horizontal: float = 1.3
    bursts_per_hour: float = 0.0


def random_noise_level(
    rng: np.random.Generator, *, spread: float = 0.2, factor: float = 1.0
) -> NoiseLevel:
    """Noise level of a station picked at random.

    Parameters
    ----------
    spread
        Standard deviation of log10 of the level from station to station.
    factor
        Multiplies every level.
    """
    level = factor * 10.0 ** (spread * rng.standard_normal())
    return NoiseLevel(
        background=2.5e-8 * level,
        slope=rng.uniform(0.1, 0.6),
        microseism=8e-7 * factor * 10.0 ** (0.1 * rng.standard_normal()),
        microseism_hz=rng.uniform(0.15, 0.28),
        cultural=2e-8 * level * 10.0 ** (0.3 * rng.standard_normal()),
        cultural_hz=rng.uniform(2.0, 15.0),
        horizontal=rng.uniform(1.0, 1.7),
        bursts_per_hour=rng.uniform(0.0, 10.0),
    )


def amplitude_density(level: NoiseLevel, frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amplitude density of vertical ground velocity, m/s per root Hz (same shape as input)."""
    f = np.maximum(frequency_hz, 1e-3)
    background = level.background * f**-level.slope
    microseism = level.microseism * np.exp(-0.5 * (np.log(f / level.microseism_hz) / 0.35) ** 2)
    cultural = level.cultural * np.exp(-0.5 * (np.log(f / level.cultural_hz) / 0.5) ** 2)
    sensor = f**2 / (f**2 + 0.01**2)
    antialias = 1.0 / (1.0 + (f / 42.0) ** 16)
    total = np.sqrt(background**2 + microseism**2 + cultural**2) * sensor * antialias
    return np.asarray(np.where(frequency_hz > 0, total, 0.0))


def noise_record(level: NoiseLevel, n_samples: int, rng: np.random.Generator) -> Array32:
    """One stretch of noise, (3, n_samples) float32 ground velocity in m/s, rows Z, N, E."""
    length = fft.next_fast_len(n_samples, real=True)
    noise = _coloured(_shape(level, length), length, rng)
    _add_bursts(noise, level, rng)
    return noise[:, :n_samples]


def continuous_noise(level: NoiseLevel, seed: tuple[int, ...], start: int, stop: int) -> Array32:
    """Cut samples ``start`` to ``stop`` from the endless noise of a station.

    The same whatever the pieces in which it is asked for.

    Parameters
    ----------
    level
        The station's noise level.
    seed
        Names this station's noise; every block draws from the seed and its own number.
    start, stop
        Sample numbers at 100 Hz counted from the start of the scenario, ``0 <= start <= stop``.

    Returns
    -------
    (3, stop - start) float32
        Ground velocity in m/s, rows Z, N, E.
    """
    shape = _shape(level, _LENGTH)
    fade = np.sin(0.5 * np.pi * (np.arange(_FADE) + 0.5) / _FADE).astype(np.float32)
    taper = np.concatenate([fade, np.ones(BLOCK - _FADE, np.float32), fade[::-1]])
    out = np.zeros((3, stop - start), np.float32)
    for number in range((start - _FADE) // BLOCK, -(-stop // BLOCK)):
        # Negative numbers cannot seed; block -1 fades out over the start of block 0.
        rng = np.random.default_rng([*seed, number + 1])
        block = _coloured(shape, _LENGTH, rng)
        _add_bursts(block, level, rng)
        block *= taper
        first = number * BLOCK
        low, high = max(start, first), min(stop, first + _LENGTH)
        if high > low:
            out[:, low - start : high - start] += block[:, low - first : high - first]
    return out


def _shape(level: NoiseLevel, length: int) -> Array32:
    """Spectral amplitudes (3, length // 2 + 1) that turn unit normals into noise."""
    density = amplitude_density(level, fft.rfftfreq(length, 1.0 / SAMPLING_HZ))
    # One-sided density A: a bin of width fs/L carries variance A^2 fs/L, half in each part.
    vertical = density * np.sqrt(SAMPLING_HZ * length) / 2.0
    rows = np.array([1.0, level.horizontal, level.horizontal])[:, None] * vertical
    return np.asarray(rows, np.float32)


def _coloured(shape: Array32, length: int, rng: np.random.Generator) -> Array32:
    parts = rng.standard_normal((3, 2 * shape.shape[1]), np.float32)
    spectrum = parts.view(np.complex64) * shape
    return np.asarray(fft.irfft(spectrum, length, axis=1), np.float32)


def _add_bursts(noise: Array32, level: NoiseLevel, rng: np.random.Generator) -> None:
    """Add wave packets of some seconds at random times, well above the background."""
    n = noise.shape[1]
    for _ in range(rng.poisson(level.bursts_per_hour * n / SAMPLING_HZ / 3600.0)):
        length = int(rng.uniform(0.4, 4.0) * SAMPLING_HZ)
        first = int(rng.integers(0, max(n - length, 1)))
        t = np.arange(min(length, n - first)) / length
        envelope = np.sin(np.pi * t ** rng.uniform(0.3, 1.0)) ** 2
        cycles = rng.uniform(3.0, 20.0) * length / SAMPLING_HZ
        chirp = cycles * (t + rng.uniform(-0.3, 0.3) * t**2)
        wander = 0.08 * np.cumsum(rng.standard_normal((3, t.size)), axis=1)
        phase = 2.0 * np.pi * (chirp + wander + rng.random((3, 1)))
        height = 4.5 * level.background * 10.0 ** rng.uniform(0.4, 1.5)
        weight = rng.uniform(0.4, 1.0, (3, 1))
        noise[:, first : first + length] += height * weight * envelope * np.sin(phase)
