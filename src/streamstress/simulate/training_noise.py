"""Noise of all kinds of stations under three components, and what is in it but no earthquake."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from streamstress.simulate.noise_colours import noise_colour

Floats = NDArray[np.float64]
Array32 = NDArray[np.float32]

SAMPLING_HZ = 100.0
MICROSEISM_SHARE = 0.5
TRANSIENT_SHARE = 0.35
_MOST_TRANSIENTS = 6
_COLOURS = 8


class VariedNoise:
    """Draws noise of many stations; new spectra are mixed in as it goes."""

    def __init__(self, rng: np.random.Generator, n_samples: int) -> None:
        self._rng = rng
        self._n = n_samples
        self._length = fft.next_fast_len(n_samples, real=True)
        self._frequency_hz = fft.rfftfreq(self._length, 1.0 / SAMPLING_HZ)
        self._colours = [self._colour() for _ in range(_COLOURS)]

    def record(self) -> Array32:
        """One record (3, n), about unit deviation above 1 Hz on the first component."""
        rng = self._rng
        self._colours[rng.integers(_COLOURS)] = self._colour()
        colour = self._colours[rng.integers(_COLOURS)]
        parts = rng.standard_normal((3, 2 * colour.size), np.float32).view(np.complex64)
        coloured = fft.irfft(parts * colour.astype(np.float32), self._length, axis=1)[:, : self._n]
        level = np.exp(rng.normal(0.0, 0.35, (3, 1)))
        noise: Floats = coloured * level * self._drift()
        if rng.random() < MICROSEISM_SHARE:
            noise = noise + self._microseism()
        if rng.random() < TRANSIENT_SHARE:
            for _ in range(rng.integers(1, _MOST_TRANSIENTS + 1)):
                add_transient(noise, rng)
        return np.asarray(noise, np.float32)

    def _colour(self) -> Floats:
        return noise_colour(self._rng, self._frequency_hz, SAMPLING_HZ)

    def _drift(self) -> Floats:
        """Slow change of level along the record: traffic comes and goes."""
        knots = self._rng.normal(0.0, self._rng.uniform(0.0, 0.5), 5)
        time = np.linspace(0.0, 4.0, self._n)
        return np.exp(np.interp(time, np.arange(5.0), knots))

    def _microseism(self) -> Floats:
        rng = self._rng
        size = np.exp(rng.uniform(np.log(0.3), np.log(30.0)))
        time_s = np.arange(self._n) / SAMPLING_HZ
        wave = np.zeros((3, self._n))
        for frequency in rng.uniform(0.1, 0.4, 4):
            phase = 2.0 * np.pi * (frequency * time_s + rng.random((3, 1)))
            wave += size * np.sqrt(0.25) * np.sin(phase)
        return wave


def add_transient(noise: Floats, rng: np.random.Generator) -> None:
    """Add in place a spike, a footstep, a car, a machine that starts, or a step of the level."""
    n = noise.shape[1]
    first = int(rng.integers(0, n))
    height = np.exp(rng.uniform(np.log(2.0), np.log(60.0)))
    weight = height * rng.uniform(-1.0, 1.0, (3, 1))
    time_s = np.arange(n - first) / SAMPLING_HZ
    kind = rng.integers(5)
    if kind == 0:
        noise[:, first : first + int(rng.integers(1, 4))] += weight
    elif kind == 1:
        noise[:, first:] += weight * _damped(time_s, rng)
    elif kind == 2:
        noise[:, first:] += weight * _passage(time_s, rng)
    elif kind == 3:
        frequency = np.exp(rng.uniform(np.log(1.5), np.log(40.0)))
        rise_s = rng.uniform(0.05, 3.0)
        noise[:, first:] += (
            0.2 * weight * np.clip(time_s / rise_s, 0, 1) * np.sin(2.0 * np.pi * frequency * time_s)
        )
    else:
        noise[:, first:] += weight * np.exp(-time_s / rng.uniform(0.5, 50.0))


def _damped(time_s: Floats, rng: np.random.Generator) -> Floats:
    """A footstep or a door: a short oscillation at one frequency."""
    frequency = np.exp(rng.uniform(np.log(3.0), np.log(40.0)))
    decay_s = np.exp(rng.uniform(np.log(0.03), np.log(0.4)))
    return np.asarray(np.exp(-time_s / decay_s) * np.sin(2.0 * np.pi * frequency * time_s))


def _passage(time_s: Floats, rng: np.random.Generator) -> Floats:
    """A car: random waves that swell and fade over seconds, much the same on both sides."""
    centre_s = rng.uniform(0.5, 12.0)
    envelope = np.exp(-0.5 * ((time_s - centre_s) / (centre_s / rng.uniform(2.0, 3.5))) ** 2)
    frequency = np.exp(rng.uniform(np.log(2.0), np.log(25.0)))
    wander = np.cumsum(rng.standard_normal(time_s.size)) * rng.uniform(0.02, 0.25)
    return np.asarray(envelope * np.sin(2.0 * np.pi * frequency * time_s + wander))
