"""Single labelled records to train and to test a picker on."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.simulate.noise import noise_record, random_noise_level
from streamstress.simulate.scattering import random_scattering
from streamstress.simulate.terms import PathTerm, random_site, source_term
from streamstress.simulate.waveforms import ground_velocity

Array32 = NDArray[np.float32]

SAMPLING_HZ = 100.0
NOISE_SHARE = 0.1
PAIR_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """One labelled record.

    ``waveform`` is (3, n) float32 ground velocity in m/s, rows Z, N, E. ``p_sample`` and
    ``s_sample`` hold the arrivals inside the record, in samples with fraction, event by event (nan
    where an arrival lies outside); empty for noise. ``snr`` is the peak of the first second of P
    on Z over the RMS of the noise above 1 Hz, per event.
    """

    waveform: Array32
    p_sample: tuple[float, ...]
    s_sample: tuple[float, ...]
    snr: tuple[float, ...]


def training_record(
    rng: np.random.Generator,
    *,
    n_samples: int = 3001,
    max_distance_km: float = 90.0,
    noise_share: float = NOISE_SHARE,
    pair_share: float = PAIR_SHARE,
) -> TrainingRecord:
    """Record of a random earthquake, of two that overlap, or of noise alone.

    Magnitude, distance, depth, mechanism, crust, site, noise level and place in the window are
    drawn at random; a few records have a component dead or the trace offset.

    Parameters
    ----------
    n_samples
        Length at 100 Hz.
    max_distance_km
        Largest epicentral distance.
    noise_share, pair_share
        Shares of records with no event, and with two.
    """
    kind = rng.random()
    n_events = 0 if kind < noise_share else 2 if kind < noise_share + pair_share else 1
    level = random_noise_level(rng, spread=0.35, factor=float(10.0 ** rng.uniform(-0.5, 1.1)))
    # Rare at a good station, bursts must not be rare where a picker learns to pass them over.
    noise = noise_record(replace(level, bursts_per_hour=rng.uniform(0, 100)), n_samples, rng)
    loudness = _loudness(noise)
    waveform = noise.copy()
    labels: list[tuple[float, float, float]] = []
    for _ in range(n_events):
        record, p, s = _random_event(rng, n_samples, max_distance_km)
        waveform += record
        labels.append((p, s, _p_peak(record, p) / loudness))
    columns = zip(*labels, strict=True) if labels else ((), (), ())
    p_sample, s_sample, snr = (tuple(column) for column in columns)
    return TrainingRecord(_spoiled(waveform, rng), p_sample, s_sample, snr)


def _random_event(
    rng: np.random.Generator, n_samples: int, max_distance_km: float
) -> tuple[Array32, float, float]:
    path = _random_path(rng, max_distance_km)
    # Far events must be larger to be seen at all.
    least = 0.3 + 1.4 * np.log10(path.distance_km / 3.0)
    source = source_term(
        float(np.clip(least + rng.exponential(0.7), 0.3, 4.5)),
        rng.uniform(0, 360),
        float(np.degrees(np.arccos(rng.uniform(0, 1)))),
        rng.uniform(-180, 180),
        stress_drop_mpa=float(10.0 ** rng.uniform(-0.3, 1.2)),
        vs_km_s=path.vs_km_s,
    )
    p_second = rng.uniform(-0.1, 0.95) * n_samples / SAMPLING_HZ
    record = ground_velocity(
        source, path, random_site(rng), path.travel_p_s - p_second, n_samples, rng
    )
    s_second = p_second + path.travel_s_s - path.travel_p_s
    inside = [
        second * SAMPLING_HZ if 0 <= second * SAMPLING_HZ < n_samples - 1 else np.nan
        for second in (p_second, s_second)
    ]
    return record, inside[0], inside[1]


def _random_path(rng: np.random.Generator, max_distance_km: float) -> PathTerm:
    """Rays in a random crust: straight, as the picker does not see the difference."""
    vp, ratio = rng.uniform(5.2, 6.8), rng.uniform(1.65, 1.85)
    epicentral = max_distance_km * rng.uniform(0.01, 1.0) ** 1.3
    depth = rng.uniform(1.0, 25.0)
    distance = float(np.hypot(epicentral, depth))
    travel_p = distance / vp
    travel_s = travel_p * ratio
    takeoff = 180.0 - float(np.degrees(np.arctan2(epicentral, depth))) - rng.uniform(0, 40)
    q = 10.0 ** rng.uniform(2.2, 3.0)
    return PathTerm(
        distance_km=distance,
        azimuth_deg=rng.uniform(0, 360),
        takeoff_p_deg=takeoff,
        takeoff_s_deg=takeoff,
        incidence_p_deg=rng.uniform(5, 45),
        incidence_s_deg=rng.uniform(5, 35),
        travel_p_s=travel_p,
        travel_s_s=travel_s,
        t_star_p_s=travel_p / (1.4 * q),
        t_star_s_s=travel_s / q,
        vp_km_s=vp,
        vs_km_s=vp / ratio,
        scattering=random_scattering(rng, strength=rng.uniform(0.5, 2.0)),
    )


def _loudness(noise: Array32) -> float:
    """RMS of Z above about 1 Hz, bursts aside: second differences over a third of a second."""
    z = noise[0].astype(np.float64)
    lag = 30
    residual = z[lag:-lag] - 0.5 * (z[: -2 * lag] + z[2 * lag :])
    return float(1.4826 * np.median(np.abs(residual)) / np.sqrt(1.5))


def _p_peak(record: Array32, p_sample: float) -> float:
    if not np.isfinite(p_sample):
        return float("nan")
    first = int(p_sample)
    return float(np.max(np.abs(record[0, first : first + int(SAMPLING_HZ)])))


def _spoiled(waveform: Array32, rng: np.random.Generator) -> Array32:
    """Now and then an offset, a dead horizontal, or a step as of a poor record."""
    scale = np.float32(np.std(waveform))
    if rng.random() < 0.3:
        waveform += scale * rng.normal(0.0, 3.0, (3, 1)).astype(np.float32)
    if rng.random() < 0.03:
        waveform[rng.integers(1, 3)] = 0.0
    if rng.random() < 0.02:
        waveform[:, rng.integers(0, waveform.shape[1]) :] += 5.0 * scale
    return waveform
