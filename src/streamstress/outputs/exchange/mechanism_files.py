"""Any file of mechanisms that can be read, told apart by what it holds.

Mechanisms CSV, GeoJSON and Parquet of ``export``, QuakeML.
"""

import json
from pathlib import Path

from streamstress.outputs.exchange.features import read_mechanism_features
from streamstress.outputs.exchange.stress_files import PARQUET_MAGIC, first_bytes
from streamstress.outputs.mechanisms_csv import (
    NEEDED,
    MechanismLine,
    RejectedLine,
    read_mechanisms,
)


def read_mechanism_file(path: Path) -> tuple[list[MechanismLine], list[RejectedLine]]:
    """Rows of a file of any kind, and what was set aside.

    Raises
    ------
    InputFileError
        The file cannot be read, or is of no kind that holds mechanisms.
    """
    kind = _kind_of(path)
    if kind == "parquet":
        from streamstress.outputs.exchange.columns import read_mechanism_columns

        return read_mechanism_columns(path)
    if kind == "geojson":
        return read_mechanism_features(path)
    if kind == "quakeml":
        # obspy takes half a second to import.
        from streamstress.outputs.exchange.catalogue import read_catalogue

        return read_catalogue(path)
    table = read_mechanisms(path)
    return list(table.rows), list(table.rejected)


def is_mechanisms(path: Path) -> bool:
    """Whether a file holds mechanisms; what is not known to is taken for stress.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    return _kind_of(path) is not None


def _kind_of(path: Path) -> str | None:
    head = first_bytes(path)
    if head.startswith(PARQUET_MAGIC):
        from streamstress.outputs.exchange.columns import column_names

        return "parquet" if set(NEEDED) <= set(column_names(path)) else None
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    if text.startswith("<"):
        return "quakeml"
    if text.startswith("{"):
        return "geojson" if _is_mechanism_collection(path) else None
    first = text.splitlines()[0].lower() if text else ""
    names = {name.strip() for name in first.split(",")}
    return "csv" if set(NEEDED) & names else None


def _is_mechanism_collection(path: Path) -> bool:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        properties = document["features"][0]["properties"]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        # Whatever it is, it holds no mechanisms; its reader will say what is wrong.
        return False
    return isinstance(properties, dict) and set(NEEDED) <= set(properties)
