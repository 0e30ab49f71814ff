"""CSV files of picks whose rows may come in any order, read one event at a time.

The first pass notes where the rows of each event stand, the second reads them: a catalogue of any
length needs a few bytes a row.
"""

import csv
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamstress.errors import InputFileError
from streamstress.mechanism.readers.events import SetAside

KEY = "event_id"


@dataclass(frozen=True, slots=True)
class CsvEvent:
    """Rows of one event by column name, with their line numbers."""

    event_id: str
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    set_aside: tuple[SetAside, ...]
    bytes_read: int


def csv_events(path: Path, needed: tuple[str, ...]) -> Iterator[CsvEvent]:
    """Events of a file in the order in which they first appear.

    Raises
    ------
    InputFileError
        The file cannot be read or lacks a column.
    """
    try:
        with path.open("rb") as file:
            columns = _heading(path, file.readline(), needed)
            places, broken = _places(path, columns)
            done = 0
            for event_id, offsets in places.items():
                rows = []
                for number, offset in zip(offsets[::2], offsets[1::2], strict=True):
                    file.seek(offset)
                    raw = file.readline()
                    done += len(raw)
                    rows.append((number, _row(columns, raw)))
                yield CsvEvent(event_id, tuple(rows), tuple(broken.get(event_id, ())), done)
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error


def _heading(path: Path, raw: bytes, needed: tuple[str, ...]) -> tuple[str, ...]:
    text = raw.decode("utf-8-sig", "replace")
    cells = next(csv.reader([text], skipinitialspace=True), [])
    columns = tuple(cell.strip().lower() for cell in cells)
    missing = [name for name in (KEY, *needed) if name not in columns]
    if missing:
        raise InputFileError(
            f"{path}, line 1: no column {', '.join(missing)}; found {', '.join(columns)[:120]}"
        )
    return columns


def _places(
    path: Path, columns: tuple[str, ...]
) -> tuple[dict[str, "array[int]"], dict[str, list[SetAside]]]:
    """Line number and byte offset of every row of each event; rows that are no UTF-8."""
    at = columns.index(KEY)
    places: dict[str, array[int]] = {}
    broken: dict[str, list[SetAside]] = {}
    with path.open("rb") as file:
        offset = len(file.readline())
        for number, raw in enumerate(file, start=2):
            if raw.strip() and not raw.lstrip().startswith(b"#"):
                cells = _cells(raw.decode("latin-1"))
                event_id = cells[at].strip() if at < len(cells) else ""
                entry = places.setdefault(event_id, array("q"))
                if _is_utf8(raw):
                    entry.extend((number, offset))
                else:
                    detail = "the row is not UTF-8"
                    broken.setdefault(event_id, []).append(
                        SetAside(event_id, number, "", "not-utf-8", detail)
                    )
            offset += len(raw)
    return places, broken


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _cells(text: str) -> list[str]:
    if '"' not in text:
        return text.rstrip("\r\n").split(",")
    return next(csv.reader([text], skipinitialspace=True), [])


def _row(columns: tuple[str, ...], raw: bytes) -> dict[str, str]:
    cells = _cells(raw.decode("utf-8"))
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
