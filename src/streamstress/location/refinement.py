"""Earthquakes of some days relocated next to one another, again and again as more come.

The lag of a pair of onsets is the same whenever it is asked for, so each is correlated once.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from streamstress.earth.paths import TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.location.catalogue import Located
from streamstress.location.correlation import (
    CorrelationSettings,
    Lag,
    Trace,
    filtered,
    lag_between,
)
from streamstress.location.differential_times import (
    Correlate,
    DifferentialTimes,
    differential_times,
)
from streamstress.location.double_difference import Relocation, relocate
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.location_settings import LocationSettings
from streamstress.location.readings import PhaseReading
from streamstress.location.relocated import RelativeError, moved, relative_error

FARTHEST = 16.27
"""Chi squared of 3 degrees of freedom that 0.1 % exceed: an earthquake whose neighbours want it
farther from where its own readings have it is left there."""

ONSETS = CorrelationSettings(after_s=0.6, max_lag_s=0.25)
"""Windows that fit into what a pick carries, 1 s before and after it."""

Traces = Callable[[str], Trace | None]
"""The onset of a reading by its id, None where there is none."""


@dataclass(frozen=True, slots=True)
class Refined:
    """An earthquake at its new place, and how well that is known next to its neighbours."""

    event: int
    located: Located
    error: RelativeError


def refined_events(
    events: Sequence[Located],
    times: DifferentialTimes,
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimes],
    settings: LocationSettings,
    wanted: Collection[int] | None = None,
) -> Iterator[Refined]:
    """Relocate the earthquakes that have differential times and that their own readings let go.

    All are relocated; ``wanted`` are those that are told, None: each.
    """
    for relocation in relocate(events, times, stations, tables, wanted=wanted):
        event = events[relocation.event]
        if _is_within(event.hypocentre, relocation):
            after = moved(event, relocation, stations, tables, settings)
            yield Refined(relocation.event, after, relative_error(relocation))


def _is_within(before: Hypocentre, after: Relocation) -> bool:
    """Whether the new place lies in the 99.9 % ellipsoid of the single location."""
    frame = LocalFrame(before.latitude_deg, before.longitude_deg)
    east, north = frame.to_km(after.latitude_deg, after.longitude_deg)
    off = np.array([float(east), float(north), after.depth_km - before.depth_km])
    inverse = np.linalg.inv(np.array(before.covariance)[:3, :3])
    return bool(off @ inverse @ off < FARTHEST)


@dataclass(slots=True)
class Refiner:
    """Relocates what it is given; remembers the lags of what it was given before.

    Parameters
    ----------
    stations
        By ``NET.STA``.
    make_tables
        Makes the travel times by phase; called once, at the first use.
    location
        How the earthquakes were located.
    correlation
        Windows of the onsets; None: by picks alone.
    """

    stations: Mapping[str, Station]
    make_tables: Callable[[], Mapping[str, TravelTimes]]
    location: LocationSettings
    correlation: CorrelationSettings | None
    _tables: Mapping[str, TravelTimes] | None = None
    _lags: dict[tuple[str, str], Lag | None] = field(default_factory=dict)

    def refine(
        self, events: Sequence[Located], traces: Traces, wanted: Collection[int] | None = None
    ) -> list[Refined]:
        """Relocate earthquakes; those without a neighbour, or that contradict it, are left out.

        All are relocated; ``wanted`` are those that are told, None: each.
        """
        if self._tables is None:
            self._tables = self.make_tables()
        correlate = self._correlate(traces, self.correlation) if self.correlation else None
        times = differential_times(events, correlate=correlate)
        self._forget(events)
        return list(
            refined_events(events, times, self.stations, self._tables, self.location, wanted)
        )

    def _correlate(self, traces: Traces, settings: CorrelationSettings) -> Correlate:
        ready: dict[str, Trace | None] = {}

        def prepared(reading_id: str) -> Trace | None:
            if reading_id not in ready:
                trace = traces(reading_id)
                ready[reading_id] = filtered(trace, settings) if trace else None
            return ready[reading_id]

        def correlate(first: PhaseReading, second: PhaseReading) -> Lag | None:
            pair = first.reading_id, second.reading_id
            if pair not in self._lags:
                one, other = map(prepared, pair)
                self._lags[pair] = lag_between(one, other, settings) if one and other else None
            return self._lags[pair]

        return correlate

    def _forget(self, events: Sequence[Located]) -> None:
        held = {reading.reading_id for event in events for reading in event.readings}
        self._lags = {
            pair: lag for pair, lag in self._lags.items() if pair[0] in held and pair[1] in held
        }
