"""Sources and paths drawn far wider than a demo's: what a picker must get used to."""

import numpy as np

from streamstress.simulate.scattering import Scattering
from streamstress.simulate.terms import PathTerm, SiteTerm, SourceTerm, source_term

MAX_DISTANCE_KM = 160.0
MAX_DEPTH_KM = 70.0

_LEAST_MAGNITUDE, _LARGEST_MAGNITUDE = -0.5, 5.5


def varied_source(rng: np.random.Generator, path: PathTerm) -> SourceTerm:
    """Source of a magnitude that is seen at the path's distance; stress drops 0.1 to 30 MPa."""
    least = -0.3 + 1.5 * np.log10(path.distance_km / 3.0)
    return source_term(
        float(np.clip(least + rng.exponential(1.0), _LEAST_MAGNITUDE, _LARGEST_MAGNITUDE)),
        rng.uniform(0, 360),
        float(np.degrees(np.arccos(rng.uniform(0, 1)))),
        rng.uniform(-180, 180),
        stress_drop_mpa=_log_uniform(rng, 0.1, 30.0),
        vs_km_s=path.vs_km_s,
    )


def varied_path(rng: np.random.Generator) -> PathTerm:
    """Rays in a random crust, with scattering from next to none to emergent onsets."""
    vp, ratio = rng.uniform(4.5, 7.5), rng.uniform(1.6, 1.95)
    epicentral = MAX_DISTANCE_KM * rng.uniform(0.005, 1.0) ** 1.6
    depth = 1.0 + (MAX_DEPTH_KM - 1.0) * rng.uniform(0.0, 1.0) ** 2.5
    distance = float(np.hypot(epicentral, depth))
    travel_p = distance / vp
    q_s = _log_uniform(rng, 60.0, 1000.0)
    takeoff = 180.0 - float(np.degrees(np.arctan2(epicentral, depth))) - rng.uniform(0, 60)
    return PathTerm(
        distance_km=distance,
        azimuth_deg=rng.uniform(0, 360),
        takeoff_p_deg=takeoff,
        takeoff_s_deg=takeoff,
        incidence_p_deg=rng.uniform(2, 60),
        incidence_s_deg=rng.uniform(2, 50),
        travel_p_s=travel_p,
        travel_s_s=travel_p * ratio,
        t_star_p_s=travel_p / (rng.uniform(1.0, 2.2) * q_s),
        t_star_s_s=travel_p * ratio / q_s,
        vp_km_s=vp,
        vs_km_s=vp / ratio,
        scattering=varied_scattering(rng),
    )


def varied_scattering(rng: np.random.Generator) -> Scattering:
    """Scattering whose coda may be stronger than the direct wave and grow for a second or more.

    High-frequency envelopes at 50 to 150 km peak seconds after the onset and fall over tens of
    seconds (Sato, Fehler & Maeda 2012, chapters 3 and 9).
    """
    return Scattering(
        p_fraction=_log_uniform(rng, 0.2, 2.5),
        s_fraction=_log_uniform(rng, 0.2, 2.5),
        late_fraction=_log_uniform(rng, 0.02, 0.5),
        p_decay_s=_log_uniform(rng, 0.7, 10.0),
        s_decay_s=_log_uniform(rng, 1.0, 12.0),
        late_decay_s=_log_uniform(rng, 4.0, 25.0),
        rise_s=_log_uniform(rng, 0.02, 1.2),
    )


def varied_site(rng: np.random.Generator) -> SiteTerm:
    """Rock to soft sediment: strong conversions ahead of S, low-pass ground."""
    return SiteTerm(
        gain=1.0,
        horizontal_gain=_log_uniform(rng, 0.8, 4.0),
        kappa_p_s=_log_uniform(rng, 0.003, 0.05),
        kappa_s_s=_log_uniform(rng, 0.01, 0.09),
        layer_p_s=_log_uniform(rng, 0.03, 0.4),
        reflection=rng.uniform(0.0, 0.5),
        conversion=rng.uniform(-0.5, 0.5),
    )


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
