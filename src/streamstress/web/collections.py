"""GeoJSON collections in the shape of OGC API Features: ``/collections/{id}/items``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request, Response

from streamstress.errors import ConfigError
from streamstress.outputs.exchange.selection import Selection, box_of, selection_of
from streamstress.outputs.geojson import events_geojson, mechanisms_geojson, stress_geojson
from streamstress.outputs.json_view import json_bytes
from streamstress.outputs.store_reader import StoreReader

Features = dict[str, Any]
Find = Callable[[StoreReader, Selection, int, int], Features]

GEOJSON = "application/geo+json"
CONFORMS_TO = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
]


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection: what it is called, and how its features are found."""

    title: str
    find: Find


def _events(reader: StoreReader, wanted: Selection, limit: int, offset: int) -> Features:
    return events_geojson(reader.latest_events(limit=limit, offset=offset, wanted=wanted))


def _mechanisms(reader: StoreReader, wanted: Selection, limit: int, offset: int) -> Features:
    return mechanisms_geojson(reader.latest_mechanisms(limit=limit, offset=offset, wanted=wanted))


def _stress(reader: StoreReader, wanted: Selection, limit: int, offset: int) -> Features:
    return stress_geojson(reader.stress_records(wanted)[offset : offset + limit])


COLLECTIONS = {
    "events": Collection("Earthquakes, newest version of each", _events),
    "mechanisms": Collection("Focal mechanisms, newest of each event", _mechanisms),
    "stress": Collection("Stress, newest estimate of each cell", _stress),
}


def add_collections(app: FastAPI, reader: StoreReader) -> None:
    """Add the endpoints."""

    @app.get("/conformance", tags=["collections"])
    def conformance() -> Response:
        """List the parts of the standard that hold here."""
        return Response(json_bytes({"conformsTo": CONFORMS_TO}), media_type="application/json")

    @app.get("/collections", tags=["collections"])
    def collections(request: Request) -> Response:
        """List the collections."""
        listed = [_told(name, request) for name in COLLECTIONS]
        return Response(json_bytes({"collections": listed}), media_type="application/json")

    @app.get("/collections/{name}", tags=["collections"])
    def collection(name: str, request: Request) -> Response:
        """Tell of one collection."""
        _known(name)
        return Response(json_bytes(_told(name, request)), media_type="application/json")

    @app.get("/collections/{name}/items", tags=["collections"])
    def items(
        name: str,
        request: Request,
        bbox: Annotated[str | None, Query(description="west,south,east,north, degrees")] = None,
        datetime: Annotated[
            str | None, Query(description="a moment, or start/end; .. leaves an end open")
        ] = None,
        grades: Annotated[str | None, Query(pattern="^[A-F]+$")] = None,
        region: str | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        """List features, newest first; ``next`` among the links leads on."""
        try:
            wanted = _selection(bbox, datetime, grades, region)
        except ConfigError as error:
            raise HTTPException(400, str(error)) from error
        found = _known(name).find(reader, wanted, limit, offset)
        count = len(found["features"])
        found |= {"numberReturned": count, "links": [_link("self", str(request.url))]}
        if count == limit:
            onward = request.url.include_query_params(offset=offset + limit)
            found["links"].append(_link("next", str(onward)))
        return Response(json_bytes(found), media_type=GEOJSON)


def _selection(
    bbox: str | None, moment: str | None, grades: str | None, region: str | None
) -> Selection:
    since, slash, until = (moment or "..").partition("/")
    ends = [None if text in ("", "..") else text for text in (since, until)]
    if moment is not None and not slash:
        only = selection_of(since, None).since_ns
        if only is not None:
            box = None if bbox is None else box_of(bbox)
            return Selection(only, only + 1000, box, grades, region)
    return selection_of(ends[0], ends[1], bbox, grades, region)


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
