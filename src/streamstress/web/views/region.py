"""A region: its stress over time, its axes, and every alarm with what the guards said."""

from collections.abc import Sequence
from typing import Any

from streamstress.errors import UnusableDataError
from streamstress.outputs.exchange.selection import Selection
from streamstress.outputs.figures import USABLE_GRADES
from streamstress.outputs.map_columns import Columns
from streamstress.outputs.rows import EventRow, MechanismRow
from streamstress.outputs.series_columns import (
    centre_deg,
    count_columns,
    level_columns,
    onset_columns,
    shmax_range,
    shmax_series_columns,
)
from streamstress.records import StressChange, StressEstimate
from streamstress.web.banner import BADGES, marked_change, newest_change
from streamstress.web.charts import ChartData
from streamstress.web.drawings.net import stereonet
from streamstress.web.drawings.rose import rose
from streamstress.web.series_data import a_phi_columns, score_columns
from streamstress.web.site import Site, View
from streamstress.web.views.frame import Standing
from streamstress.web.views.overview import acknowledgements
from streamstress.web.views.parts import figures, guard_lines, region_card
from streamstress.web.words import signed_turn, to_second

MOST_ESTIMATES, MOST_EVENTS = 2000, 10_000
SPANS = (("24 hours", 24.0), ("7 days", 168.0), ("30 days", 720.0), ("1 year", 8766.0))


def region_page(site: Site, view: View, standing: Standing) -> dict[str, Any]:
    """Everything on the page of a region.

    Raises
    ------
    UnusableDataError
        Nothing is known of the region, or of the cell.
    """
    reader, region = site.reader, view.region or ""
    current = [one for one in reader.latest_stress() if one.region == region]
    changes = reader.alarms.changes(region)
    if not current and not changes and not reader.latest_events(region, limit=1):
        raise UnusableDataError(f"nothing is known of a region {region!r} yet")
    estimate = _chosen(current, view.cell)
    wanted = view.selection
    series = [] if estimate is None else reader.stress_series(
        estimate.cell, wanted.since_ns, MOST_ESTIMATES, wanted.until_ns
    )  # fmt: skip
    events = reader.latest_events(limit=MOST_EVENTS, wanted=wanted)
    mechanisms = reader.latest_mechanisms(USABLE_GRADES, limit=MOST_EVENTS, wanted=wanted)
    shown = series[-1] if series else estimate
    in_window = _window(mechanisms, shown)
    decisions = [one for c in changes for one in reader.alarms.history(c.change_id)]
    end_ns = max((row.time_ns for row in events), default=site.clock.now_ns())
    return {
        "region": region_card(region, estimate, newest_change(changes), standing.troubles),
        "estimate": shown,
        "figures": figures(shown),
        "shown_at": to_second(shown.data_time_ns) if shown else None,
        "chart": _charts(series, changes, decisions, events, mechanisms, wanted),
        "net": stereonet(shown, in_window),
        "rose": rose(in_window, shown),
        "n_window": len(in_window),
        "has_cones": shown is not None and shown.s1.cone95_deg is not None,
        "cells": _cells(current, estimate),
        "alarms": alarm_history(site, changes, decisions),
        "spans": [(name, view.last(f"/region/{region}", end_ns, h)) for name, h in SPANS],
        "whole": view.link(f"/region/{region}", region=None, since=None, until=None),
        "n_events": len(events),
    }


def _chosen(current: Sequence[StressEstimate], cell: str | None) -> StressEstimate | None:
    if not cell:
        return current[0] if current else None
    found = next((one for one in current if one.cell == cell), None)
    if found is None:
        names = ", ".join(one.cell for one in current) or "none"
        raise UnusableDataError(f"no stress estimate of a cell {cell!r}; cells with one: {names}")
    return found


def _window(
    mechanisms: Sequence[MechanismRow], estimate: StressEstimate | None
) -> Sequence[MechanismRow]:
    """Mechanisms of the estimate's window; without an estimate the newest hundred."""
    if estimate is None:
        return mechanisms[:100]
    first, last = estimate.window_start_ns, estimate.data_time_ns
    inside = [row for row in mechanisms if first <= row.time_ns <= last]
    return inside[: max(estimate.n_events, 1)]


def _charts(
    series: Sequence[StressEstimate],
    changes: Sequence[StressChange],
    decisions: Sequence[StressChange],
    events: Sequence[EventRow],
    mechanisms: Sequence[MechanismRow],
    wanted: Selection,
) -> ChartData:
    change = marked_change(newest_change(changes))
    around = centre_deg(series)
    span = (series[0].data_time_ns / 1e6, series[-1].data_time_ns / 1e6) if series else None
    shmax = shmax_series_columns(series, around)
    levels = level_columns(change, around, span)
    columns: dict[str, Columns] = {
        "shmax": shmax,
        "levels": levels,
        "onset": onset_columns(change),
        "a_phi": a_phi_columns(series),
        "event_count": count_columns(events, len(events)),
        "mechanism_count": count_columns(mechanisms, len(mechanisms)),
        "scores": score_columns(decisions),
    }
    ranges = {"shmax_y": shmax_range(shmax, levels), **_time_range(wanted, events, series)}
    return ChartData(columns, ranges)


def _time_range(
    wanted: Selection, events: Sequence[EventRow], series: Sequence[StressEstimate]
) -> dict[str, tuple[float, float]]:
    times = [row.time_ns for row in (*events[:1], *events[-1:])]
    times += [one.data_time_ns for one in (*series[:1], *series[-1:])]
    if not times:
        return {}
    first = min(times) if wanted.since_ns is None else wanted.since_ns
    last = max(times) if wanted.until_ns is None else min(wanted.until_ns, max(times))
    margin = 0.015 * max(last - first, 10**9)
    return {"time_x": ((first - margin) / 1e6, (last + margin) / 1e6)}


def _cells(current: Sequence[StressEstimate], shown: StressEstimate | None) -> list[dict[str, Any]]:
    if len(current) < 2:
        return []
    return [
        {
            "cell": one.cell,
            "shmax": one.shmax_deg if one.shmax_defined else None,
            "regime": one.regime,
            "quality": one.wsm_quality,
            "n_events": one.n_events,
            "is_shown": shown is not None and one.cell == shown.cell,
        }
        for one in current
    ]


def alarm_history(
    site: Site, changes: Sequence[StressChange], decisions: Sequence[StressChange]
) -> list[dict[str, Any]]:
    """Every change with its decisions and verdicts, the newest first."""
    seen = acknowledgements(site.reader.system.controls())
    return [
        {
            "change": one,
            "badge": BADGES[one.state],
            "began": to_second(one.onset_time_ns),
            "turn": _turn(one),
            "guards": guard_lines(one),
            "seen": seen.get(one.change_id),
            "states": [
                {"state": d.state, "time": to_second(d.time_ns), "score": d.score}
                for d in decisions
                if d.change_id == one.change_id
            ],
        }
        for one in reversed(changes)
    ]


def _turn(change: StressChange) -> str:
    if change.shmax_change_deg is None:
        return f"axes turned {change.rotation_deg:.0f}°"
    return f"SHmax turned {signed_turn(change.shmax_change_deg)}"
