"""Picks as CSV, read and written: one row a pick.

Columns ``network,station,location,channel,phase,time,probability``; network, station and time
are needed, a phase left out is P. Where known ``sigma_s`` (of the time),
``amplitude,snr,up_probability,decision``, the ``model`` that gave them, and a ``label`` (what an
analyst read: up, down or unknown). For a pick of a located event ``event_id`` and its ray,
``azimuth_deg,takeoff_deg,azimuth_sigma_deg,takeoff_sigma_deg`` (at the source, take-off from
straight down), with the part of the sigmas that is common to the event,
``azimuth_turn_deg,takeoff_turn_deg``: numbers parted by spaces, as many for each ray of an event.
The names that other pickers give these columns are understood (`picks_columns`); columns of other
names are kept as text.
"""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streamstress.errors import InputFileError
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.mechanisms_csv import bounded_number, time_ns_of
from streamstress.outputs.picks_columns import known_columns, own_columns, own_texts

NEEDED = ("network", "station", "time")
ALWAYS = ("network", "station", "location", "channel", "phase", "time", "probability")
"""Columns that are written whether known or not."""

BOUNDS = {
    "probability": (0.0, 1.0),
    "sigma_s": (1e-6, 60.0),
    "amplitude": (0.0, math.inf),
    "snr": (0.0, math.inf),
    "up_probability": (0.0, 1.0),
    "azimuth_deg": (-360.0, 360.0),
    "takeoff_deg": (0.0, 180.0),
    "azimuth_sigma_deg": (0.0, 180.0),
    "takeoff_sigma_deg": (0.0, 180.0),
}
"""What a number may be."""

TURNS = ("azimuth_turn_deg", "takeoff_turn_deg")
"""Columns with several numbers a cell: how far a ray turns with the others of its event."""

COLUMNS = (
    *ALWAYS, "amplitude", "snr", "up_probability", "decision", "model", "label", "event_id",
    "azimuth_deg", "takeoff_deg", "azimuth_sigma_deg", "takeoff_sigma_deg", *TURNS, "sigma_s",
)  # fmt: skip

SIGNS = {
    **dict.fromkeys(("up", "u", "c", "+", "1", "+1", "positive"), 1),
    **dict.fromkeys(("down", "d", "-", "-1", "negative"), -1),
    **dict.fromkeys(("unknown", "n", "x", "0", "", "undecidable"), 0),
}
"""How first motions are written: in words, in HASH's letters, in signs, as in QuakeML."""


@dataclass(frozen=True, slots=True)
class PickLine:
    """One pick; what the file does not tell is None.

    Attributes
    ----------
    line_number
        In the file, the heading is 1.
    time_ns
        Integer nanoseconds UTC (microseconds are kept).
    label
        +1 up, -1 down, 0 nobody can say; None where there is no such column or nothing in it.
    azimuth_turn_deg, takeoff_turn_deg
        How far the ray turns for one sigma of each error that it shares with the event's others.
    sigma_s
        Standard deviation of the time.
    extra
        Text of the other columns.
    """

    line_number: int
    network: str
    station: str
    location: str
    channel: str
    phase: str
    time_ns: int
    probability: float | None = None
    amplitude: float | None = None
    snr: float | None = None
    up_probability: float | None = None
    decision: str | None = None
    model: str | None = None
    label: int | None = None
    event_id: str | None = None
    azimuth_deg: float | None = None
    takeoff_deg: float | None = None
    azimuth_sigma_deg: float | None = None
    takeoff_sigma_deg: float | None = None
    azimuth_turn_deg: tuple[float, ...] | None = None
    takeoff_turn_deg: tuple[float, ...] | None = None
    sigma_s: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def station_code(self) -> str:
        """``NET.STA``."""
        return f"{self.network}.{self.station}"


@dataclass(frozen=True, slots=True)
class PickTable:
    """Rows in the order of the file; rows set aside with line and reason; the heading."""

    rows: tuple[PickLine, ...]
    rejected: tuple[tuple[int, str], ...]
    columns: tuple[str, ...]


