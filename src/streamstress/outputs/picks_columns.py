"""How other pickers name the columns of a picks CSV.

Theirs are SeisBench's ``trace_id,peak_time,peak_value,phase``, PhaseNet's
``station_id,phase_time,phase_score,phase_type`` and GaMMA's ``id,timestamp,prob,type``; a station
may be the dotted identifier of a trace, a time seconds since 1970.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from streamstress.outputs.json_view import iso_time

ALIASES = {
    "time": ("peak_time", "phase_time", "timestamp"),
    "phase": ("phase_type", "phase_hint", "type"),
    "probability": ("peak_value", "phase_score", "prob", "confidence", "score"),
    "trace_id": ("station_id", "id"),
}
"""Names that stand for ours where ours is not there."""

TRACE = ("network", "station", "location", "channel")
"""Parts of a trace's identifier, in their order."""

_EPOCH = re.compile(r"\d{8,11}(\.\d+)?")


def own_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Columns under our names, in the order of the file."""
    theirs = {
        next((name for name in names if name in columns), ""): own
        for own, names in ALIASES.items()
        if own not in columns
    }
    if "station" in columns:
        theirs = {name: own for name, own in theirs.items() if own != "trace_id"}
    return tuple(theirs.get(name, name) for name in columns)


def known_columns(columns: Sequence[str]) -> set[str]:
    """What a file with these columns (under our names) tells; a dotted identifier tells four."""
    known = set(columns)
    if "trace_id" in known or ("station" in known and "network" not in known):
        known |= {"network", "station"}
    return known


def own_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Cells of a row, a dotted identifier taken apart and seconds since 1970 written out."""
    row = dict(texts)
    identifier = row.pop("trace_id", "") or row.get("station", "")
    if "." in identifier and not row.get("network"):
        row |= dict(zip(TRACE, identifier.split("."), strict=False))
    if _EPOCH.fullmatch(row.get("time", "")):
        row["time"] = iso_time(round(Decimal(row["time"]) * 10**6) * 1000)
    return row
