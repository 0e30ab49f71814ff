"""The figures of the pages, in Bokeh: the map, and series over data time.

Every source and range has a name, by which the page's script replaces its columns; renderers named
in `static/charts.js` follow the page's light or dark colours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bokeh.core.types import ID
from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.models import (
    BasicTicker,
    Column,
    ColumnDataSource,
    DataRange1d,
    DatetimeTicker,
    FixedTicker,
    HoverTool,
    NoOverlap,
    Range1d,
)
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from streamstress.outputs.figures import ACCENT, INK, MUTED, style_plot
from streamstress.outputs.map_columns import Columns

ALARM = "#c2410c"
TOOLS = "xpan,xwheel_zoom,reset"


SOURCES = {
    "land": ("xs", "ys"),
    "lakes": ("xs", "ys"),
    "stations": ("x", "y", "code", "mark", "colour", "words"),
    "events": ("x", "y", "size", "colour", "event_id", "magnitude", "depth", "time"),
    "ball_rims": ("xs", "ys", "colour", "label", "event_id"),
    "ball_quadrants": ("xs", "ys", "colour"),
    "bars": ("xs", "ys", "colour", "label"),
    "sectors": ("xs", "ys", "colour"),
    "former": ("xs", "ys"),
    "scale": ("x0", "x1", "y0", "y1"),
    "scale_words": ("x", "y", "text"),
    "shmax": ("time", "shmax", "low", "high", "shown", "n", "half"),
    "levels": ("x0", "x1", "y0", "y1"),
    "onset": ("time",),
    "a_phi": ("time", "a_phi", "low", "high"),
    "event_count": ("time", "count"),
    "mechanism_count": ("time", "count"),
    "scores": ("time", "score", "threshold", "ratio", "state", "mark", "colour"),
}
"""Columns of every source; the views fill them."""


@dataclass(frozen=True, slots=True)
class ChartData:
    """What the figures of a page show now."""

    columns: Mapping[str, Columns]
    ranges: Mapping[str, tuple[float, float]]


@cache
def chart_item(page: str) -> str:
    """Figures of a page as Bokeh's JSON, without data: made once, filled by the page's script."""
    shown = map_figure() if page == "overview" else series_figures()
    return json.dumps(json_item(shown, ID("chart")))


def _source(name: str) -> ColumnDataSource:
    return ColumnDataSource(data={key: [] for key in SOURCES[name]}, name=name)


def _range(name: str) -> Range1d:
    made = Range1d(start=0.0, end=1.0)
    made.name = name
    return made


def map_figure() -> figure:
    """Map of land, stations by health, events, mechanisms by grade and SHmax by regime."""
    plot = figure(
        sizing_mode="stretch_both",
        min_height=300,
        x_range=_range("map_x"),
        y_range=_range("map_y"),
        x_axis_label="longitude (°)",
        y_axis_label="latitude (°)",
        tools="pan,wheel_zoom,reset,tap",
        active_scroll=None,
        name="map",
    )
    style_plot(plot)
    # More labels would run into one another on a phone.
    plot.xaxis.ticker = BasicTicker(desired_num_ticks=5)
    for name, colour in (("land", "#f3f1ea"), ("lakes", "#f7fafc")):
        plot.patches(
            "xs", "ys", source=_source(name), name=name,
            fill_color=colour, line_color="#a9b0ad", line_width=0.8,
        )  # fmt: skip
    plot.grid.level = "underlay"
    stations = plot.scatter(
        "x", "y", source=_source("stations"), marker="mark", size=11,
        fill_color="colour", line_color="colour", line_width=1.6, name="stations",
    )  # fmt: skip
    events = plot.scatter(
        "x", "y", source=_source("events"), size="size", fill_color="colour",
        fill_alpha=0.55, line_color="white", line_width=0.5, name="events",
    )  # fmt: skip
    balls = _draw_balls(plot)
    _draw_stress(plot)
    _draw_scale(plot)
    plot.add_tools(
        HoverTool(renderers=[balls], tooltips="@label"),
        HoverTool(
            renderers=[events],
            tooltips="@event_id<br>@time{%F %T} UTC<br>M @magnitude, @depth km deep",
            formatters={"@time": "datetime"},
        ),
        HoverTool(renderers=[stations], tooltips="@code: @words"),
    )
    return plot


def _draw_stress(plot: figure) -> None:
    plot.patches("xs", "ys", source=_source("sectors"), color="colour", alpha=0.2)
    plot.multi_line(
        "xs", "ys", source=_source("former"), color=INK, line_width=2.5,
        line_dash=[6, 5], name="ink",
    )  # fmt: skip
    bars = _source("bars")
    plot.multi_line(
        "xs", "ys", source=bars, color="white", line_width=9, line_cap="round", name="paper"
    )
    lines = plot.multi_line(
        "xs", "ys", source=bars, color="colour", line_width=5.5, line_cap="round", name="bars"
    )
    plot.add_tools(HoverTool(renderers=[lines], tooltips="@label"))


def _draw_balls(plot: figure) -> Any:  # noqa: ANN401 - Bokeh's own
    rims = _source("ball_rims")
    plot.patches("xs", "ys", source=rims, fill_color="white", line_color=None)
    quadrants = _source("ball_quadrants")
    plot.patches("xs", "ys", source=quadrants, fill_color="colour", line_color=None)
    return plot.patches(
        "xs", "ys", source=rims, fill_alpha=0, line_color="colour", line_width=1.3, name="balls"
    )


def _draw_scale(plot: figure) -> None:
    scale = _source("scale")
    plot.segment("x0", "y0", "x1", "y1", source=scale, color=INK, line_width=2, name="ink")
    plot.text(
        "x", "y", "text", source=_source("scale_words"), text_color=INK,
        text_font_size="11px", name="words",
    )  # fmt: skip


def series_figures() -> Column:
    """Everything of a region over the same data time."""
    first = shmax_figure()
    rest = [make(first) for make in (a_phi_figure, count_figure, score_figure)]
    return column([first, *rest], sizing_mode="stretch_width")


def shmax_figure() -> figure:
    """SHmax with its 95 % band over data time; labels modulo 180."""
    plot = _series_figure("shmax", 250, "SHmax (° from north)", None)
    plot.y_range = _range("shmax_y")
    ticks = list(range(-180, 541, 20))
    plot.yaxis.ticker = FixedTicker(ticks=ticks)
    plot.yaxis.major_label_overrides = {tick: f"{tick % 180}" for tick in ticks}
    source = _source("shmax")
    plot.varea(
        "time", "low", "high", source=source, fill_color=ACCENT, fill_alpha=0.22, name="band"
    )
    plot.segment(
        "x0", "y0", "x1", "y1", source=_source("levels"), color=INK, line_dash=[6, 5],
        name="ink",
    )  # fmt: skip
    plot.vspan("time", source=_source("onset"), line_color=ALARM, line_width=1.8)
    curve = plot.line("time", "shmax", source=source, color=ACCENT, line_width=2, name="curve")
    words = "@time{%F %T}<br>SHmax @shown ± @half<br>@n events"
    plot.add_tools(
        HoverTool(renderers=[curve], tooltips=words, formatters={"@time": "datetime"}, mode="vline")
    )
    return plot


def a_phi_figure(shared: figure) -> figure:
    """A-phi, the regime as a number from 0 to 3, with its 95 % band."""
    plot = _series_figure("a_phi", 130, "A-phi", shared)
    plot.y_range = Range1d(start=0.0, end=3.0)
    plot.yaxis.ticker = FixedTicker(ticks=[0.5, 1.5, 2.5])
    plot.yaxis.major_label_overrides = {0.5: "normal", 1.5: "strike-slip", 2.5: "thrust"}
    for limit in (1.0, 2.0):
        plot.add_layout(
            Span(location=limit, dimension="width", line_color=MUTED, line_dash="dotted")
        )
    source = _source("a_phi")
    plot.varea(
        "time", "low", "high", source=source, fill_color=ACCENT, fill_alpha=0.22, name="band"
    )
    plot.line("time", "a_phi", source=source, color=ACCENT, line_width=2, name="curve")
    return plot


def count_figure(shared: figure) -> figure:
    """Cumulative numbers of events and of usable mechanisms."""
    plot = _series_figure("counts", 130, "events", shared)
    plot.y_range = DataRange1d(start=0)
    drawn = (
        ("event_count", MUTED, "ink-line", "all"),
        ("mechanism_count", ACCENT, "curve", "A to C"),
    )
    for name, colour, role, label in drawn:
        plot.step(
            "time", "count", source=_source(name), mode="after", color=colour,
            line_width=2, name=role, legend_label=label,
        )  # fmt: skip
    _style_legend(plot)
    return plot


def score_figure(shared: figure) -> figure:
    """Score of every decision against the threshold of its time, in multiples of it."""
    plot = _series_figure("score", 130, "score / threshold", shared)
    plot.y_range = DataRange1d(start=0, range_padding=0.2)
    plot.add_layout(
        Span(location=1.0, dimension="width", line_color=ALARM, line_dash="dashed", line_width=1.5)
    )
    source = _source("scores")
    marks = plot.scatter(
        "time", "ratio", source=source, marker="mark", size=10, fill_color="colour",
        line_color="colour", line_width=1.6, name="scores",
    )  # fmt: skip
    words = "@state at @time{%F %T}<br>score @score{0.0} against @threshold{0.0}"
    plot.add_tools(HoverTool(renderers=[marks], tooltips=words, formatters={"@time": "datetime"}))
    return plot


def _series_figure(name: str, height: int, label: str, shared: figure | None) -> figure:
    along = _range("time_x") if shared is None else shared.x_range
    plot = figure(
        height=height, sizing_mode="stretch_width", x_axis_type="datetime", x_range=along,
        y_axis_label=label, tools=TOOLS, active_scroll=None, name=name, min_border_left=74,
    )  # fmt: skip
    style_plot(plot)
    plot.xaxis.ticker = DatetimeTicker(desired_num_ticks=5)
    plot.xaxis.major_label_policy = NoOverlap(min_distance=8)
    return plot


def _style_legend(plot: figure) -> None:
    legend = plot.legend[0]
    legend.location, legend.orientation = "top_left", "horizontal"
    legend.border_line_color, legend.background_fill_alpha = None, 0.0
    legend.label_text_font_size, legend.spacing, legend.label_text_color = "12px", 8, MUTED
