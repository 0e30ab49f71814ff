"""The page of the map of stress, and its figure."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Response

from streamstress.errors import UnusableDataError
from streamstress.web.answers import MOMENTS_OR_NONE, answers
from streamstress.web.page_parameters import PAGE, Frame, From, Match, Moment, Text
from streamstress.web.site import Site, View
from streamstress.web.views.stress_map import SHOWS, MapView, map_figure, map_page

SVG = "image/svg+xml"
_KM = r"-?[0-9]{1,3}(?:\.[0-9]{1,3})?"
_SHOW = f"(?:{'|'.join(SHOWS)})"
Depth = Annotated[
    str,
    Query(
        pattern=f"^(?:{_KM}(?:,{_KM}){{1,12}})?$",
        description="shallowest,deepest, km; further edges make slices",
    ),
]
Quality = Annotated[str, Query(pattern="^[A-Ea-e]{0,5}$", description="World Stress Map ranks")]
Show = Annotated[
    str,
    Query(pattern=f"^(?:{_SHOW}(?:,{_SHOW}){{0,2}})?$", description="panels, with commas"),
]
Moments = Annotated[
    str,
    Query(
        max_length=400,
        description="ISO 8601 with commas: the stress of each moment",
        json_schema_extra={"pattern": MOMENTS_OR_NONE},
    ),
]
Page = Callable[[View, str, Callable[[Any], dict[str, Any]], str | None, str], Response]


def asked_map(
    region: Text = "",
    since: From = "",
    until: Moment = "",
    box: Frame = "",
    depth: Depth = "",
    quality: Quality = "",
    show: Show = "",
    moments: Moments = "",
) -> MapView:
    """Read what an address of the map asks for."""
    return MapView(View(region, None, since, until, box), depth, quality, show, moments)


Asked = Annotated[MapView, Depends(asked_map)]


def add_map(app: FastAPI, site: Site, page: Page) -> None:
    """Add the page and the figure that it shows."""

    @app.get("/map", **PAGE)
    def stress_map(asked: Asked, if_none_match: Match = None) -> Response:
        """Map of the newest stress as a paper prints it."""
        build = lambda _: map_page(site, asked)  # noqa: E731
        return page(asked.view, "map", build, if_none_match, asked.query)

    @app.get(
        "/map.svg", response_class=Response, responses=answers(SVG, unknown=True), tags=["pages"]
    )
    def stress_map_figure(asked: Asked) -> Response:
        """Return the figure of the map."""
        try:
            body = map_figure(site, asked)
        except UnusableDataError as error:
            raise HTTPException(404, str(error)) from error
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(body, media_type=SVG, headers=headers)
