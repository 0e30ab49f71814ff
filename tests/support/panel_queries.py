"""The queries of all dashboards, as Grafana would ask them, and which have no answer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_server import Prometheus

from streamstress.outputs.dashboards import dashboards

VARIABLES = {
    "$station": ".*",
    "$__rate_interval": "10s",
    "$__range": "10m",
}
"""What Grafana puts in the place of its variables."""


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """A query of a panel."""

    panel: str
    expr: str
    instant: bool


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every panel with the name of its dashboard, without the headings."""
    for dashboard in dashboards():
        for panel in dashboard.json()["panels"]:
            if panel["type"] != "row":
                yield dashboard.name, panel


def panel_queries() -> Iterator[PanelQuery]:
    """Every query of every panel, and of the annotations."""
    for name, panel in panels():
        for target in panel["targets"]:
            place = f"{name}: {panel['title']} {target['refId']}"
            yield PanelQuery(place, asked(target["expr"]), target["instant"])


def asked(expr: str, region: str = ".*") -> str:
    """An expression with its variables filled in."""
    for name, value in {"$region": region, **VARIABLES}.items():
        expr = expr.replace(name, value)
    return expr


def unanswered(server: Prometheus, last_s: float = 60.0) -> dict[str, str]:
    """Panels of which a query gives no number, with the query."""
    return {q.panel: q.expr for q in panel_queries() if not _has_number(server, q, last_s)}


def _has_number(server: Prometheus, query: PanelQuery, last_s: float) -> bool:
    if query.instant:
        return any(math.isfinite(value) for value in server.values(query.expr).values())
    series = server.course(query.expr, last_s)
    return any(math.isfinite(float(v)) for one in series for _, v in one["values"])
