"""Mechanisms and stress as Parquet; needs pyarrow, an extra of the package."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from streamstress.errors import ConfigError, InputFileError
from streamstress.outputs.exchange.features import point_of_fields
from streamstress.outputs.exchange.mechanism_rows import flat_of, row_of
from streamstress.outputs.exchange.stress_point import StressPoint
from streamstress.outputs.json_view import json_view
from streamstress.outputs.mechanisms_csv import COLUMNS, MechanismLine, RejectedLine

TEXT = ("event_id", "time", "grade")
"""Columns of mechanisms that are text whatever they hold."""

BATCH_ROWS = 50_000


def write_mechanism_columns(path: Path, rows: Iterable[MechanismLine]) -> int:
    """Write rows; how many. Extra columns are text, as in a CSV."""
    flat = [flat_of(row) for row in rows]
    return _write(path, flat, _mechanism_kinds(flat))


def write_stress_columns(path: Path, points: Iterable[StressPoint]) -> int:
    """Write points; how many."""
    return _write(path, [json_view(point) for point in points], _stress_kinds())


def read_mechanism_columns(path: Path) -> tuple[list[MechanismLine], list[RejectedLine]]:
    """Rows of a file, and rows set aside (numbered from 1).

    Raises
    ------
    InputFileError
        The file cannot be read, or lacks strike, dip or rake.
    """
    table = _read(path, ("strike", "dip", "rake"))
    rows, rejected = [], []
    for number, flat in enumerate(table, start=1):
        try:
            rows.append(row_of(number, flat))
        except ValueError as error:
            rejected.append(RejectedLine(number, str(flat.get("event_id") or ""), str(error)))
    return rows, rejected


def read_stress_columns(path: Path) -> tuple[list[StressPoint], list[RejectedLine]]:
    """Points of a file, and rows set aside (numbered from 1).

    Raises
    ------
    InputFileError
        The file cannot be read, or lacks a place or SHmax.
    """
    points, rejected = [], []
    needed = ("name", "latitude_deg", "longitude_deg", "shmax_deg")
    for number, fields in enumerate(_read(path, needed), start=1):
        try:
            points.append(point_of_fields(fields))
        except ValueError as error:
            rejected.append(RejectedLine(number, str(fields.get("name") or ""), str(error)))
    return points, rejected


def column_names(path: Path) -> list[str]:
    """Names of the columns of a file.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    arrow = _pyarrow()
    try:
        return list(arrow.parquet.read_schema(path).names)
    except (OSError, arrow.ArrowInvalid) as error:
        raise InputFileError(f"{path}: cannot be read as Parquet ({error})") from error


def _pyarrow() -> ModuleType:
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigError(
            "Parquet needs pyarrow; install it with: pip install 'streamstress[parquet]'"
        ) from error
    return import_module("pyarrow")


def _write(path: Path, rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> int:
    arrow = _pyarrow()
    schema = arrow.schema([(name, getattr(arrow, kind)()) for name, kind in kinds.items()])
    with arrow.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, max(len(rows), 1), BATCH_ROWS):
            batch = list(rows[start : start + BATCH_ROWS])
            writer.write_table(arrow.Table.from_pylist(batch, schema=schema))
    return len(rows)


def _mechanism_kinds(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Arrow's type of each column."""
    names = dict.fromkeys([*COLUMNS, *(rows[0] if rows else ())])
    numbers = set(COLUMNS) - set(TEXT)
    return {name: "float64" if name in numbers else "string" for name in names}


def _stress_kinds() -> dict[str, str]:
    known = {
        **dict.fromkeys(("name", "regime", "quality", "method", "time"), "string"),
        "n_events": "int64",
        "phi_reliable": "bool_",
    }
    names = ["time" if name == "time_ns" else name for name in StressPoint.__struct_fields__]
    return {name: known.get(name, "float64") for name in names}


def _read(path: Path, needed: Sequence[str]) -> list[dict[str, Any]]:
    arrow = _pyarrow()
    try:
        table = arrow.parquet.read_table(path)
    except (OSError, arrow.ArrowInvalid) as error:
        raise InputFileError(f"{path}: cannot be read as Parquet ({error})") from error
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise InputFileError(
            f"{path}: no column {', '.join(missing)}; it has {', '.join(table.column_names)}"
        )
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
