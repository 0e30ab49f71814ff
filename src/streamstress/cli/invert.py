"""``invert``: a file of mechanisms to a stress field."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from streamstress.cli.invert_display import console, tell
from streamstress.cli.invert_input import EventTable, event_table
from streamstress.cli.invert_map import boundary_json, faults_json
from streamstress.cli.invert_options import InvertOptions, check_options
from streamstress.errors import ConfigError
from streamstress.outputs.field_json import node_json, smoothing_json
from streamstress.outputs.map_lines import read_boundaries, read_faults
from streamstress.outputs.mechanisms_csv import read_mechanisms
from streamstress.stress.causal_estimate import estimate_causal
from streamstress.stress.contribution import PlaneSet
from streamstress.stress.estimate import (
    FieldEstimate,
    IntervalOptions,
    estimate_field,
)
from streamstress.stress.faults import assumption
from streamstress.stress.field import Smoothing
from streamstress.stress.invert import PlaneMode
from streamstress.stress.nodes import NodeGrid, grid_nodes, single_node
from streamstress.stress.smoothing import FROBENIUS_METRIC, SATSI_METRIC

JSON_NAMES = {"lat": "latitude", "lon": "longitude", "depth": "depth_km"}
"""Columns that have a longer name in the JSON."""


def run_invert(
    mechanisms: Path, out: Path, options: InvertOptions, *, as_json: bool = False
) -> None:
    """Invert a file, write the field, and say what was found."""
    columns = [name.strip().lower() for name in options.columns.split(",") if name.strip()]
    check_options(options, columns, out)
    # Read before the work: a wrong file must not end an hour's run.
    local = not {"lat", "latitude", "lon", "longitude"} & set(columns)
    faults = read_faults(options.faults, local=local) if options.faults else []
    boundaries = read_boundaries(options.boundaries, local=local) if options.boundaries else []
    table = event_table(
        read_mechanisms(mechanisms),
        columns,
        options.grades.upper(),
        options.weights,
        needs_place=_has_grid(options, columns),
        links=not options.smoothing.startswith("satsi"),
    )
    grid = _grid(table, columns, options)
    method, smoothing = _smoothing(options.smoothing)
    planes: PlaneMode = options.planes  # type: ignore[assignment]
    estimate = _estimate(table, grid, options, method, smoothing)
    places = _places(table, grid, columns, options)
    document = _document(table, places, estimate, method, options)
    if faults:
        document["slip_tendency_assumption"] = assumption(options.friction)
        document["faults"] = faults_json(faults, estimate, places, options.friction)
    if boundaries:
        reach = options.reach or 2.0 * float(grid.step.max())
        document["boundaries"] = [
            boundary_json(line, table, columns, reach, planes, options.friction, options.seed)
            for line in boundaries
        ]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if options.figures is not None:
        # matplotlib takes half a second to import.
        from streamstress.outputs.field_figures import draw_figures

        drawn = draw_figures(options.figures, document, estimate.draws)
        console.print(f"figures: {', '.join(str(path) for path in drawn)}")
    tell(document, out, as_json=as_json)


def _estimate(
    table: EventTable, grid: NodeGrid, options: InvertOptions, method: str, smoothing: Smoothing
) -> FieldEstimate:
    planes: PlaneMode = options.planes  # type: ignore[assignment]

    def estimator(
        solutions: PlaneSet, nodes: NodeGrid, strength: Smoothing, intervals: IntervalOptions
    ) -> FieldEstimate:
        return estimate_field(
            solutions,
            nodes,
            planes=planes,
            smoothing=strength,
            friction=options.friction,
            metric=SATSI_METRIC if method == "satsi" else FROBENIUS_METRIC,
            min_events=options.min_events,
            intervals=intervals,
        )

    wanted = IntervalOptions(options.resamplings, options.seed, table.cluster)
    if options.causal:
        return estimate_causal(estimator, table.solutions, grid, smoothing, wanted)
    return estimator(table.solutions, grid, smoothing, wanted)


def _smoothing(text: str) -> tuple[str, Smoothing]:
    """Name of the method and what the inversion takes."""
    if text == "abic":
        return "abic", "abic"
    name, _, value = text.rpartition(":")
    parts = value.split(",")
    if name in ("", "satsi"):
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = []
        power = 4.0 if name == "satsi" else 1.0
        if 1 <= len(numbers) <= 2 and all(0 <= number < np.inf for number in numbers):
            strengths = [number**power for number in numbers]
            smoothing: Smoothing = strengths[0]
            if len(strengths) == 2:
                smoothing = {"space": strengths[0], "time": strengths[1]}
            return name or "given", smoothing
    raise ConfigError(
        f"--smoothing {text!r}: give abic, a strength (two for space,time) or satsi:E"
    )


def _has_grid(options: InvertOptions, columns: Sequence[str]) -> bool:
    """A grid is asked for by its step, or by columns that count nodes."""
    return options.grid is not None or not {"lat", "latitude"} & set(columns)


def _grid(table: EventTable, columns: Sequence[str], options: InvertOptions) -> NodeGrid:
    if not _has_grid(options, columns):
        return single_node(table.solutions.weight.size, len(columns))

    def axis(*names: str) -> int | None:
        return next((k for k, name in enumerate(columns) if name in names), None)

    is_satsi = options.smoothing.startswith("satsi")
    return grid_nodes(
        table.position,
        _steps(options.grid or "1", columns),
        time_axis=axis("time", "t"),
        latitude_axis=None if is_satsi else axis("lat", "latitude"),
        longitude_axis=None if is_satsi else axis("lon", "longitude"),
    )


def _steps(text: str, columns: Sequence[str]) -> list[float]:
    try:
        steps = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"--grid {text!r}: give numbers, one for all or one a column") from error
    horizontal = [name in ("lat", "latitude", "lon", "longitude", "x", "y") for name in columns]
    if len(steps) == 1 and all(horizontal):
        return steps * len(columns)
    if len(steps) != len(columns):
        raise ConfigError(
            f"--grid {text!r}: {len(columns)} columns ({','.join(columns)}) need a step each, "
            "such as 0.2,0.2,5,365 for degrees, degrees, km, days"
        )
    return steps


def _places(
    table: EventTable, grid: NodeGrid, columns: Sequence[str], options: InvertOptions
) -> list[dict[str, Any]]:
    """Coordinates of the nodes under their JSON names; the mean of the events without a grid."""
    names = [JSON_NAMES.get(name, name) for name in columns]
    coordinates = grid.coordinates
    if not _has_grid(options, columns):
        known = ~np.isnan(table.position)
        total = np.where(known, table.position, 0.0).sum(axis=0)
        coordinates = (total / np.where(known.any(axis=0), known.sum(axis=0), np.nan))[None]
    return [
        {name: _coordinate(name, value) for name, value in zip(names, row, strict=True)}
        for row in coordinates.tolist()
    ]


def _coordinate(name: str, value: float) -> float | str | None:
    if np.isnan(value):
        return None
    if name == "time":
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=value)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    rounded = round(value, 9)
    return (rounded + 180.0) % 360.0 - 180.0 if name == "longitude" else rounded


def _document(
    table: EventTable,
    places: Sequence[dict[str, Any]],
    estimate: FieldEstimate,
    method: str,
    options: InvertOptions,
) -> dict[str, Any]:
    field = estimate.field
    strengths = {} if field is None else {str(k): v for k, v in field.strengths.items()}
    reasons = Counter(line.reason for line in table.rejected)
    return {
        "smoothing": smoothing_json(method, strengths, None if field is None else field.choice),
        "causal": options.causal,
        "planes": options.planes,
        "friction": options.friction if options.planes == "instability" else None,
        "weights": options.weights,
        "grades": options.grades.upper(),
        "intervals": estimate.interval_method,
        "seed": options.seed,
        "n_events": len(table.event_id),
        "n_independent": int(np.unique(table.cluster).size),
        "n_solutions": int(table.solutions.event.size),
        "left_out": table.left_out,
        "set_aside": {
            "count": len(table.rejected),
            "reasons": dict(reasons),
            "rows": [
                {"line": line.line_number, "event_id": line.event_id, "reason": line.reason}
                for line in table.rejected
            ],
        },
        "nodes": [
            node_json(number, place, node)
            for number, (place, node) in enumerate(zip(places, estimate.nodes, strict=True))
        ],
    }
