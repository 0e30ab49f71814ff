"""The endpoints of page and API. Answers are JSON with ISO times, or QuakeML."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.requests import Request
from sqlalchemy.exc import DatabaseError
from starlette.exceptions import HTTPException as StarletteHTTPException

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
from streamstress.web.operate import add_operating
from streamstress.web.pages import add_pages, refusal
from streamstress.web.site import Operating, Site
from streamstress.web.status import build_status

Limit = Annotated[int, Query(ge=1, le=100_000, description="newest so many")]
Grades = Annotated[str, Query(pattern="^[A-F]+$", description="letters wanted, as ABC")]
DOWN: dict[int | str, dict[str, Any]] = {503: {"description": "the store does not answer"}}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "not known"}, **DOWN}
Since = Annotated[str | None, Query(description="ISO 8601 time; UTC unless it names an offset")]


def create_web(
    store_url: str,
    *,
    stations: Mapping[str, Station] | None = None,
    title: str = "streamstress",
    refresh_s: float = 2.0,
    min_events: int = 20,
    clock: Clock | None = None,
    operating: Operating | None = None,
    broker_trouble: Callable[[], str | None] = lambda: None,
) -> FastAPI:
    """Make the web application of a store.

    Parameters
    ----------
    store_url
        SQLAlchemy URL of the store; it may be empty still, and another process may write it.
    stations
        By ``NET.STA``, for the map.
    refresh_s
        How often an open page asks for news.
    min_events
        Mechanisms a first stress estimate needs, for the words while waiting.
    clock
        Present data time, for the age of the data; wall time if None.
    operating
        The token, and how a control is sent; None: nothing can be said here.
    broker_trouble
        A sentence while the broker does not answer.

    Raises
    ------
    ConfigError
        The store cannot be opened.
    """
    site = Site(
        reader=StoreReader.open(store_url),
        stations=stations or {},
        title=title,
        refresh_s=refresh_s,
        min_events=min_events,
        clock=clock or WallClock(),
        operating=operating,
        broker_trouble=broker_trouble,
    )
    app = FastAPI(title="streamstress", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=2048)
    app.add_exception_handler(DatabaseError, _store_is_down)
    app.add_exception_handler(StarletteHTTPException, _refused)
    add_pages(app, site)
    _add_status(app, site)
    _add_events(app, site.reader)
    _add_stress(app, site.reader)
    add_collections(app, site.reader)
    add_fdsnws(app, site.reader)
    add_operating(app, site)
    return app


def _json(record: object, media_type: str = "application/json") -> Response:
    return Response(json_bytes(record), media_type=media_type)


def _store_is_down(request: Request, error: Exception) -> Response:
    cause = getattr(error, "orig", error)
    return refusal(request, 503, f"the store does not answer: {cause}")


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, StarletteHTTPException) else 500
    answer = refusal(request, status, str(getattr(error, "detail", error)))
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _add_status(app: FastAPI, site: Site) -> None:
    @app.get("/status.json", responses=NOT_FOUND, tags=["status"])
    def status(cell: str | None = None) -> Response:
        """Tell what the overview shows."""
        try:
            return _json(build_status(site, cell))
        except UnusableDataError as error:
            raise HTTPException(404, str(error)) from error

    @app.get("/healthz", responses=DOWN, tags=["status"])
    def healthz() -> Response:
        """Answer ok while the store answers."""
        done = site.reader.progress()
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
