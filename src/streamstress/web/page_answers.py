"""A page as an answer: made from its template once for all who ask for it at a time."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import HTTPException, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from streamstress.errors import UnusableDataError
from streamstress.outputs.json_view import iso_time
from streamstress.web.charts import ChartData, chart_item
from streamstress.web.site import Site, View
from streamstress.web.views.frame import Standing, standing_of
from streamstress.web.words import counted, span, to_second

Build = Callable[[Standing], Mapping[str, Any]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""The browser itself refuses whatever would leave the host. Bokeh puts styles into its figures,
hence those that stand inline; no script does."""


@dataclass(frozen=True, slots=True)
class Made:
    """A page with its tag and how old its results were when it was made."""

    body: str
    tag: str
    age_s: float | None
    at_s: float
    """Of the monotonic clock."""


def page_answer(
    site: Site, view: View, name: str, build: Build, if_none_match: str | None, about: str = ""
) -> Response:
    """A page, or word that nothing is new since the reader's copy.

    Parameters
    ----------
    build
        Makes the values of the template.
    about
        What the page tells of beside the view, as the id of an event: pages of the same name, view
        and thing are one page, and all who have it open cost the store what one of them does.
    """
    try:
        made = site.shared.get((name, view, about), lambda: _made(site, view, name, build))
    except UnusableDataError as error:
        raise HTTPException(404, str(error)) from error
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    older_s = (time.monotonic() - made.at_s) * site.speed
    age = "" if made.age_s is None else f"{made.age_s + older_s:.0f}"
    headers = {**HEADERS, "ETag": made.tag, "X-Data-Age-S": age}
    # A proxy or the compression may have weakened the tag.
    if if_none_match is not None and if_none_match.removeprefix("W/") == made.tag:
        return Response(status_code=304, headers=headers)
    return Response(made.body, media_type="text/html", headers=headers)


def _made(site: Site, view: View, name: str, build: Build) -> Made:
    standing = standing_of(site)
    values = dict(build(standing))
    chart: ChartData | None = values.pop("chart", None)
    body = (
        _templates()
        .get_template(f"{name}.html")
        .render(
            **values,
            site=site,
            view=view,
            standing=standing,
            charts=None if chart is None else _chart_data(name, chart),
            page=name,
        )
    )
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
    return Made(body, tag, standing.age_s, time.monotonic())


def refusal(request: Request, status: int, sentence: str) -> Response:
    """A page for people, JSON for programs."""
    headers = {"Cache-Control": "no-store"}
    if "text/html" not in request.headers.get("accept", ""):
        body = json.dumps({"detail": sentence})
        return Response(body, status, {**headers}, media_type="application/json")
    text = _templates().get_template("refusal.html").render(status=status, sentence=sentence)
    return Response(text, status, {**HEADERS, **headers}, media_type="text/html")


def _chart_data(page: str, chart: ChartData) -> dict[str, Markup]:
    """Figures as Bokeh takes them, and apart from them their columns, which later looks replace."""
    shown = {"columns": chart.columns, "ranges": chart.ranges}
    return {"item": _inline(chart_item(page)), "columns": _inline(json.dumps(shown))}


def _inline(text: str) -> Markup:
    # Inside a script element only "</" and "<!--" could end or hide it.
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("streamstress.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "second": to_second, "iso": iso_time, "span": span, "markup": Markup,
    }  # fmt: skip
    made.globals["counted"] = counted
    return made
