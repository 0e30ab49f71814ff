"""Faults and boundaries of a map, from CSV or GeoJSON.

CSV of faults: ``name,strike,dip`` and, where the stress is a field, ``latitude,longitude`` or
``x,y`` of a point on it; a row a fault. CSV of boundaries: ``name,latitude,longitude`` or
``name,x,y``; the rows of one name are the points of one line, in order. GeoJSON: LineString or
MultiLineString features with a ``name``; a fault also has ``dip``, and ``strike`` or
``dip_direction`` unless it dips to the right of the line as drawn (Aki & Richards). Coordinates are
longitude and latitude, or x (east) and y (north) of one unit where the reader is told so.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import InputFileError

Array = NDArray[np.float64]
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FaultPlane:
    """A plane; ``x``, ``y`` are longitude and latitude, or local, None where not stated."""

    name: str
    strike_deg: float
    dip_deg: float
    x: float | None
    y: float | None


@dataclass(frozen=True, slots=True)
class BoundaryLine:
    """A line; points (k, 2) are longitude and latitude, or local x, y."""

    name: str
    points: Array


def read_faults(path: Path, *, local: bool = False) -> list[FaultPlane]:
    """Faults of a file, of GeoJSON one for each segment of a line.

    Parameters
    ----------
    local
        Places are x and y of one unit, not degrees.

    Raises
    ------
    InputFileError
        The file cannot be read, or a fault lacks strike or dip.
    """
    if _is_geojson(path):
        found = [
            fault
            for number, (properties, points) in enumerate(_features(path, local))
            for fault in _segments(path, number, properties, points, local)
        ]
    else:
        found = [_fault_row(path, number, row, local) for number, row in _rows(path)]
    if not found:
        raise InputFileError(f"{path}: no fault in it; {_EXPECTED}")
    return found


def read_traces(path: Path) -> list[tuple[FaultPlane | None, Array]]:
    """Straight pieces (2, 2) of fault traces for a map, with their plane where a dip is stated.

    Faults of a CSV have no trace: their piece is only the place, twice.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    if not _is_geojson(path):
        places = [(fault, fault.x, fault.y) for fault in read_faults(path)]
        return [
            (fault, np.array([[x, y], [x, y]], float))
            for fault, x, y in places
            if x is not None and y is not None
        ]
    found: list[tuple[FaultPlane | None, Array]] = []
    for number, (properties, points) in enumerate(_features(path, local=False)):
        dips = properties.get("dip") is not None
        planes = _segments(path, number, properties, points, local=False) if dips else repeat(None)
        pieces = (np.array(pair, float) for pair in pairwise(points))
        found.extend(zip(planes, pieces, strict=False))
    if not found:
        raise InputFileError(f"{path}: no line in it; {_EXPECTED}")
    return found


def read_boundaries(path: Path, *, local: bool = False) -> list[BoundaryLine]:
    """Boundaries of a file, in degrees or ``local`` x and y.

    Raises
    ------
    InputFileError
        The file cannot be read, or a line has fewer than two points.
    """
    lines: dict[str, list[tuple[float, float]]] = {}
    if _is_geojson(path):
        for number, (properties, points) in enumerate(_features(path, local)):
            lines[f"{properties.get('name') or f'line {number + 1}'}"] = points
    else:
        for number, row in _rows(path):
            x, y = _point(path, number, row, local)
            if x is None or y is None:
                raise InputFileError(f"{path}, line {number}: no latitude, longitude or x, y")
            lines.setdefault(row.get("name", ""), []).append((x, y))
    short = [name for name, points in lines.items() if len(points) < 2]
    if short or not lines:
        raise InputFileError(f"{path}: boundary {', '.join(short) or '(none)'} has no two points")
    return [BoundaryLine(name, np.array(points, float)) for name, points in lines.items()]


_EXPECTED = "expected CSV name,strike,dip[,latitude,longitude] or GeoJSON lines with a dip"


