"""Mechanisms as CSV, read and written: one row a solution, several rows of one event allowed.

Columns ``event_id,time,latitude,longitude,depth_km,magnitude,strike,dip,rake,grade,
plane_uncertainty_deg,probability``: strike, dip and rake are needed, any other may be missing, and
columns of other names are kept as text.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from streamstress.errors import InputFileError
from streamstress.outputs.json_view import iso_time

NEEDED = ("strike", "dip", "rake")
COLUMNS = (
    "event_id", "time", "latitude", "longitude", "depth_km", "magnitude", *NEEDED, "grade",
    "plane_uncertainty_deg", "probability",
)  # fmt: skip
BOUNDS = {
    "latitude": (-90.0, 90.0),
    "longitude": (-360.0, 360.0),
    "depth_km": (-10.0, 1000.0),
    "magnitude": (-10.0, 10.0),
    "strike": (-360.0, 360.0),
    "dip": (0.0, 90.0),
    "rake": (-360.0, 360.0),
    "plane_uncertainty_deg": (0.0, 180.0),
    "probability": (0.0, 1.0),
}
"""What a number may be: the field's conventions, and for depth the Earth's earthquakes."""

LARGEST_NS = 2**63
"""Times are 64-bit integers in every record and database."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_MICROSECOND = 1000


@dataclass(frozen=True, slots=True)
class MechanismLine:
    """One solution of one event.

    Attributes
    ----------
    line_number
        In the file, the heading is 1.
    event_id
        As in the file; of a file without this column ``line-N``, each row an event.
    time_ns
        Origin time, integer nanoseconds UTC (microseconds are kept); None where blank.
    strike_deg, dip_deg, rake_deg
        Aki & Richards; 0 to 360, 0 to 90, -180 to 180.
    grade
        Capital letter, None where blank.
    probability
        Of this solution among those of its event, None where blank.
    extra
        Text of the other columns.
    """

    line_number: int
    event_id: str
    time_ns: int | None
    latitude_deg: float | None
    longitude_deg: float | None
    depth_km: float | None
    magnitude: float | None
    strike_deg: float
    dip_deg: float
    rake_deg: float
    grade: str | None = None
    plane_uncertainty_deg: float | None = None
    probability: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A row that was set aside, and why; ``event_id`` is empty where the row has none."""

    line_number: int
    event_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MechanismTable:
    """Rows in the order of the file, rows set aside, and the heading."""

    rows: tuple[MechanismLine, ...]
    rejected: tuple[RejectedLine, ...]
    columns: tuple[str, ...]


def read_mechanisms(path: Path) -> MechanismTable:
    """Read a mechanisms CSV; a bad row is set aside, a bad file stops.

    Raises
    ------
    InputFileError
        The file cannot be read, is not UTF-8, is empty or lacks strike, dip or rake.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputFileError(f"{path}: not UTF-8 text ({error})") from error
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    columns = tuple(name.strip().lower() for name in next(reader, []))
    _check_heading(path, columns)
    rows: list[MechanismLine] = []
    rejected: list[RejectedLine] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        texts = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
        try:
            rows.append(mechanism_line(reader.line_num, texts, columns))
        except ValueError as error:
            rejected.append(RejectedLine(reader.line_num, texts.get("event_id", ""), str(error)))
    return MechanismTable(tuple(rows), tuple(rejected), columns)


def write_mechanisms(path: Path, rows: Iterable[MechanismLine]) -> None:
    """Write rows with the named columns, then the extra columns of the first row."""
    listed = list(rows)
    extra = tuple(listed[0].extra) if listed else ()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*COLUMNS, *extra])
        writer.writerows(
            [*_cells(row), *(row.extra.get(name, "") for name in extra)] for row in listed
        )


def time_ns_of(text: str) -> int:
    """Nanoseconds UTC of an ISO 8601 time; one without a zone is UTC.

    Raises
    ------
    ValueError
        The text is no such time, or one that no record can hold.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"time {text!r} is not ISO 8601") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    gone = moment - _EPOCH
    microseconds = (gone.days * 86400 + gone.seconds) * 10**6 + gone.microseconds
    if abs(microseconds) >= LARGEST_NS // _NS_PER_MICROSECOND:
        raise ValueError(f"time {text!r} is beyond what 64-bit nanoseconds hold, 1678 to 2262")
    return microseconds * _NS_PER_MICROSECOND


def bounded_number(name: str, text: str, bounds: Mapping[str, tuple[float, float]]) -> float | None:
    """Number of a cell; None where it is blank or says that it is none.

    Raises
    ------
    ValueError
        The text is no number, or lies outside the bounds of its column.
    """
    if text == "":
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(f"{name} {text!r} is not a number") from error
    low, high = bounds[name]
    if math.isnan(value):
        return None
    if not low <= value <= high:
        raise ValueError(f"{name} {text} is not between {low:g} and {high:g}")
    return value


def _check_heading(path: Path, columns: tuple[str, ...]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise InputFileError(
            f"{path}, line 1: no column {', '.join(missing)}; expected a heading such as "
            f"{','.join(COLUMNS)}, found {','.join(columns)[:120] or 'an empty file'}"
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise InputFileError(f"{path}, line 1: column {', '.join(twice)} stands there twice")


def mechanism_line(
    line_number: int, texts: Mapping[str, str], columns: Sequence[str]
) -> MechanismLine:
    """Row of the texts of its columns.

    Raises
    ------
    ValueError
        A value is missing, no number or out of its bounds.
    """
    event_id = texts.get("event_id", "")
    if "event_id" not in columns:
        event_id = f"line-{line_number}"
    elif not event_id:
        raise ValueError("no event_id")
    number = {name: bounded_number(name, texts.get(name, ""), BOUNDS) for name in BOUNDS}
    angles = {name: number[name] for name in NEEDED}
    strike, dip, rake = (_needed(name, value) for name, value in angles.items())
    time = texts.get("time", "")
    return MechanismLine(
        line_number,
        event_id,
        time_ns_of(time) if time else None,
        number["latitude"],
        number["longitude"],
        number["depth_km"],
        number["magnitude"],
        strike % 360.0,
        dip,
        (rake + 180.0) % 360.0 - 180.0 if abs(rake) > 180.0 else rake,
        texts.get("grade", "").upper() or None,
        number["plane_uncertainty_deg"],
        number["probability"],
        {name: texts.get(name, "") for name in columns if name not in COLUMNS},
    )


def _needed(name: str, value: float | None) -> float:
    if value is None:
        raise ValueError(f"no {name}")
    return value


def _cells(row: MechanismLine) -> list[str | float]:
    values = (
        row.event_id, None if row.time_ns is None else iso_time(row.time_ns), row.latitude_deg,
        row.longitude_deg, row.depth_km, row.magnitude, row.strike_deg, row.dip_deg, row.rake_deg,
        row.grade, row.plane_uncertainty_deg, row.probability,
    )  # fmt: skip
    return ["" if value is None else value for value in values]
