"""A stress tensor in the words of the field: axes, SHmax, shape, regime, quality."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from streamstress.geometry.axes import horizontal_deviator, shmax_azimuth, trend_plunge
from streamstress.geometry.tensors import normalised, principal_axes, shape_ratio_phi
from streamstress.stress.uncertainty import (
    PHI_MAX_WIDTH,
    StressSamples,
    a_phi_interval,
    axis_cones_deg,
    phi_interval,
    phi_reliable,
    shmax_interval,
)

MIN_HORIZONTAL_DEVIATOR = 0.10
"""Below this share of a unit-norm tensor the horizontal stresses are alike and SHmax is noise."""

MAX_SHMAX_WIDTH_DEG = 120.0
"""A 95 % interval wider than this says no more than that SHmax exists."""

WSM_HALF_WIDTH_DEG = (("A", 15.0), ("B", 20.0), ("C", 25.0), ("D", 40.0))
"""World Stress Map ranks by the standard deviation of SHmax (Heidbach et al. 2016, WSM TR
16-01, table 1); here the 95 % half-width is held against them, which is the stricter use."""

WSM_MIN_EVENTS = {"A": 15, "B": 8}
"""Events that a formal inversion needs for a rank (WSM quality ranking, method FMF)."""

WSM_MAX_MISFIT_DEG = {"A": 12.0, "B": 20.0}
"""Mean misfit that a formal inversion may have for a rank (WSM quality ranking, method FMF)."""

PHI_MIN_INSTABILITY = 0.85
PHI_MAX_MISFIT_DEG = 16.0
PHI_MIN_EVENTS = 30
"""When a phi that is not corrected can be read: the planes are chosen or known, lie well oriented
and slip as resolved.
Wrong planes bias phi upwards by 0.2 to 0.4 (Vavryčuk 2014, sect. 5), which no resampling shows;
measured on 100 synthetic sets of 50 mechanisms with 17.5 degrees error: bias 0.02 at a misfit
of 14 degrees (well-oriented faults), 0.21 at 21 degrees (diverse faults)."""


@dataclass(frozen=True, slots=True)
class StressAxis:
    """A principal axis: trend 0-360 and plunge 0-90 degrees, 95 % cone half-angle or None."""

    trend_deg: float
    plunge_deg: float
    cone95_deg: float | None


@dataclass(frozen=True, slots=True)
class StressIntervals:
    """Intervals of 95 %: cones about s1, s2, s3, axial interval of SHmax, of phi, of A-phi.

    ``phi_reliable`` says whether a corrected phi can be read (`uncertainty.phi_reliable`); None
    where phi was not corrected.
    """

    cones95_deg: tuple[float, float, float]
    shmax_deg: tuple[float, float]
    phi: tuple[float, float]
    a_phi: tuple[float, float]
    phi_reliable: bool | None = None


def sample_intervals(samples: StressSamples, tensor: ArrayLike | None = None) -> StressIntervals:
    """Intervals of resampled stresses; about ``tensor`` where they hold no estimate."""
    return StressIntervals(
        axis_cones_deg(samples, tensor),
        shmax_interval(samples, tensor),
        phi_interval(samples),
        a_phi_interval(samples),
        None if samples.phi is None else phi_reliable(samples),
    )


@dataclass(frozen=True, slots=True)
class StressDescription:
    """What a stress estimate says; intervals are 95 %, None where nothing was resampled.

    ``a_phi`` follows Simpson (1997): 0-1 normal, 1-2 strike-slip, 2-3 reverse.
    ``shmax_interval95_deg`` is ``(lo, hi)``, 0 <= lo < 180, lo <= hi.
    """

    s1: StressAxis
    s2: StressAxis
    s3: StressAxis
    phi: float
    phi_interval95: tuple[float, float] | None
    r: float
    phi_reliable: bool
    shmax_deg: float
    shmax_interval95_deg: tuple[float, float] | None
    shmax_defined: bool
    horizontal_deviator: float
    a_phi: float
    a_phi_interval95: tuple[float, float] | None
    regime: str
    wsm_quality: str
    misfit_deg: float | None
    n_events: int


def describe(
    tensor: ArrayLike,
    samples: StressSamples | None = None,
    *,
    misfit_deg: float | None = None,
    mean_instability: float | None = None,
    n_events: int | None = None,
) -> StressDescription:
    """Describe a stress tensor.

    Parameters
    ----------
    tensor
        (3, 3), tension positive, east-north-up, any scale.
    samples
        Resampled stresses, for intervals and quality.
    misfit_deg, mean_instability
        Of the inversion (`StressInversion`); give ``mean_instability`` only where planes were
        chosen or known, for phi cannot be trusted otherwise.
    n_events
        Where there are no samples to tell it.
    """
    best = normalised(tensor)
    intervals = None if samples is None else sample_intervals(samples, best)
    count = samples.n_events if samples is not None else (n_events or 0)
    return described(
        best,
        intervals,
        misfit_deg=misfit_deg,
        mean_instability=mean_instability,
        n_events=count,
    )


def described(
    tensor: ArrayLike,
    intervals: StressIntervals | None,
    *,
    misfit_deg: float | None,
    mean_instability: float | None,
    n_events: int,
) -> StressDescription:
    """Describe a stress tensor whose intervals are known; arguments as those of `describe`."""
    best = normalised(tensor)
    trend, plunge = trend_plunge(principal_axes(best)[1])
    cones = (None, None, None) if intervals is None else intervals.cones95_deg
    s1, s2, s3 = (StressAxis(float(trend[k]), float(plunge[k]), cones[k]) for k in range(3))
    phi = float(shape_ratio_phi(best))
    phi95 = None if intervals is None else intervals.phi
    shmax95 = None if intervals is None else intervals.shmax_deg
    deviator = float(horizontal_deviator(best))
    is_weak = deviator < MIN_HORIZONTAL_DEVIATOR
    return StressDescription(
        s1,
        s2,
        s3,
        phi,
        phi95,
        1.0 - phi,
        _phi_reliable(intervals, mean_instability, misfit_deg, n_events),
        float(shmax_azimuth(best)),
        shmax95,
        _shmax_defined(deviator, shmax95),
        deviator,
        a_phi(plunge[0], plunge[1], plunge[2], phi),
        None if intervals is None else intervals.a_phi,
        regime(plunge[0], plunge[1], plunge[2]),
        "E" if is_weak else wsm_quality(shmax95, n_events, misfit_deg),
        misfit_deg,
        n_events,
    )


def _phi_reliable(
    intervals: StressIntervals | None,
    mean_instability: float | None,
    misfit_deg: float | None,
    n_events: int,
) -> bool:
    if intervals is not None and intervals.phi_reliable is not None:
        return intervals.phi_reliable
    if intervals is None or mean_instability is None or misfit_deg is None:
        return False
    narrow = intervals.phi[1] - intervals.phi[0] <= PHI_MAX_WIDTH
    fits = mean_instability >= PHI_MIN_INSTABILITY and misfit_deg <= PHI_MAX_MISFIT_DEG
    return narrow and fits and n_events >= PHI_MIN_EVENTS


def _shmax_defined(deviator: float, interval: tuple[float, float] | None) -> bool:
    wide = interval is not None and interval[1] - interval[0] > MAX_SHMAX_WIDTH_DEG
    return deviator >= MIN_HORIZONTAL_DEVIATOR and not wide


def a_phi(plunge1_deg: float, plunge2_deg: float, plunge3_deg: float, phi: float) -> float:
    """A-phi, 0 to 3 (Simpson 1997, J. Geophys. Res. 102, 17909, eq. 3).

    ``n`` is the most vertical axis (s1: 0 normal, s2: 1 strike-slip, s3: 2 reverse), so that
    it is defined for every tensor.
    """
    n = int(np.argmax([plunge1_deg, plunge2_deg, plunge3_deg]))
    return float((n + 0.5) + (-1) ** n * (phi - 0.5))


def regime(plunge1_deg: float, plunge2_deg: float, plunge3_deg: float) -> str:
    """Regime by plunges of s1, s2, s3 (Zoback 1992, J. Geophys. Res. 97, 11703, table 3).

    ``NF`` normal, ``NS`` normal with strike-slip, ``SS``, ``TS`` thrust with strike-slip,
    ``TF`` thrust, ``U`` none of these.
    """
    one, two, three = plunge1_deg, plunge2_deg, plunge3_deg
    if one >= 52 and three <= 35:
        return "NF"
    if 40 <= one < 52 and three <= 20:
        return "NS"
    if two >= 45 and ((one < 40 and three <= 20) or (one <= 20 and three < 40)):
        return "SS"
    if one <= 20 and 40 <= three < 52:
        return "TS"
    if one <= 35 and three >= 52:
        return "TF"
    return "U"


def wsm_quality(
    interval: tuple[float, float] | None, n_events: int, misfit_deg: float | None
) -> str:
    """World Stress Map rank A-E from the SHmax interval, the events and their misfit.

    Ranks A and B also need `WSM_MIN_EVENTS` and a misfit within `WSM_MAX_MISFIT_DEG`; E, and
    any stress without an interval, is no information.
    """
    if interval is None:
        return "E"
    half_width = (interval[1] - interval[0]) / 2.0
    for rank, limit in WSM_HALF_WIDTH_DEG:
        enough = n_events >= WSM_MIN_EVENTS.get(rank, 0)
        fits = misfit_deg is None or misfit_deg <= WSM_MAX_MISFIT_DEG.get(rank, 180.0)
        if half_width <= limit and enough and fits:
            return rank
    return "E"
