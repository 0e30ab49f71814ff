"""FDSN web service event 1.2 over the store: ``/fdsnws/event/1/``.

QuakeML with every focal mechanism, or text. Distances are degrees of arc. What the service does
not know of (catalogues, contributors but itself) is refused by name, as the
specification asks (FDSN Web Service Specifications 1.2, 2019).
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi import FastAPI, Request, Response
from sqlalchemy import select
from sqlalchemy.sql.expression import ColumnElement

from streamstress import __version__
from streamstress.earth.projection import KM_PER_DEGREE, distance_azimuth
from streamstress.errors import ConfigError
from streamstress.outputs.exchange.catalogue import catalogue_pieces
from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.outputs.quakeml import catalog_event
from streamstress.outputs.rows import EventDetail
from streamstress.outputs.store_reader import StoreReader
from streamstress.outputs.tables import EVENTS, HISTORY
from streamstress.web.answers import TEXT, XML, answers

REFUSED: dict[str, Any] = {
    "description": "what is wrong, as text",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
BASE = "/fdsnws/event/1"
MOST_EVENTS = 20_000
"""As most data centres: more are asked for in parts."""

SHORT_NAMES = {
    "start": "starttime", "end": "endtime", "minlat": "minlatitude", "maxlat": "maxlatitude",
    "minlon": "minlongitude", "maxlon": "maxlongitude", "lat": "latitude", "lon": "longitude",
    "minmag": "minmagnitude", "maxmag": "maxmagnitude",
}  # fmt: skip
NUMBERS = (
    "minlatitude", "maxlatitude", "minlongitude", "maxlongitude", "latitude", "longitude",
    "minradius", "maxradius", "mindepth", "maxdepth", "minmagnitude", "maxmagnitude",
)  # fmt: skip
IGNORED = ("includeallorigins", "includeallmagnitudes", "includearrivals", "magnitudetype")
"""There is one origin and one magnitude an event, and arrivals are always told."""

WORDS = (
    "starttime",
    "endtime",
    "updatedafter",
    "eventid",
    "limit",
    "offset",
    "orderby",
    "format",
    "nodata",
)
ORDERS = {
    "time": (EVENTS.c.time_ns.desc(), EVENTS.c.event_id),
    "time-asc": (EVENTS.c.time_ns, EVENTS.c.event_id),
    "magnitude": (EVENTS.c.magnitude.desc(), EVENTS.c.event_id),
    "magnitude-asc": (EVENTS.c.magnitude, EVENTS.c.event_id),
}
HEADING = (
    "#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|"
    "Magnitude|MagAuthor|EventLocationName|EventType"
)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What is asked for, checked."""

    wanted: Selection
    more: tuple[ColumnElement[bool], ...]
    circle: tuple[float, float, float, float] | None
    """Latitude, longitude, least and largest distance, degrees."""
    order: tuple[ColumnElement[Any], ...]
    limit: int
    offset: int
    is_text: bool
    no_data_status: int


def add_fdsnws(app: FastAPI, reader: StoreReader) -> None:
    """Add the endpoints of the service."""

    @app.get(
        f"{BASE}/query",
        response_class=Response,
        responses=answers(XML, TEXT)
        | {204: {"description": "no event is as asked"}, 400: REFUSED, 404: REFUSED},
        tags=["fdsnws"],
    )
    def query(request: Request) -> Response:
        """Events by time, place, depth and magnitude: QuakeML (``format=xml``) or text."""
        try:
            asked = event_query(request.query_params)
        except (ConfigError, ValueError) as error:
            return _refusal(400, str(error), request)
        details = list(_found(reader, asked))
        if not details:
            if asked.no_data_status == 404:
                return _refusal(404, "no event is as asked", request)
            return Response(status_code=204)
        if asked.is_text:
            return Response(text_of(details), media_type="text/plain")
        events = (catalog_event(detail.event, detail.mechanism) for detail in details)
        return Response(b"".join(catalogue_pieces(events)), media_type="application/xml")

    @app.get(
        f"{BASE}/version",
        response_class=Response,
        responses=answers(TEXT),
        tags=["fdsnws"],
    )
    def version() -> Response:
        """Version of the service."""
        return Response("1.2.0", media_type="text/plain")

    @app.get(
        f"{BASE}/catalogs",
        response_class=Response,
        responses=answers(XML),
        tags=["fdsnws"],
    )
    def catalogs() -> Response:
        """Catalogues: there is one."""
        return _xml("<Catalogs><Catalog>streamstress</Catalog></Catalogs>")

    @app.get(
        f"{BASE}/contributors",
        response_class=Response,
        responses=answers(XML),
        tags=["fdsnws"],
    )
    def contributors() -> Response:
        """Contributors: there is one."""
        return _xml("<Contributors><Contributor>streamstress</Contributor></Contributors>")

    @app.get(
        f"{BASE}/application.wadl",
        response_class=Response,
        responses=answers(XML),
        tags=["fdsnws"],
    )
    def wadl(request: Request) -> Response:
        """What the service can be asked, for clients that look first."""
        return _xml(wadl_text(f"{request.base_url}".rstrip("/")))


