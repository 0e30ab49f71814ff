"""SKHASH's polarity CSV (Skoumal, Hardebeck & Shearer 2024).

``event_id,network,station,location,channel,p_polarity`` and, where they are known,
``takeoff,takeoff_uncertainty,azimuth,azimuth_uncertainty,sr_dist_km`` and ``origin_latitude,
origin_longitude,origin_depth_km,vert_uncert_km,origin_time,magnitude``. Its take-off counts from
straight up, ours from straight down. ``p_polarity`` is signed: its size is the weight ``|2p - 1|``.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from streamstress.earth.projection import distance_azimuth
from streamstress.geometry.rays import takeoff_from_up
from streamstress.mechanism.readers.amplitudes import AmplitudeBook, AmplitudeLine
from streamstress.mechanism.readers.csv_rows import CsvEvent, csv_events
from streamstress.mechanism.readers.events import (
    NAN,
    Events,
    Pick,
    RefusedEvent,
    SetAside,
    SourceOrigin,
)
from streamstress.mechanism.readers.hash_origin import DEFAULT_DEPTH_SIGMA_KM
from streamstress.mechanism.readers.lines import FieldError, time_ns_of
from streamstress.mechanism.readers.reversals import Reversals, is_reversed
from streamstress.mechanism.readers.screen import MAX_DISTANCE_KM, EventDraft
from streamstress.mechanism.readers.stations import StationBook

Row = Mapping[str, str]


def read_skhash(
    path: Path,
    stations: StationBook | None = None,
    reversals: Reversals | None = None,
    amplitudes: AmplitudeBook | None = None,
    max_distance_km: float = MAX_DISTANCE_KM,
) -> Events:
    """Events of a polarity CSV, in the order in which they first appear.

    Parameters
    ----------
    stations
        Needed where the file has no take-off and azimuth; rays are then traced.

    Raises
    ------
    InputFileError
        The file cannot be read, or lacks a column.
    """
    for event in csv_events(path, ("station", "p_polarity")):
        try:
            origin = _origin(event)
        except ValueError as error:
            yield _refused(event, str(error))
            continue
        draft = EventDraft(origin, max_distance_km, [], list(event.set_aside))
        for number, row in event.rows:
            _add(draft, number, row, stations, reversals or {})
        if amplitudes is not None:
            _add_amplitudes(draft, amplitudes, stations)
        yield draft.event(event.bytes_read)


def station_of(row: Row) -> str:
    """``NET.STA.CHA`` of a row."""
    return ".".join(row.get(key, "") for key in ("network", "station", "channel"))


def _refused(event: CsvEvent, detail: str) -> RefusedEvent:
    number = event.rows[0][0] if event.rows else 0
    detail = f"{detail}; {len(event.rows)} rows of picks go with it"
    return RefusedEvent(
        SetAside(event.event_id, number, "", "unreadable-event", detail), event.bytes_read
    )


def _add(
    draft: EventDraft, number: int, row: Row, stations: StationBook | None, reversals: Reversals
) -> None:
    name = station_of(row)
    try:
        polarity = _number(row, "p_polarity", "unreadable-polarity")
        if not -1.0 <= polarity <= 1.0 or polarity == 0.0:
            raise FieldError("no-polarity", f"p_polarity {polarity:g} is not -1 to 1, or is 0")
        if is_reversed(reversals, row["station"], draft.origin.time_ns):
            polarity = -polarity
        draft.add(_pick(draft, number, name, row, (1.0 + polarity) / 2.0, stations))
    except FieldError as error:
        draft.refuse(number, name, error.reason, str(error))


def _pick(
    draft: EventDraft, number: int, name: str, row: Row, up: float, stations: StationBook | None
) -> Pick:
    if "takeoff" not in row or "azimuth" not in row:
        azimuth, distance = _direction(draft, stations, name)
        return Pick(name, up, True, azimuth, distance_km=distance, line_number=number)
    return Pick(
        name,
        up,
        True,
        _number(row, "azimuth", "blank-angle"),
        float(takeoff_from_up(_number(row, "takeoff", "blank-angle"))),
        _optional(row, "azimuth_uncertainty", 0.0),
        _optional(row, "takeoff_uncertainty", 0.0),
        _optional(row, "sr_dist_km", NAN),
        line_number=number,
    )


def _add_amplitudes(draft: EventDraft, book: AmplitudeBook, stations: StationBook | None) -> None:
    rays = {pick.station: pick for pick in draft.picks}
    for line in book.of_event(draft.origin.event_id):
        try:
            draft.add(_ratio(draft, line, book, rays.get(line.station), stations))
        except FieldError as error:
            draft.refuse(line.line_number, line.station, error.reason, str(error))


def _ratio(
    draft: EventDraft,
    line: AmplitudeLine,
    book: AmplitudeBook,
    ray: Pick | None,
    stations: StationBook | None,
) -> Pick:
    """S/P of a station, along the ray of its polarity where it has one."""
    ratio = book.log_ratio(line)
    if ray is not None:
        azimuth, takeoff, distance = ray.azimuth_deg, ray.takeoff_deg, ray.distance_km
        sigmas = ray.azimuth_sigma_deg, ray.takeoff_sigma_deg
    else:
        azimuth, distance = _direction(draft, stations, line.station)
        takeoff, sigmas = NAN, (0.0, 0.0)
    return Pick(
        line.station, 0.5, True, azimuth, takeoff, *sigmas, distance, ratio, line.line_number
    )


def _direction(draft: EventDraft, stations: StationBook | None, name: str) -> tuple[float, float]:
    if stations is None:
        raise FieldError("blank-angle", f"{name} has no take-off and azimuth; give --stations")
    place = stations.find(name)
    if place is None:
        raise FieldError("unknown-station", f"{name} is not in the list of stations")
    origin = draft.origin
    distance, azimuth = distance_azimuth(origin.latitude_deg, origin.longitude_deg, *place)
    if math.isnan(float(distance)):
        raise FieldError("blank-angle", "the event has neither rays nor an origin")
    return float(azimuth), float(distance)


def _origin(event: CsvEvent) -> SourceOrigin:
    """From the first row of the event."""
    if not event.event_id:
        raise ValueError("no event_id")
    row = event.rows[0][1] if event.rows else {}
    text = row.get("origin_time", "") or row.get("time", "")
    magnitude = _optional(row, "magnitude", NAN)
    return SourceOrigin(
        event.event_id,
        _time_ns(text) if text else None,
        _optional(row, "origin_latitude", NAN),
        _optional(row, "origin_longitude", NAN),
        _optional(row, "origin_depth_km", NAN),
        _optional(row, "vert_uncert_km", 0.0) or DEFAULT_DEPTH_SIGMA_KM,
        None if math.isnan(magnitude) else magnitude,
    )


def _time_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return time_ns_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _number(row: Row, name: str, reason: str) -> float:
    value = _optional(row, name, NAN)
    if math.isnan(value):
        raise FieldError(reason, f"{name} is {row.get(name, '')!r}, not a number")
    return value


def _optional(row: Row, name: str, default: float) -> float:
    try:
        return float(row.get(name, "") or default)
    except ValueError:
        return NAN
