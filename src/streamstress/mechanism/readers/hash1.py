"""Phase files of HASH driver 1: FPFIT-like, take-off and azimuth in the file.

Take-off in the file counts from straight down, as ours (driver 1 turns it by ``180 - ith``).
"""

from pathlib import Path

from streamstress.mechanism.readers.events import Events, Pick, RefusedEvent, SetAside, SourceOrigin
from streamstress.mechanism.readers.hash_origin import OriginColumns, origin_of
from streamstress.mechanism.readers.lines import (
    Block,
    FieldError,
    Line,
    angle,
    blocks,
    implied,
    integer,
    readable,
)
from streamstress.mechanism.readers.reversals import Reversals, is_reversed
from streamstress.mechanism.readers.screen import MAX_DISTANCE_KM, POLARITY, EventDraft

MAX_QUALITY = 1
"""Onset quality 0 is impulsive, 1 emergent, more is left out (HASH v1.2, driver 1)."""

STATION = slice(0, 4)
"""Columns of the station; blank in the line that closes an event."""

CENTURY_TURN = 50
"""Two-digit years below are of the 21st century (HASH v1.2, driver 1)."""

COLUMNS = OriginColumns(
    date=2,
    second=slice(10, 14),
    latitude=slice(14, 16),
    longitude=slice(21, 24),
    minutes=4,
    depth=slice(29, 34),
    depth_sigma=slice(84, 88),
    magnitude=slice(34, 36),
    magnitude_decimals=1,
    event_id=slice(122, 138),
)
"""Format ``5i2,f4.2,i2,a1,f4.2,i3,a1,f4.2,f5.2,f2.1,44x,2f4.2,34x,a16`` of driver 1."""


def read_hash1(
    path: Path, reversals: Reversals | None = None, max_distance_km: float = MAX_DISTANCE_KM
) -> Events:
    """Events of a phase file of HASH driver 1.

    Parameters
    ----------
    path
        Event line, one line a pick, a line with a blank station after the last pick.
    reversals
        From `read_reversals`; polarities of reversed stations are turned.
    max_distance_km
        Farther readings are left out.

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
            _add(draft, line, reversals or {})
        yield draft.event(block.bytes_read)


def refused(block: Block, error: ValueError) -> RefusedEvent:
    """The event of a block whose first line cannot be read."""
    reason = error.reason if isinstance(error, FieldError) else "unreadable-event"
    detail = f"{error}; {len(block.picks)} lines of picks go with it"
    return RefusedEvent(SetAside("", block.event.number, "", reason, detail), block.bytes_read)


def _add(draft: EventDraft, line: Line, reversals: Reversals) -> None:
    station = line.loose[STATION].strip()
    try:
        text = readable(line)
        quality = integer(text[7:8])
        if quality > MAX_QUALITY:
            raise FieldError("low-quality", f"onset quality {quality} is above {MAX_QUALITY}")
        if text[6:7] not in POLARITY:
            raise FieldError("no-polarity", f"first motion {text[6:7]!r} is neither up nor down")
        draft.add(_pick(text, line.number, draft.origin.time_ns, reversals))
    except FieldError as error:
        draft.refuse(line.number, station, error.reason, str(error))
    except ValueError as error:
        draft.refuse(line.number, station, "unreadable-pick", str(error))


def _pick(text: str, number: int, time_ns: int | None, reversals: Reversals) -> Pick:
    """Format ``a4,2x,a1,i1,50x,f4.1,i3,10x,i3,1x,i3,1x,i3`` of driver 1."""
    station = text[STATION].strip()
    up = POLARITY[text[6:7]]
    return Pick(
        station,
        1.0 - up if is_reversed(reversals, station, time_ns) else up,
        integer(text[7:8]) == 0,
        angle(text[75:78], "azimuth"),
        angle(text[62:65], "take-off"),
        float(integer(text[83:86])),
        float(integer(text[79:82])),
        implied(text[58:62], 1),
        line_number=number,
    )


def _origin(line: str) -> SourceOrigin:
    year = integer(line[:2])
    return origin_of(line, (2000 if year < CENTURY_TURN else 1900) + year, COLUMNS)
