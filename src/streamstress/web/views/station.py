"""A station: feed, residuals, polarity agreement, and what was said of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from streamstress.errors import UnusableDataError
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.outputs.control_words import sentence
from streamstress.outputs.rows import StationReading
from streamstress.records.controls import waiting_proposals
from streamstress.web.drawings.residuals import residual_drawing
from streamstress.web.health import station_health
from streamstress.web.site import Site
from streamstress.web.views.parts import plane_of
from streamstress.web.words import span, to_second

READINGS = 400
TABLE_ROWS = 20
NODAL = 0.1
"""A ray this near a nodal plane (share of the largest P amplitude) proves nothing either way."""


def station_list(site: Site) -> dict[str, Any]:
    """Everything on the page of all stations."""
    health = station_health(site, site.reader.system.controls())
    order = {"silent": 0, "late": 1, "muted": 2, "unknown": 3, "ok": 4}
    listed = sorted(health.values(), key=lambda one: (order[one.state], one.code))
    return {"stations": [_line(one) for one in listed]}


def _line(one: Any) -> dict[str, Any]:  # noqa: ANN401 - a StationHealth
    return {
        "health": one,
        "age": None if one.data_age_s is None else span(one.data_age_s),
        "silence": None if one.silence_s is None else span(one.silence_s),
        "newest": None if one.newest_reading_ns is None else to_second(one.newest_reading_ns),
    }


def station_page(site: Site, code: str) -> dict[str, Any]:
    """Everything on the page of a station.

    Raises
    ------
    UnusableDataError
        The network has no such station.
    """
    if code not in site.stations:
        raise UnusableDataError(f"no station {code!r}; it is written NET.STA")
    controls = site.reader.system.controls()
    health = station_health(site, controls)[code]
    readings = site.reader.stations.readings(code, READINGS)
    agreement = polarity_agreement(readings)
    decided = [value for value in agreement.values() if value is not None]
    of_station = [one for one in controls if one.target == code]
    residuals = [one.residual_s for one in readings if one.phase == "P"]
    return {
        **_line(health),
        "station": site.stations[code],
        "n_readings": len(readings),
        "n_decided": len(decided),
        "n_agree": sum(decided),
        "share": sum(decided) / len(decided) if decided else None,
        "residuals": residual_drawing(readings),
        "median_s": float(np.median(residuals)) if residuals else None,
        "spread_s": float(np.percentile(np.abs(residuals), 68)) if residuals else None,
        "readings": [
            {"reading": one, "time": to_second(one.time_ns), "agrees": agreement.get(one.pick_id)}
            for one in readings[:TABLE_ROWS]
        ],
        "proposals": [sentence(one) for one in waiting_proposals(of_station)],
        "controls": [
            {"control": one, "sentence": sentence(one)}
            for one in sorted(of_station, key=lambda one: -one.sent_ns)
            if one.state != "dropped"
        ],
        "now": to_second(site.clock.now_ns()),
    }


def polarity_agreement(readings: Sequence[StationReading]) -> dict[str, bool | None]:
    """Whether each decided first motion is as the event's mechanism has it, by pick.

    None near a nodal plane. The mechanism was solved with this very reading among the others, so
    the share is somewhat too good; a station that is reversed shows all the same.
    """
    found: dict[str, bool | None] = {}
    for one in readings:
        plane = plane_of(one)
        if plane is None or one.decision not in ("up", "down"):
            continue
        moment = np.sqrt(2.0) * double_couple(*plane)
        p, _, _ = radiation_pattern(moment, one.azimuth_deg, one.takeoff_deg)
        clear = abs(float(p)) >= NODAL
        found[one.pick_id] = ((float(p) > 0) is (one.decision == "up")) if clear else None
    return found
