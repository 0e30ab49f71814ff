"""Direct waves of a record: P, S, their echoes, conversions and later rays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.simulate.pulses import pulse_length_s, pulse_velocity, scalar_moment
from streamstress.simulate.terms import PathTerm, SiteTerm, SourceTerm

Array = NDArray[np.float64]

DENSITY_KG_M3 = 2700.0
FREE_SURFACE = 2.0
"""Amplification at the surface for steep incidence."""

LATER_RAYS = 4
"""Later rays of P, and of S, that stand out of the coda."""

MEAN_P_RADIATION = float(np.sqrt(4.0 / 15.0))
MEAN_S_RADIATION = float(np.sqrt(2.0 / 5.0))
"""RMS radiation over the focal sphere (Boore & Boatwright 1984)."""


@dataclass(frozen=True, slots=True)
class Strengths:
    """Displacement amplitudes (m s) of P, SV, SH, and of P and S averaged over directions."""

    p: float
    sv: float
    sh: float
    mean_p: float
    mean_s: float


@dataclass(frozen=True, slots=True)
class Pulses:
    """Pulses of one corner frequency and t*: onset times (k,) and amplitudes (k, 3) on Z, R, T."""

    onset_s: Array
    amplitude: Array
    corner_hz: float
    t_star_s: float


def radiation(source: SourceTerm, path: PathTerm) -> tuple[float, float, float]:
    """Radiation factors of P, SV and SH along the rays of a path."""
    tensor = np.sqrt(2.0) * double_couple(source.strike_deg, source.dip_deg, source.rake_deg)
    takeoffs = np.array([path.takeoff_p_deg, path.takeoff_s_deg])
    p, sv, sh = radiation_pattern(tensor, np.full(2, path.azimuth_deg), takeoffs)
    return float(p[0]), float(sv[1]), float(sh[1])


def strengths(source: SourceTerm, path: PathTerm, site: SiteTerm) -> Strengths:
    """Displacement amplitudes at the surface (Aki & Richards 2002, eq. 4.32)."""
    moment = float(scalar_moment(source.magnitude)) * site.gain * FREE_SURFACE
    spread = 4.0 * np.pi * DENSITY_KG_M3 * path.distance_km * 1e3
    unit_p = moment / (spread * (path.vp_km_s * 1e3) ** 3)
    unit_s = moment / (spread * (path.vs_km_s * 1e3) ** 3) * site.horizontal_gain
    p, sv, sh = radiation(source, path)
    return Strengths(
        p * unit_p, sv * unit_s, sh * unit_s, MEAN_P_RADIATION * unit_p, MEAN_S_RADIATION * unit_s
    )


def p_arrivals(
    source: SourceTerm,
    path: PathTerm,
    site: SiteTerm,
    strength: Strengths,
    rng: np.random.Generator,
) -> Pulses:
    """P, two echoes of it in the soft layer, its conversion to S, and later rays."""
    incidence = np.radians(path.incidence_p_deg)
    ray = np.array([np.cos(incidence), np.sin(incidence), 0.0])
    sideways = np.array([0.1, 1.0, 0.2])
    echo = -site.reflection
    later = rng.uniform(0.1, 0.8, LATER_RAYS) * (path.travel_s_s - path.travel_p_s)
    rays = ray + 0.3 * rng.standard_normal((LATER_RAYS, 3))
    rays *= 0.3 * strength.mean_p * rng.standard_normal((LATER_RAYS, 1))
    delay = np.array([0, 2 * site.layer_p_s, 4 * site.layer_p_s, 0.9 * site.layer_p_s, *later])
    amplitude = np.stack(
        [
            strength.p * ray,
            strength.p * echo * ray,
            strength.p * echo**2 * ray,
            strength.p * site.conversion * sideways,
            *rays,
        ]
    )
    t_star = path.t_star_p_s + site.kappa_p_s
    return Pulses(path.travel_p_s + delay, amplitude, source.corner_p_hz, t_star)


def s_arrivals(
    source: SourceTerm,
    path: PathTerm,
    site: SiteTerm,
    strength: Strengths,
    rng: np.random.Generator,
) -> Pulses:
    """S, the P it turned into on the way up, two echoes in the soft layer, and later rays."""
    incidence = np.radians(path.incidence_s_deg)
    # SV along increasing take-off: for a ray coming up, up and towards the source.
    direct = np.array(
        [strength.sv * np.sin(incidence), -strength.sv * np.cos(incidence), strength.sh]
    )
    precursor = abs(site.conversion) * 0.5 * strength.sv * np.array([1.0, 0.3, 0.0])
    layer_s = 2.0 * site.layer_p_s
    lead = min(layer_s, 0.5 * (path.travel_s_s - path.travel_p_s))
    # Forward scattering spreads S the more the farther it went.
    later = rng.uniform(0.05, 0.3 + path.travel_s_s / 10.0, LATER_RAYS)
    rays = 0.35 * strength.mean_s * rng.standard_normal((LATER_RAYS, 3))
    rays *= np.array([0.5, 1.0, 1.0])
    delay = np.array([0.0, -lead, 2 * layer_s, 4 * layer_s, *later])
    # The surface returns it upright, the harder rock below turned over: alternate signs.
    echo = -site.reflection
    amplitude = np.stack([direct, precursor, echo * direct, echo**2 * direct, *rays])
    t_star = path.t_star_s_s + site.kappa_s_s
    return Pulses(path.travel_s_s + delay, amplitude, source.corner_s_hz, t_star)


def add_pulses(record: Array, pulses: Pulses, time_s: Array, sampling_hz: float) -> None:
    """Add pulses to a record (3, n) at their exact times, between samples if need be."""
    length = int(pulse_length_s(pulses.corner_hz, pulses.t_star_s) * sampling_hz) + 2
    n = record.shape[1]
    for onset_s, amplitude in zip(pulses.onset_s, pulses.amplitude, strict=True):
        first = int(np.searchsorted(time_s, onset_s, side="right"))
        last = min(first + length, n)
        if first == 0 and onset_s + length / sampling_hz < time_s[0]:
            continue
        lapse = time_s[first:last] - onset_s
        shape = pulse_velocity(lapse, np.array(pulses.corner_hz), np.array(pulses.t_star_s))
        record[:, first:last] += amplitude[:, None] * shape