def _is_geojson(path: Path) -> bool:
    return path.suffix.lower() in (".json", ".geojson")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputFileError(f"{path}: not UTF-8 text ({error})") from error


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers; names of columns in small letters."""
    reader = csv.reader(_text(path).splitlines(), skipinitialspace=True)
    heading = [name.strip().lower() for name in next(reader, [])]
    for cells in reader:
        if any(cell.strip() for cell in cells):
            values = (cell.strip() for cell in cells)
            yield reader.line_num, dict(zip(heading, values, strict=False))


def _fault_row(path: Path, number: int, row: Mapping[str, str], local: bool) -> FaultPlane:
    place = f"{path}, line {number}"
    x, y = _point(path, number, row, local)
    strike, dip = (_number(place, name, row.get(name)) for name in ("strike", "dip"))
    if strike is None or dip is None or not 0 <= dip <= 90:
        raise InputFileError(f"{place}: no strike, or no dip of 0 to 90; {_EXPECTED}")
    if abs(strike) > 360:
        raise InputFileError(f"{place}: strike {strike:g} is not between -360 and 360")
    if "rake" in row:
        raise InputFileError(f"{path}: has a column rake, so it holds mechanisms; {_EXPECTED}")
    return FaultPlane(row.get("name") or f"fault {number - 1}", strike % 360.0, dip, x, y)


def _point(
    path: Path, number: int, row: Mapping[str, str], local: bool
) -> tuple[float | None, float | None]:
    place = f"{path}, line {number}"
    x, y = ("x", "y") if local else ("longitude", "latitude")
    other = ("longitude", "latitude") if local else ("x", "y")
    if not {x, y} & row.keys() and set(other) <= row.keys():
        raise InputFileError(
            f"{path}: its places are {other[0]} and {other[1]}, those of the stress {x} and {y}"
        )
    return _number(place, x, row.get(x)), _number(place, y, row.get(y))


def _number(place: str, name: str, value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(str(value))
    except ValueError as error:
        raise InputFileError(f"{place}: {name} {value!r} is not a number") from error
    if not np.isfinite(number):
        raise InputFileError(f"{place}: {name} {value!r} is not finite")
    return number


def _features(path: Path, local: bool) -> Iterator[tuple[Json, list[tuple[float, float]]]]:
    """Properties and points of each line of a feature collection."""
    try:
        document = json.loads(_text(path))
        features = document["features"]
        for feature in features:
            geometry, properties = feature["geometry"], feature.get("properties") or {}
            lines = {"LineString": [geometry["coordinates"]]}.get(geometry["type"])
            if geometry["type"] == "MultiLineString":
                lines = geometry["coordinates"]
            for line in lines or ():
                points = [(float(point[0]), float(point[1])) for point in line]
                if not local and any(abs(latitude) > 90 for _, latitude in points):
                    raise ValueError("a latitude is beyond 90 degrees")
                yield properties, points
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise InputFileError(f"{path}: not a GeoJSON feature collection ({error})") from error


def _segments(
    path: Path, number: int, properties: Json, points: list[tuple[float, float]], local: bool
) -> Iterator[FaultPlane]:
    place = f"{path}, line feature {number + 1}"
    name = str(properties.get("name") or f"fault {number + 1}")
    dip = _number(place, "dip", properties.get("dip"))
    strike = _number(place, "strike", properties.get("strike"))
    toward = _number(place, "dip_direction", properties.get("dip_direction"))
    if dip is None or not 0 <= dip <= 90:
        raise InputFileError(f"{place}: no dip of 0 to 90; {_EXPECTED}")
    for (x0, y0), (x1, y1) in pairwise(points):
        east = (x1 - x0) * (1.0 if local else np.cos(np.radians((y0 + y1) / 2)))
        along = float(np.degrees(np.arctan2(east, y1 - y0)))
        if strike is not None:
            along = strike
        elif toward is not None and np.cos(np.radians(toward - along - 90.0)) < 0:
            along += 180.0
        yield FaultPlane(name, along % 360.0, dip, (x0 + x1) / 2, (y0 + y1) / 2)
