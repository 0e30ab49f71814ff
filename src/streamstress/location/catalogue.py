"""Earthquakes of a whole file of readings: the same steps as live, without a stream."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streamstress.location.associate import Association
from streamstress.location.decisions import Decision
from streamstress.location.finder import EventFinder
from streamstress.location.gate import Rejection, judge
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.merge import Merger
from streamstress.location.readings import PhaseReading
from streamstress.location.streaming import NS, ZoneAssociation, windows_of

ZONE = "all"
START_DEPTH_KM = 8.0
"""First guess of a group's depth; the location starts from several others besides."""

START_KM_S = {"P": 6.0, "S": 3.5}
"""Speeds of the first guess of its origin time."""

STEP_S = 600
"""Readings so long are taken at once, so that progress shows; the answer does not depend on it."""


@dataclass(frozen=True, slots=True)
class Located:
    """An earthquake with the readings that are its own."""

    event_id: str
    hypocentre: Hypocentre
    readings: tuple[PhaseReading, ...]


def associated(finder: EventFinder, readings: Iterable[PhaseReading]) -> Iterator[list[Located]]:
    """Associate, locate and merge readings as the live agents do, step by step of data time.

    Yields
    ------
    The earthquakes that became final in each step of `STEP_S`, in the order of origin time.
    """
    ordered = sorted(readings, key=lambda reading: (reading.time_ns, reading.reading_id))
    if not ordered:
        return
    windows = windows_of(finder)
    zone, merger = ZoneAssociation(ZONE, finder, windows), Merger([ZONE])
    for step in _steps(ordered):
        for reading in step:
            zone.add(reading)
        yield _advance(zone, merger, step[-1].time_ns)
    # Beyond the last reading by as much as a window and the merger's own patience hold back.
    yield _advance(zone, merger, ordered[-1].time_ns + (3 * windows.window_s + STEP_S) * NS)


def located_group(
    finder: EventFinder, event_id: str, readings: Sequence[PhaseReading]
) -> Located | Rejection:
    """Locate readings that are known to be one earthquake's; what fits no origin gets no weight.

    Raises
    ------
    UnusableDataError
        Fewer than 4 readings, or no stable origin.
    UnknownStationError
        A reading's station has no coordinates.
    """
    hypocentre = finder.locate(readings, _start(finder, readings))
    inliers = set(hypocentre.inlier_ids)
    kept = tuple(reading for reading in readings if reading.reading_id in inliers)
    heard = {reading.station for reading in readings}
    # Stations that a catalogue has no pick of were not silent: nobody may have read them.
    stations = {code: station for code, station in finder.stations.items() if code in heard}
    rejection = judge(hypocentre, stations, finder.settings.gate)
    return rejection or Located(event_id, hypocentre, kept)


def _steps(ordered: Sequence[PhaseReading]) -> Iterator[list[PhaseReading]]:
    step: list[PhaseReading] = []
    for reading in ordered:
        if step and reading.time_ns - step[0].time_ns > STEP_S * NS:
            yield step
            step = []
        step.append(reading)
    yield step


def _advance(zone: ZoneAssociation, merger: Merger, watermark_ns: int) -> list[Located]:
    for candidate in zone.advance(watermark_ns):
        merger.update(candidate)
    final_ns = zone.final_until_ns
    if final_ns is None:
        return []
    final = [_located(decision) for decision in merger.advance(ZONE, final_ns) if decision.final]
    return sorted(
        (event for event in final if event is not None),
        key=lambda event: (event.hypocentre.origin_time_ns, event.event_id),
    )


def _located(decision: Decision) -> Located | None:
    if decision.hypocentre is None:
        return None
    return Located(decision.event_id, decision.hypocentre, decision.readings)


def _start(finder: EventFinder, readings: Sequence[PhaseReading]) -> Association:
    """First guess: below the station that was reached first."""
    first = min(
        (reading for reading in readings if reading.station in finder.stations),
        key=lambda reading: (reading.time_ns, reading.reading_id),
        default=None,
    )
    latitude, longitude, time_ns = 0.0, 0.0, 0
    if first is not None:
        station = finder.stations[first.station]
        latitude, longitude = station.latitude_deg, station.longitude_deg
        time_ns = first.time_ns - round(START_DEPTH_KM / START_KM_S[first.phase] * NS)
    ids = tuple(sorted(reading.reading_id for reading in readings))
    return Association(latitude, longitude, START_DEPTH_KM, time_ns, ids)
