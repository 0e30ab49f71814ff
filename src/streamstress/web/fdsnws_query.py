"""What a request of the event service asks for: its parameters, checked.

What the service does not know of (catalogues, contributors but itself) is refused by name, as the
specification asks (FDSN Web Service Specifications 1.2, 2019).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.outputs.tables import EVENTS, HISTORY

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
