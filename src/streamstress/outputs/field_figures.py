"""Figures of a stress field: map of SHmax, stereonet of the axes, curves of the smoothing.

Vector graphics (SVG); made from what ``streamstress invert`` writes, so that any such file can be
drawn again. Colours of the regimes are those of the World Stress Map.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from streamstress.geometry.axes import trend_plunge
from streamstress.geometry.tensors import principal_axes

Array = NDArray[np.float64]
Json = Mapping[str, Any]

REGIME_COLOURS = {
    "NF": "#c0392b", "NS": "#d98224", "SS": "#2e7d32", "TS": "#1f8a94", "TF": "#23479b",
    "U": "#6b767d",
}  # fmt: skip
AXIS_COLOURS = ("#c0392b", "#6b767d", "#23479b")
"""Colours of s1, s2, s3."""

MAX_POINTS = 250
"""Points of an axis on a stereonet: more only make the file large."""

INK, FAINT = "#20282d", "#d5d9da"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "streamstress",
    "font.size": 9,
    "axes.edgecolor": "#6b767d",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_figures(
    folder: Path, document: Json, draws: Mapping[int, Array], formats: Sequence[str] = ("svg",)
) -> list[Path]:
    """Draw what a result holds; the paths of the files.

    Parameters
    ----------
    document
        Result of ``invert``.
    draws
        Tensors (r, 3, 3) drawn for the nodes whose stereonet is wanted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with mpl.rc_context(STYLE):
        figures = {"stereonet": stereonet_figure(document, draws)}
        if any(_xy(node) is not None for node in document["nodes"]):
            figures["shmax_map"] = shmax_map(document)
        if document["smoothing"].get("curve"):
            figures["smoothing"] = smoothing_figure(document["smoothing"])
        for name, figure in figures.items():
            for ending in formats:
                written.append(folder / f"{name}.{ending}")
                metadata = {"Date": None} if ending == "svg" else None
                figure.savefig(written[-1], bbox_inches="tight", metadata=metadata)
    return sorted(written)