def event_query(given: Mapping[str, str]) -> EventQuery:
    """Check the parameters of a request; names in any case, long or short.

    Raises
    ------
    ValueError
        A parameter is unknown or cannot be read.
    """
    asked = {SHORT_NAMES.get(name.lower(), name.lower()): text for name, text in given.items()}
    unknown = set(asked) - {*NUMBERS, *WORDS, *IGNORED}
    if unknown:
        raise ValueError(f"unknown parameter {', '.join(sorted(unknown))}")
    number = {name: _number(name, asked[name]) for name in NUMBERS if name in asked}
    since, until = (
        time_ns_of(asked[name]) if name in asked else None for name in ("starttime", "endtime")
    )
    circle, box = _circle(number), _box(number)
    if circle is not None and box is None:
        box = _box_around(circle)
    return EventQuery(
        Selection(since, until, box),
        tuple(_conditions(number, asked)),
        circle,
        _choice("orderby", asked, ORDERS),
        _count("limit", asked, MOST_EVENTS, 1, MOST_EVENTS),
        _count("offset", asked, 1, 1, 2**31) - 1,
        _choice("format", asked, {"xml": False, "text": True}),
        _choice("nodata", asked, {"204": 204, "404": 404}),
    )


def text_of(details: Iterable[EventDetail]) -> str:
    """Lines of the text format, a heading first."""
    lines = [HEADING]
    for detail in details:
        event, at = detail.event, detail.event.origin
        magnitude = event.magnitude
        cells = (
            event.event_id, iso_time(at.time_ns)[:-1], f"{at.latitude_deg:.5f}",
            f"{at.longitude_deg:.5f}", f"{at.depth_km:.3f}", "streamstress", "streamstress",
            "streamstress", event.event_id, magnitude.kind if magnitude else "",
            f"{magnitude.value:.2f}" if magnitude else "", "streamstress" if magnitude else "",
            event.region, event.kind,
        )  # fmt: skip
        lines.append("|".join(cell.replace("|", " ") for cell in cells))
    return "\n".join(lines) + "\n"


def wadl_text(base: str) -> str:
    """Description of the service in WADL."""
    target = io.StringIO()
    for name in (*WORDS, *NUMBERS, *IGNORED):
        kind = "xs:double" if name in NUMBERS else "xs:string"
        target.write(f'<param name="{name}" style="query" type="{kind}"/>')
    methods = {"version": "", "catalogs": "", "contributors": "", "query": target.getvalue()}
    resources = "".join(
        f'<resource path="{name}"><method name="GET"><request>{parameters}</request></method>'
        "</resource>"
        for name, parameters in methods.items()
    )
    return (
        '<application xmlns="http://wadl.dev.java.net/2009/02" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<resources base="{base}{BASE}">{resources}</resources></application>'
    )


def _found(reader: StoreReader, asked: EventQuery) -> Iterable[EventDetail]:
    if asked.circle is None:
        return reader.event_details(
            asked.wanted, more=asked.more, order=asked.order, limit=asked.limit, offset=asked.offset
        )
    latitude, longitude, least, largest = asked.circle
    inside = []
    for detail in reader.event_details(asked.wanted, more=asked.more, order=asked.order):
        at = detail.event.origin
        away, _ = distance_azimuth(latitude, longitude, at.latitude_deg, at.longitude_deg)
        if least <= float(away) / KM_PER_DEGREE <= largest:
            inside.append(detail)
        if len(inside) >= asked.offset + asked.limit:
            break
    return inside[asked.offset :]


