"""Lists of results as JSON and GeoJSON, and single events; times are ISO."""

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Response

from streamstress.outputs.geojson import events_geojson, mechanisms_geojson, stress_geojson
from streamstress.outputs.json_view import json_bytes
from streamstress.outputs.quakeml import event_to_quakeml
from streamstress.outputs.rows import EventDetail
from streamstress.outputs.store_reader import StoreReader
from streamstress.web.answers import (
    GEOJSON,
    JSON,
    XML,
    Grades,
    Name,
    Since,
    answers,
    since_ns,
)

Limit = Annotated[int, Query(ge=1, le=100_000, description="newest so many")]
OBJECT: dict[str, Any] = {"type": "object"}
ROWS: dict[str, Any] = {"type": "array", "items": OBJECT}
FEATURES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": OBJECT},
    },
    "required": ["type", "features"],
}


def _json(record: object, media_type: str = JSON) -> Response:
    return Response(json_bytes(record), media_type=media_type)


def add_events(app: FastAPI, reader: StoreReader) -> None:
    """Add events and mechanisms."""

    @app.get(
        "/api/events", response_class=Response, responses=answers(JSON, schema=ROWS), tags=["api"]
    )
    def events(region: Name = None, since: Since = None, limit: Limit = 1000) -> Response:
        """List events, newest first, without arrivals."""
        return _json(reader.latest_events(region, since_ns(since), limit))

    @app.get(
        "/api/events.geojson",
        response_class=Response,
        responses=answers(GEOJSON, schema=FEATURES),
        tags=["api"],
    )
    def events_map(region: Name = None, since: Since = None, limit: Limit = 1000) -> Response:
        """List events as GeoJSON."""
        rows = reader.latest_events(region, since_ns(since), limit)
        return _json(events_geojson(rows), GEOJSON)

    @app.get(
        "/api/events/{event_id}",
        response_class=Response,
        responses=answers(JSON, schema=OBJECT, unknown=True),
        tags=["api"],
    )
    def event(event_id: str) -> Response:
        """Return an event with arrivals and mechanism."""
        return _json(known_event(reader, event_id))

    @app.get(
        "/events/{event_id}.qml",
        response_class=Response,
        responses=answers(XML, unknown=True),
        tags=["api"],
    )
    def quakeml(event_id: str) -> Response:
        """Return an event with its mechanism as QuakeML."""
        detail = known_event(reader, event_id)
        document = event_to_quakeml(detail.event, detail.mechanism)
        return Response(document, media_type="application/xml")

    @app.get(
        "/api/mechanisms",
        response_class=Response,
        responses=answers(JSON, schema=ROWS),
        tags=["api"],
    )
    def mechanisms(
        grades: Grades = "ABCDEF",
        region: Name = None,
        since: Since = None,
        limit: Limit = 1000,
    ) -> Response:
        """List mechanisms, newest event first."""
        return _json(reader.latest_mechanisms(grades, region, since_ns(since), limit))

    @app.get(
        "/api/mechanisms.geojson",
        response_class=Response,
        responses=answers(GEOJSON, schema=FEATURES),
        tags=["api"],
    )
    def mechanisms_map(
        grades: Grades = "ABCDEF",
        region: Name = None,
        since: Since = None,
        limit: Limit = 1000,
    ) -> Response:
        """List mechanisms as GeoJSON."""
        rows = reader.latest_mechanisms(grades, region, since_ns(since), limit)
        return _json(mechanisms_geojson(rows), GEOJSON)


def add_stress(app: FastAPI, reader: StoreReader) -> None:
    """Add stress and its changes."""

    @app.get(
        "/api/stress",
        response_class=Response,
        responses=answers(JSON, schema=ROWS, unknown=True),
        tags=["api"],
    )
    def stress(cell: Name = None, since: Since = None, limit: Limit = 1000) -> Response:
        """List the current estimate of each cell, or the series of one."""
        start_ns = since_ns(since)
        if cell is None:
            return _json(reader.latest_stress())
        if cell not in reader.cells():
            raise HTTPException(404, f"no stress estimate of a cell {cell!r}")
        return _json(reader.stress_series(cell, start_ns, limit))

    @app.get(
        "/api/stress.geojson",
        response_class=Response,
        responses=answers(GEOJSON, schema=FEATURES),
        tags=["api"],
    )
    def stress_map() -> Response:
        """List the current estimate of each cell as GeoJSON."""
        return _json(stress_geojson(reader.latest_stress()), GEOJSON)

    @app.get(
        "/api/changes", response_class=Response, responses=answers(JSON, schema=ROWS), tags=["api"]
    )
    def changes(region: Name = None) -> Response:
        """List the newest word on each change, the latest decision last."""
        return _json(reader.alarms.changes(region))


def known_event(reader: StoreReader, event_id: str) -> EventDetail:
    """Event of an address, or the refusal that there is none."""
    detail = reader.event(event_id)
    if detail is None:
        raise HTTPException(404, f"no event {event_id!r}; it may have been merged or withdrawn")
    return detail
