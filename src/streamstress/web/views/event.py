"""An event: focal sphere, readings with their traces, versions, grade and its reason."""

from typing import Any

import numpy as np

from streamstress.errors import UnusableDataError
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.outputs.control_words import sentence
from streamstress.outputs.rows import OnsetTrace, RecordVersion
from streamstress.records import Arrival, Event, Mechanism
from streamstress.records.controls import kind_control_id
from streamstress.web.drawings.onset import onset_drawing
from streamstress.web.drawings.sphere import focal_sphere
from streamstress.web.site import Site
from streamstress.web.words import to_second


def event_page(site: Site, event_id: str) -> dict[str, Any]:
    """Everything on the page of an event.

    Raises
    ------
    UnusableDataError
        There is no such event, or it was withdrawn.
    """
    detail = site.reader.event(event_id)
    if detail is None:
        raise UnusableDataError(f"no event {event_id!r}; it may have been merged or withdrawn")
    event, mechanism = detail.event, detail.mechanism
    predicted = _predicted_up(event, mechanism)
    disagreeing = frozenset(
        a.pick_id for a in event.arrivals if _agrees(a, predicted.get(a.pick_id)) is False
    )
    first_p = [a for a in event.arrivals if a.phase == "P"]
    traces = site.reader.stations.onsets([a.pick_id for a in first_p])
    at = event.origin
    margin = 0.12
    box = (
        f"{at.longitude_deg - margin:.3f},{at.latitude_deg - margin:.3f},"
        f"{at.longitude_deg + margin:.3f},{at.latitude_deg + margin:.3f}"
    )
    return {
        "event": event,
        "mechanism": mechanism,
        "solution": mechanism.solutions[0] if mechanism and mechanism.solutions else None,
        "n_other": max(len(mechanism.solutions) - 1, 0) if mechanism else 0,
        "time": to_second(at.time_ns),
        "sphere": focal_sphere(mechanism, event.arrivals, disagreeing),
        "readings": [
            _reading(a, predicted.get(a.pick_id), traces.get(a.pick_id))
            for a in sorted(event.arrivals, key=lambda a: (a.distance_km, a.phase))
        ],
        "n_disagree": len(disagreeing),
        "n_read": sum(a.polarity is not None for a in first_p),
        "has_traces": bool(traces),
        "versions": [_version(one) for one in site.reader.versions(event_id)],
        "box": box,
        "told": _told_kind(site, event),
    }


def _told_kind(site: Site, event: Event) -> str:
    """What a person said of the event's kind, as a sentence; empty where nobody did."""
    name = kind_control_id(event.event_id)
    held = [one for one in site.reader.system.controls() if one.control_id == name]
    return sentence(held[0]) if held else ""


def _predicted_up(event: Event, mechanism: Mechanism | None) -> dict[str, bool]:
    """Whether the best solution sends the ground up, by pick."""
    first_p = [a for a in event.arrivals if a.phase == "P"]
    if mechanism is None or not mechanism.solutions or not first_p:
        return {}
    best = mechanism.solutions[0]
    moment = double_couple(best.strike_deg, best.dip_deg, best.rake_deg)
    azimuth = np.array([a.azimuth_deg for a in first_p])
    takeoff = np.array([a.takeoff_deg for a in first_p])
    p, _, _ = radiation_pattern(moment, azimuth, takeoff)
    return {a.pick_id: bool(value > 0) for a, value in zip(first_p, np.atleast_1d(p), strict=True)}


def _agrees(arrival: Arrival, predicted_up: bool | None) -> bool | None:
    """Whether a decided first motion is as predicted; None where one of them is missing."""
    polarity = arrival.polarity
    if polarity is None or polarity.decision == "unknown" or predicted_up is None:
        return None
    return (polarity.decision == "up") is predicted_up


def _reading(
    arrival: Arrival, predicted_up: bool | None, trace: OnsetTrace | None
) -> dict[str, Any]:
    polarity = arrival.polarity
    decision = polarity.decision if polarity else ""
    return {
        "arrival": arrival,
        "decision": decision,
        "up": polarity.up_probability if polarity else None,
        "agrees": _agrees(arrival, predicted_up),
        "onset": onset_drawing(trace, arrival.station, decision) if trace else None,
    }


def _version(one: RecordVersion) -> dict[str, Any]:
    record = one.record
    if isinstance(record, Mechanism):
        best = record.solutions[0] if record.solutions else None
        plane = (
            f"{best.strike_deg:.0f}/{best.dip_deg:.0f}/{best.rake_deg:.0f}" if best else "unsolved"
        )
        words = f"grade {record.grade}, {plane}, {record.n_polarity} polarities"
    else:
        at = record.origin
        words = (
            f"{at.latitude_deg:.4f}, {at.longitude_deg:.4f}, {at.depth_km:.1f} km, "
            f"{len(record.arrivals)} arrivals, gap {at.gap_deg:.0f}°"
        )
    return {
        "kind": one.kind,
        "version": one.version,
        "status": one.status,
        "model": one.model,
        "sent": to_second(one.sent_ns),
        "words": words,
    }
