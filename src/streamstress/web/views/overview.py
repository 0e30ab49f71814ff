"""The overview: the verdict, the map, regions, stations that need a look, stages, newest events."""

from collections.abc import Sequence
from typing import Any

from streamstress.outputs.control_words import sentence
from streamstress.outputs.figures import USABLE_GRADES
from streamstress.outputs.map_columns import (
    GRADE_COLOURS,
    REGIME_COLOURS,
    REGIME_NAMES,
    ball_columns,
    event_columns,
    shmax_columns,
)
from streamstress.outputs.rows import EventRow, MechanismRow
from streamstress.records import Control, StressChange, StressEstimate
from streamstress.records.controls import waiting_proposals
from streamstress.web.banner import marked_change, newest_change, verdict
from streamstress.web.charts import ChartData
from streamstress.web.health import STATES, StationHealth, station_health
from streamstress.web.map_data import (
    STATION_COLOURS,
    land_columns,
    scale_columns,
    station_health_columns,
    turned_to,
    view_of,
)
from streamstress.web.site import Site, View
from streamstress.web.status import event_lines, stage_cells
from streamstress.web.views.frame import Standing
from streamstress.web.views.parts import region_card

NEWEST_EVENTS = 2000
"""Drawn on the map; a link with times shows others."""

NEWEST_MECHANISMS = 600
MAX_BALLS = 40
TABLE_ROWS = 15


def overview(site: Site, view: View, standing: Standing) -> dict[str, Any]:
    """Everything on the overview."""
    reader, wanted = site.reader, view.selection
    controls = reader.system.controls()
    events = reader.latest_events(limit=NEWEST_EVENTS, wanted=wanted)
    mechanisms = reader.latest_mechanisms(USABLE_GRADES, limit=NEWEST_MECHANISMS, wanted=wanted)
    current = [one for one in reader.latest_stress() if view.region in (None, "", one.region)]
    changes = reader.alarms.changes(view.region or None)
    health = station_health(site, controls)
    urgent = newest_change(changes)
    counts = reader.system.counts()
    newest = reader.mechanisms_named([row.event_id for row in events[:TABLE_ROWS]])
    return {
        "verdict": verdict(urgent, current, counts, site.min_events, standing.troubles),
        "chart": _map(site, view, events, mechanisms, current, marked_change(urgent), health),
        "regions": _regions(current, changes, standing.troubles),
        "health": _health_counts(health),
        "troubled": [one for one in health.values() if _needs_a_look(one)][:12],
        "proposals": [
            {"sentence": sentence(one), "station": one.target}
            for one in waiting_proposals(controls)
        ],
        "stages": stage_cells(standing.stages, counts),
        "events": event_lines(events[:TABLE_ROWS], newest),
        "shown": len(events),
        "total": counts.events,
        "regime_key": [(code, REGIME_COLOURS[code], name) for code, name in REGIME_NAMES.items()],
        "grade_key": list(GRADE_COLOURS.items()),
        "set_aside": counts.dead_letters,
    }


def _map(
    site: Site,
    view: View,
    events: Sequence[EventRow],
    mechanisms: Sequence[MechanismRow],
    current: Sequence[StressEstimate],
    change: StressChange | None,
    health: dict[str, StationHealth],
) -> ChartData:
    frame = view_of(view.frame, site.stations, events)
    onset_ns = None if change is None else change.onset_time_ns
    rims, quadrants = ball_columns(mechanisms, frame, MAX_BALLS)
    bars, sectors, former = shmax_columns(current, change, frame)
    scale, words = scale_columns(frame)
    land, lakes = land_columns(frame)
    columns = {
        "stations": station_health_columns(site.stations, health),
        "events": event_columns(events, onset_ns),
        "ball_rims": rims,
        "ball_quadrants": quadrants,
        "bars": bars,
        "sectors": sectors,
        "former": former,
    }
    columns = {name: turned_to(frame, held) for name, held in columns.items()}
    columns |= {"land": land, "lakes": lakes, "scale": scale, "scale_words": words}
    ranges = {
        "map_x": (frame.west_deg, frame.east_deg),
        "map_y": (frame.south_deg, frame.north_deg),
    }
    return ChartData(columns, ranges)


def _regions(
    current: Sequence[StressEstimate], changes: Sequence[StressChange], troubles: Sequence[str]
) -> list[dict[str, Any]]:
    """A card a region, the most urgent first; fields of cells show on the region's page."""
    names = dict.fromkeys([*(one.region for one in current), *(one.region for one in changes)])
    cards = [
        region_card(
            name,
            next((one for one in current if one.region == name), None),
            newest_change([one for one in changes if one.region == name]),
            troubles,
        )
        for name in names
    ]
    return sorted(cards, key=lambda card: (-card["urgency"], card["name"]))


def _health_counts(health: dict[str, StationHealth]) -> list[tuple[str, str, int]]:
    counted = dict.fromkeys(STATES, 0)
    for one in health.values():
        counted[one.state] += 1
    return [(state, STATION_COLOURS[state], n) for state, n in counted.items() if n]


def _needs_a_look(one: StationHealth) -> bool:
    return one.state in ("silent", "late") or one.seems_reversed


def acknowledgements(controls: Sequence[Control]) -> dict[str, Control]:
    """Newest acknowledgement of each change, by the id of the change."""
    seen = [one for one in controls if one.action == "acknowledge" and one.is_obeyed]
    return {one.target: one for one in sorted(seen, key=lambda one: one.sent_ns)}
