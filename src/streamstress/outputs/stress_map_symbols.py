"""What stands at the points of a map of stress: bars of SHmax, symbols of A-phi and R."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from streamstress.outputs.exchange.stress_point import HALF_WIDTH95_IN_SIGMA, StressPoint
from streamstress.outputs.field_map_figure import INK
from streamstress.outputs.map_columns import REGIME_COLOURS
from streamstress.outputs.stress_map_parts import View, bar_segments, wedge_polygons

Array = NDArray[np.float64]

QUALITY_LENGTH = {"A": 1.0, "B": 0.85, "C": 0.7, "D": 0.5, "E": 0.3}
"""Length of a bar by World Stress Map rank, as a share of the longest."""

MAX_WEDGES = 3000
"""More intervals than these cannot be told apart, and make the file large."""

A_PHI_COLOURS = LinearSegmentedColormap.from_list(
    "a_phi", [REGIME_COLOURS[name] for name in ("NF", "NS", "SS", "TS", "TF")]
)
"""From normal (0.5) over strike-slip (1.5) to thrust (2.5), in the colours of the regimes."""

SCALES: dict[str, tuple[Colormap, float, float]] = {
    "a_phi": (A_PHI_COLOURS, 0.0, 3.0),
    "r": (mpl.colormaps["viridis"], 0.0, 1.0),
}
SIZES = ((0.1, 40.0), (0.3, 16.0), (1.0, 5.0))
"""Half-width of the 95 % interval of the shape ratio up to which a symbol has an area, points^2."""

UNKNOWN_SIZE = 16.0

BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "borderaxespad": 5.0}
"""Place of a legend: a fixed height under the axis, however low the panel is."""


def draw_bars(axes: Axes, group: Sequence[StressPoint], view: View, half: float) -> None:
    """Bars by regime (colour) and quality (length) with wedges of 95 %; ``half`` the longest."""
    shown = [point for point in group if point.shmax_deg is not None]
    silent = [point for point in group if point.shmax_deg is None]
    x, y = _shifted(shown, view)
    azimuth = np.array([point.shmax_deg for point in shown], float)
    length = half * np.array([QUALITY_LENGTH.get(point.quality or "", 0.5) for point in shown])
    colours = [REGIME_COLOURS.get(point.regime or "U", INK) for point in shown]
    known = np.array([point.shmax_sigma_deg is not None for point in shown], bool)
    if known.any() and known.sum() <= MAX_WEDGES:
        spread = HALF_WIDTH95_IN_SIGMA * np.array([p.shmax_sigma_deg or 0.0 for p in shown])
        spread = np.minimum(spread, 90.0)
        polygons = wedge_polygons(x, y, azimuth - spread, azimuth + spread, length, view)
        fills = [colour for colour, is_known in zip(colours, known, strict=True) if is_known]
        axes.add_collection(PolyCollection(polygons[known], facecolors=fills, alpha=0.35, lw=0))
    bars = bar_segments(x, y, azimuth, length, view)
    width = float(np.clip(half / (view.north - view.south) * 60.0, 0.5, 1.8))
    axes.add_collection(LineCollection(bars, colors=colours, linewidths=width, capstyle="round"))
    if silent:
        axes.plot(*_shifted(silent, view), ".", color="#b8c0bf", markersize=2)
    _bar_legend(axes, shown, width)


def _bar_legend(axes: Axes, shown: Sequence[StressPoint], width: float) -> None:
    regimes = [name for name in REGIME_COLOURS if any((p.regime or "U") == name for p in shown)]
    ranks = [name for name in QUALITY_LENGTH if any(p.quality == name for p in shown)]
    handles = [
        Line2D([], [], color=REGIME_COLOURS[name], lw=width + 0.8, label=name) for name in regimes
    ]
    if ranks:
        lengths = ", ".join(f"{name} {QUALITY_LENGTH[name]:g}" for name in ranks)
        handles.append(Line2D([], [], color="none", label=f"length: {lengths}"))
    if handles:
        axes.legend(handles=handles, frameon=False, ncols=7, fontsize=7, **BELOW)


def draw_symbols(axes: Axes, show: str, group: Sequence[StressPoint], view: View) -> None:
    """Filled where the shape ratio can be read, hollow where it cannot."""
    shown = [point for point in group if getattr(point, show) is not None]
    if not shown:
        return
    x, y = _shifted(shown, view)
    value = np.array([getattr(point, show) for point in shown], float)
    area = np.array([_area(point) for point in shown])
    sure = np.array([point.phi_reliable is not False for point in shown], bool)
    colormap, low, high = SCALES[show]
    colours = colormap(np.clip((value - low) / (high - low), 0.0, 1.0))
    axes.scatter(x[sure], y[sure], s=area[sure], c=colours[sure], lw=0.3, edgecolors=INK)
    axes.scatter(x[~sure], y[~sure], s=area[~sure], facecolors="none", edgecolors=colours[~sure])
    scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(low, high), colormap)
    axes.figure.colorbar(scale, ax=axes, shrink=0.7, pad=0.02)
    words = [f"±{limit:g}" for limit, _ in SIZES[:2]]
    handles = [
        Line2D([], [], marker="o", ls="", color=INK, markersize=np.sqrt(size), label=word)
        for word, (_, size) in zip([*words, "wider"], SIZES, strict=True)
    ]
    axes.legend(
        handles=handles, frameon=False, ncols=3, fontsize=7,
        title="95 % interval (hollow: not to be read)",
        title_fontsize=7, **BELOW,
    )  # fmt: skip


def _area(point: StressPoint) -> float:
    if point.phi_low95 is None or point.phi_high95 is None:
        return UNKNOWN_SIZE
    half = (point.phi_high95 - point.phi_low95) / 2.0
    return next((area for limit, area in SIZES if half <= limit), SIZES[-1][1])


def _shifted(points: Sequence[StressPoint], view: View) -> tuple[Array, Array]:
    """Places in the turn of longitude that the view shows."""
    x = np.array([point.longitude_deg for point in points], float)
    y = np.array([point.latitude_deg for point in points], float)
    return x + 360.0 * np.round(((view.west + view.east) / 2.0 - x) / 360.0), y
