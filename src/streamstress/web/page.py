"""The page as one HTML document: no request leaves the host that serves it."""

import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

import msgspec
from bokeh.core.types import ID
from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.resources import Resources

from streamstress.outputs.figures import Charts, count_figure, map_figure, shmax_figure
from streamstress.outputs.map_columns import REGIME_COLOURS, REGIME_NAMES
from streamstress.web.status import Status

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""The browser itself refuses whatever would leave the host."""


def render_page(status: Status, charts: Charts, *, title: str, refresh_s: float) -> str:
    """HTML of the page with the present status in it."""
    shmax = shmax_figure(charts)
    series = column(shmax, count_figure(charts, shmax), sizing_mode="stretch_width")
    return _template("page.html").substitute(
        title=escape(title),
        css=_text("page.css"),
        bokeh=_bokeh_script(),
        script=_text("page.js"),
        map=_inline_json(json_item(map_figure(charts), ID("map"))),
        series=_inline_json(json_item(series, ID("series"))),
        status=_inline_text(msgspec.json.encode(status).decode()),
        refresh_ms=str(round(1000 * refresh_s)),
        regimes=_regime_key(),
    )


def _regime_key() -> str:
    return "".join(
        f'<span><i style="background:{REGIME_COLOURS[code]}"></i>{code} {escape(name)}</span>'
        for code, name in REGIME_NAMES.items()
        if code != "U"
    )


def _inline_json(item: object) -> str:
    return _inline_text(json.dumps(item))


def _inline_text(text: str) -> str:
    # Inside a script element only "</" and "<!--" could end or hide it.
    return text.replace("<", "\\u003c")


@cache
def _bokeh_script() -> str:
    return Resources(mode="inline", components=["bokeh"], minified=True).render_js()


@cache
def _text(name: str) -> str:
    return (files("streamstress.web") / name).read_text("utf-8")


@cache
def _template(name: str) -> Template:
    return Template(_text(name))
