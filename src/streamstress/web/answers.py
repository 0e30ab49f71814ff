"""What addresses take and answer, as OpenAPI describes it."""

import re
from typing import Annotated, Any

from fastapi import HTTPException, Query
from pydantic.json_schema import SkipJsonSchema

from streamstress.outputs.exchange.selection import Box
from streamstress.outputs.mechanisms_csv import time_ns_of

Answers = dict[int | str, dict[str, Any]]

_DETAIL = {
    "type": "object",
    "properties": {"detail": {"description": "a sentence, or what is wrong with each parameter"}},
    "required": ["detail"],
}


def _refusal(words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": _DETAIL}}}


DOWN = _refusal("the store does not answer")
UNREADABLE = _refusal("a parameter cannot be read")
UNKNOWN = _refusal("there is no such thing")


def answers(*kinds: str, schema: dict[str, Any] | None = None, unknown: bool = False) -> Answers:
    """Describe an address that gives some content types, or a refusal."""
    held = schema or ({} if any("json" in kind for kind in kinds) else {"type": "string"})
    found: Answers = {
        200: {"content": {kind: {"schema": held} for kind in kinds}},
        422: UNREADABLE,
        503: DOWN,
    }
    return found | {404: UNKNOWN} if unknown else found


JSON, GEOJSON, XML, TEXT, HTML = (
    "application/json", "application/geo+json", "application/xml", "text/plain", "text/html",
)  # fmt: skip

_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_LEAP_DAY = r"(?:(?:1[89]|2[01])(?:0[48]|[2468][048]|[13579][26])|2000)-02-29"
_MOMENT = (
    rf"(?:(?:1[89]|2[01])[0-9]{{2}}-{_DAY}|{_LEAP_DAY})"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])?)?"
)
MOMENT = f"^{_MOMENT}$"
"""ISO 8601 in the years that nanoseconds of 64 bits reach."""

MOMENT_OR_NONE = f"^(?:{_MOMENT})?$"
MOMENTS_OR_NONE = f"^(?:{_MOMENT}(?:,{_MOMENT}){{0,5}})?$"
INTERVAL = rf"^(?:{_MOMENT}|(?:\.\.|{_MOMENT})/(?:\.\.|{_MOMENT}))$"
_NUMBER = r"-?[0-9]{1,3}(?:\.[0-9]{1,6})?"
BOX = rf"^{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}$"
BOX_OR_NONE = rf"^(?:{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER})?$"

Since = Annotated[
    str | SkipJsonSchema[None],
    Query(
        description="ISO 8601 time; UTC unless it names an offset",
        json_schema_extra={"pattern": MOMENT},
    ),
]
Name = Annotated[str | SkipJsonSchema[None], Query(max_length=200)]
Grades = Annotated[str, Query(pattern="^[A-F]+$", description="letters wanted, as ABC")]


def since_ns(since: str | None) -> int | None:
    """Moment of a parameter, None where it was left out."""
    if since is None:
        return None
    try:
        return time_ns_of(since)
    except ValueError as error:
        raise HTTPException(
            422, f"since={since!r}: {error}; an example is 2026-03-04T12:31:00Z"
        ) from error


def box_in(text: str) -> Box | None:
    """Box west,south,east,north of an address, its ends brought onto the globe; None if no box."""
    if not re.match(BOX, text):
        return None
    west, south, east, north = (float(part) for part in text.split(","))
    low, high = (min(max(value, -90.0), 90.0) for value in sorted((south, north)))
    if east - west >= 360.0:
        return Box(-180.0, low, 180.0, high)
    return Box(_longitude(west), low, _longitude(east), high)


def _longitude(degrees: float) -> float:
    return degrees if -180.0 <= degrees <= 180.0 else (degrees + 180.0) % 360.0 - 180.0
