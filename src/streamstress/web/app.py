"""The application: pages, API and services over one store."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from fastapi import FastAPI, HTTPException, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.requests import Request
from sqlalchemy.exc import DatabaseError
from starlette.exceptions import HTTPException as StarletteHTTPException

from streamstress import __version__
from streamstress.clock import Clock, WallClock
from streamstress.earth.stations import Station
from streamstress.errors import UnusableDataError
from streamstress.outputs.json_view import json_bytes
from streamstress.outputs.map_layers import MapLines
from streamstress.outputs.store_reader import StoreReader
from streamstress.web.answers import JSON, Name, answers
from streamstress.web.api import OBJECT, add_events, add_stress
from streamstress.web.collections import add_collections
from streamstress.web.fdsnws import add_fdsnws
from streamstress.web.operate import add_operating
from streamstress.web.page_answers import refusal
from streamstress.web.pages import add_pages
from streamstress.web.shared_answers import SharedAnswers
from streamstress.web.site import Operating, Site
from streamstress.web.status import build_status


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
    map_lines: MapLines | None = None,
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
    map_lines
        Faults and boundaries on the map of stress.

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
        map_lines=map_lines or MapLines(),
        shared=SharedAnswers(refresh_s),
    )
    app = FastAPI(title="streamstress", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=2048)
    app.add_exception_handler(DatabaseError, _store_is_down)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _failed)
    add_pages(app, site)
    _add_status(app, site)
    add_events(app, site.reader)
    add_stress(app, site.reader)
    add_collections(app, site.reader)
    add_fdsnws(app, site.reader)
    add_operating(app, site)
    return app


def _json(record: object) -> Response:
    return Response(json_bytes(record), media_type=JSON)


def _store_is_down(request: Request, error: Exception) -> Response:
    cause = getattr(error, "orig", error)
    return refusal(request, 503, f"the store does not answer: {cause}")


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, StarletteHTTPException) else 500
    answer = refusal(request, status, str(getattr(error, "detail", error)))
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


async def _unreadable(request: Request, error: Exception) -> Response:
    """A sentence for people; for programs every parameter with what is wrong, as is usual."""
    wrong = cast(RequestValidationError, error)
    if "text/html" not in request.headers.get("accept", ""):
        return await request_validation_exception_handler(request, wrong)
    return refusal(request, 422, "; ".join(map(_wrong_parameter, wrong.errors())))


def _wrong_parameter(one: Mapping[str, Any]) -> str:
    # A pattern tells a person nothing.
    is_pattern = one["type"] == "string_pattern_mismatch"
    words = "it is written as the example in its field" if is_pattern else one["msg"]
    return f"{one['loc'][-1]}={str(one.get('input'))[:80]!r}: {words}"


def _failed(request: Request, _error: Exception) -> Response:
    return refusal(request, 500, "a fault of this program; the log of the web worker has it")


def _add_status(app: FastAPI, site: Site) -> None:
    @app.get(
        "/status.json",
        response_class=Response,
        responses=answers(JSON, schema=OBJECT, unknown=True),
        tags=["status"],
    )
    def status(cell: Name = None) -> Response:
        """Tell what the overview shows."""
        try:
            return _json(build_status(site, cell))
        except UnusableDataError as error:
            raise HTTPException(404, str(error)) from error

    @app.get(
        "/healthz",
        response_class=Response,
        responses=answers(JSON, schema=OBJECT),
        tags=["status"],
    )
    def healthz() -> Response:
        """Answer ok while the store answers."""
        done = site.reader.system.progress()
        return _json({"status": "ok", "data_until_ns": max(done.values(), default=None)})