def shmax_map(document: Json) -> Figure:
    """Bars along SHmax, coloured by regime, with wedges of the 95 % interval."""
    figure = Figure(figsize=(6.4, 5.6))
    axes = figure.add_subplot()
    nodes = [(node, _xy(node)) for node in document["nodes"]]
    placed = [(node, place) for node, place in nodes if place is not None]
    where = np.array([place for _, place in placed])
    size = _spacing(where)
    is_geographic = "latitude" in document["nodes"][0]
    stretch = 1.0 / np.cos(np.radians(where[:, 1].mean())) if is_geographic else 1.0
    silent = np.array([place for node, place in placed if node["status"] != "ok"])
    if silent.size:
        axes.plot(*silent.T, ".", color=FAINT, markersize=2, zorder=1)
    for node, place in placed:
        if node["shmax_deg"] is not None:
            _bar(axes, node, place, 0.46 * size, stretch)
    axes.set_aspect(stretch)
    axes.margins(0.08)
    axes.set_xlabel("longitude (degrees)" if is_geographic else "x")
    axes.set_ylabel("latitude (degrees)" if is_geographic else "y")
    used = [name for name in REGIME_COLOURS if any(n.get("regime") == name for n, _ in placed)]
    handles = [Line2D([], [], color=REGIME_COLOURS[name], lw=2.5, label=name) for name in used]
    if silent.size:
        dots = Line2D([], [], color=FAINT, marker=".", ls="", label="not enough events")
        handles.append(dots)
    if handles:
        axes.legend(handles=handles, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.set_title("SHmax with its 95 % interval, by regime", loc="left", color=INK, fontsize=10)
    return figure


def stereonet_figure(document: Json, draws: Mapping[int, Array]) -> Figure:
    """Lower hemisphere, equal area: axes of the nodes, and their 95 % regions as points."""
    shown = [number for number in draws if document["nodes"][number]["status"] == "ok"]
    columns = max(min(len(shown), 4), 1)
    rows = max(-(-len(shown) // columns), 1)
    figure = Figure(figsize=(2.5 * columns + 0.6, 2.6 * rows + 0.4))
    for place, number in enumerate(shown):
        axes = figure.add_subplot(rows, columns, place + 1)
        _net(axes)
        node = document["nodes"][number]
        directions = principal_axes(_region(draws[number]))[1]
        for k, colour in enumerate(AXIS_COLOURS):
            x, y = _equal_area(*trend_plunge(directions[:, k]))
            axes.plot(x, y, ".", color=colour, markersize=1.2, alpha=0.35, rasterized=False)
            axis = node[f"s{k + 1}"]
            x0, y0 = _equal_area(axis["azimuth_deg"], axis["plunge_deg"])
            axes.plot(x0, y0, "o", color=colour, markersize=6, markeredgecolor="white")
            axes.annotate(
                f"s{k + 1}", (x0, y0), xytext=(5, 4), textcoords="offset points", color=INK
            )
        axes.set_title(
            f"node {number}, {node['n_events']} events, R {node['r']:.2f}", fontsize=8, color=INK
        )
    return figure


def smoothing_figure(smoothing: Json) -> Figure:
    """Trade-off of misfit and roughness with its corner, and ABIC, against the strength."""
    figure = Figure(figsize=(8.2, 3.4))
    curve = sorted(smoothing["curve"], key=lambda point: point["lambda"])
    strength = np.array([point["lambda"] for point in curve])
    chosen = int(np.argmin(np.abs(strength - smoothing["lambda"])))
    corner = int(np.argmin(np.abs(strength - smoothing["corner"]["lambda"])))
    left, right = figure.subplots(1, 2, gridspec_kw={"wspace": 0.3})
    rough = [point["roughness_rms"] for point in curve]
    misfit = [point["misfit_rms"] for point in curve]
    left.plot(rough, misfit, "-o", color=INK, markersize=3, lw=1)
    for at, text, colour in ((chosen, "least ABIC", "#c0392b"), (corner, "corner", "#23479b")):
        left.plot(rough[at], misfit[at], "o", color=colour, markersize=7, label=text)
        right.axvline(strength[at], color=colour, lw=1, ls="--")
    left.set_xlabel("roughness: rms difference of neighbours")
    left.set_ylabel("misfit: rms slip residual")
    left.legend(frameon=False)
    right.semilogx(strength, [point["abic"] for point in curve], "-o", color=INK, ms=3, lw=1)
    right.set_xlabel("strength of smoothing")
    right.set_ylabel("ABIC")
    return figure


def _bar(axes: Axes, node: Json, place: tuple[float, float], half: float, stretch: float) -> None:
    colour = REGIME_COLOURS.get(node["regime"], INK)
    if node["shmax_interval95_deg"] is not None:
        low, high = node["shmax_interval95_deg"]
        fan = np.linspace(low, high, 16)
        for turn in (0.0, 180.0):
            x, y = _along(place, fan + turn, 0.85 * half, stretch)
            axes.fill(
                np.append(x, place[0]), np.append(y, place[1]), color=colour, alpha=0.22, lw=0
            )
    ends = np.array([node["shmax_deg"], node["shmax_deg"] + 180.0])
    axes.plot(*_along(place, ends, half, stretch), color=colour, lw=1.6, solid_capstyle="round")


def _along(
    place: tuple[float, float], azimuth_deg: Array, length: float, stretch: float
) -> tuple[Array, Array]:
    """Points in these directions; degrees of longitude are stretched as the map is."""
    angle = np.radians(azimuth_deg)
    return place[0] + length * stretch * np.sin(angle), place[1] + length * np.cos(angle)


def _xy(node: Json) -> tuple[float, float] | None:
    for x, y in (("longitude", "latitude"), ("x", "y")):
        if node.get(x) is not None and node.get(y) is not None:
            return float(node[x]), float(node[y])
    return None


def _spacing(where: Array) -> float:
    """Smallest distance of two rows of nodes."""
    gaps = [np.diff(np.unique(np.round(column, 6))) for column in where.T]
    smallest = [float(gap.min()) for gap in gaps if gap.size]
    return min(smallest) if smallest else 1.0


def _equal_area(trend_deg: Array | float, plunge_deg: Array | float) -> tuple[Array, Array]:
    radius = np.sqrt(2.0) * np.sin(np.radians(45.0 - np.asarray(plunge_deg) / 2.0))
    trend = np.radians(np.asarray(trend_deg))
    return radius * np.sin(trend), radius * np.cos(trend)


def _region(draws: Array) -> Array:
    """The 95 % of the tensors (r, 3, 3) nearest to their mean, at most `MAX_POINTS` of them.

    Nearness is the product of normalised tensors, as Hardebeck & Michael (2006) plot regions.
    """
    nearness = np.einsum("rij,ij->r", draws, draws.mean(axis=0))
    kept = np.argsort(-nearness, kind="stable")[: round(0.95 * len(draws))]
    return np.asarray(draws[kept[:: -(-kept.size // MAX_POINTS)]])


def _net(axes: Axes) -> None:
    around = np.linspace(0.0, 2.0 * np.pi, 181)
    axes.plot(np.sin(around), np.cos(around), color=INK, lw=0.8)
    axes.plot(0, 0, "+", color="#6b767d", markersize=6)
    axes.annotate("N", (0, 1.03), ha="center", va="bottom", fontsize=8, color=INK)
    axes.set_aspect("equal")
    axes.set_xlim(-1.15, 1.15)
    axes.set_ylim(-1.15, 1.2)
    axes.axis("off")
