"""What ``export`` does: from the store or a file, to any format that can hold it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typer
from rich.console import Console

from streamstress.cli.stores import opened_reader
from streamstress.errors import ConfigError, UnusableDataError
from streamstress.outputs.exchange.csm import write_csm
from streamstress.outputs.exchange.features import (
    mechanism_feature,
    stress_feature,
    write_features,
)
from streamstress.outputs.exchange.mechanism_files import is_mechanisms, read_mechanism_file
from streamstress.outputs.exchange.mechanism_rows import rows_of_records
from streamstress.outputs.exchange.selection import Selection
from streamstress.outputs.exchange.stress_files import read_stress_file
from streamstress.outputs.exchange.stress_point import StressPoint, point_of_estimate
from streamstress.outputs.exchange.wsm import write_wsm
from streamstress.outputs.mechanisms_csv import MechanismLine, RejectedLine, write_mechanisms
from streamstress.outputs.store_reader import StoreReader

What = Literal["mechanisms", "stress"]
HOLDS: dict[str, tuple[What, ...]] = {
    "quakeml": ("mechanisms",),
    "csv": ("mechanisms",),
    "wsm": ("stress",),
    "csm": ("stress",),
    "geojson": ("mechanisms", "stress"),
    "parquet": ("mechanisms", "stress"),
}
"""What each format can hold."""

console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a person asked for."""

    kind: str
    source: Path | None
    out: Path | None
    config: Path | None
    store: str | None
    what: str | None
    selection: Selection
    history: bool = False


def run_export(request: ExportRequest, *, as_json: bool = False) -> None:
    """Export, and say what was written.

    Raises
    ------
    ConfigError
        The request contradicts itself, or the format cannot hold what was found.
    InputFileError
        The source cannot be read.
    UnusableDataError
        There is nothing to write; no file is made.
    """
    out = _checked_out(request)
    what = _what(request)
    rejected: list[RejectedLine] = []
    if request.source is None:
        count = _from_store(request, what, out)
    elif what == "mechanisms":
        rows, rejected = read_mechanism_file(request.source)
        count = _write_rows(request.kind, out, _wanted_rows(rows, request.selection))
    else:
        points, rejected = read_stress_file(request.source)
        count = _write_points(request.kind, out, _wanted_points(points, request.selection))
    _tell(out, what, count, rejected, as_json=as_json)


def _checked_out(request: ExportRequest) -> Path:
    if request.kind not in HOLDS:
        raise ConfigError(f"format {request.kind!r}: give one of {', '.join(HOLDS)}")
    if request.out is None:
        raise ConfigError("no file to write; give --out FILE")
    if not request.out.parent.is_dir():
        raise ConfigError(f"{request.out}: there is no folder {request.out.parent}; make it first")
    if (request.source, request.config, request.store).count(None) != 2:
        raise ConfigError("give one source: a file, --config FILE or --store URL")
    return request.out


def _what(request: ExportRequest) -> What:
    held = HOLDS[request.kind]
    if request.source is not None:
        found: What = "mechanisms" if is_mechanisms(request.source) else "stress"
        if found not in held:
            kinds = ", ".join(kind for kind, holds in HOLDS.items() if found in holds)
            raise ConfigError(
                f"{request.source} holds {found}, {request.kind} cannot; use one of {kinds}"
            )
        return found
    if request.what is None:
        return held[0]
    if request.what == "stress" and "stress" in held:
        return "stress"
    if request.what == "mechanisms" and "mechanisms" in held:
        return "mechanisms"
    raise ConfigError(f"--what {request.what!r}: {request.kind} can hold {' or '.join(held)}")


def _from_store(request: ExportRequest, what: What, out: Path) -> int:
    with opened_reader(request.config, request.store) as reader:
        if what == "stress":
            estimates = reader.stress_records(request.selection, every=request.history)
            points = [point_of_estimate(estimate) for estimate in estimates]
            return _write_points(request.kind, out, points)
        if request.kind == "quakeml":
            return _write_quakeml_of_store(reader, request.selection, out)
        records = reader.mechanism_records(request.selection)
        return _write_rows(request.kind, out, rows_of_records(records))


def _write_quakeml_of_store(reader: StoreReader, selection: Selection, out: Path) -> int:
    from streamstress.outputs.exchange.catalogue import write_catalogue
    from streamstress.outputs.quakeml import catalog_event

    details = reader.event_details(selection)
    first = next(details, None)
    if first is None:
        raise UnusableDataError("the store has no event that is asked for; nothing was written")

    def events() -> Iterator[object]:
        yield catalog_event(first.event, first.mechanism)
        for detail in details:
            yield catalog_event(detail.event, detail.mechanism)

    return write_catalogue(out, events())


def _wanted_rows(rows: Iterable[MechanismLine], wanted: Selection) -> list[MechanismLine]:
    return [
        row
        for row in rows
        if wanted.holds(row.time_ns, row.latitude_deg, row.longitude_deg, row.grade)
    ]


def _wanted_points(points: Iterable[StressPoint], wanted: Selection) -> list[StressPoint]:
    return [
        point
        for point in points
        if wanted.holds(point.time_ns, point.latitude_deg, point.longitude_deg)
    ]


def _write_rows(kind: str, out: Path, rows: Iterable[MechanismLine]) -> int:
    listed = list(rows)
    if not listed:
        raise UnusableDataError("no mechanism that is asked for; nothing was written")
    if kind == "csv":
        write_mechanisms(out, listed)
    elif kind == "geojson":
        write_features(out, map(mechanism_feature, listed))
    elif kind == "parquet":
        from streamstress.outputs.exchange.columns import write_mechanism_columns

        write_mechanism_columns(out, listed)
    else:
        # obspy takes half a second to import.
        from streamstress.outputs.exchange.catalogue import events_of_rows, write_catalogue

        write_catalogue(out, events_of_rows(listed))
    return len(listed)


def _write_points(kind: str, out: Path, points: list[StressPoint]) -> int:
    if not points:
        raise UnusableDataError("no stress estimate that is asked for; nothing was written")
    if kind == "wsm":
        write_wsm(out, points)
    elif kind == "csm":
        write_csm(out, points)
    elif kind == "geojson":
        write_features(out, map(stress_feature, points))
    else:
        from streamstress.outputs.exchange.columns import write_stress_columns

        write_stress_columns(out, points)
    return len(points)


def _tell(
    out: Path, what: What, count: int, rejected: list[RejectedLine], *, as_json: bool
) -> None:
    reasons = Counter(line.reason for line in rejected)
    if as_json:
        told = {"file": str(out), "what": what, "count": count, "set_aside": dict(reasons)}
        typer.echo(json.dumps(told))
        return
    for reason, number in reasons.items():
        console.print(f"set aside {number} rows: {reason}", style="yellow")
    noun = {"mechanisms": "mechanisms", "stress": "stress estimates"}[what]
    console.print(f"{count} {noun} written to {out}")