def read_picks(path: Path, needed: Iterable[str] = ()) -> PickTable:
    """Read a picks CSV; a bad row is set aside, a bad file stops.

    Parameters
    ----------
    needed
        Columns without which the file is of no use here, beyond network, station and time.

    Raises
    ------
    InputFileError
        The file cannot be read, is not UTF-8, or lacks a needed column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    columns = own_columns([name.strip().lower() for name in next(reader, [])])
    _check_heading(path, columns, (*NEEDED, *needed))
    rows: list[PickLine] = []
    rejected: list[tuple[int, str]] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        texts = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
        try:
            rows.append(_row(reader.line_num, own_texts(texts), columns))
        except ValueError as error:
            rejected.append((reader.line_num, str(error)))
    return PickTable(tuple(rows), tuple(rejected), columns)


def write_picks(path: Path, rows: Iterable[PickLine]) -> None:
    """Write rows: the columns that are always there, those that any row knows, the extra ones."""
    listed = list(rows)
    known = [
        name
        for name in COLUMNS
        if name in ALWAYS or any(getattr(row, name) is not None for row in listed)
    ]
    extra = list(dict.fromkeys(name for row in listed for name in row.extra))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*known, *extra])
        writer.writerows(
            [*(_cell(row, name) for name in known), *(row.extra.get(name, "") for name in extra)]
            for row in listed
        )


def _check_heading(path: Path, columns: tuple[str, ...], needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in known_columns(columns)]
    if missing:
        raise InputFileError(
            f"{path}, line 1: no column {', '.join(missing)}; expected a heading such as "
            f"{','.join(dict.fromkeys((*ALWAYS, *needed)))}, found "
            f"{','.join(columns)[:120] or 'an empty file'}"
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise InputFileError(f"{path}, line 1: column {', '.join(twice)} stands there twice")


def _row(line_number: int, texts: Mapping[str, str], columns: tuple[str, ...]) -> PickLine:
    if not texts.get("station"):
        raise ValueError("no station")
    label = texts.get("label", "").lower()
    if label not in SIGNS:
        raise ValueError(f"label {texts['label']!r} is not up, down or unknown")
    number = {name: bounded_number(name, texts.get(name, ""), BOUNDS) for name in BOUNDS}
    return PickLine(
        line_number=line_number,
        network=texts.get("network", ""),
        station=texts["station"],
        location=texts.get("location", ""),
        channel=texts.get("channel", ""),
        phase=texts.get("phase", "").upper() or "P",
        time_ns=time_ns_of(texts.get("time", "")),
        probability=number["probability"],
        amplitude=number["amplitude"],
        snr=number["snr"],
        up_probability=number["up_probability"],
        decision=texts.get("decision") or None,
        model=texts.get("model") or None,
        label=SIGNS[label] if label else None,
        event_id=texts.get("event_id") or None,
        azimuth_deg=number["azimuth_deg"],
        takeoff_deg=number["takeoff_deg"],
        azimuth_sigma_deg=number["azimuth_sigma_deg"],
        takeoff_sigma_deg=number["takeoff_sigma_deg"],
        azimuth_turn_deg=_turns("azimuth_turn_deg", texts),
        takeoff_turn_deg=_turns("takeoff_turn_deg", texts),
        sigma_s=number["sigma_s"],
        extra={name: texts[name] for name in columns if name not in COLUMNS and name in texts},
    )


def _turns(name: str, texts: Mapping[str, str]) -> tuple[float, ...] | None:
    words = texts.get(name, "").split()
    bounds = {name: (-180.0, 180.0)}
    turns = [bounded_number(name, word, bounds) for word in words]
    if None in turns:
        raise ValueError(f"{name} {texts[name]!r}: a number is missing")
    return tuple(turn for turn in turns if turn is not None) or None


def _cell(row: PickLine, name: str) -> str | float:
    if name == "time":
        return iso_time(row.time_ns)
    if name == "label":
        return {1: "up", -1: "down", 0: "unknown", None: ""}[row.label]
    value = getattr(row, name)
    if isinstance(value, tuple):
        return " ".join(f"{number:g}" for number in value)
    told: str | float = "" if value is None else value
    return told
