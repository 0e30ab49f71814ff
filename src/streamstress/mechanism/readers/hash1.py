"""Phase files of HASH driver 1: FPFIT-like, take-off and azimuth in the file.

Take-off in the file counts from straight down, as ours (driver 1 turns it by ``180 - ith``).
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from streamstress.mechanism.readers.events import Events, Pick, RefusedEvent, SetAside, SourceOrigin
from streamstress.mechanism.readers.lines import (
    Block,
    FieldError,
    Line,
    angle,
    blocks,
    implied,
    integer,
    readable,
    time_ns_of,
)
from streamstress.mechanism.readers.reversals import Reversals, is_reversed
from streamstress.mechanism.readers.screen import MAX_DISTANCE_KM, POLARITY, EventDraft

MAX_QUALITY = 1
"""Onset quality 0 is impulsive, 1 emergent, more is left out (HASH v1.2, driver 1)."""

STATION = slice(0, 4)
"""Columns of the station; blank in the line that closes an event."""

DEFAULT_DEPTH_SIGMA_KM = 1.0
"""Where the file says 0 (HASH v1.2, all drivers)."""

CENTURY_TURN = 50
"""Two-digit years below are of the 21st century (HASH v1.2, driver 1)."""


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
    """Format ``5i2,f4.2,i2,a1,f4.2,i3,a1,f4.2,f5.2,f2.1,44x,2f4.2,34x,a16`` of driver 1."""
    year, month, day, hour, minute = (integer(line[i : i + 2]) for i in range(0, 10, 2))
    century = 2000 if year < CENTURY_TURN else 1900
    start = datetime(century + year, month, day, hour, minute, tzinfo=UTC)
    latitude = integer(line[14:16]) + implied(line[17:21], 2) / 60.0
    longitude = integer(line[21:24]) + implied(line[25:29], 2) / 60.0
    return SourceOrigin(
        line[122:138].strip() or f"{start:%Y%m%d%H%M}{implied(line[10:14], 2):05.2f}",
        time_ns_of(start + timedelta(seconds=implied(line[10:14], 2))),
        -latitude if line[16:17] == "S" else latitude,
        longitude if line[24:25] == "E" else -longitude,
        implied(line[29:34], 2),
        implied(line[84:88], 2) or DEFAULT_DEPTH_SIGMA_KM,
        implied(line[34:36], 1),
    )
