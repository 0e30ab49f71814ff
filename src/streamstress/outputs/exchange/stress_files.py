"""Any file of stress that can be read, told apart by what it holds.

``invert`` JSON, GeoJSON and Parquet of ``export``, World Stress Map CSV, Community Stress Model
text.
"""

import json
from pathlib import Path
from typing import Any

from streamstress.errors import InputFileError
from streamstress.outputs.exchange.csm import read_csm
from streamstress.outputs.exchange.features import read_stress_features
from streamstress.outputs.exchange.stress_point import StressPoint, point_of_node
from streamstress.outputs.exchange.wsm import read_wsm
from streamstress.outputs.mechanisms_csv import RejectedLine

PARQUET_MAGIC = b"PAR1"


def read_stress_file(path: Path) -> tuple[list[StressPoint], list[RejectedLine]]:
    """Points of a file of any kind, and what was set aside.

    Raises
    ------
    InputFileError
        The file cannot be read, or is of no kind that holds stress.
    """
    kind = kind_of(path)
    if kind == "parquet":
        from streamstress.outputs.exchange.columns import read_stress_columns

        return read_stress_columns(path)
    if kind == "geojson":
        return read_stress_features(path)
    if kind == "invert":
        return _points_of_document(path, read_invert(path)), []
    if kind == "wsm":
        return read_wsm(path)
    return read_csm(path), []


def first_bytes(path: Path) -> bytes:
    """Enough of a file to tell its kind.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error


def kind_of(path: Path) -> str:
    """``parquet``, ``geojson``, ``invert``, ``wsm`` or ``csm``.

    Raises
    ------
    InputFileError
        The file cannot be read, or is of no kind that holds stress.
    """
    head = first_bytes(path)
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    if text.startswith("{"):
        return "geojson" if _is_collection(path) else "invert"
    first = text.splitlines()[0].upper() if text else ""
    if {"LAT", "LON", "AZI"} <= {name.strip().strip('"') for name in first.split(",")}:
        return "wsm"
    if first.startswith("#") or len(first.split()) >= 17:
        return "csm"
    raise InputFileError(
        f"{path}: no file of stress; expected an invert JSON, GeoJSON or Parquet of 'export', "
        "World Stress Map CSV (LAT, LON, AZI), or Community Stress Model text"
    )


def read_invert(path: Path) -> dict[str, Any]:
    """Result of ``invert``.

    Raises
    ------
    InputFileError
        The file is no such result, or its nodes have no latitude and longitude.
    """
    document = _document(path)
    nodes = document.get("nodes")
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise InputFileError(f"{path}: no nodes in it; expected what 'streamstress invert' writes")
    if any("latitude" not in node or "longitude" not in node for node in nodes):
        raise InputFileError(
            f"{path}: its nodes have no latitude and longitude; run invert with --columns lat,lon"
        )
    return document


def _points_of_document(path: Path, document: dict[str, Any]) -> list[StressPoint]:
    try:
        return [point_of_node(node) for node in document["nodes"] if node["status"] == "ok"]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputFileError(f"{path}: a node cannot be read ({error!r})") from error


def _is_collection(path: Path) -> bool:
    return _document(path).get("type") == "FeatureCollection"


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputFileError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(document, dict):
        raise InputFileError(f"{path}: JSON, but no object")
    return document
