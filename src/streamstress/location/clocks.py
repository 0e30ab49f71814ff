"""Stations whose clock is wrong: their picks follow the predicted arrivals by one same time.

A station off by an hour has no pick near any prediction, so residuals cannot tell it. Every
difference between a pick and a prediction within `REACH_S` is taken; one of them that returns in
most events is the clock's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.location.finder import EventFinder
from streamstress.location.geometry import rays_to
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]
NS = 1_000_000_000

REACH_S = 3_700.0
"""A little over an hour: a clock on summer time."""

WIDTH_S = 0.4
"""Differences of one clock lie within so much: velocity model and picks scatter."""

LEAST_OFFSET_S = 0.5
"""A smaller one may be the station's ground."""

FEWEST_EVENTS = 5
LEAST_SHARE = 0.5
"""Of the events that the station could have heard."""


@dataclass(frozen=True, slots=True)
class ClockError:
    """A station's picks come ``offset_s`` after the predictions, in ``n_events`` of ``n_near``."""

    station: str
    offset_s: float
    n_events: int
    n_near: int


def wrong_clocks(
    finder: EventFinder, origins: Sequence[Hypocentre], readings: Sequence[PhaseReading]
) -> list[ClockError]:
    """Stations with a wrong clock, by all P readings of a file and all located earthquakes."""
    picks = _p_times(readings)
    predicted = _predictions(finder, origins)
    found = []
    for station in sorted(picks.keys() & predicted.keys()):
        error = _clock_error(station, picks[station], predicted[station])
        if error is not None:
            found.append(error)
    return found


def _clock_error(
    station: str, picks_ns: Sequence[int], predicted_ns: Sequence[int]
) -> ClockError | None:
    zero_ns = predicted_ns[0]
    picks = np.array([time_ns - zero_ns for time_ns in sorted(picks_ns)]) / NS
    arrivals = np.array([time_ns - zero_ns for time_ns in predicted_ns]) / NS
    near = [picks[np.abs(picks - arrival) <= REACH_S] - arrival for arrival in arrivals]
    events = np.repeat(np.arange(len(near)), [len(part) for part in near])
    offset, count = _densest(np.concatenate(near), events)
    usual = np.unique(events[np.abs(np.concatenate(near)) < LEAST_OFFSET_S]).size
    enough = count >= max(FEWEST_EVENTS, LEAST_SHARE * len(arrivals), 2 * usual)
    if not enough or abs(offset) < LEAST_OFFSET_S:
        return None
    return ClockError(station, offset, count, len(arrivals))


def _densest(differences: Array, events: NDArray[np.intp]) -> tuple[float, int]:
    """Median difference of the window of `WIDTH_S` with the most events in it, and how many."""
    order = np.argsort(differences, kind="stable")
    differences, events = differences[order], events[order]
    ends = np.searchsorted(differences, differences + WIDTH_S, side="right")
    best, most = (0, 0), 0
    for start in np.argsort(-(ends - np.arange(ends.size)), kind="stable"):
        if ends[start] - start <= most:
            break
        count = np.unique(events[start : ends[start]]).size
        if count > most:
            best, most = (int(start), int(ends[start])), count
    if most == 0:
        return 0.0, 0
    return float(np.median(differences[best[0] : best[1]])), most


def _p_times(readings: Sequence[PhaseReading]) -> Mapping[str, list[int]]:
    times: dict[str, list[int]] = {}
    for reading in readings:
        if reading.phase == "P":
            times.setdefault(reading.station, []).append(reading.time_ns)
    return times


def _predictions(finder: EventFinder, origins: Sequence[Hypocentre]) -> Mapping[str, list[int]]:
    """Arrival times by station of the events within reach of it."""
    settings, times = finder.settings, dict[str, list[int]]()
    for origin in origins:
        for ray in rays_to(origin, finder.stations.values(), finder.tables, settings.location):
            if ray.distance_km <= settings.association.max_station_distance_km:
                arrival_ns = origin.origin_time_ns + round(ray.time_s * NS)
                times.setdefault(ray.station, []).append(arrival_ns)
    return times
