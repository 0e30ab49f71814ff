"""Labelled records of every kind of crust, site, sensor and noise: what real stations may give."""

import numpy as np
from numpy.typing import NDArray

from streamstress.simulate.training import SAMPLING_HZ, TrainingRecord
from streamstress.simulate.training_ground import rough_ground
from streamstress.simulate.training_noise import VariedNoise
from streamstress.simulate.training_paths import varied_path, varied_site, varied_source
from streamstress.simulate.training_sensors import recorded
from streamstress.simulate.waveforms import ground_velocity

Array32 = NDArray[np.float32]

NOISE_SHARE = 0.15
PAIR_SHARE = 0.25
_LOG10_SNR = (0.4, 2.8)


def varied_record(
    rng: np.random.Generator,
    noise: VariedNoise,
    n_samples: int,
    *,
    noise_share: float = NOISE_SHARE,
    pair_share: float = PAIR_SHARE,
) -> TrainingRecord:
    """Record of a random earthquake, of two that overlap, or of noise; unit: its largest sample.

    The steepest flank of an event is 2.5 to 600 times that of the noise; ``snr`` is
    that of the first second of P on Z, before the sensor.
    """
    kind = rng.random()
    n_events = 0 if kind < noise_share else 2 if kind < noise_share + pair_share else 1
    ground = noise.record()
    loudness = float(np.std(np.diff(ground[0]))) + 1e-30
    labels: list[tuple[float, float, float]] = []
    signal = np.zeros_like(ground)
    for _ in range(n_events):
        event, p, s = _event(rng, n_samples)
        steepest = _steepest(event)
        scale = loudness * 10.0 ** rng.uniform(*_LOG10_SNR) / max(steepest, 1e-30)
        signal += np.float32(scale) * event
        labels.append((p, s, scale * _p_peak(event, p) / max(float(ground[0].std()), 1e-30)))
    columns = zip(*labels, strict=True) if labels else ((), (), ())
    p_sample, s_sample, snr = (tuple(column) for column in columns)
    return TrainingRecord(recorded(ground + signal, rng), p_sample, s_sample, snr)


def _event(rng: np.random.Generator, n_samples: int) -> tuple[Array32, float, float]:
    path = varied_path(rng)
    p_second = rng.uniform(-0.2, 0.95) * n_samples / SAMPLING_HZ
    s_second = p_second + path.travel_s_s - path.travel_p_s
    smooth = ground_velocity(
        varied_source(rng, path), path, varied_site(rng), path.travel_p_s - p_second, n_samples, rng
    )
    p_sample, s_sample = p_second * SAMPLING_HZ, s_second * SAMPLING_HZ
    record = rough_ground(smooth, p_sample, s_sample, rng)
    inside = [s if 0 <= s < n_samples - 1 else np.nan for s in (p_sample, s_sample)]
    return record, inside[0], inside[1]


def _steepest(event: Array32) -> float:
    """Largest step from sample to sample: loudness without the microseism's band."""
    return float(np.abs(np.diff(event, axis=1)).max())


def _p_peak(event: Array32, p_sample: float) -> float:
    if not np.isfinite(p_sample):
        return float("nan")
    first = int(p_sample)
    return float(np.abs(event[0, first : first + round(SAMPLING_HZ)]).max())
