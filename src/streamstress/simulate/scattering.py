"""Coda: waves scattered on the way, arriving from everywhere after P and after S."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from streamstress.simulate.pulses import pulse_length_s, pulse_velocity

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scattering:
    """How strong the coda is and how fast it dies.

    Fractions are RMS amplitudes at the start of the coda over the peak of the direct wave as an
    average over the focal sphere; decays are times to 1/e of the amplitude.
    """

    p_fraction: float = 0.28
    s_fraction: float = 0.32
    late_fraction: float = 0.05
    p_decay_s: float = 1.6
    s_decay_s: float = 2.2
    late_decay_s: float = 5.5
    rise_s: float = 0.15


def random_scattering(rng: np.random.Generator, *, strength: float = 1.0) -> Scattering:
    """Scattering of a path picked at random; ``strength`` multiplies the fractions."""
    p, s, late = strength * np.array([0.28, 0.32, 0.05]) * np.exp(0.35 * rng.standard_normal(3))
    return Scattering(
        p_fraction=p,
        s_fraction=s,
        late_fraction=late,
        p_decay_s=rng.uniform(0.8, 2.5),
        s_decay_s=rng.uniform(1.5, 3.0),
        late_decay_s=rng.uniform(4.0, 7.0),
        rise_s=rng.uniform(0.05, 0.35),
    )


@dataclass(frozen=True, slots=True)
class CodaLayer:
    """Scatterers that share an onset, a pulse and a decay.

    ``amplitude`` is the RMS in m/s at the start on a component of weight 1; ``weights`` are those
    of Z, R, T.
    """

    onset_s: float
    amplitude: float
    decay_s: float
    rise_s: float
    corner_hz: float
    t_star_s: float
    weights: tuple[float, float, float]


def coda(
    layers: tuple[CodaLayer, ...], time_s: Array, sampling_hz: float, rng: np.random.Generator
) -> Array32:
    """Ground velocity of the coda, (3, n) float32 in m/s, rows Z, R, T.

    Every layer is a train of random scatterers under ``(1 - exp(-t/rise)) exp(-t/decay)``,
    convolved with its pulse. Nothing comes before the second sample after a layer's onset.
    """
    n = time_s.size
    longest = max(pulse_length_s(layer.corner_hz, layer.t_star_s) for layer in layers)
    pulse_samples = min(int(longest * sampling_hz) + 2, n)
    length = fft.next_fast_len(n + pulse_samples, real=True)
    pulse_time = np.arange(pulse_samples) / sampling_hz
    total = np.zeros((3, length // 2 + 1), np.complex64)
    for layer in layers:
        pulse = pulse_velocity(pulse_time, np.array(layer.corner_hz), np.array(layer.t_star_s))
        unit = (pulse / np.linalg.norm(pulse)).astype(np.float32)
        spectrum = fft.rfft(_train(layer, time_s, rng), length, axis=1)
        total += spectrum * fft.rfft(unit, length)
    out = fft.irfft(total, length, axis=1)[:, :n]
    # The transform leaves rounding errors everywhere; the onset must stay clean.
    out[:, time_s <= min(layer.onset_s for layer in layers)] = 0.0
    return np.asarray(out, np.float32)


def _train(layer: CodaLayer, time_s: Array, rng: np.random.Generator) -> Array32:
    first = int(np.searchsorted(time_s, layer.onset_s, side="right"))
    lapse = (time_s[first:] - layer.onset_s).astype(np.float32)
    envelope = np.exp(-lapse / np.float32(layer.decay_s))
    envelope *= 1.0 - np.exp(-lapse / np.float32(layer.rise_s))
    train = np.zeros((3, time_s.size), np.float32)
    strength = rng.standard_normal((3, lapse.size), np.float32)
    # Squared with sign, scatterers are few and strong; sqrt(3) is the RMS of that.
    strength *= np.abs(strength) / np.float32(np.sqrt(3.0))
    rows = np.asarray(layer.weights, np.float32)[:, None] * np.float32(layer.amplitude)
    train[:, first:] = strength * envelope * rows
    return train
