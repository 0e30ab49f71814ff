"""A map of SHmax at the nodes of a field, one for each depth and time.

Colours of the regimes are those of the page.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from streamstress.outputs.map_columns import REGIME_COLOURS

Array = NDArray[np.float64]
Json = Mapping[str, Any]

MAX_MAPS = 9
"""Maps of a figure, one a depth and time: more are too small to read."""

HORIZONTAL = ("longitude", "latitude", "x", "y")

UNDEFINED: dict[str, Any] = {"markersize": 4.5, "markerfacecolor": "none"}
"""Mark of a stress whose SHmax is not defined."""

INK, FAINT = "#20282d", "#d5d9da"


def shmax_map(document: Json) -> Figure:
    """Bars along SHmax, coloured by regime, with wedges of the 95 % interval.

    A map for each depth and time, of the `MAX_MAPS` with most stresses.
    """
    slices = _slices([node for node in document["nodes"] if node_place(node) is not None])
    columns = min(len(slices), 3)
    rows = -(-len(slices) // columns)
    size = (6.4, 5.6) if columns == 1 else (3.6 * columns, 3.4 * rows)
    figure = Figure(figsize=size, layout="constrained")
    where = np.array([node_place(node) for _, nodes in slices for node in nodes])
    is_geographic = "latitude" in document["nodes"][0]
    stretch = 1.0 / np.cos(np.radians(where[:, 1].mean())) if is_geographic else 1.0
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (name, nodes) in zip(panels, slices, strict=False):
        _draw_nodes(axes, nodes, 0.46 * _spacing(where), stretch)
        axes.set_title(name, loc="left", color=INK, fontsize=8)
    for axes in panels[len(slices) :]:
        axes.axis("off")
    handles = _map_legend([node for _, nodes in slices for node in nodes])
    panels[columns - 1].legend(
        handles=handles, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
    )
    figure.supxlabel("longitude (degrees)" if is_geographic else "x", fontsize=9)
    figure.supylabel("latitude (degrees)" if is_geographic else "y", fontsize=9)
    figure.suptitle("SHmax with its 95 % interval, by regime", color=INK, fontsize=10)
    return figure


def _slices(nodes: Sequence[Json]) -> list[tuple[str, list[Json]]]:
    """Nodes of each depth and time with the name of it."""
    names = list(nodes[0])[1 : list(nodes[0]).index("n_events")]
    others = [name for name in names if name not in HORIZONTAL]
    found: dict[tuple[Any, ...], list[Json]] = defaultdict(list)
    for node in nodes:
        found[tuple(node[name] for name in others)].append(node)
    answered = {key: sum(one["status"] == "ok" for one in held) for key, held in found.items()}
    most = sorted(sorted(found), key=lambda key: -answered[key])[:MAX_MAPS]
    return [(_slice_name(others, key), found[key]) for key in sorted(most)]


def _slice_name(names: Sequence[str], values: Sequence[Any]) -> str:
    shown = {"depth_km": "depth {} km", "time": "{:.10}"}
    pairs = zip(names, values, strict=True)
    return ", ".join(shown.get(name, f"{name} {{}}").format(value) for name, value in pairs)


def _draw_nodes(axes: Axes, nodes: Sequence[Json], half: float, stretch: float) -> None:
    for node in nodes:
        place = node_place(node)
        if place is None:
            continue
        if node["status"] != "ok":
            axes.plot(*place, ".", color=FAINT, markersize=2, zorder=1)
        elif node["shmax_deg"] is None:
            axes.plot(*place, "o", color=REGIME_COLOURS.get(node["regime"], INK), **UNDEFINED)
        else:
            _bar(axes, node, place, half, stretch)
    axes.set_aspect(stretch)
    axes.margins(0.08)


def _map_legend(nodes: Sequence[Json]) -> list[Line2D]:
    """The regimes and marks that occur."""
    used = [name for name in REGIME_COLOURS if any(n.get("regime") == name for n in nodes)]
    handles = [Line2D([], [], color=REGIME_COLOURS[name], lw=2.5, label=name) for name in used]
    if any(node["status"] == "ok" and node["shmax_deg"] is None for node in nodes):
        label = "SHmax undefined"
        handles.append(Line2D([], [], color=INK, marker="o", ls="", label=label, **UNDEFINED))
    if any(node["status"] != "ok" for node in nodes):
        label = "not enough events"
        handles.append(Line2D([], [], color=FAINT, marker=".", ls="", label=label))
    return handles


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


def node_place(node: Json) -> tuple[float, float] | None:
    """Horizontal place of a node, x first; None where it has none."""
    for x, y in (("longitude", "latitude"), ("x", "y")):
        if node.get(x) is not None and node.get(y) is not None:
            return float(node[x]), float(node[y])
    return None


def _spacing(where: Array) -> float:
    """Smallest distance of two rows of nodes."""
    gaps = [np.diff(np.unique(np.round(column, 6))) for column in where.T]
    smallest = [float(gap.min()) for gap in gaps if gap.size]
    return min(smallest) if smallest else 1.0
