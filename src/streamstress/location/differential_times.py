"""Pairs of neighbouring earthquakes, and how much their travel times differ at each station."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    codes = tuple(sorted({r.station for event in events for r in event.readings}))
    number = {code: n for n, code in enumerate(codes)}
    columns = [_columns(event, number) for event in events]
    parts = [
        _pair(shared, correlate)
        for a, b in neighbours(events, settings)
        if (shared := _shared(a, b, columns)).key.size >= settings.least_links
    ]
    # Without a pair the columns are empty, and still have their types.
    first, second, key, is_correlated, time_s, sigma_s = (
        np.concatenate([empty, *(part[n] for part in parts)]) for n, empty in enumerate(_EMPTY)
    )
    return DifferentialTimes(
        codes, first, second, key // 2, key % 2 > 0, is_correlated, time_s, sigma_s
    )


_EMPTY: tuple[NDArray[Any], ...] = (
    *(np.empty(0, np.intp) for _ in range(3)),
    np.empty(0, np.bool_),
    *(np.empty(0) for _ in range(2)),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Readings of an earthquake, one a station and phase (n,), by their key.

    ``key`` is twice the number of the station, and one more of an S; ``after_ns`` from the origin.
    """

    key: NDArray[np.intp]
    after_ns: NDArray[np.int64]
    sigma_s: Array
    readings: tuple[PhaseReading, ...]


def _columns(event: Located, number: Mapping[str, int]) -> _Columns:
    by_key = {2 * number[r.station] + (r.phase == "S"): r for r in event.readings}
    keys = sorted(by_key)
    ordered = tuple(by_key[key] for key in keys)
    origin_ns = event.hypocentre.origin_time_ns
    return _Columns(
        np.array(keys, np.intp),
        np.array([reading.time_ns - origin_ns for reading in ordered], np.int64),
        np.array([reading.sigma_s for reading in ordered], float),
        ordered,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What two earthquakes share: the readings' keys (n,) and their places in the columns."""

    events: tuple[int, int]
    columns: tuple[_Columns, _Columns]
    key: NDArray[np.intp]
    places: tuple[NDArray[np.intp], NDArray[np.intp]]


def _shared(a: int, b: int, columns: Sequence[_Columns]) -> _Shared:
    pair = columns[a], columns[b]
    key, here, there = np.intersect1d(
        pair[0].key, pair[1].key, assume_unique=True, return_indices=True
    )
    return _Shared((a, b), pair, key, (here, there))


def _pair(shared: _Shared, correlate: Correlate | None) -> tuple[NDArray[Any], ...]:
    """First, second, key, whether correlated, time and sigma (n,) of a pair's differences."""
    (one, other), (here, there) = shared.columns, shared.places
    time_s = (one.after_ns[here] - other.after_ns[there]) / NS
    sigma_s = np.hypot(one.sigma_s[here], other.sigma_s[there])
    is_correlated = np.zeros(here.size, np.bool_)
    if correlate is not None:
        for n, (k, m) in enumerate(zip(here.tolist(), there.tolist(), strict=True)):
            lag = correlate(one.readings[k], other.readings[m])
            if lag is not None:
                is_correlated[n], sigma_s[n] = True, lag.sigma_s
                time_s[n] -= lag.lag_s
    first, second = (np.full(here.size, event, np.intp) for event in shared.events)
    return first, second, shared.key, is_correlated, time_s, sigma_s


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


def shares_by_kind(times: DifferentialTimes) -> Mapping[str, int]:
    """How many of each kind there are."""
    return {
        "catalogue": int((~times.is_correlated).sum()),
        "correlated": int(times.is_correlated.sum()),
    }
