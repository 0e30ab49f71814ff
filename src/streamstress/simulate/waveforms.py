"""Ground velocity of one earthquake at one station, three components."""

import numpy as np
from numpy.typing import NDArray

from streamstress.simulate.arrivals import (
    Strengths,
    add_pulses,
    p_arrivals,
    radiation,
    s_arrivals,
    strengths,
)
from streamstress.simulate.pulses import pulse_length_s, pulse_velocity
from streamstress.simulate.scattering import CodaLayer, coda
from streamstress.simulate.terms import PathTerm, SiteTerm, SourceTerm

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]


def first_motion(source: SourceTerm, path: PathTerm) -> float:
    """P radiation factor towards the station, -1 to 1: its sign is that of the first motion."""
    return radiation(source, path)[0]


def ground_velocity(
    source: SourceTerm,
    path: PathTerm,
    site: SiteTerm,
    start_s: float,
    n_samples: int,
    rng: np.random.Generator,
    sampling_hz: float = 100.0,
    *,
    strength: Strengths | None = None,
) -> Array32:
    """Noise-free record of one source at one station.

    Exactly zero up to the arrival of P; the first sample after it carries the sign of the P
    radiation on Z. Far field of a point source (Aki & Richards 2002, eq. 4.32) on rays, with
    the reverberation and conversions of one soft layer, later rays, and the coda.

    Parameters
    ----------
    source, path, site
        The three factors of the record.
    start_s
        Time of the first sample after the origin time.
    n_samples
        Length of the record.
    rng
        Source of later rays and coda.
    strength
        Amplitudes of the waves in place of the double couple's, for a source that is none.

    Returns
    -------
    (3, n_samples) float32
        Ground velocity in m/s; rows Z (up), N, E.
    """
    time_s = start_s + np.arange(n_samples) / sampling_hz
    strength = strength or strengths(source, path, site)
    record = np.zeros((3, n_samples))
    for arrivals in (p_arrivals, s_arrivals):
        add_pulses(record, arrivals(source, path, site, strength, rng), time_s, sampling_hz)
    layers = _coda_layers(source, path, site, strength)
    record += coda(layers, time_s, sampling_hz, rng)
    return _to_zne(record, path.azimuth_deg)


def _coda_layers(
    source: SourceTerm, path: PathTerm, site: SiteTerm, strength: Strengths
) -> tuple[CodaLayer, ...]:
    """Coda of P, of S, and the late coda of lower frequency."""
    s = path.scattering
    t_star_p = path.t_star_p_s + site.kappa_p_s
    t_star_s = path.t_star_s_s + site.kappa_s_s
    peak_p = strength.mean_p * _peak(source.corner_p_hz, t_star_p)
    peak_s = strength.mean_s * _peak(source.corner_s_hz, t_star_s)
    late_corner = 0.6 * source.corner_s_hz
    return (
        CodaLayer(
            path.travel_p_s, s.p_fraction * peak_p, s.p_decay_s, s.rise_s,
            0.8 * source.corner_p_hz, t_star_p, (1.0, 0.7, 0.5),
        ),
        CodaLayer(
            path.travel_s_s, s.s_fraction * peak_s, s.s_decay_s, 2.0 * s.rise_s,
            0.8 * source.corner_s_hz, 1.3 * t_star_s, (0.6, 1.0, 1.0),
        ),
        CodaLayer(
            path.travel_s_s, s.late_fraction * peak_s, s.late_decay_s, 1.0,
            late_corner, 2.0 * t_star_s, (0.8, 1.0, 1.0),
        ),
    )  # fmt: skip


def _peak(corner_hz: float, t_star_s: float) -> float:
    """Peak velocity of a pulse of unit area, 1/s^2."""
    time_s = np.linspace(0.0, 0.3 * pulse_length_s(corner_hz, t_star_s), 200)
    pulse = pulse_velocity(time_s, np.array(corner_hz), np.array(t_star_s))
    return float(np.max(np.abs(pulse)))


def _to_zne(record: Array, azimuth_deg: float) -> Array32:
    """Z, R (away from the source), T (towards increasing azimuth) to Z, N, E."""
    azimuth = np.radians(azimuth_deg)
    up, radial, transverse = record
    north = radial * np.cos(azimuth) - transverse * np.sin(azimuth)
    east = radial * np.sin(azimuth) + transverse * np.cos(azimuth)
    return np.asarray([up, north, east], np.float32)
