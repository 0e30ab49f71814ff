"""Phase files of HASH drivers 2 and 3: the format of the SCEDC, rays from velocity models."""

from dataclasses import dataclass
from pathlib import Path

from streamstress.earth.projection import distance_azimuth
from streamstress.mechanism.readers.amplitudes import AmplitudeBook, AmplitudeLine
from streamstress.mechanism.readers.events import Events, Pick, SourceOrigin
from streamstress.mechanism.readers.hash1 import refused
from streamstress.mechanism.readers.hash_origin import OriginColumns, origin_of
from streamstress.mechanism.readers.lines import (
    FieldError,
    Line,
    blocks,
    integer,
    readable,
)
from streamstress.mechanism.readers.reversals import Reversals, is_reversed
from streamstress.mechanism.readers.screen import MAX_DISTANCE_KM, POLARITY, EventDraft
from streamstress.mechanism.readers.stations import StationBook

STATION = slice(0, 4)
"""Columns of the station; blank in the line that closes an event."""

COLUMNS = OriginColumns(
    date=4,
    second=slice(12, 17),
    latitude=slice(17, 19),
    longitude=slice(25, 28),
    minutes=5,
    depth=slice(34, 39),
    depth_sigma=slice(94, 99),
    magnitude=slice(139, 143),
    magnitude_decimals=2,
    event_id=slice(149, 165),
)
"""Format ``i4,4i2,f5.2,i2,a1,f5.2,i3,a1,2f5.2,49x,f5.2,1x,f5.2,40x,f4.2,6x,a16`` of driver 2."""

# What the event line fills before the event id; a closing line may carry the id alone.
_EVENT_LINE_LENGTH = 39


@dataclass(frozen=True, slots=True)
class StationTables:
    """What is known of the stations: where they stand, when they are reversed, how loud they are.

    ``amplitudes`` None reads polarities only (driver 2).
    """

    stations: StationBook
    reversals: Reversals
    amplitudes: AmplitudeBook | None = None


def read_scedc(
    path: Path, tables: StationTables, max_distance_km: float = MAX_DISTANCE_KM
) -> Events:
    """Events of a phase file of HASH driver 2, or 3 where there are amplitudes.

    Notes
    -----
    Driver 3 makes no difference between impulsive and emergent onsets, and an S/P ratio is a
    reading of its own, at whatever station it was measured.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    for block in blocks(path, STATION):
        try:
            origin = _origin(readable(block.event))
        except ValueError as error:
            yield refused(block, error)
            continue
        draft = EventDraft(origin, max_distance_km)
        for line in block.picks:
            _add(draft, line, tables)
        if tables.amplitudes is not None:
            _add_amplitudes(draft, tables.amplitudes, tables.stations)
        yield draft.event(block.bytes_read)


def _add(draft: EventDraft, line: Line, tables: StationTables) -> None:
    """Format ``a4,1x,a2,2x,a3,1x,a1,1x,a1`` of driver 2."""
    name = line.loose[STATION].strip()
    try:
        text = readable(line)
        network, component = text[5:7].strip(), text[9:12].strip()
        name = ".".join([network, text[STATION].strip(), component])
        if text[15:16] not in POLARITY:
            raise FieldError("no-polarity", f"first motion {text[15:16]!r} is neither up nor down")
        up = POLARITY[text[15:16]]
        if is_reversed(tables.reversals, text[STATION].strip(), draft.origin.time_ns):
            up = 1.0 - up
        impulsive = tables.amplitudes is not None or text[13:14] in ("I", "i")
        azimuth, distance = _direction(draft, tables.stations, name)
        pick = Pick(name, up, impulsive, azimuth, distance_km=distance, line_number=line.number)
        draft.add(pick)
    except FieldError as error:
        draft.refuse(line.number, name, error.reason, str(error))


def _add_amplitudes(draft: EventDraft, book: AmplitudeBook, stations: StationBook) -> None:
    for line in book.of_event(draft.origin.event_id):
        try:
            azimuth, distance = _direction(draft, stations, line.station)
            draft.add(_ratio_pick(line, book, azimuth, distance))
        except FieldError as error:
            draft.refuse(line.line_number, line.station, error.reason, str(error))


def _ratio_pick(line: AmplitudeLine, book: AmplitudeBook, azimuth: float, distance: float) -> Pick:
    return Pick(
        line.station,
        0.5,
        True,
        azimuth,
        distance_km=distance,
        sp_log_ratio=book.log_ratio(line),
        line_number=line.line_number,
    )


def _direction(draft: EventDraft, stations: StationBook, name: str) -> tuple[float, float]:
    """Azimuth, degrees, and distance, km, of a station ``NET.STA.CHA``."""
    place = stations.find(name)
    if place is None:
        raise FieldError("unknown-station", f"{name} is not in the list of stations")
    origin = draft.origin
    distance, azimuth = distance_azimuth(origin.latitude_deg, origin.longitude_deg, *place)
    return float(azimuth), float(distance)


def _origin(line: str) -> SourceOrigin:
    if len(line) < _EVENT_LINE_LENGTH:
        raise FieldError("unreadable-event", f"event line {line.strip()!r} is too short")
    return origin_of(line, integer(line[:4]), COLUMNS)
