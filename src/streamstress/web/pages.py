"""The pages as HTML: templates of this package, scripts and styles from the same host."""

import hashlib
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import bokeh
from fastapi import FastAPI, HTTPException, Response

from streamstress.web.map_pages import add_map
from streamstress.web.page_answers import page_answer
from streamstress.web.page_parameters import PAGE, Frame, From, Match, Moment, Text
from streamstress.web.site import Site, View
from streamstress.web.views.alarm import alarm_page
from streamstress.web.views.event import event_page
from streamstress.web.views.overview import overview
from streamstress.web.views.region import alarm_history, region_page
from streamstress.web.views.station import station_list, station_page

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
    add_map(app, site, partial(page_answer, site))
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
        return page_answer(site, view, "overview", lambda s: overview(site, view, s), if_none_match)

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
        return page_answer(
            site, view, "region", lambda s: region_page(site, view, s), if_none_match
        )


def _add_details(app: FastAPI, site: Site) -> None:
    @app.get("/event/{event_id}", **PAGE)
    def event(event_id: str, if_none_match: Match = None) -> Response:
        """One event with its mechanism and readings."""
        build = lambda _: event_page(site, event_id)  # noqa: E731
        return page_answer(site, View(), "event", build, if_none_match, event_id)

    @app.get("/stations", **PAGE)
    def stations(if_none_match: Match = None) -> Response:
        """All stations, those that need a look first."""
        return page_answer(site, View(), "stations", lambda _: station_list(site), if_none_match)

    @app.get("/station/{code}", **PAGE)
    def station(code: str, if_none_match: Match = None) -> Response:
        """One station."""
        build = lambda _: station_page(site, code)  # noqa: E731
        return page_answer(site, View(), "station", build, if_none_match, code)

    @app.get("/alarms", **PAGE)
    def alarms(if_none_match: Match = None) -> Response:
        """Every alarm of every region."""
        return page_answer(site, View(), "alarms", lambda _: _alarms(site), if_none_match)

    @app.get("/alarm/{change_id:path}", **PAGE)
    def alarm(change_id: str, if_none_match: Match = None) -> Response:
        """One alarm."""
        build = lambda _: alarm_page(site, change_id)  # noqa: E731
        return page_answer(site, View(), "alarm", build, if_none_match, change_id)


def _alarms(site: Site) -> dict[str, Any]:
    changes = site.reader.alarms.changes()
    decisions = [one for c in changes for one in site.reader.alarms.history(c.change_id)]
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
