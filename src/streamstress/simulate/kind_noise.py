"""What many stations show at once though no source under them moved."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.simulate.noise import NoiseLevel, noise_record
from streamstress.simulate.training_noise import VariedNoise, add_transient

Array32 = NDArray[np.float32]

SAMPLING_HZ = 100.0
SOUND_KM_S = 0.34

_VARIED_SHARE = 0.3
_GLITCH_SHARE, _SOUND_SHARE = 0.25, 0.25
_FIRST_S, _LAST_S = 20.0, 62.0


def network_noise(
    levels: Sequence[NoiseLevel], n_samples: int, rng: np.random.Generator
) -> Array32:
    """Noise of a network (stations, 3, n), m/s: as in the demos, or of any spectrum."""
    if rng.random() >= _VARIED_SHARE:
        return np.stack([noise_record(level, n_samples, rng) for level in levels])
    varied = VariedNoise(rng, n_samples)
    # A background of 2.5e-8 m/s per root Hz has about six times that above 1 Hz.
    return np.stack([np.float32(6.0 * level.background) * varied.record() for level in levels])


def disturb(records: Array32, stations: Sequence[Station], rng: np.random.Generator) -> None:
    """Add in place a glitch of the whole network, a sound in the air, or local disturbances."""
    kind = rng.random()
    if kind < _GLITCH_SHARE:
        _glitch(records, rng)
    elif kind < _GLITCH_SHARE + _SOUND_SHARE:
        _sound(records, stations, rng)
    else:
        _local(records, rng)


def _local(records: Array32, rng: np.random.Generator) -> None:
    """Spikes, steps, cars and machines, each station its own, within some seconds of each other."""
    centre, width = rng.uniform(30.0, 50.0), rng.uniform(2.0, 10.0)
    for record in records:
        for _ in range(rng.poisson(rng.uniform(0.5, 4.0))):
            _add(record, rng.normal(centre, width), rng)


def _glitch(records: Array32, rng: np.random.Generator) -> None:
    """The same moment everywhere, but for the clocks: a power cut, a calibration, lightning."""
    centre = rng.uniform(30.0, 50.0)
    jitter = np.exp(rng.uniform(np.log(0.02), np.log(3.0)))
    for record in records:
        if rng.random() < 0.9:
            _add(record, centre + jitter * rng.standard_normal(), rng)
            if rng.random() < 0.4:
                _add(record, centre + rng.uniform(1.0, 12.0), rng)


def _sound(records: Array32, stations: Sequence[Station], rng: np.random.Generator) -> None:
    """Thunder, a shot or a sonic boom: it crosses a network at the speed of sound, or faster."""
    centre = LocalFrame(
        float(np.mean([s.latitude_deg for s in stations])),
        float(np.mean([s.longitude_deg for s in stations])),
    )
    east, north = centre.to_km(
        [s.latitude_deg for s in stations], [s.longitude_deg for s in stations]
    )
    at = rng.normal(0.0, 0.3 * float(np.hypot(east, north).max()), 2)
    speed = SOUND_KM_S * rng.uniform(1.0, 8.0)
    time = rng.uniform(24.0, 34.0) + np.hypot(east - at[0], north - at[1]) / speed
    for record, arrival in zip(records, time, strict=True):
        _add(record, float(arrival) + 0.1 * rng.standard_normal(), rng)


def _add(record: Array32, at_s: float, rng: np.random.Generator) -> None:
    """One disturbance of a station's record (3, n), in place, from a time on."""
    first = round(float(np.clip(at_s, _FIRST_S, _LAST_S)) * SAMPLING_HZ)
    scale = float(np.std(np.diff(record[0]))) or 1.0
    part = np.zeros((3, record.shape[1]))
    add_transient(part, rng)
    start = int(np.argmax(np.abs(part).max(axis=0) > 0.0))
    length = record.shape[1] - max(first, start)
    record[:, first : first + length] += np.asarray(
        5.0 * scale * part[:, start : start + length], np.float32
    )
