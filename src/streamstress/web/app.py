"""The endpoints of page and API. Answers are JSON with ISO times, or QuakeML."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.requests import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import DatabaseError

from streamstress import __version__
from streamstress.clock import Clock, WallClock
from streamstress.earth.stations import Station
from streamstress.errors import UnusableDataError
from streamstress.outputs.geojson import events_geojson, mechanisms_geojson, stress_geojson
from streamstress.outputs.json_view import json_bytes
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.outputs.quakeml import event_to_quakeml
from streamstress.outputs.rows import EventDetail
from streamstress.outputs.store_reader import StoreReader
from streamstress.web.collections import add_collections
from streamstress.web.fdsnws import add_fdsnws
from streamstress.web.page import CONTENT_SECURITY_POLICY, render_page
from streamstress.web.status import build_status, status_and_charts

Limit = Annotated[int, Query(ge=1, le=100_000, description="newest so many")]
Grades = Annotated[str, Query(pattern="^[A-F]+$", description="letters wanted, as ABC")]
Since = Annotated[str | None, Query(description="ISO 8601 time; UTC unless it names an offset")]


def create_web(
    store_url: str,
    *,
    stations: Mapping[str, Station] | None = None,
    title: str = "streamstress",
    refresh_s: float = 2.0,
    min_events: int = 20,
    clock: Clock | None = None,
) -> FastAPI:
    """Make the web application of a store.

    Parameters
    ----------
    store_url
        SQLAlchemy URL of the store; it may be empty still, and another process may write it.
    stations
        By ``NET.STA``, for the map.
    refresh_s
        How often the page asks for news.
    min_events
        Mechanisms a first stress estimate needs, for the words while waiting.
    clock
        Present data time, for the age of the data; wall time if None.

    Raises
    ------
    ConfigError
        The store cannot be opened.
    """
    reader = StoreReader.open(store_url)
    app = FastAPI(title="streamstress", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=2048)
    app.add_exception_handler(DatabaseError, _store_is_down)
    _add_page(app, reader, stations or {}, title, refresh_s, min_events, clock or WallClock())
    _add_events(app, reader)
    _add_stress(app, reader)
    add_collections(app, reader)
    add_fdsnws(app, reader)
    return app


def _json(record: object, media_type: str = "application/json") -> Response:
    return Response(json_bytes(record), media_type=media_type)


def _store_is_down(_request: Request, error: Exception) -> Response:
    cause = getattr(error, "orig", error)
    return Response(
        json_bytes({"detail": f"the store does not answer: {cause}"}),
        status_code=503,
        media_type="application/json",
    )


def _add_page(
    app: FastAPI,
    reader: StoreReader,
    stations: Mapping[str, Station],
    title: str,
    refresh_s: float,
    min_events: int,
    clock: Clock,
) -> None:
    @app.get("/", response_class=HTMLResponse)
    def page(cell: str | None = None) -> HTMLResponse:
        """Show the status page."""
        try:
            status, charts = status_and_charts(
                reader, stations, clock, cell=cell, min_events=min_events
            )
        except UnusableDataError as error:
            raise HTTPException(404, str(error)) from error
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Cache-Control": "no-store"}
        text = render_page(status, charts, title=title, refresh_s=refresh_s)
        return HTMLResponse(text, headers=headers)

    @app.get("/status.json")
    def status(cell: str | None = None) -> Response:
        """Everything the page shows."""
        try:
            return _json(build_status(reader, stations, clock, cell=cell, min_events=min_events))
        except UnusableDataError as error:
            raise HTTPException(404, str(error)) from error

    @app.get("/healthz")
    def healthz() -> Response:
        """Answer ok while the store answers."""
        done = reader.progress()
        return _json({"status": "ok", "data_until_ns": max(done.values(), default=None)})


def _add_events(app: FastAPI, reader: StoreReader) -> None:
    @app.get("/api/events")
    def events(region: str | None = None, since: Since = None, limit: Limit = 1000) -> Response:
        """List events, newest first, without arrivals."""
        return _json(reader.latest_events(region, _since_ns(since), limit))

    @app.get("/api/events.geojson")
    def events_map(region: str | None = None, since: Since = None, limit: Limit = 1000) -> Response:
        """List events as GeoJSON."""
        rows = reader.latest_events(region, _since_ns(since), limit)
        return _json(events_geojson(rows), "application/geo+json")

    @app.get("/api/events/{event_id}")
    def event(event_id: str) -> Response:
        """Return an event with arrivals and mechanism."""
        return _json(_known(reader, event_id))

    @app.get("/events/{event_id}.qml")
    def quakeml(event_id: str) -> Response:
        """Return an event with its mechanism as QuakeML."""
        detail = _known(reader, event_id)
        document = event_to_quakeml(detail.event, detail.mechanism)
        return Response(document, media_type="application/xml")

    @app.get("/api/mechanisms")
    def mechanisms(
        grades: Grades = "ABCDEF",
        region: str | None = None,
        since: Since = None,
        limit: Limit = 1000,
    ) -> Response:
        """List mechanisms, newest event first."""
        return _json(reader.latest_mechanisms(grades, region, _since_ns(since), limit))

    @app.get("/api/mechanisms.geojson")
    def mechanisms_map(
        grades: Grades = "ABCDEF",
        region: str | None = None,
        since: Since = None,
        limit: Limit = 1000,
    ) -> Response:
        """List mechanisms as GeoJSON."""
        rows = reader.latest_mechanisms(grades, region, _since_ns(since), limit)
        return _json(mechanisms_geojson(rows), "application/geo+json")


def _add_stress(app: FastAPI, reader: StoreReader) -> None:
    @app.get("/api/stress")
    def stress(cell: str | None = None, since: Since = None, limit: Limit = 1000) -> Response:
        """List the current estimate of each cell, or the series of one."""
        if cell is None:
            return _json(reader.latest_stress())
        if cell not in reader.cells():
            raise HTTPException(404, f"no stress estimate of a cell {cell!r}")
        return _json(reader.stress_series(cell, _since_ns(since), limit))

    @app.get("/api/stress.geojson")
    def stress_map() -> Response:
        """List the current estimate of each cell as GeoJSON."""
        return _json(stress_geojson(reader.latest_stress()), "application/geo+json")

    @app.get("/api/changes")
    def changes(region: str | None = None) -> Response:
        """List the newest word on each change, the latest decision last."""
        return _json(reader.changes(region))


def _known(reader: StoreReader, event_id: str) -> EventDetail:
    detail = reader.event(event_id)
    if detail is None:
        raise HTTPException(404, f"no event {event_id!r}; it may have been merged or withdrawn")
    return detail


def _since_ns(since: str | None) -> int | None:
    if since is None:
        return None
    try:
        return time_ns_of(since)
    except ValueError as error:
        raise HTTPException(
            422, f"since={since!r}: {error}; an example is 2026-03-04T12:31:00Z"
        ) from error
