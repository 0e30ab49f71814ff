"""A panel of a dashboard and the kinds of panels there are, as Grafana 10 and 11 read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypedDict, Unpack

Json: TypeAlias = dict[str, Any]

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression of a panel."""

    expr: str
    legend: str = ""
    now: bool = False
    """Its value at the end of the time shown, a row a series, instead of its course."""
    heatmap: bool = False

    def json(self, ref_id: str) -> Json:
        """As Grafana's target."""
        format_name = "heatmap" if self.heatmap else "table" if self.now else "time_series"
        return {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": self.expr,
            "format": format_name,
            "instant": self.now,
            "range": not self.now,
            "legendFormat": self.legend or "__auto",
            "refId": ref_id,
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel; its place is given by the order in its dashboard."""

    kind: str
    title: str
    description: str
    queries: Sequence[Query]
    unit: str = "short"
    width: int = 8
    height: int = 8
    defaults: Json = field(default_factory=dict)
    """Beside the unit, of every field."""
    overrides: Sequence[Json] = ()
    options: Json = field(default_factory=dict)
    transformations: Sequence[Json] = ()
    alert: str | None = None
    """Whose runbook the panel links to."""
    repeat: str | None = None
    """Variable for each value of which it is drawn."""

    def sized(self, width: int, height: int) -> "Panel":
        """Give the same panel another size; a dashboard is 24 wide."""
        return replace(self, width=width, height=height)

    def json(self, panel_id: int, x: int, y: int) -> Json:
        """As Grafana's panel at a place."""
        made: Json = {
            "id": panel_id,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "targets": [q.json(chr(ord("A") + i)) for i, q in enumerate(self.queries)],
            "fieldConfig": {
                "defaults": {"unit": self.unit, **self.defaults},
                "overrides": list(self.overrides),
            },
            "options": self.options,
            "transformations": list(self.transformations),
            "links": [] if self.alert is None else [_runbook(self.alert)],
        }
        if self.repeat is not None:
            made |= {"repeat": self.repeat, "repeatDirection": "h", "maxPerRow": 2}
        return made


def _runbook(alert: str) -> Json:
    url = f"${{runbooks}}#{alert.lower()}"
    return {"title": f"Runbook {alert}", "url": url, "targetBlank": True}


def steps(first: str, *rest: tuple[float, str]) -> Json:
    """Colours by value: the first from below, each other from its value on."""
    found: list[Json] = [{"color": first, "value": None}]
    found += [{"color": color, "value": value} for value, color in rest]
    return {"thresholds": {"mode": "absolute", "steps": found}, "color": {"mode": "thresholds"}}


def words(meaning: Mapping[int, tuple[str, str]]) -> Json:
    """Words and colours in the place of whole numbers."""
    options = {
        str(value): {"text": text, "color": color, "index": index}
        for index, (value, (text, color)) in enumerate(meaning.items())
    }
    return {"mappings": [{"type": "value", "options": options}]}


def field_named(name: str, **properties: object) -> Json:
    """Properties of one field; a name between slashes is a pattern."""
    matcher = "byRegexp" if name.startswith("/") else "byName"
    return {
        "matcher": {"id": matcher, "options": name},
        "properties": [
            {"id": key.replace("__", "."), "value": value} for key, value in properties.items()
        ],
    }


class Extras(TypedDict, total=False):
    """What any kind of panel may be given beside its queries."""

    width: int
    height: int
    defaults: Json
    overrides: Sequence[Json]
    alert: str
    repeat: str


LEGEND: Json = {"displayMode": "list", "placement": "bottom", "showLegend": True}


def course(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    stacked: bool = False,
    **extras: Unpack[Extras],
) -> Panel:
    """Values in the course of time."""
    custom: Json = {"lineWidth": 1, "showPoints": "auto", "spanNulls": False}
    if stacked:
        custom |= {"fillOpacity": 40, "stacking": {"mode": "normal", "group": "A"}}
    extras["defaults"] = {"custom": custom, **extras.get("defaults", {})}
    options = {"legend": LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}
    return Panel("timeseries", title, description, queries, unit, options=options, **extras)


def figure(
    title: str, description: str, query: Query, unit: str = "short", **extras: Unpack[Extras]
) -> Panel:
    """One large figure a series."""
    options = {
        "colorMode": "background",
        "graphMode": "none",
        "textMode": "auto",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    size: Extras = {"width": 4, "height": 4}
    return Panel("stat", title, description, (query,), unit, options=options, **(size | extras))


def states(
    title: str, description: str, query: Query, unit: str = "short", **extras: Unpack[Extras]
) -> Panel:
    """Bars of states in the course of time, a line a series."""
    options = {
        "mergeValues": True,
        "showValue": "auto",
        "alignValue": "left",
        "rowHeight": 0.8,
        "legend": LEGEND,
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return Panel("state-timeline", title, description, (query,), unit, options=options, **extras)


HIDDEN = ("Time", "__name__", "instance", "job")
"""Columns that say nothing."""


def rows(
    title: str,
    description: str,
    *queries: Query,
    names: Mapping[str, str],
    join: str = "",
    hidden: Sequence[str] = HIDDEN,
    **extras: Unpack[Extras],
) -> Panel:
    """Present values as a table, a row a series; several queries are joined at a label."""
    transformations: list[Json] = []
    if join:
        transformations.append({"id": "joinByField", "options": {"byField": join, "mode": "outer"}})
    # Joined columns of one name get numbers.
    exclude = {f"{name}{end}": True for name in hidden for end in ("", " 1", " 2", " 3")}
    organize = {"excludeByName": exclude, "renameByName": dict(names), "indexByName": {}}
    transformations.append({"id": "organize", "options": organize})
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False}}
    return Panel(
        "table",
        title,
        description,
        queries,
        options=options,
        transformations=transformations,
        **extras,
    )


def heatmap(
    title: str, description: str, query: Query, unit: str = "s", **extras: Unpack[Extras]
) -> Panel:
    """Counts by bucket in the course of time."""
    options = {
        "calculate": False,
        "color": {"mode": "scheme", "scheme": "Blues", "steps": 64, "exponent": 0.5},
        "cellGap": 1,
        "yAxis": {"unit": unit, "axisPlacement": "left"},
        "rowsFrame": {"layout": "auto"},
        "legend": {"show": True},
        "tooltip": {"mode": "single", "yHistogram": False},
    }
    return Panel("heatmap", title, description, (query,), unit, options=options, **extras)
