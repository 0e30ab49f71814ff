"""A dashboard: panels one after another in rows of 24, with variables, links and annotations."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streamstress.outputs.dashboards.panel import DATASOURCE, Json, Panel

COLUMNS = 24
TAG = "streamstress"
SCHEMA_VERSION = 38
"""Of Grafana 10.0: later ones, 11 too, bring it up to theirs as they load it."""
PAGE = "http://127.0.0.1:8080/"
RUNBOOKS = "https://streamstress.example/runbooks.md"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the panels under it."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard of the set; the file is named after ``name``."""

    name: str
    title: str
    description: str
    sections: Sequence[Section]
    shown: str = "now-24h"

    def text(self) -> str:
        """The file."""
        return json.dumps(self.json(), indent=2) + "\n"

    def json(self) -> Json:
        """As Grafana reads it."""
        return {
            "uid": f"streamstress-{self.name}",
            "title": f"streamstress / {self.title}",
            "description": self.description,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": self.shown, "to": "now"},
            "timezone": "utc",
            "annotations": {"list": [*_annotations()]},
            "links": _links(),
            "templating": {"list": _variables()},
            "panels": list(_placed(self.sections)),
        }


def _placed(sections: Sequence[Section]) -> Iterator[Json]:
    """Panels from left to right, under the heading of their section."""
    panel_id, y = 0, 0
    for section in sections:
        panel_id += 1
        yield _heading(section.title, panel_id, y)
        x, y, row_height = 0, y + 1, 0
        for panel in section.panels:
            if x + panel.width > COLUMNS:
                x, y, row_height = 0, y + row_height, 0
            panel_id += 1
            yield panel.json(panel_id, x, y)
            x, row_height = x + panel.width, max(row_height, panel.height)
        y += row_height


def _heading(title: str, panel_id: int, y: int) -> Json:
    place = {"h": 1, "w": COLUMNS, "x": 0, "y": y}
    heading = {"id": panel_id, "type": "row", "title": title, "collapsed": False}
    return {**heading, "gridPos": place, "panels": []}


def _annotations() -> Iterator[Json]:
    """When alarms and held changes stood, over every course of time."""
    for name, value, color in (("Alarm", 2, "red"), ("Change held by a guard", 1, "orange")):
        yield {
            "name": name,
            "datasource": DATASOURCE,
            "enable": True,
            "hide": False,
            "iconColor": color,
            "expr": f'streamstress_anomaly_state{{region=~"$region"}} == {value}',
            "titleFormat": f"{name} in {{{{region}}}}",
            "textFormat": "<a href='${page}'>What the page says</a>",
            "step": "60s",
            "useValueForTime": False,
        }


def _links() -> list[Json]:
    others = {"title": "Dashboards", "type": "dashboards", "tags": [TAG], "asDropdown": True}
    shared = {"includeVars": True, "keepTime": True, "targetBlank": False, "url": ""}
    return [
        {**others, **shared, "icon": "external link"},
        _link("Page", "${page}"),
        _link("Runbooks", "${runbooks}"),
    ]


def _link(title: str, url: str) -> Json:
    link = {"title": title, "type": "link", "url": url, "icon": "doc", "targetBlank": True}
    return {**link, "tags": [], "asDropdown": False, "includeVars": False, "keepTime": False}


def _variables() -> list[Json]:
    return [
        {
            "name": "datasource",
            "label": "Prometheus",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
            "multi": False,
            "includeAll": False,
        },
        _choice("region", "streamstress_anomaly_state"),
        _choice("station", "streamstress_feed_silence_seconds"),
        _address("page", PAGE),
        _address("runbooks", RUNBOOKS),
    ]


def _choice(label: str, metric: str) -> Json:
    """Several values of a label, all of them at first."""
    wanted = f"label_values({metric}, {label})"
    return {
        "name": label,
        "label": label.capitalize(),
        "type": "query",
        "datasource": DATASOURCE,
        "definition": wanted,
        "query": {"query": wanted, "refId": label},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _address(name: str, default: str) -> Json:
    """Where page and runbooks are; changed once in the dashboard's settings."""
    shown = {"selected": True, "text": default, "value": default}
    return {
        "name": name,
        "label": f"Address of the {name}",
        "type": "textbox",
        "hide": 0,
        "query": default,
        "current": shown,
        "options": [shown],
    }
