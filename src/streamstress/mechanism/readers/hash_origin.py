"""The event lines of HASH's fixed-width formats: same fields, other columns."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from streamstress.mechanism.readers.events import SourceOrigin
from streamstress.mechanism.readers.lines import implied, integer, time_ns_of

DEFAULT_DEPTH_SIGMA_KM = 1.0
"""Where the file says 0 (HASH v1.2, all drivers)."""


@dataclass(frozen=True, slots=True)
class OriginColumns:
    """Where the fields stand; ``latitude`` and ``longitude`` begin with whole degrees.

    Attributes
    ----------
    date
        Month, day, hour, minute: two digits each from here on.
    second
        Seconds, two implied decimals.
    latitude, longitude
        Degrees; behind them a letter and minutes (two implied decimals) of ``minutes`` columns.
    minutes
        Columns of the minutes.
    depth, depth_sigma
        Kilometres, two implied decimals.
    magnitude, magnitude_decimals
        Blank is none.
    event_id
        Blank is the time.
    """

    date: int
    second: slice
    latitude: slice
    longitude: slice
    minutes: int
    depth: slice
    depth_sigma: slice
    magnitude: slice
    magnitude_decimals: int
    event_id: slice


def origin_of(line: str, year: int, columns: OriginColumns) -> SourceOrigin:
    """Read an event line.

    Raises
    ------
    ValueError
        A field is no number, or the date is none.
    """
    at = columns.date
    month, day, hour, minute = (integer(line[i : i + 2]) for i in range(at, at + 8, 2))
    start = datetime(year, month, day, hour, minute, tzinfo=UTC)
    second = implied(line[columns.second], 2)
    latitude, north_south = _degrees(line, columns.latitude, columns.minutes)
    longitude, east_west = _degrees(line, columns.longitude, columns.minutes)
    magnitude = line[columns.magnitude]
    return SourceOrigin(
        line[columns.event_id].strip() or f"{start:%Y%m%d%H%M}{second:05.2f}",
        time_ns_of(start + timedelta(seconds=second)),
        -latitude if north_south == "S" else latitude,
        longitude if east_west == "E" else -longitude,
        implied(line[columns.depth], 2),
        implied(line[columns.depth_sigma], 2) or DEFAULT_DEPTH_SIGMA_KM,
        implied(magnitude, columns.magnitude_decimals) if magnitude.strip() else None,
    )


def _degrees(line: str, whole: slice, minutes: int) -> tuple[float, str]:
    """Degrees, and the letter between whole degrees and minutes."""
    letter = whole.stop
    text = line[letter + 1 : letter + 1 + minutes]
    return integer(line[whole]) + implied(text, 2) / 60.0, line[letter : letter + 1]
