"""Mechanisms and stress as GeoJSON (RFC 7946) feature collections, written and read.

The third coordinate is the height in metres, so below zero; the depth stands in the properties
too. Times are ISO 8601 UTC.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from streamstress.errors import InputFileError
from streamstress.outputs.exchange.mechanism_rows import Value, flat_of, row_of
from streamstress.outputs.exchange.stress_point import StressPoint
from streamstress.outputs.json_view import json_view
from streamstress.outputs.mechanisms_csv import MechanismLine, RejectedLine, time_ns_of

Feature = dict[str, Any]


def mechanism_feature(row: MechanismLine) -> Feature:
    """A solution as a point at its hypocentre; without a place its geometry is null."""
    flat = flat_of(row)
    latitude, longitude = flat.pop("latitude"), flat.pop("longitude")
    return _feature(row.event_id, latitude, longitude, row.depth_km, flat)


def stress_feature(point: StressPoint) -> Feature:
    """A stress estimate as a point; what is not known is left out."""
    known = {name: value for name, value in json_view(point).items() if value is not None}
    latitude, longitude = known.pop("latitude_deg"), known.pop("longitude_deg")
    return _feature(point.name, latitude, longitude, point.depth_km, known)


def write_features(path: Path, features: Iterable[Feature]) -> int:
    """Write a collection one feature at a time; how many."""
    count = 0
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection","features":[')
        for count, feature in enumerate(features, start=1):
            file.write(b",\n" if count > 1 else b"\n")
            file.write(msgspec.json.encode(feature))
        file.write(b"\n]}\n")
    return count


def read_mechanism_features(path: Path) -> tuple[list[MechanismLine], list[RejectedLine]]:
    """Rows of a collection of mechanisms, and features set aside (numbered from 1).

    Raises
    ------
    InputFileError
        The file is no feature collection.
    """
    rows, rejected = [], []
    for number, feature in enumerate(_features(path), start=1):
        try:
            x, y = _place(feature)
            flat = {**feature["properties"], "longitude": x, "latitude": y}
            rows.append(row_of(number, flat))
        except (ValueError, KeyError, TypeError) as error:
            rejected.append(RejectedLine(number, str(feature.get("id", "")), str(error)))
    return rows, rejected


def read_stress_features(path: Path) -> tuple[list[StressPoint], list[RejectedLine]]:
    """Points of a collection of stress estimates, and features set aside (numbered from 1).

    Raises
    ------
    InputFileError
        The file is no feature collection.
    """
    points, rejected = [], []
    for number, feature in enumerate(_features(path), start=1):
        try:
            points.append(_point(feature))
        except (ValueError, KeyError, TypeError) as error:
            rejected.append(RejectedLine(number, str(feature.get("id", "")), str(error)))
    return points, rejected


def _feature(
    feature_id: str, latitude: Value, longitude: Value, depth_km: float | None, properties: Feature
) -> Feature:
    geometry = None
    if latitude is not None and longitude is not None:
        height_m = [] if depth_km is None else [-1000.0 * depth_km]
        geometry = {"type": "Point", "coordinates": [longitude, latitude, *height_m]}
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": properties}


def _features(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        features = document["features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputFileError(f"{path}: not a GeoJSON feature collection ({error})") from error
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
            raise InputFileError(f"{path}: feature {number} has no properties")
        yield feature


def _place(feature: Mapping[str, Any]) -> tuple[float | None, float | None]:
    geometry = feature.get("geometry")
    if geometry is None:
        return None, None
    if geometry.get("type") != "Point":
        raise ValueError(f"geometry is {geometry.get('type')}, not Point")
    x, y = geometry["coordinates"][:2]
    return float(x), float(y)


def _point(feature: Mapping[str, Any]) -> StressPoint:
    x, y = _place(feature)
    fields = {**feature["properties"], "longitude_deg": x, "latitude_deg": y}
    return point_of_fields(fields)


def point_of_fields(fields: Mapping[str, Any]) -> StressPoint:
    """Point of named values, ``time`` as ISO text; other names are left out.

    Raises
    ------
    ValueError
        A value is missing or not what it should be.
    """
    known = {name: fields[name] for name in StressPoint.__struct_fields__ if name in fields}
    if fields.get("time") is not None:
        known["time_ns"] = time_ns_of(str(fields["time"]))
    try:
        return msgspec.convert(known, StressPoint)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
