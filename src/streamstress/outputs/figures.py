"""The figures of page and report, in Bokeh; their data are columns that a page may replace.

Every `ColumnDataSource` has a name; `chart_columns` gives the columns of each by that name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bokeh.models import (
    ColumnDataSource,
    DataRange1d,
    DatetimeTickFormatter,
    FixedTicker,
    HoverTool,
    Range1d,
)
from bokeh.plotting import figure

from streamstress.earth.stations import Station
from streamstress.outputs.map_columns import (
    Columns,
    MapView,
    ball_columns,
    event_columns,
    map_view,
    shmax_columns,
    station_columns,
)
from streamstress.outputs.rows import Counts, EventRow, MechanismRow
from streamstress.outputs.series_columns import (
    centre_deg,
    count_columns,
    level_columns,
    onset_columns,
    shmax_range,
    shmax_series_columns,
)
from streamstress.records import StressChange, StressEstimate

USABLE_GRADES = "ABC"
MAP_WIDTH_PX, MAP_HEIGHT_PX = 510, 420
INK, MUTED, GRID, ACCENT, ALARM = "#20282d", "#6b767d", "#e6e8e6", "#24557a", "#b3261e"
AFTER_INK = "#c2571a"
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Charts:
    """What the figures show now."""

    columns: dict[str, Columns]
    view: MapView
    shmax_range: tuple[float, float]
    around_deg: float
    """SHmax around which the series is unwrapped."""
    shmax_span_ms: tuple[float, float] | None
    """Data time of the first and last estimate."""


def chart_columns(
    stations: Mapping[str, Station],
    events: Sequence[EventRow],
    mechanisms: Sequence[MechanismRow],
    series: Sequence[StressEstimate],
    current: Sequence[StressEstimate],
    change: StressChange | None,
    counts: Counts,
) -> Charts:
    """Columns of every figure.

    Parameters
    ----------
    series
        Estimates of the shown cell in data time.
    current
        The newest estimate of each cell.
    change
        The change to mark, None if there is none.
    counts
        How many events and mechanisms there are, where only the newest are given.
    """
    latitudes = [s.latitude_deg for s in stations.values()] or [e.latitude_deg for e in events]
    longitudes = [s.longitude_deg for s in stations.values()] or [e.longitude_deg for e in events]
    view = map_view(latitudes, longitudes, MAP_WIDTH_PX / MAP_HEIGHT_PX)
    onset_ns = None if change is None else change.onset_time_ns
    rims, quadrants = ball_columns(mechanisms, view)
    bars, sectors, former = shmax_columns(current, change, view)
    around = centre_deg(series)
    shmax = shmax_series_columns(series, around)
    span = (series[0].data_time_ns / 1e6, series[-1].data_time_ns / 1e6) if series else None
    levels = level_columns(change, around, span)
    columns = {
        "stations": station_columns(stations),
        "events": event_columns(events, onset_ns),
        "ball_rims": rims,
        "ball_quadrants": quadrants,
        "bars": bars,
        "sectors": sectors,
        "former": former,
        "shmax": shmax,
        "levels": levels,
        "onset": onset_columns(change),
        "event_count": count_columns(events, counts.events),
        "mechanism_count": count_columns(mechanisms, usable(counts)),
    }
    return Charts(columns, view, shmax_range(shmax, levels), around, span)


def usable(counts: Counts) -> int:
    """Mechanisms of the grades that estimates use."""
    return sum(counts.mechanisms.get(grade, 0) for grade in USABLE_GRADES)


def _source(charts: Charts, name: str) -> ColumnDataSource:
    return ColumnDataSource(data=dict(charts.columns[name]), name=name)


def _range(ends: tuple[float, float], name: str) -> Range1d:
    made = Range1d(start=ends[0], end=ends[1])
    made.name = name
    return made


def map_figure(charts: Charts) -> figure:
    """Map of stations, epicentres, beachballs and SHmax."""
    view = charts.view
    plot = figure(
        frame_width=MAP_WIDTH_PX,
        frame_height=MAP_HEIGHT_PX,
        x_range=_range((view.west_deg, view.east_deg), "map_x"),
        y_range=_range((view.south_deg, view.north_deg), "map_y"),
        x_axis_label="longitude (°)",
        y_axis_label="latitude (°)",
        tools="pan,wheel_zoom,reset",
        active_scroll="wheel_zoom",
        name="map",
    )
    style_plot(plot)
    plot.patches("xs", "ys", source=_source(charts, "sectors"), color="colour", alpha=0.16)
    plot.multi_line(
        "xs", "ys", source=_source(charts, "former"), color=INK, line_width=2.5, line_dash=[6, 5]
    )
    bars = _source(charts, "bars")
    plot.multi_line("xs", "ys", source=bars, color="white", line_width=9, line_cap="round")
    plot.multi_line("xs", "ys", source=bars, color="colour", line_width=6, line_cap="round")
    stations = plot.scatter(
        "x",
        "y",
        source=_source(charts, "stations"),
        marker="triangle",
        size=11,
        fill_color="white",
        line_color=MUTED,
        line_width=1.3,
    )
    epicentres = plot.scatter(
        "x",
        "y",
        source=_source(charts, "events"),
        size="size",
        fill_color="colour",
        fill_alpha=0.6,
        line_color="white",
        line_width=0.6,
    )
    rims = _source(charts, "ball_rims")
    plot.patches("xs", "ys", source=rims, fill_color="white", line_color=None)
    plot.patches(
        "xs", "ys", source=_source(charts, "ball_quadrants"), fill_color="colour", line_color=None
    )
    outline = plot.patches(
        "xs", "ys", source=rims, fill_alpha=0, line_color="colour", line_width=1.4
    )
    plot.add_tools(
        HoverTool(renderers=[outline], tooltips="@label"),
        HoverTool(
            renderers=[epicentres],
            tooltips=[
                ("event", "@event_id"),
                ("origin", "@time{%F %T}"),
                ("magnitude", "@magnitude"),
                ("depth", "@depth km"),
            ],
            formatters={"@time": "datetime"},
        ),
        HoverTool(renderers=[stations], tooltips="@code"),
    )
    return plot


def shmax_figure(charts: Charts, height_px: int = 266) -> figure:
    """SHmax with its 95 % interval over data time; labels modulo 180."""
    plot = figure(
        height=height_px,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        y_range=_range(charts.shmax_range, "shmax_y"),
        y_axis_label="SHmax (° from north)",
        tools="xpan,xwheel_zoom,reset",
        name="shmax_plot",
    )
    style_plot(plot)
    ticks = list(range(-180, 541, 20))
    plot.yaxis.ticker = FixedTicker(ticks=ticks)
    plot.yaxis.major_label_overrides = {tick: f"{tick % 180}" for tick in ticks}
    source = _source(charts, "shmax")
    plot.varea("time", "low", "high", source=source, fill_color=ACCENT, fill_alpha=0.17)
    plot.segment(
        "x0", "y0", "x1", "y1", source=_source(charts, "levels"), color=INK, line_dash=[6, 5]
    )
    plot.vspan("time", source=_source(charts, "onset"), line_color=ALARM, line_width=1.6)
    curve = plot.line("time", "shmax", source=source, color=ACCENT, line_width=2)
    text = [("origin", "@time{%F %T}"), ("SHmax", "@shown ± @half"), ("events", "@n")]
    plot.add_tools(
        HoverTool(renderers=[curve], tooltips=text, formatters={"@time": "datetime"}, mode="vline")
    )
    return plot


def count_figure(charts: Charts, shared: figure, height_px: int = 156) -> figure:
    """Cumulative numbers of events and mechanisms, under `shmax_figure` and moving with it."""
    plot = figure(
        height=height_px,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        x_range=shared.x_range,
        y_range=DataRange1d(start=0),
        y_axis_label="count",
        tools="xpan,xwheel_zoom,reset",
        name="count_plot",
    )
    style_plot(plot)
    for name, colour, label in (
        ("event_count", MUTED, "events"),
        ("mechanism_count", ACCENT, "mechanisms A to C"),
    ):
        plot.step(
            "time",
            "count",
            source=_source(charts, name),
            mode="after",
            color=colour,
            line_width=2,
            legend_label=label,
        )
    # The sources of one page have names of their own, so both figures mark the same one.
    onset = shared.select_one({"name": "onset", "type": ColumnDataSource})
    plot.vspan("time", source=onset, line_color=ALARM, line_width=1.6)
    legend = plot.legend[0]
    legend.location, legend.orientation = "top_left", "vertical"
    legend.border_line_color, legend.background_fill_alpha = None, 0.7
    legend.label_text_font, legend.label_text_font_size = FONT, "12px"
    legend.spacing = 0
    legend.label_text_color = INK
    return plot


def style_plot(plot: figure) -> None:
    """Fonts and colours of every figure."""
    plot.toolbar.autohide = True
    plot.toolbar.logo = None
    plot.outline_line_color = "#cfd4d2"
    plot.background_fill_color = plot.border_fill_color = "#ffffff"
    plot.grid.grid_line_color = GRID
    for axis in plot.axis:
        axis.axis_line_color = axis.major_tick_line_color = "#b8c0bf"
        axis.minor_tick_line_color = None
        axis.major_label_text_color, axis.axis_label_text_color = MUTED, MUTED
        axis.major_label_text_font = axis.axis_label_text_font = FONT
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "12px"
        axis.axis_label_text_font_style = "normal"
        if "Datetime" in type(axis).__name__:
            axis.formatter = DatetimeTickFormatter(
                minutes="%H:%M", hours="%H:%M", days="%d %b", months="%b %Y", years="%Y"
            )
