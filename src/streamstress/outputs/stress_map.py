"""Maps of stress as a paper prints them: vector graphics, from any file of stress.

SHmax as bars by regime (colour) and quality (length), A-phi and R as symbols by value (colour) and
certainty (size), a row of panels for each slice of depth or time, over land, faults, boundaries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Lock

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.outputs.exchange.stress_point import StressPoint
from streamstress.outputs.field_figures import STYLE
from streamstress.outputs.field_map_figure import INK
from streamstress.outputs.map_lines import BoundaryLine
from streamstress.outputs.stress_map_lines import (
    FaultPiece,
    draw_boundaries,
    draw_fault_scale,
    draw_faults,
)
from streamstress.outputs.stress_map_parts import View, bar_size, map_frame, unwrapped, view_of
from streamstress.outputs.stress_map_symbols import draw_bars, draw_symbols

Array = NDArray[np.float64]

TITLES = {
    "shmax": "SHmax by regime; length by quality, wedge 95 %",
    "a_phi": "A-phi; size by certainty",
    "r": "R = (s1 - s2)/(s1 - s3); size by certainty",
}
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class MapLayers:
    """What is drawn beside the points."""

    faults: Sequence[FaultPiece] = ()
    boundaries: Sequence[BoundaryLine] = ()
    contrasts: Mapping[str, str] = field(default_factory=dict)
    """Words on a boundary, by its name."""
    title: str | None = None


def draw_stress_map(
    path: Path,
    slices: Sequence[tuple[str, Sequence[StressPoint]]],
    shows: Sequence[str] = ("shmax",),
    layers: MapLayers | None = None,
) -> None:
    """Draw a panel for each slice (row) and quantity (column: shmax, a_phi, r) into a file.

    Raises
    ------
    UnusableDataError
        There is no point.
    """
    _write(path, path.suffix.lower().removeprefix("."), slices, shows, layers)


def stress_map_svg(
    slices: Sequence[tuple[str, Sequence[StressPoint]]],
    shows: Sequence[str] = ("shmax",),
    layers: MapLayers | None = None,
) -> bytes:
    """Draw the same figure as the text of an SVG file.

    Raises
    ------
    UnusableDataError
        There is no point.
    """
    held = BytesIO()
    _write(held, "svg", slices, shows, layers)
    return held.getvalue()


def _write(
    target: Path | BytesIO,
    kind: str,
    slices: Sequence[tuple[str, Sequence[StressPoint]]],
    shows: Sequence[str],
    layers: MapLayers | None,
) -> None:
    points = [point for _, group in slices for point in group]
    if not points:
        raise UnusableDataError("no stress estimate that is asked for; nothing was drawn")
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    # Styles of matplotlib hold for the whole process.
    with _one_at_a_time, mpl.rc_context(STYLE):
        figure = _figure(slices, points, shows, layers or MapLayers())
        figure.savefig(target, format=kind, bbox_inches="tight", metadata=undated, dpi=200)


def _figure(
    slices: Sequence[tuple[str, Sequence[StressPoint]]],
    points: Sequence[StressPoint],
    shows: Sequence[str],
    layers: MapLayers,
) -> Figure:
    x, y = _places(points)
    view = view_of(x, y)
    places = np.unique(np.column_stack([x, y]), axis=0)
    half = bar_size(places[:, 0], places[:, 1], view)
    high = 5.0 * (view.north - view.south) * view.stretch / (view.east - view.west)
    size = (5.6 * len(shows), (float(np.clip(high, 2.5, 9.0)) + 0.6) * len(slices))
    figure = Figure(figsize=size, layout="compressed")
    panels = figure.subplots(len(slices), len(shows), squeeze=False)
    for row, (name, group) in zip(panels, slices, strict=True):
        for axes, show in zip(row, shows, strict=True):
            _panel(axes, show, group, view, half, layers)
            if axes is row[-1]:
                draw_fault_scale(axes, layers.faults)
            where = f"{name}: " if name else ""
            axes.set_title(f"{where}{TITLES[show]}", loc="left", color=INK, fontsize=8)
    if layers.title:
        figure.suptitle(layers.title, color=INK)
    return figure


def _panel(
    axes: Axes, show: str, group: Sequence[StressPoint], view: View, half: float, layers: MapLayers
) -> None:
    map_frame(axes, np.zeros(0), np.zeros(0), view)
    draw_faults(axes, layers.faults)
    draw_boundaries(axes, layers.boundaries, layers.contrasts)
    if show == "shmax":
        draw_bars(axes, group, view, half)
    else:
        draw_symbols(axes, show, group, view)


def _places(points: Sequence[StressPoint]) -> tuple[Array, Array]:
    x = np.array([point.longitude_deg for point in points], float)
    return unwrapped(x), np.array([point.latitude_deg for point in points], float)
