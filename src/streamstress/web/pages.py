"""The pages as HTML: templates of this package, scripts and styles from the same host."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import bokeh
from fastapi import FastAPI, HTTPException, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from streamstress.errors import UnusableDataError
from streamstress.outputs.json_view import iso_time
from streamstress.web.charts import ChartData, chart_item
from streamstress.web.map_pages import add_map
from streamstress.web.page_parameters import PAGE, Frame, From, Match, Moment, Text
from streamstress.web.site import Site, View
from streamstress.web.views.alarm import alarm_page
from streamstress.web.views.event import event_page
from streamstress.web.views.frame import standing_of
from streamstress.web.views.overview import overview
from streamstress.web.views.region import alarm_history, region_page
from streamstress.web.views.station import station_list, station_page
from streamstress.web.words import counted, span, to_second

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""The browser itself refuses whatever would leave the host. Bokeh puts styles into its figures,
hence those that stand inline; no script does."""

STATIC = {
    "page.css": "text/css",
    "live.js": "text/javascript",
    "charts.js": "text/javascript",
    "operate.js": "text/javascript",
    "bokeh.js": "text/javascript",
}


def add_pages(app: FastAPI, site: Site) -> None:
    """Add every page, and what pages load."""
    _add_overview(app, site)
    _add_details(app, site)
    add_map(app, site, partial(_page, site))
    _add_static(app)


def _add_overview(app: FastAPI, site: Site) -> None:
    @app.get("/", **PAGE)
    def home(
        region: Text = "",
        since: From = "",
        until: Moment = "",
        box: Frame = "",
        if_none_match: Match = None,
    ) -> Response:
        """Overview of all regions, or of one."""
        view = View(region=region, since=since, until=until, box=box)
        return _page(site, view, "overview", lambda s: overview(site, view, s), if_none_match)

    @app.get("/region/{name}", **PAGE)
    def region_(
        name: str,
        cell: Text = "",
        since: From = "",
        until: Moment = "",
        if_none_match: Match = None,
    ) -> Response:
        """Stress of a region over time, and its alarms."""
        view = View(region=name, cell=cell, since=since, until=until)
        return _page(site, view, "region", lambda s: region_page(site, view, s), if_none_match)


def _add_details(app: FastAPI, site: Site) -> None:
    @app.get("/event/{event_id}", **PAGE)
    def event(event_id: str, if_none_match: Match = None) -> Response:
        """One event with its mechanism and readings."""
        build = lambda _: event_page(site, event_id)  # noqa: E731
        return _page(site, View(), "event", build, if_none_match)

    @app.get("/stations", **PAGE)
    def stations(if_none_match: Match = None) -> Response:
        """All stations, those that need a look first."""
        return _page(site, View(), "stations", lambda _: station_list(site), if_none_match)

    @app.get("/station/{code}", **PAGE)
    def station(code: str, if_none_match: Match = None) -> Response:
        """One station."""
        build = lambda _: station_page(site, code)  # noqa: E731
        return _page(site, View(), "station", build, if_none_match)

    @app.get("/alarms", **PAGE)
    def alarms(if_none_match: Match = None) -> Response:
        """Every alarm of every region."""
        return _page(site, View(), "alarms", lambda _: _alarms(site), if_none_match)

    @app.get("/alarm/{change_id:path}", **PAGE)
    def alarm(change_id: str, if_none_match: Match = None) -> Response:
        """One alarm."""
        build = lambda _: alarm_page(site, change_id)  # noqa: E731
        return _page(site, View(), "alarm", build, if_none_match)


def _alarms(site: Site) -> dict[str, Any]:
    changes = site.reader.changes()
    decisions = [one for c in changes for one in site.reader.change_history(c.change_id)]
    return {"alarms": alarm_history(site, changes, decisions)}


def _add_static(app: FastAPI) -> None:
    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str, if_none_match: Match = None) -> Response:
        """Script or style of the pages."""
        if name not in STATIC:
            raise HTTPException(404, f"no file {name!r}")
        body, tag = _static(name)
        headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if if_none_match == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=STATIC[name], headers=headers)


@cache
def _static(name: str) -> tuple[bytes, str]:
    """A file and its tag."""
    if name == "bokeh.js":
        body = (Path(bokeh.__file__).parent / "server/static/js/bokeh.min.js").read_bytes()
    else:
        body = (files("streamstress.web") / "static" / name).read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _page(
    site: Site,
    view: View,
    name: str,
    build: Callable[[Any], Mapping[str, Any]],
    if_none_match: str | None,
) -> Response:
    """A page, or word that nothing is new since the reader's copy."""
    try:
        standing = standing_of(site)
        values = dict(build(standing))
    except UnusableDataError as error:
        raise HTTPException(404, str(error)) from error
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    chart: ChartData | None = values.pop("chart", None)
    body = (
        _templates()
        .get_template(f"{name}.html")
        .render(
            **values,
            site=site,
            view=view,
            standing=standing,
            charts=None if chart is None else _chart_data(name, chart),
            page=name,
        )
    )
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
    age = "" if standing.age_s is None else f"{standing.age_s:.0f}"
    headers = {**HEADERS, "ETag": tag, "X-Data-Age-S": age}
    # A proxy or the compression may have weakened the tag.
    if if_none_match is not None and if_none_match.removeprefix("W/") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/html", headers=headers)


def refusal(request: Request, status: int, sentence: str) -> Response:
    """A page for people, JSON for programs."""
    headers = {"Cache-Control": "no-store"}
    if "text/html" not in request.headers.get("accept", ""):
        body = json.dumps({"detail": sentence})
        return Response(body, status, {**headers}, media_type="application/json")
    text = _templates().get_template("refusal.html").render(status=status, sentence=sentence)
    return Response(text, status, {**HEADERS, **headers}, media_type="text/html")


def _chart_data(page: str, chart: ChartData) -> dict[str, Markup]:
    """Figures as Bokeh takes them, and apart from them their columns, which later looks replace."""
    shown = {"columns": chart.columns, "ranges": chart.ranges}
    return {"item": _inline(chart_item(page)), "columns": _inline(json.dumps(shown))}


def _inline(text: str) -> Markup:
    # Inside a script element only "</" and "<!--" could end or hide it.
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("streamstress.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "second": to_second, "iso": iso_time, "span": span, "markup": Markup,
    }  # fmt: skip
    made.globals["counted"] = counted
    return made
