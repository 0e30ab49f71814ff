"""Ground motion of what is no local earthquake: quarry blasts, teleseisms, tremor, glitches."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.simulate.arrivals import Strengths, strengths
from streamstress.simulate.pulses import pulse_velocity
from streamstress.simulate.scattering import CodaLayer, coda
from streamstress.simulate.terms import PathTerm, SiteTerm, SourceTerm, source_term
from streamstress.simulate.waveforms import ground_velocity

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

SAMPLING_HZ = 100.0

_TELESEISM_KM = 5000.0
_SURFACE_KM_S = (5.0, 2.9)
"""P and S under the station: a teleseism comes up steeply."""


@dataclass(frozen=True, slots=True)
class Blast:
    """A ripple-fired quarry blast: delays (k,) s of its holes, and what its waves are like.

    ``s_share`` is the strength of S against an earthquake's; ``rg`` the peak of the Rg wave over
    that of P at 20 km, ``rg_hz`` its highest and lowest frequency, ``rg_km_s`` their speeds.
    """

    source: SourceTerm
    delays_s: Array
    s_share: float
    rg: float
    rg_hz: tuple[float, float]
    rg_km_s: tuple[float, float]


def random_blast(rng: np.random.Generator) -> Blast:
    """A blast picked at random: 3 to 30 holes 15 to 60 ms apart, as quarries fire them.

    S weak at all frequencies and Rg from 0.5 to 2 Hz within 50 km (Kafka 1990, BSSA 80; Allmann et
    al. 2008).
    """
    holes = int(rng.integers(3, 31))
    spacing = rng.uniform(0.015, 0.06)
    delays = spacing * (np.arange(holes) + 0.1 * rng.standard_normal(holes))
    return Blast(
        source=source_term(
            rng.uniform(1.2, 3.3), 0.0, 45.0, 90.0, stress_drop_mpa=_log_uniform(rng, 0.3, 8.0)
        ),
        delays_s=np.maximum(delays, 0.0),
        s_share=_log_uniform(rng, 0.06, 0.4),
        rg=_log_uniform(rng, 0.2, 5.0),
        rg_hz=(rng.uniform(1.5, 2.5), rng.uniform(0.4, 0.8)),
        rg_km_s=(rng.uniform(1.6, 2.2), rng.uniform(2.3, 3.0)),
    )


def blast_velocity(
    blast: Blast,
    path: PathTerm,
    site: SiteTerm,
    start_s: float,
    n_samples: int,
    rng: np.random.Generator,
) -> Array32:
    """Noise-free record (3, n) of a blast, m/s, rows Z, N, E; see `ground_velocity`."""
    mean = strengths(blast.source, path, site)
    push = mean.mean_p / np.sqrt(4.0 / 15.0) * rng.uniform(0.8, 1.2)
    weak = blast.s_share * mean.mean_s
    sv, sh = weak * rng.standard_normal(2)
    strength = Strengths(push, sv, sh, 0.7 * push, weak)
    single = ground_velocity(
        blast.source, path, site, start_s, n_samples, rng, SAMPLING_HZ, strength=strength
    )
    record = np.zeros_like(single)
    for delay in blast.delays_s:
        lag = round(float(delay) * SAMPLING_HZ)
        record[:, lag:] += single[:, : n_samples - lag] / np.float32(len(blast.delays_s))
    return record + _rg(blast, path, start_s, float(np.abs(record[0]).max()), n_samples)


def _rg(blast: Blast, path: PathTerm, start_s: float, p_peak: float, n_samples: int) -> Array32:
    """The short-period Rayleigh wave: a packet whose low frequencies come first."""
    time_s = start_s + np.arange(n_samples) / SAMPLING_HZ
    first, last = (path.distance_km / speed for speed in blast.rg_km_s[::-1])
    length = max(last - first, 1.0)
    u = (time_s - first) / length
    envelope = np.where((u > 0.0) & (u < 1.0), np.sin(np.pi * np.clip(u, 0.0, 1.0)) ** 2, 0.0)
    high, low = blast.rg_hz
    phase = 2.0 * np.pi * length * (low * u + 0.5 * (high - low) * u**2)
    # Spreads as a surface wave where P spreads as a body wave, and dies in the weathered layer.
    size = blast.rg * p_peak * np.sqrt(path.distance_km / 20.0) * np.exp(-path.distance_km / 40.0)
    azimuth = np.radians(path.azimuth_deg)
    up, along = envelope * np.cos(phase), 0.7 * envelope * np.sin(phase)
    wave = np.stack([up, along * np.cos(azimuth), along * np.sin(azimuth)])
    return np.asarray(size * wave, np.float32)


@dataclass(frozen=True, slots=True)
class Teleseism:
    """P of a distant earthquake as it crosses the network.

    ``slowness_s_km`` and ``back_azimuth_deg`` of its plane wave, ``velocity_m_s`` its peak; phases
    arrive ``delays_s`` (k,) after P with ``sizes`` (k,).
    """

    slowness_s_km: float
    back_azimuth_deg: float
    corner_hz: float
    t_star_s: float
    velocity_m_s: float
    delays_s: Array
    sizes: Array


def random_teleseism(rng: np.random.Generator) -> Teleseism:
    """A teleseism from 5 to 95 degrees, picked at random.

    Slowness of P at 5 degrees 13.7 s, at 95 degrees 4.5 s a degree (iasp91); t* 0.3 to 1.2 s below
    short-period stations (Der & Lees 1985, GJRAS 82), a fifth of that for the nearest.
    """
    near = rng.random() < 0.25
    later = int(rng.integers(1, 6))
    return Teleseism(
        slowness_s_km=rng.uniform(0.085, 0.123) if near else rng.uniform(0.04, 0.085),
        back_azimuth_deg=rng.uniform(0.0, 360.0),
        corner_hz=_log_uniform(rng, 0.6, 4.0) if near else _log_uniform(rng, 0.2, 2.0),
        t_star_s=_log_uniform(rng, 0.08, 0.4) if near else _log_uniform(rng, 0.3, 1.2),
        velocity_m_s=_log_uniform(rng, 3e-7, 1e-4),
        delays_s=np.concatenate([[0.0], np.sort(rng.uniform(0.3, 35.0, later))]),
        sizes=np.concatenate([[1.0], rng.normal(0.0, 0.5, later)]),
    )


def teleseism_velocity(
    wave: Teleseism,
    east_km: float,
    north_km: float,
    site: SiteTerm,
    p_s: float,
    n_samples: int,
    rng: np.random.Generator,
) -> Array32:
    """Noise-free record (3, n) of a teleseism at a station, m/s, rows Z, N, E.

    Parameters
    ----------
    east_km, north_km
        The station, from the point that the wave passes ``p_s`` after the first sample.
    """
    azimuth = np.radians(wave.back_azimuth_deg)
    away = -(east_km * np.sin(azimuth) + north_km * np.cos(azimuth))
    onset = p_s + wave.slowness_s_km * away
    time_s = np.arange(n_samples) / SAMPLING_HZ
    corner, t_star = np.array(wave.corner_hz), np.array(wave.t_star_s + site.kappa_p_s)
    height = wave.velocity_m_s * site.gain
    lapse = np.linspace(0.0, 3.0 / wave.corner_hz + 3.0 * wave.t_star_s, 400)
    unit = float(np.abs(pulse_velocity(lapse, corner, t_star)).max())
    z = np.zeros(n_samples)
    for delay, size in zip(wave.delays_s, wave.sizes, strict=True):
        z += size * pulse_velocity(time_s - onset - delay, corner, t_star)
    sine = np.clip(wave.slowness_s_km * _SURFACE_KM_S[0], 0.0, 0.95)
    along = sine / np.sqrt(1.0 - sine**2) * z
    direct = height / unit * np.stack([z, -along * np.cos(azimuth), -along * np.sin(azimuth)])
    layer = CodaLayer(
        onset, 0.3 * height, rng.uniform(8.0, 40.0), rng.uniform(0.5, 4.0), wave.corner_hz,
        float(t_star), (1.0, 0.7, 0.7),
    )  # fmt: skip
    return np.asarray(direct + coda((layer,), time_s, SAMPLING_HZ, rng), np.float32)


@dataclass(frozen=True, slots=True)
class Tremor:
    """Low-frequency earthquakes from one place: delays (k,) s, sizes (k,) and their source."""

    source: SourceTerm
    delays_s: Array
    sizes: Array
    extra_t_star_s: float


def random_tremor(rng: np.random.Generator) -> Tremor:
    """One low-frequency earthquake, or a burst of them.

    Corner frequencies of 1 to 3 Hz whatever the size, 1 to 8 Hz left at the station (Obara 2002,
    Science 296; Shelly, Beroza & Ide 2007, Nature 446).
    """
    count = 1 if rng.random() < 0.5 else int(rng.integers(2, 20))
    corner = _log_uniform(rng, 0.7, 2.8)
    plain = source_term(
        rng.uniform(1.2, 2.8), rng.uniform(0, 360), rng.uniform(5, 90), rng.uniform(-180, 180)
    )
    return Tremor(
        source=replace(plain, corner_p_hz=1.2 * corner, corner_s_hz=corner),
        delays_s=np.concatenate([[0.0], np.sort(rng.uniform(0.0, 20.0, count - 1))]),
        sizes=np.exp(0.7 * rng.standard_normal(count)),
        extra_t_star_s=_log_uniform(rng, 0.02, 0.12),
    )


def tremor_velocity(
    tremor: Tremor,
    path: PathTerm,
    site: SiteTerm,
    start_s: float,
    n_samples: int,
    rng: np.random.Generator,
) -> Array32:
    """Noise-free record (3, n) of a burst, m/s, rows Z, N, E; see `ground_velocity`."""
    more = tremor.extra_t_star_s
    slow = replace(path, t_star_p_s=path.t_star_p_s + 0.5 * more, t_star_s_s=path.t_star_s_s + more)
    single = ground_velocity(tremor.source, slow, site, start_s, n_samples, rng, SAMPLING_HZ)
    record = np.zeros_like(single)
    for delay, size in zip(tremor.delays_s, tremor.sizes, strict=True):
        lag = round(float(delay) * SAMPLING_HZ)
        record[:, lag:] += np.float32(size) * single[:, : n_samples - lag]
    return record


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
