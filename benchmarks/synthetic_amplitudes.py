"""Events of one network whose stations have known offsets of log10 S/P, solved one after the other.

Stations stand around the events; the offset of each is drawn once. Every event is solved by HASH's
method with its ratios as they are, and less the terms learned from the events before.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from synthetic_polarities import S_OVER_P, random_mechanism

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism import MechanismSettings, PolarityData, solve_mechanism
from streamstress.mechanism.sp_residuals import sp_residuals
from streamstress.mechanism.sp_stations import StationTerms

Array = NDArray[np.float64]

ANY_GAP = MechanismSettings(max_azimuth_gap_deg=360.0, max_takeoff_gap_deg=180.0)
RAY_ERROR_DEG, SP_NOISE, WRONG_RATE = 5.0, 0.3, 0.05
N_READINGS = (12, 25)
"""Fewest and most stations that read an event."""


@dataclass(frozen=True, slots=True)
class Network:
    """Offsets (n,) of the stations; the ways from the events to them change from event to event."""

    offset: Array

    @classmethod
    def drawn(cls, n: int, spread: float, seed: int) -> "Network":
        """A network whose offsets scatter by ``spread``."""
        return cls(spread * np.random.default_rng(seed).standard_normal(n))


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned: offsets and terms (n,) of the stations, rotations (n_events,), degrees."""

    offset: Array
    value: Array
    sigma: Array
    with_terms_deg: Array
    without_deg: Array


def event_at(
    network: Network, rng: np.random.Generator
) -> tuple[PolarityData, NDArray[np.int64], Array]:
    """Readings of one event, the stations that they come from, and its mechanism."""
    mechanism = random_mechanism(rng)
    n = int(rng.integers(*N_READINGS, endpoint=True))
    stations = np.sort(rng.permutation(len(network.offset))[: min(n, len(network.offset))])
    azimuth = 360.0 * rng.random(len(stations))
    takeoff = np.degrees(np.arccos(rng.uniform(-0.95, 0.4, len(stations))))
    p, sv, sh = radiation_pattern(np.sqrt(2.0) * double_couple(*mechanism), azimuth, takeoff)
    ratio = np.log10(S_OVER_P * np.hypot(sv, sh) / np.maximum(np.abs(p), 1e-6))
    noise = SP_NOISE * rng.standard_normal(len(stations))
    up = (p > 0) ^ (rng.random(len(stations)) < WRONG_RATE)
    error = RAY_ERROR_DEG * rng.standard_normal((2, len(stations)))
    sigma = np.full(len(stations), RAY_ERROR_DEG)
    data = PolarityData(
        azimuth + error[0],
        np.clip(takeoff + error[1], 0.0, 180.0),
        sigma,
        sigma,
        up.astype(float),
        sp_log_ratio=ratio + noise + network.offset[stations],
    )
    return data, stations, mechanism


def learned_from(network: Network, n_events: int, seed: int) -> Learned:
    """Solve events in turn, each with the terms of those before it."""
    rng, terms = np.random.default_rng(seed), StationTerms()
    rotations = np.empty((2, n_events))
    for event in range(n_events):
        data, stations, mechanism = event_at(network, rng)
        names = [f"S{i:03d}" for i in stations]
        value = np.array([term.value for term in terms.terms(names, str(event))])
        ratio = np.asarray(data.sp_log_ratio)
        for row, given in enumerate((replace(data, sp_log_ratio=ratio - value), data)):
            result = solve_mechanism(given, ANY_GAP, event)
            best = result.solutions[0]
            angles = best.strike_deg, best.dip_deg, best.rake_deg
            rotations[row, event] = kagan_angle_deg(angles, mechanism)
            if row == 0:
                left = sp_residuals(data, result)
                found = {n: float(r) for n, r in zip(names, left, strict=True) if r == r}
                terms.update(str(event), found)
    found_terms = terms.terms([f"S{i:03d}" for i in range(len(network.offset))])
    return Learned(
        network.offset,
        np.array([term.value for term in found_terms]),
        np.array([term.sigma for term in found_terms]),
        *rotations,
    )