def _conditions(
    number: Mapping[str, float], asked: Mapping[str, str]
) -> Iterable[ColumnElement[bool]]:
    limits = (
        ("mindepth", EVENTS.c.depth_km.__ge__), ("maxdepth", EVENTS.c.depth_km.__le__),
        ("minmagnitude", EVENTS.c.magnitude.__ge__), ("maxmagnitude", EVENTS.c.magnitude.__le__),
    )  # fmt: skip
    for name, condition in limits:
        if name in number:
            yield condition(number[name])
    if "updatedafter" in asked:
        yield updated_since(time_ns_of(asked["updatedafter"]))
    if "eventid" in asked:
        yield EVENTS.c.event_id.in_(asked["eventid"].split(","))


def updated_since(time_ns: int) -> ColumnElement[bool]:
    """Whether an event, or its mechanism, was written here after a wall time."""
    later = select(HISTORY.c.record_id).where(
        HISTORY.c.stored_ns > time_ns, HISTORY.c.kind.in_(("event", "mechanism"))
    )
    return EVENTS.c.event_id.in_(later)


def _circle(number: Mapping[str, float]) -> tuple[float, float, float, float] | None:
    named = {"latitude", "longitude", "minradius", "maxradius"} & set(number)
    if not named:
        return None
    if not {"latitude", "longitude"} <= named:
        raise ValueError("a circle needs latitude and longitude")
    if abs(number["latitude"]) > 90 or abs(number["longitude"]) > 360:
        raise ValueError("latitude or longitude is no place")
    least, largest = number.get("minradius", 0.0), number.get("maxradius", 180.0)
    return number["latitude"], number["longitude"], least, largest


def _box(number: Mapping[str, float]) -> Box | None:
    ends = ("minlongitude", "minlatitude", "maxlongitude", "maxlatitude")
    if not set(ends) & set(number):
        return None
    west, south, east, north = (
        number.get(name, end) for name, end in zip(ends, (-180.0, -90.0, 180.0, 90.0), strict=True)
    )
    if not -90 <= south <= north <= 90 or abs(west) > 180 or abs(east) > 180:
        raise ValueError("minlatitude, maxlatitude, minlongitude, maxlongitude are no box")
    return Box(west, south, east, north)


def _box_around(circle: tuple[float, float, float, float]) -> Box | None:
    latitude, longitude, _, radius = circle
    south, north = latitude - radius, latitude + radius
    if south <= -90.0 or north >= 90.0 or radius >= 90.0:
        return None
    half = float(np.degrees(np.arcsin(np.sin(np.radians(radius)) / np.cos(np.radians(latitude)))))
    west, east = ((longitude + side + 180.0) % 360.0 - 180.0 for side in (-half, half))
    return Box(west, south, east, north)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(f"{name}={text!r} is not a number") from error
    if not np.isfinite(value):
        raise ValueError(f"{name}={text!r} is not finite")
    return value


def _count(name: str, asked: Mapping[str, str], default: int, least: int, most: int) -> int:
    text = asked.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{name}={text!r} is not between {least} and {most}")
    return int(text)


def _choice(name: str, asked: Mapping[str, str], choices: Mapping[str, Any]) -> Any:  # noqa: ANN401
    text = asked.get(name, next(iter(choices))).lower()
    if text not in choices:
        raise ValueError(f"{name}={text!r}: give one of {', '.join(choices)}")
    return choices[text]


def _xml(text: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', media_type="application/xml")


def _refusal(status: int, sentence: str, request: Request) -> Response:
    """Plain text as the specification shows it."""
    reasons = {400: "Bad Request", 404: "Not Found"}
    lines = (
        f"Error {status}: {reasons[status]}", "", sentence, "",
        f"Request: {request.url.path}?{request.url.query}",
        f"Service version: streamstress {__version__}",
    )  # fmt: skip
    return Response("\n".join(lines), status_code=status, media_type="text/plain")
