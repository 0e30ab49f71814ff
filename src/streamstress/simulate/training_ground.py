"""What lies between a smooth crust and the sensor: slow onsets, reverberation, resonance."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array32 = NDArray[np.float32]

SLOW_ONSET_SHARE = 0.35
REVERBERATION_SHARE = 0.6
RESONANCE_SHARE = 0.4
_ECHOES = (4, 24)
_SAMPLING_HZ = 100.0


def rough_ground(
    record: Array32, p_sample: float, s_sample: float, rng: np.random.Generator
) -> Array32:
    """One event's noise-free record (3, n) as rougher ground would give it; P and S stay put.

    All parts are causal, so nothing moves ahead of the onset. ``p_sample`` and ``s_sample`` may lie
    outside the record.
    """
    if rng.random() < SLOW_ONSET_SHARE:
        record = _slow_onset(record, p_sample, s_sample, rng)
    if rng.random() < REVERBERATION_SHARE:
        record = _reverberation(record, rng)
    if rng.random() < RESONANCE_SHARE:
        record = _resonance(record, rng)
    return record


def _slow_onset(
    record: Array32, p_sample: float, s_sample: float, rng: np.random.Generator
) -> Array32:
    """A weak first arrival (a head wave, a nodal P) before the strong one, whole before S."""
    sample = np.arange(record.shape[1])
    lead = max(s_sample - p_sample, 20.0)
    rise = min(np.exp(rng.uniform(np.log(5.0), np.log(500.0))), 0.8 * lead)
    strong = p_sample + rng.uniform(0.0, 0.9) * (lead - rise)
    first = np.exp(rng.uniform(np.log(0.05), np.log(0.6)))
    grown = np.clip((sample - strong) / rise, 0.0, 1.0)
    return np.asarray(record * (first + (1.0 - first) * grown), np.float32)


def _reverberation(record: Array32, rng: np.random.Generator) -> Array32:
    """Echoes in the layers below the station; they mix the components a little."""
    n = record.shape[1]
    out = record.copy()
    length = np.exp(rng.uniform(np.log(0.15), np.log(3.0))) * _SAMPLING_HZ
    strength = rng.uniform(0.1, 0.6)
    for _ in range(rng.integers(*_ECHOES)):
        delay = int(rng.exponential(length)) + 2
        if delay >= n:
            continue
        mixing = np.eye(3) + 0.4 * rng.standard_normal((3, 3))
        weight = strength * rng.standard_normal() * np.exp(-delay / (2.0 * length))
        out[:, delay:] += (weight * mixing).astype(np.float32) @ record[:, : n - delay]
    return out


def _resonance(record: Array32, rng: np.random.Generator) -> Array32:
    """A damped oscillator under the horizontals, less under the vertical (a soft layer's S)."""
    frequency = np.exp(rng.uniform(np.log(0.8), np.log(15.0)))
    quality = rng.uniform(1.5, 8.0)
    radius = np.exp(-np.pi * frequency / (quality * _SAMPLING_HZ))
    angle = 2.0 * np.pi * frequency / _SAMPLING_HZ
    denominator = [1.0, -2.0 * radius * np.cos(angle), radius**2]
    rung = lfilter([0.0, (1.0 - radius) * np.sin(angle)], denominator, record, axis=1)
    share = rng.uniform(0.3, 2.0) * np.array([[rng.uniform(0.1, 1.0)], [1.0], [1.0]])
    return np.asarray(record + share * rung, np.float32)
