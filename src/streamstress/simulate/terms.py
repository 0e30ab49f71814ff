"""The three factors of a record: source, path, and the ground under the station."""

from dataclasses import dataclass, field

import numpy as np

from streamstress.simulate.pulses import CORNER_RATIO, corner_frequency
from streamstress.simulate.scattering import Scattering


@dataclass(frozen=True, slots=True)
class SourceTerm:
    """A double-couple point source: mechanism in degrees, corner frequencies in Hz."""

    magnitude: float
    strike_deg: float
    dip_deg: float
    rake_deg: float
    corner_p_hz: float
    corner_s_hz: float


@dataclass(frozen=True, slots=True)
class PathTerm:
    """A source-station pair: rays of P and S in the conventions of `geometry`.

    Speeds are those at the source, incidence angles those at the station (0 = from straight
    below), ``t_star`` the travel time over Q.
    """

    distance_km: float
    azimuth_deg: float
    takeoff_p_deg: float
    takeoff_s_deg: float
    incidence_p_deg: float
    incidence_s_deg: float
    travel_p_s: float
    travel_s_s: float
    t_star_p_s: float
    t_star_s_s: float
    vp_km_s: float
    vs_km_s: float
    scattering: Scattering = field(default_factory=Scattering)


@dataclass(frozen=True, slots=True)
class SiteTerm:
    """The ground below a station: amplification, near-surface attenuation, one soft layer."""

    gain: float = 1.0
    horizontal_gain: float = 1.3
    kappa_p_s: float = 0.02
    kappa_s_s: float = 0.035
    layer_p_s: float = 0.12
    reflection: float = 0.2
    conversion: float = 0.15


def source_term(
    magnitude: float,
    strike_deg: float,
    dip_deg: float,
    rake_deg: float,
    *,
    stress_drop_mpa: float = 2.0,
    vs_km_s: float = 3.4,
) -> SourceTerm:
    """Source of a moment magnitude, with the corner frequencies of its stress drop."""
    corner = float(corner_frequency(magnitude, vs_km_s, stress_drop_mpa))
    return SourceTerm(magnitude, strike_deg, dip_deg, rake_deg, CORNER_RATIO * corner, corner)


def random_site(rng: np.random.Generator) -> SiteTerm:
    """Ground of a station picked at random."""
    return SiteTerm(
        gain=float(np.exp(0.3 * rng.standard_normal())),
        horizontal_gain=rng.uniform(1.0, 1.8),
        kappa_p_s=rng.uniform(0.01, 0.028),
        kappa_s_s=rng.uniform(0.022, 0.05),
        layer_p_s=rng.uniform(0.05, 0.25),
        reflection=rng.uniform(0.05, 0.3),
        conversion=rng.uniform(-0.25, 0.25),
    )
