"""The report for people: ``report.html``, one file that needs nothing else."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from bokeh.embed import components
from bokeh.layouts import column
from bokeh.plotting import figure
from bokeh.resources import Resources

from streamstress.earth.stations import Station
from streamstress.outputs.figures import (
    AFTER_INK,
    USABLE_GRADES,
    Charts,
    chart_columns,
    count_figure,
    map_figure,
    shmax_figure,
)
from streamstress.outputs.json_view import Json
from streamstress.outputs.report import write_report_json
from streamstress.outputs.series_columns import unwrapped_deg
from streamstress.outputs.store_reader import StoreReader
from streamstress.simulate.truth import Truth

PAGE_FILE = "report.html"

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:;
  script-src 'unsafe-inline'; style-src 'unsafe-inline'"><title>streamstress report</title>
<link rel="icon" href="data:,">
<style>
body { font: 14px/1.45 system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; color: #20282d;
  background: #f4f5f3; max-width: 1240px; margin: 0 auto; padding: 18px 20px 30px;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 15px; margin: 0 0 8px; }
p { margin: 0 0 14px; } .lead { font-size: 16px; max-width: 60em; }
section { background: #fff; border: 1px solid #dfe3e1; border-radius: 6px; padding: 12px 14px; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 10px;
  margin: 10px 0; }
.figures { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 10px; }
section:has(thead th:nth-child(5)) { grid-column: 1 / -1; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid #eff1ef;
  font-weight: 400; } th { color: #6b767d; } thead th { font-size: 12px; font-weight: 600; }
@media (max-width: 1100px) { .figures { grid-template-columns: minmax(0, 1fr); } }
</style>$bokeh</head><body>
<h1>streamstress report</h1>
<p class="lead">$lead</p>
<div class="figures">$figures</div>
<div class="grid">$tables</div>
$scripts
</body></html>
""")


def report_charts(
    reader: StoreReader, stations: Mapping[str, Station], cell: str | None = None
) -> Charts:
    """Charts of the whole run; of the first cell if none is named."""
    current = reader.latest_stress()
    cells = reader.cells()
    series = reader.stress_series(cell or cells[0]) if cells else []
    changes = [change for change in reader.alarms.changes() if change.state != "withdrawn"]
    return chart_columns(
        stations,
        reader.latest_events(),
        reader.latest_mechanisms(USABLE_GRADES),
        series,
        current,
        changes[0] if changes else None,
        reader.system.counts(),
    )


