"""GeoJSON collections in the shape of OGC API Features: ``/collections/{id}/items``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from pydantic.json_schema import SkipJsonSchema

from streamstress.outputs.exchange.selection import Selection
from streamstress.outputs.geojson import events_geojson, mechanisms_geojson, stress_geojson
from streamstress.outputs.json_view import json_bytes
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.outputs.store_reader import StoreReader
from streamstress.web.answers import (
    BOX,
    GEOJSON,
    INTERVAL,
    JSON,
    UNREADABLE,
    Name,
    answers,
    box_in,
)
from streamstress.web.api import FEATURES, OBJECT

Features = dict[str, Any]
Find = Callable[[StoreReader, Selection, int, int], Features]
FindOne = Callable[[StoreReader, str], Features | None]

CONFORMS_TO = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
]


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection: what it is called, and how its features are found."""

    title: str
    find: Find
    one: FindOne


def _events(reader: StoreReader, wanted: Selection, limit: int, offset: int) -> Features:
    return events_geojson(reader.latest_events(limit=limit, offset=offset, wanted=wanted))


def _mechanisms(reader: StoreReader, wanted: Selection, limit: int, offset: int) -> Features:
    return mechanisms_geojson(reader.latest_mechanisms(limit=limit, offset=offset, wanted=wanted))


def _stress(reader: StoreReader, wanted: Selection, limit: int, offset: int) -> Features:
    return stress_geojson(reader.stress_records(wanted)[offset : offset + limit])


def _event(reader: StoreReader, name: str) -> Features | None:
    return _only(events_geojson(reader.events_named([name])))


def _mechanism(reader: StoreReader, name: str) -> Features | None:
    return _only(mechanisms_geojson(reader.mechanisms_named([name])))


def _cell(reader: StoreReader, name: str) -> Features | None:
    return _only(stress_geojson([one for one in reader.latest_stress() if one.cell == name]))


def _only(found: Features) -> Features | None:
    features: list[Features] = found["features"]
    return features[0] if features else None


COLLECTIONS = {
    "events": Collection("Earthquakes, newest version of each", _events, _event),
    "mechanisms": Collection("Focal mechanisms, newest of each event", _mechanisms, _mechanism),
    "stress": Collection("Stress, newest estimate of each cell", _stress, _cell),
}
CollectionName = Annotated[str, Path(json_schema_extra={"enum": list(COLLECTIONS)})]
BoxText = Annotated[
    str | SkipJsonSchema[None],
    Query(description="west,south,east,north, degrees", json_schema_extra={"pattern": BOX}),
]
MomentText = Annotated[
    str | SkipJsonSchema[None],
    Query(
        description="a moment, or start/end; .. leaves an end open",
        json_schema_extra={"pattern": INTERVAL},
    ),
]
Letters = Annotated[
    str | SkipJsonSchema[None],
    Query(pattern="^[A-F]+$", json_schema_extra={"pattern": "^[A-F]+$"}),
]


def add_collections(app: FastAPI, reader: StoreReader) -> None:
    """Add the endpoints."""
    _add_descriptions(app)
    _add_items(app, reader)


def _add_descriptions(app: FastAPI) -> None:
    described: dict[str, Any] = {"response_class": Response, "tags": ["collections"]}

    @app.get("/conformance", responses=answers(JSON, schema=OBJECT), **described)
    def conformance() -> Response:
        """List the parts of the standard that hold here."""
        return Response(json_bytes({"conformsTo": CONFORMS_TO}), media_type=JSON)

    @app.get("/collections", responses=answers(JSON, schema=OBJECT), **described)
    def collections(request: Request) -> Response:
        """List the collections."""
        listed = [_told(name, request) for name in COLLECTIONS]
        return Response(json_bytes({"collections": listed}), media_type=JSON)

    @app.get(
        "/collections/{name}", responses=answers(JSON, schema=OBJECT, unknown=True), **described
    )
    def collection(name: CollectionName, request: Request) -> Response:
        """Tell of one collection."""
        _known(name)
        return Response(json_bytes(_told(name, request)), media_type=JSON)


def _add_items(app: FastAPI, reader: StoreReader) -> None:
    @app.get(
        "/collections/{name}/items",
        response_class=Response,
        responses=answers(GEOJSON, schema=FEATURES, unknown=True) | {400: UNREADABLE},
        tags=["collections"],
    )
    def items(
        name: CollectionName,
        request: Request,
        bbox: BoxText = None,
        datetime: MomentText = None,
        grades: Letters = None,
        region: Name = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        """List features, newest first; ``next`` among the links leads on."""
        try:
            wanted = _selection(bbox, datetime, grades, region)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        found = _known(name).find(reader, wanted, limit, offset)
        count = len(found["features"])
        found |= {"numberReturned": count, "links": [_link("self", str(request.url))]}
        if count == limit:
            onward = request.url.include_query_params(offset=offset + limit)
            found["links"].append(_link("next", str(onward)))
        return Response(json_bytes(found), media_type=GEOJSON)

    @app.get(
        "/collections/{name}/items/{feature_id}",
        response_class=Response,
        responses=answers(GEOJSON, schema=OBJECT, unknown=True),
        tags=["collections"],
    )
    def item(name: CollectionName, feature_id: str, request: Request) -> Response:
        """Return one feature: an event, the mechanism of an event, the stress of a cell."""
        feature = _known(name).one(reader, feature_id)
        if feature is None:
            raise HTTPException(404, f"no feature {feature_id!r} among {name}")
        feature["links"] = [
            _link("self", str(request.url)),
            _link("collection", f"{request.base_url}collections/{name}"),
        ]
        return Response(json_bytes(feature), media_type=GEOJSON)


def _selection(
    bbox: str | None, moment: str | None, grades: str | None, region: str | None
) -> Selection:
    box = None if bbox is None else box_in(bbox)
    if bbox is not None and box is None:
        raise ValueError(f"bbox={bbox!r}: give west,south,east,north in degrees")
    since, until = _ends(moment)
    return Selection(since, until, box, grades, region)


def _ends(moment: str | None) -> tuple[int | None, int | None]:
    """Ends of an interval, or of the moment alone; ``..`` leaves an end open."""
    if moment is None:
        return None, None
    first, slash, last = moment.partition("/")
    if not slash:
        only = time_ns_of(first)
        return only, only + 1000
    since, until = (None if text in ("", "..") else time_ns_of(text) for text in (first, last))
    return since, until


def _known(name: str) -> Collection:
    if name not in COLLECTIONS:
        raise HTTPException(404, f"no collection {name!r}; there are {', '.join(COLLECTIONS)}")
    return COLLECTIONS[name]


def _told(name: str, request: Request) -> Features:
    address = f"{request.base_url}collections/{name}/items"
    return {
        "id": name,
        "title": COLLECTIONS[name].title,
        "itemType": "feature",
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "links": [{**_link("items", address), "type": GEOJSON}],
    }


def _link(relation: str, address: str) -> Features:
    return {"rel": relation, "href": address}
