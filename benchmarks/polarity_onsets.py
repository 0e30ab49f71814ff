"""Test onsets that the polarity network never saw: another simulator, and noise of recordings."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from streamstress.simulate.noise import noise_record, random_noise_level
from streamstress.simulate.onset_noise import noise_from_bank
from streamstress.simulate.onsets import SimulatedOnsets
from streamstress.simulate.scattering import random_scattering
from streamstress.simulate.terms import PathTerm, random_site, source_term
from streamstress.simulate.waveforms import first_motion, ground_velocity

Floats = NDArray[np.float64]

RATE_HZ = 100.0
BEFORE, SAMPLES = 160, 240
NCEDC = Path(__file__).parents[2] / "shared" / "data" / "ncedc_phasenet"
# Rays nearer to a nodal plane have no first motion to speak of.
LEAST_RADIATION = 0.1


def crust_onsets(
    count: int,
    rng: np.random.Generator,
    snr: Floats,
    pick_offset_s: Floats,
    noise_bank: NDArray[np.floating],
) -> SimulatedOnsets:
    """Onsets of the waveform simulator of the demo at 100 Hz: other sources, crust and sites.

    Parameters
    ----------
    snr, pick_offset_s
        (count,) peak of the first 0.2 s over the noise, both above 1 Hz; pick minus onset.
    noise_bank
        (m, long) at 100 Hz.
    """
    waves = np.zeros((count, SAMPLES))
    sign = np.zeros(count, np.int8)
    onset_s = BEFORE / RATE_HZ - pick_offset_s
    for row in range(count):
        waves[row], sign[row] = _record(rng, float(onset_s[row]))
    high_pass = signal.butter(2, 1.0, "highpass", fs=RATE_HZ, output="sos")
    since_s = np.arange(SAMPLES) / RATE_HZ - onset_s[:, None]
    first = (since_s >= 0) & (since_s <= 0.2)
    peak = np.where(first, np.abs(signal.sosfilt(high_pass, waves, axis=1)), 0.0).max(axis=1)
    noise = noise_from_bank(count, rng, noise_bank, SAMPLES, RATE_HZ)
    mixed = noise + (snr / peak)[:, None] * waves
    return SimulatedOnsets(mixed.astype(np.float32), sign, snr, pick_offset_s, RATE_HZ, BEFORE)


def station_bank(stations: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of random stations of the demo's simulator, (stations, 20 s) at 100 Hz."""
    levels = (random_noise_level(rng, spread=0.3) for _ in range(stations))
    return np.stack([noise_record(level, 2000, rng)[0] for level in levels])


def ncedc_bank() -> NDArray[np.float32] | None:
    """Verticals before P of 154 records of Northern California, (m, 8 s) at 100 Hz, if there."""
    rows = []
    for path in sorted(NCEDC.glob("*.npz")):
        with np.load(path) as record:
            vertical, p = record["data"][:, 2], int(np.ravel(record["itp"])[0])
        # Three cuts of 8 s that end 1 s before the P.
        for last in range(p - 100, 800, -800):
            part = vertical[last - 800 : last].astype(np.float32)
            # Half of the samples as those before: dead, or noise below the digitiser's count.
            if np.isfinite(part).all() and np.mean(np.diff(part) == 0) < 0.5:
                rows.append(part - part.mean())
    return np.stack(rows) if rows else None


def _record(rng: np.random.Generator, onset_s: float) -> tuple[Floats, int]:
    while True:
        path = _path(rng)
        source = source_term(
            rng.uniform(0.5, 3.5),
            rng.uniform(0, 360),
            float(np.degrees(np.arccos(rng.uniform(0, 1)))),
            rng.uniform(-180, 180),
            stress_drop_mpa=float(10.0 ** rng.uniform(-0.3, 1.2)),
        )
        radiation = first_motion(source, path)
        if abs(radiation) >= LEAST_RADIATION:
            break
    start_s = path.travel_p_s - onset_s
    record = ground_velocity(source, path, random_site(rng), start_s, SAMPLES, rng)
    return record[0].astype(float), 1 if radiation > 0 else -1


def _path(rng: np.random.Generator) -> PathTerm:
    vp, ratio = rng.uniform(5.2, 6.8), rng.uniform(1.65, 1.85)
    distance = rng.uniform(5.0, 90.0)
    travel = distance / vp
    takeoff = rng.uniform(60.0, 170.0)
    q = 10.0 ** rng.uniform(2.0, 3.0)
    return PathTerm(
        distance_km=distance,
        azimuth_deg=rng.uniform(0, 360),
        takeoff_p_deg=takeoff,
        takeoff_s_deg=takeoff,
        incidence_p_deg=rng.uniform(5, 45),
        incidence_s_deg=rng.uniform(5, 35),
        travel_p_s=travel,
        travel_s_s=travel * ratio,
        t_star_p_s=travel / (1.4 * q),
        t_star_s_s=travel * ratio / q,
        vp_km_s=vp,
        vs_km_s=vp / ratio,
        scattering=random_scattering(rng, strength=rng.uniform(0.5, 2.0)),
    )
