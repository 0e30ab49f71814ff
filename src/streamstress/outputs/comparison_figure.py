"""The figure of a comparison: both bars at each place, and how the differences spread."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from streamstress.outputs.comparison import Comparison
from streamstress.outputs.field_figures import STYLE
from streamstress.outputs.field_map_figure import FAINT, INK
from streamstress.outputs.stress_map_parts import bar_segments, bar_size, map_frame

FIRST, SECOND, DIFFERENT = "#6b767d", "#24557a", "#b3261e"


def draw_comparison(path: Path, told: Comparison) -> None:
    """Write the figure; the ending of the file says its format."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.0, 5.2))
        left, right = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
        _map(left, told)
        _histogram(right, told)
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, bbox_inches="tight", metadata=metadata)


def _map(axes: Axes, told: Comparison) -> None:
    x = np.array([pair.longitude_deg for pair in told.pairs])
    y = np.array([pair.latitude_deg for pair in told.pairs])
    view = map_frame(axes, x, y)
    half = np.full(x.shape, bar_size(x, y, view))
    for name, width, colours in (
        ("shmax_a_deg", 2.6, [FIRST] * x.size),
        ("shmax_b_deg", 1.3, [DIFFERENT if p.significant else SECOND for p in told.pairs]),
    ):
        azimuth = np.array([getattr(pair, name) for pair in told.pairs])
        segments = bar_segments(x, y, azimuth, half, view)
        axes.add_collection(LineCollection(segments, colors=colours, linewidths=width))
    axes.set_title(
        f"grey: {Path(told.a).name}; blue: {Path(told.b).name}; red: differs",
        loc="left", color=INK, fontsize=8,
    )  # fmt: skip


def _histogram(axes: Axes, told: Comparison) -> None:
    values = [pair.difference_deg for pair in told.pairs]
    axes.hist(
        values, bins=[float(edge) for edge in np.arange(-90.0, 90.1, 7.5)], color=SECOND, alpha=0.75
    )
    axes.axvline(told.mean_difference_deg, color=INK, lw=1.2)
    if told.mean_interval95_deg is not None:
        axes.axvspan(*told.mean_interval95_deg, color=FAINT, zorder=0)
    axes.set_xlim(-90.0, 90.0)
    axes.set_xticks(range(-90, 91, 30))
    axes.set_xlabel("difference of SHmax, second minus first (degrees)")
    axes.set_ylabel("places")
    axes.set_title(f"{told.n_pairs} places", loc="left", color=INK, fontsize=8)
