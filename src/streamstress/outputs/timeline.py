"""A user's own timeline, to be drawn beside what a watch found: injection, drilling, unrest.

CSV ``time,end,label,value``, times in ISO 8601 UTC; ``time`` and ``label`` are needed. Rows of a
label with values are a curve (rate, pressure, uplift), a row with an end is a span, any other a
moment.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamstress.errors import InputFileError
from streamstress.outputs.mechanisms_csv import time_ns_of


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A moment, a span (``end_ns``), or a point of a curve (``value``)."""

    time_ns: int
    label: str
    end_ns: int | None = None
    value: float | None = None


def read_timeline(path: Path) -> tuple[TimelineEntry, ...]:
    """Entries of a timeline in order of time.

    Raises
    ------
    InputFileError
        The file cannot be read, or a row is wrong: file, line and what was expected.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    reader = csv.DictReader(lines, skipinitialspace=True)
    if not {"time", "label"} <= set(reader.fieldnames or ()):
        raise InputFileError(f"{path}, line 1: expected a heading such as time,end,label,value")
    entries = [_entry(path, number, row) for number, row in enumerate(reader, 2)]
    return tuple(sorted(entries, key=lambda entry: (entry.time_ns, entry.label)))


def curves(
    entries: Iterable[TimelineEntry],
) -> dict[str, tuple[list[int], list[float]]]:
    """Times and values of each curve, by label."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for entry in entries:
        if entry.value is not None:
            times, values = found.setdefault(entry.label, ([], []))
            times.append(entry.time_ns)
            values.append(entry.value)
    return found


def _entry(path: Path, number: int, row: Mapping[str, str | None]) -> TimelineEntry:
    end, value = (row.get("end") or "").strip(), (row.get("value") or "").strip()
    label = (row.get("label") or "").strip()
    try:
        if not label:
            raise ValueError("no label")
        entry = TimelineEntry(
            time_ns_of((row["time"] or "").strip()),
            label,
            time_ns_of(end) if end else None,
            float(value) if value else None,
        )
    except ValueError as error:
        raise InputFileError(f"{path}, line {number}: {error}") from error
    if entry.end_ns is not None and entry.end_ns < entry.time_ns:
        raise InputFileError(f"{path}, line {number}: its end lies before its time")
    return entry
