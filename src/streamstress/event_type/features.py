"""Numbers that tell earthquakes from what else is located.

What each kind shows: a teleseism lacks high frequencies, crosses the network as a plane wave and
does not fade along it; low-frequency earthquakes lack them too, but are near (Nakano et al. 2019
tell tremor from earthquakes by spectra alone), small for so low a corner, which hardly depends on
their size (Bostock, Thomas, Savard, Chuang & Rubin 2015, JGR 120), and have no sharp onset; a blast
is shallow, pushes at all stations, has weak high-frequency S (Allmann, Shearer & Hauksson 2008,
BSSA 98; O'Rourke, Baker & Sheehan 2016, BSSA 106); what noise lines up fits badly, is weak at some
stations and strong at others, and has the spectrum of no earthquake.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from streamstress.event_type.observation import Array, Observation, PhaseTable
from streamstress.event_type.spectra import band_ratios, corner, freed, median, s_over_p

_FEWEST_STATIONS = 4
"""For a fit of a plane wave (3 unknowns) or of the decay with distance."""

_LEAST_SPREAD = 1.5
"""Farthest over nearest station from which a decay with distance shows."""

_LEAST_RMS_S = 0.02
"""Added to every rms: a better fit is chance."""

_P_OVER_S_CORNER = np.log10(1.5)
_MOMENT_TO_MPA = 9.1 + np.log10(7.0 / 16.0) - 3.0 * np.log10(0.37 * 3500.0) - 6.0
"""7/16 M0 (f / (0.37 * 3500 m/s))^3, log10 of M0 in Nm being 1.5 M + 9.1."""

_HALF, _ONE, _TWO, _FOUR, _EIGHT, _SIXTEEN = range(6)
"""Bands by their lower edge, Hz."""

_HIGHEST = (_FOUR, _SIXTEEN)


def features(observation: Observation) -> Array:
    """Features (n,) of an event in the order of `NAMES`; NaN where it does not tell one.

    The order of the readings changes nothing.
    """
    p, s = _sorted(observation.p), _sorted(observation.s)
    return np.array([value for group in _GROUPS.values() for value in group(observation, p, s)])


def _source(observation: Observation, p: PhaseTable, s: PhaseTable) -> tuple[float, ...]:
    """Corner and misfit by phase, magnitude, and log10 of the stress drop (MPa) by phase.

    Brune's (1970) stress drop of a moment and an S corner; that of P is 1.5 times as high
    (Madariaga 1976, BSSA 66).
    """
    (p_corner, p_misfit), (s_corner, s_misfit) = corner(p), corner(s)
    size = 1.5 * observation.magnitude + _MOMENT_TO_MPA
    drops = size + 3.0 * (p_corner - _P_OVER_S_CORNER), size + 3.0 * s_corner
    return p_corner, p_misfit, s_corner, s_misfit, observation.magnitude, *drops


def _plane_wave(p: PhaseTable) -> tuple[float, float]:
    """Slowness (s/km) of the plane wave that fits the P best, and log10 of the rms (s) it leaves.

    With as many stations as unknowns everything fits: NaN.
    """
    if len(p.time_s) <= _FEWEST_STATIONS:
        return np.nan, np.nan
    azimuth = np.radians(p.azimuth_deg)
    design = np.stack(
        [
            np.ones(len(azimuth)),
            p.distance_km * np.sin(azimuth),
            p.distance_km * np.cos(azimuth),
        ],
        axis=1,
    )
    answer, *_ = np.linalg.lstsq(design, p.time_s, rcond=None)
    left = p.time_s - design @ answer
    rms_s = float(np.sqrt(np.sum(left**2) / (len(left) - 3)))
    return float(np.hypot(*answer[1:])), _log10(rms_s + _LEAST_RMS_S)


def _decay(p: PhaseTable, depth_km: float) -> tuple[float, float]:
    """Slope of log10 P level against log10 distance, and the scatter about it."""
    power, clear = (column[:, _TWO] for column in freed(p))
    distance = np.log10(np.hypot(p.distance_km, max(depth_km, 1.0)))
    use = clear & np.isfinite(power) & p.whole
    if use.sum() < _FEWEST_STATIONS or np.ptp(distance[use]) < np.log10(_LEAST_SPREAD):
        return np.nan, np.nan
    x, y = distance[use], 0.5 * np.log10(power[use])
    centred = x - x.mean()
    slope = float(centred @ (y - y.mean()) / (centred @ centred))
    left = y - y.mean() - slope * centred
    return slope, float(np.sqrt(np.sum(left**2) / max(len(left) - 2, 1)))


def _location(observation: Observation) -> tuple[float, ...]:
    return (
        _log10(observation.rms_s + _LEAST_RMS_S),
        _log10(observation.horizontal_error_km),
        _log10(max(observation.depth_km, 0.0) + 1.0),
        _log10(observation.depth_error_km),
        observation.gap_deg / 360.0,
    )


def _picks(p: PhaseTable, s: PhaseTable) -> tuple[float, ...]:
    return (
        _log10(median(p.distance_km)),
        _log10(float(len(p.time_s))),
        _share(len(s.time_s), len(p.time_s)),
        _log10(median(p.snr)),
        _odds(p.probability),
        _odds(s.probability),
    )


def _polarity_sum(p: PhaseTable) -> float:
    """Mean of 2p - 1: 1 where all stations were pushed, 0 for a double couple in the mean."""
    known = np.isfinite(p.up_probability)
    if known.sum() < _FEWEST_STATIONS:
        return np.nan
    return float(np.mean(2.0 * p.up_probability[known] - 1.0))


def _odds(probability: Array) -> float:
    """Median of the log odds of the picks."""
    kept = np.clip(probability, 0.01, 0.99)
    return median(np.log(kept / (1.0 - kept)))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


def _log10(value: float) -> float:
    return float(np.log10(value)) if value > 0.0 else np.nan


def _sorted(table: PhaseTable) -> PhaseTable:
    return _rows(table, np.lexsort((table.time_s, table.azimuth_deg, table.distance_km)))


def _rows(table: PhaseTable, rows: NDArray[np.int64]) -> PhaseTable:
    return PhaseTable(*(getattr(table, name)[rows] for name in PhaseTable.__slots__))


SIZES = ("magnitude", "log10 stress drop by P, MPa", "log10 stress drop by S, MPa")
"""Known only where the responses of the instruments are."""

_Group = Callable[[Observation, PhaseTable, PhaseTable], tuple[float, ...]]

_GROUPS: dict[tuple[str, ...], _Group] = {
    (
        "log10 P at 0.5-1 over 2-4 Hz",
        "log10 P at 1-2 over 4-8 Hz",
        "log10 P at 2-4 over 8-16 Hz",
        "log10 P at 4-8 over 16-32 Hz",
    ): lambda _, p, __: band_ratios(p, (_HALF, _TWO), (_ONE, _FOUR), (_TWO, _EIGHT), _HIGHEST),
    (
        "log10 S at 0.5-1 over 2-4 Hz",
        "log10 S at 1-2 over 4-8 Hz",
        "log10 S at 2-4 over 8-16 Hz",
    ): lambda _, __, s: band_ratios(s, (_HALF, _TWO), (_ONE, _FOUR), (_TWO, _EIGHT)),
    ("log10 S/P at 2-4 Hz", "log10 S/P at 8-16 Hz"): lambda _, p, s: s_over_p(p, s, _TWO, _EIGHT),
    (
        "log10 P corner, Hz",
        "misfit of P spectra",
        "log10 S corner, Hz",
        "misfit of S spectra",
        *SIZES,
    ): _source,
    ("log10 P peak over level", "log10 S peak over level"): lambda _, p, s: (
        median(p.rise),
        median(s.rise),
    ),
    ("decay with distance", "scatter about the decay"): lambda o, p, _: _decay(p, o.depth_km),
    ("plane-wave slowness, s/km", "log10 plane-wave rms, s"): lambda _, p, __: _plane_wave(p),
    (
        "log10 location rms, s",
        "log10 horizontal error, km",
        "log10 depth, km",
        "log10 depth error, km",
        "azimuth gap, turns",
    ): lambda o, _, __: _location(o),
    (
        "log10 median distance, km",
        "log10 P picks",
        "S picks over P picks",
        "log10 P signal over noise",
        "log odds of P picks",
        "log odds of S picks",
    ): lambda _, p, s: _picks(p, s),
    ("mean first motion",): lambda _, p, __: (_polarity_sum(p),),
}

NAMES = tuple(name for names in _GROUPS for name in names)

N_SPECTRAL = 18
"""The first so many are read off the waves; the others know picks and location alone."""

REAL_IN_COMPOSITES = frozenset(NAMES[:N_SPECTRAL]) | {
    "S picks over P picks",
    "log10 P signal over noise",
    "log odds of P picks",
    "log odds of S picks",
}
"""What an event that is put together of records of many earthquakes still shows."""
