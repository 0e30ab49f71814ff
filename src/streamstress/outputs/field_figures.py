"""Figures of a stress field: map of SHmax, stereonet of the axes, curves of the smoothing.

Vector graphics (SVG); made from what ``streamstress invert`` writes, so that any such file can be
drawn again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from streamstress.geometry.axes import trend_plunge
from streamstress.geometry.tensors import principal_axes
from streamstress.outputs.field_map_figure import INK, node_place, shmax_map

Array = NDArray[np.float64]
Json = Mapping[str, Any]

AXIS_COLOURS = ("#c0392b", "#6b767d", "#23479b")
"""Colours of s1, s2, s3."""

MAX_POINTS = 250
"""Points of an axis on a stereonet: more only make the file large."""

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
        if any(node_place(node) is not None for node in document["nodes"]):
            figures["shmax_map"] = shmax_map(document)
        if document["smoothing"].get("curve"):
            figures["smoothing"] = smoothing_figure(document["smoothing"])
        for name, figure in figures.items():
            for ending in formats:
                written.append(folder / f"{name}.{ending}")
                metadata = {"Date": None} if ending == "svg" else None
                figure.savefig(written[-1], bbox_inches="tight", metadata=metadata)
    return sorted(written)


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
        shape = f", R {node['r']:.2f}" if node["phi_reliable"] else ""
        axes.set_title(f"node {number}, {node['n_events']} events{shape}", fontsize=8, color=INK)
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
