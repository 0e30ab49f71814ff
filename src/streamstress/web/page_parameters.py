"""What the addresses of pages take, as OpenAPI describes it."""

from typing import Annotated, Any

from fastapi import Header, Query, Response

from streamstress.web.answers import BOX_OR_NONE, HTML, MOMENT_OR_NONE, answers

Text = Annotated[str, Query(max_length=200)]
Moment = Annotated[
    str,
    Query(
        max_length=40, description="ISO 8601, UTC", json_schema_extra={"pattern": MOMENT_OR_NONE}
    ),
]
From = Annotated[
    str,
    Query(
        alias="from",
        max_length=40,
        description="ISO 8601, UTC",
        json_schema_extra={"pattern": MOMENT_OR_NONE},
    ),
]
Frame = Annotated[
    str,
    Query(
        max_length=80,
        description="west,south,east,north, degrees",
        json_schema_extra={"pattern": BOX_OR_NONE},
    ),
]
Match = Annotated[str | None, Header(include_in_schema=False)]
PAGE: dict[str, Any] = {
    "response_class": Response,
    "responses": answers(HTML, unknown=True) | {304: {"description": "nothing new"}},
    "tags": ["pages"],
}
