"""FDSN web service event 1.2 over the store: ``/fdsnws/event/1/``.

QuakeML with every focal mechanism, or text. Distances are degrees of arc.
"""

import io
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request, Response

from streamstress import __version__
from streamstress.earth.projection import KM_PER_DEGREE, distance_azimuth
from streamstress.errors import ConfigError
from streamstress.outputs.exchange.catalogue import catalogue_pieces
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.quakeml import catalog_event
from streamstress.outputs.rows import EventDetail
from streamstress.outputs.store_reader import StoreReader
from streamstress.web.answers import TEXT, XML, answers
from streamstress.web.fdsnws_query import IGNORED, NUMBERS, WORDS, EventQuery, event_query

REFUSED: dict[str, Any] = {
    "description": "what is wrong, as text",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
BASE = "/fdsnws/event/1"
HEADING = (
    "#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|"
    "Magnitude|MagAuthor|EventLocationName|EventType"
)


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