def write_report(
    folder: Path, report: dict[str, Json], charts: Charts | None = None, truth: Truth | None = None
) -> tuple[Path, Path]:
    """Write ``report.json`` and ``report.html``.

    Parameters
    ----------
    folder
        Made if it does not exist.
    charts
        Figures of the page, as `report_charts` makes them; None for tables alone.
    truth
        Draws the true SHmax into them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE_FILE
    page.write_text(render_report(report, charts, truth), "utf-8")
    return write_report_json(folder, report), page


def render_report(report: dict[str, Json], charts: Charts | None, truth: Truth | None) -> str:
    """HTML of the report, with scripts inside."""
    scripts, figures = "", ""
    if charts is not None:
        shmax = shmax_figure(charts)
        if truth is not None:
            _draw_truth(shmax, charts, truth)
        series = column(shmax, count_figure(charts, shmax), sizing_mode="stretch_width")
        scripts, (place, curves) = components((map_figure(charts), series))
        figures = f"<section>{place}</section><section>{curves}</section>"
    bokeh = Resources(mode="inline", components=["bokeh"]).render_js() if charts else ""
    tables = "".join(_section(title, rows) for title, rows in _tables(report))
    return _PAGE.substitute(
        bokeh=bokeh,
        lead=escape(_lead(report)),
        figures=figures,
        tables=tables,
        scripts=scripts,
    )


def _draw_truth(plot: figure, charts: Charts, truth: Truth) -> None:
    if charts.shmax_span_ms is None:
        return
    first, last = charts.shmax_span_ms
    turn = last if truth.change_time_ns is None else truth.change_time_ns / 1e6
    around = charts.around_deg
    before, after = (
        unwrapped_deg(azimuth, around)
        for azimuth in (truth.shmax_before_deg, truth.shmax_after_deg)
    )
    xs, ys = [min(first, turn), turn], [before, before]
    if truth.change_time_ns is not None:
        xs, ys = [*xs, turn, max(last, turn)], [*ys, after, after]
    plot.line(xs, ys, color=AFTER_INK, line_width=1.8, legend_label="truth")
    plot.legend[0].location = "top_left"
    plot.legend[0].border_line_color = None


def _lead(report: dict[str, Json]) -> str:
    truth, alarms = report["truth"], report["alarms"]
    raised = "No alarm was raised."
    if alarms:
        first = alarms[0]
        raised = (
            f"{len(alarms)} alarm{'s' if len(alarms) > 1 else ''} raised, the first at "
            f"{_moment(first['time'])} with the onset at {_moment(first['onset_time'])}."
        )
    if truth is None:
        return raised
    if truth["change_time"] is None:
        return f"The simulated stress stayed as it was. {raised}"
    turned, when = f"{truth['rotation_deg']:.0f}°", _moment(truth["change_time"])
    return f"The simulated stress turned by {turned} at {when}. {raised}"


def _tables(report: dict[str, Json]) -> list[tuple[str, list[list[str]]]]:
    stress, truth = report["stress"], report["truth"] or {}
    latency = report["latency_s"]
    alarm_rows = [
        [
            _moment(alarm["time"]),
            _moment(alarm["onset_time"]),
            f"{_text(alarm['shmax_before_deg'])} → {_text(alarm['shmax_after_deg'])}",
            f"{_text(alarm['latest_rotation_deg'])}",
            f"{_text(alarm['score'])} of {_text(alarm['threshold'])}",
            alarm["latest_state"],
        ]
        for alarm in report["alarms"]
    ]
    return [
        (
            "Alarms",
            [["raised", "onset", "SHmax (°)", "turn by now (°)", "score", "now"], *alarm_rows],
        ),
        ("Earthquakes", _rows(report["events"])),
        ("First motions", _rows(report["polarity"])),
        ("Focal mechanisms", _rows(report["mechanisms"])),
        (
            "SHmax (°)",
            [
                ["", "truth", "found", "95 %"],
                *[
                    [
                        when,
                        _text(truth.get(f"shmax_{when}_deg")),
                        _text(stress[f"shmax_{when}_deg"]),
                        _text(stress[f"shmax_{when}_interval95_deg"]),
                    ]
                    for when in ("before", "after")
                ],
            ],
        ),
        (
            "Wall time of the stages (s)",
            [
                ["stage", "median", "95 %"],
                *[[stage, _text(v["p50"]), _text(v["p95"])] for stage, v in latency.items()],
            ],
        ),
    ]


def _rows(values: dict[str, Json]) -> list[list[str]]:
    return [["", ""], *[[_label(name), _text(value)] for name, value in values.items()]]


def _label(name: str) -> str:
    for unit, sign in (("_km", " (km)"), ("_deg", " (°)"), ("_s", " (s)")):
        if name.endswith(unit):
            return name.removesuffix(unit).replace("_", " ") + sign
    return name.replace("_", " ")


def _moment(iso: str) -> str:
    """Show an ISO time to the second."""
    return f"{iso[:10]} {iso[11:19]} UTC"


def _text(value: Json) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.{2 if abs(value) < 10 else 1}f}"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(item)}" for name, item in value.items())
    if isinstance(value, list):
        return " to ".join(_text(item) for item in value)
    return str(value)


def _section(title: str, rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:]
    )
    head = f"<thead><tr>{head}</tr></thead>" if any(rows[0]) else ""
    body = body or f'<tr><td colspan="{len(rows[0])}">none</td></tr>'
    return f"<section><h2>{escape(title)}</h2><table>{head}<tbody>{body}</tbody></table></section>"
