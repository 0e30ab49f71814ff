"""Pairs of neighbouring earthquakes, and how much their travel times differ at each station."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from streamstress.earth.projection import LocalFrame
from streamstress.location.catalogue import Located
from streamstress.location.correlation import Lag
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]
NS = 1_000_000_000

Correlate = Callable[[PhaseReading, PhaseReading], Lag | None]
"""Lag of two readings' waveforms, None where there are none or they are not alike."""


@dataclass(frozen=True, slots=True)
class PairSettings:
    """Which earthquakes are compared."""

    max_apart_km: float = 6.0
    neighbours: int = 10
    # Readings of the same station and phase that a pair must share.
    least_links: int = 8


@dataclass(frozen=True, slots=True, eq=False)
class DifferentialTimes:
    """Observed travel time of ``first`` less that of ``second``, each (n,).

    ``station`` numbers ``codes``; the travel times are from the origin times that the earthquakes
    came with.
    """

    codes: tuple[str, ...]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    station: NDArray[np.intp]
    is_s: NDArray[np.bool_]
    is_correlated: NDArray[np.bool_]
    time_s: Array
    sigma_s: Array


def differential_times(
    events: Sequence[Located],
    settings: PairSettings | None = None,
    correlate: Correlate | None = None,
) -> DifferentialTimes:
    """Compare each earthquake with its neighbours, at every station that read both.

    A pair's difference is that of its picks, with both sigmas; where their waveforms are alike, the
    lag corrects it and has its own sigma.
    """
    settings = settings or PairSettings()
    readings = [{(r.station, r.phase): r for r in event.readings} for event in events]
    codes = tuple(sorted({r.station for event in events for r in event.readings}))
    number = {code: n for n, code in enumerate(codes)}
    rows = [
        (a, b, number[key[0]], key[1] == "S", *_difference(events, (a, b), shared, correlate))
        for a, b in neighbours(events, settings)
        if len(common := readings[a].keys() & readings[b].keys()) >= settings.least_links
        for key in sorted(common)
        for shared in [(readings[a][key], readings[b][key])]
    ]
    table = np.array(rows, float).reshape(-1, 7)
    first, second, station = (table[:, n].astype(np.intp) for n in range(3))
    return DifferentialTimes(
        codes, first, second, station, table[:, 3] > 0, table[:, 4] > 0, table[:, 5], table[:, 6]
    )


def neighbours(events: Sequence[Located], settings: PairSettings) -> list[tuple[int, int]]:
    """Pairs (i < j) of which one is among the other's nearest."""
    if len(events) < 2:
        return []
    tree = cKDTree(places_km(events, frame_of(events)))
    count = min(settings.neighbours + 1, len(events))
    apart, near = tree.query(tree.data, k=count, distance_upper_bound=settings.max_apart_km)
    found = np.isfinite(np.asarray(apart))
    event, _ = np.nonzero(found)
    other = np.asarray(near)[found]
    pairs = np.sort(np.column_stack([event, other]), axis=1)[event != other]
    return [(int(a), int(b)) for a, b in np.unique(pairs, axis=0)]


def frame_of(events: Sequence[Located]) -> LocalFrame:
    """A frame in the middle of earthquakes."""
    origins = [event.hypocentre for event in events]
    return LocalFrame(
        float(np.mean([o.latitude_deg for o in origins])),
        float(np.mean([o.longitude_deg for o in origins])),
    )


def places_km(events: Sequence[Located], frame: LocalFrame) -> Array:
    """East, north and depth (n, 3) of earthquakes."""
    origins = [event.hypocentre for event in events]
    east, north = frame.to_km([o.latitude_deg for o in origins], [o.longitude_deg for o in origins])
    return np.stack([east, north, [o.depth_km for o in origins]], axis=1)


def _difference(
    events: Sequence[Located],
    pair: tuple[int, int],
    shared: tuple[PhaseReading, PhaseReading],
    correlate: Correlate | None,
) -> tuple[bool, float, float]:
    one, other = shared
    apart_ns = one.time_ns - other.time_ns
    origins = [events[n].hypocentre.origin_time_ns for n in pair]
    time_s = (apart_ns - (origins[0] - origins[1])) / NS
    lag = correlate(one, other) if correlate else None
    if lag is None:
        return False, time_s, float(np.hypot(one.sigma_s, other.sigma_s))
    return True, time_s - lag.lag_s, lag.sigma_s


def shares_by_kind(times: DifferentialTimes) -> Mapping[str, int]:
    """How many of each kind there are."""
    return {
        "catalogue": int((~times.is_correlated).sum()),
        "correlated": int(times.is_correlated.sum()),
    }
