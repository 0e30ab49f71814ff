"""The report of a run against the truth of its simulation: ``report.json``."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from streamstress.earth.projection import distance_azimuth
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.outputs.json_view import Json, iso_time, json_view
from streamstress.outputs.rows import StageStatus
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Event, Mechanism, StressChange, StressEstimate
from streamstress.simulate.truth import TrueEvent, Truth

MATCH_TIME_NS = 2_500_000_000
MATCH_DISTANCE_KM = 15.0
"""An event is found if its origin lies this near in time and place."""

REPORT_FILE = "report.json"


@dataclass(frozen=True, slots=True)
class Match:
    """A located event and the simulated one that it is."""

    event: Event
    true: TrueEvent
    distance_km: float


def build_report(reader: StoreReader, truth: Truth | None) -> dict[str, Json]:
    """Compare what the store holds with what was simulated.

    Parameters
    ----------
    truth
        None for real data: what needs the truth is then None.

    Returns
    -------
    The content of ``report.json``. Distances are epicentral, in kilometres; angles are degrees;
    ``polarity.accuracy`` counts decided first motions alone and knows of reversed stations.
    """
    events = reader.event_records()
    mechanisms = reader.mechanism_records()
    matches = [] if truth is None else match_events(events, truth.events)
    return {
        "truth": None if truth is None else _truth(truth),
        "events": _events(events, matches, truth),
        "polarity": _polarity(matches, truth),
        "mechanisms": _mechanisms(mechanisms, matches, truth),
        "stress": _stress(reader, truth),
        "alarms": _alarms(reader),
        "latency_s": _latency(reader),
    }


def write_report_json(folder: Path, report: dict[str, Json]) -> Path:
    """Write ``report.json`` into an existing folder."""
    path = folder / REPORT_FILE
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return path


def match_events(events: Sequence[Event], true_events: Sequence[TrueEvent]) -> list[Match]:
    """Pair located with simulated events, each at most once, the nearest in time first."""
    if not events or not true_events:
        return []
    true_ns = np.array([true.origin_time_ns for true in true_events])
    order = np.argsort(true_ns)
    candidates = []
    for k, event in enumerate(events):
        nearby = np.searchsorted(
            true_ns[order],
            [event.origin.time_ns - MATCH_TIME_NS, event.origin.time_ns + MATCH_TIME_NS + 1],
        )
        for at in order[nearby[0] : nearby[1]]:
            distance = _distance_km(event, true_events[at])
            if distance <= MATCH_DISTANCE_KM:
                candidates.append((abs(int(true_ns[at]) - event.origin.time_ns), k, at, distance))
    return _paired(sorted(candidates), events, true_events)


def _paired(
    candidates: Sequence[tuple[int, int, int, float]],
    events: Sequence[Event],
    true_events: Sequence[TrueEvent],
) -> list[Match]:
    used_events: set[int] = set()
    used_true: set[int] = set()
    matches = []
    for _, k, at, distance in candidates:
        if k not in used_events and at not in used_true:
            used_events.add(k)
            used_true.add(at)
            matches.append(Match(events[k], true_events[at], distance))
    return matches


def _distance_km(event: Event, true: TrueEvent) -> float:
    origin = event.origin
    distance, _ = distance_azimuth(
        true.latitude_deg, true.longitude_deg, origin.latitude_deg, origin.longitude_deg
    )
    return float(distance)


def _truth(truth: Truth) -> dict[str, Json]:
    changed = truth.change_time_ns
    return {
        "rotation_deg": truth.rotation_deg,
        "change_time": None if changed is None else iso_time(changed),
        "shmax_before_deg": truth.shmax_before_deg,
        "shmax_after_deg": truth.shmax_after_deg,
        "scenario": truth.scenario,
        "seed": truth.seed,
    }


def _events(
    events: Sequence[Event], matches: Sequence[Match], truth: Truth | None
) -> dict[str, Json]:
    if truth is None:
        return {"simulated": None, "found": len(events), "false": None, "location_error_km": None}
    depth_errors = [abs(m.event.origin.depth_km - m.true.depth_km) for m in matches]
    return {
        "simulated": len(truth.events),
        "found": len(matches),
        "false": len(events) - len(matches),
        "location_error_km": _median([match.distance_km for match in matches]),
        "location_error_p95_km": _percentile([match.distance_km for match in matches], 95),
        "depth_error_km": _median(depth_errors),
    }


def _polarity(matches: Sequence[Match], truth: Truth | None) -> dict[str, Json]:
    if truth is None:
        return {"n": None, "accuracy": None}
    right = [
        decided == sign * (-1 if station in truth.reversed_stations else 1)
        for match in matches
        for station, decided, sign in _decisions(match)
    ]
    return {"n": len(right), "accuracy": sum(right) / len(right) if right else None}


def _decisions(match: Match) -> list[tuple[str, int, int]]:
    """Station, decided sign, true sign of the ground, of every decided first motion."""
    true_signs = {arrival.station: arrival.polarity for arrival in match.true.arrivals}
    signs = {"up": 1, "down": -1}
    return [
        (arrival.station, signs[arrival.polarity.decision], true_signs[arrival.station])
        for arrival in match.event.arrivals
        if arrival.phase == "P"
        and arrival.polarity is not None
        and arrival.polarity.decision in signs
        and arrival.station in true_signs
    ]


def _mechanisms(
    mechanisms: Sequence[Mechanism], matches: Sequence[Match], truth: Truth | None
) -> dict[str, Json]:
    grades = Counter(mechanism.grade for mechanism in mechanisms)
    errors = _rotation_errors(mechanisms, matches)
    usable = [error for grade, error in errors if grade in "ABC"]
    by_grade = {
        grade: _median([error for of, error in errors if of == grade]) for grade in sorted(grades)
    }
    return {
        "n": len(mechanisms),
        "rotation_error_deg": None if truth is None else _median(usable),
        "rotation_error_by_grade_deg": None if truth is None else by_grade,
        "grades": {grade: grades[grade] for grade in sorted(grades)},
    }


def _rotation_errors(
    mechanisms: Sequence[Mechanism], matches: Sequence[Match]
) -> list[tuple[str, float]]:
    true_planes = {
        match.event.event_id: (match.true.strike_deg, match.true.dip_deg, match.true.rake_deg)
        for match in matches
    }
    solved = [m for m in mechanisms if m.solutions and m.event_id in true_planes]
    if not solved:
        return []
    best = [m.solutions[0] for m in solved]
    found = np.array([(s.strike_deg, s.dip_deg, s.rake_deg) for s in best])
    errors = kagan_angle_deg(found, np.array([true_planes[m.event_id] for m in solved]))
    return [(m.grade, float(error)) for m, error in zip(solved, errors, strict=True)]


def _stress(reader: StoreReader, truth: Truth | None) -> dict[str, Json]:
    """Estimates before and after the true change, or else the first alarm's onset."""
    cells = reader.cells()
    series = reader.stress_series(cells[0]) if cells else []
    changed_ns = None if truth is None else truth.change_time_ns
    changes = [
        change for change in reader.alarms.changes() if change.state in ("open", "confirmed")
    ]
    if changed_ns is None and changes:
        changed_ns = changes[0].onset_time_ns
    last = series[-1] if series else None
    before = last
    if changed_ns is not None:
        earlier = [estimate for estimate in series if estimate.data_time_ns < changed_ns]
        before = earlier[-1] if earlier else None
    after = last if last is not None and last is not before else None
    return {
        "cell": cells[0] if cells else None,
        "shmax_before_deg": _shmax(before),
        "shmax_after_deg": _shmax(after),
        "shmax_before_interval95_deg": _interval(before),
        "shmax_after_interval95_deg": _interval(after),
        "regime": last.regime if last else None,
        "r": last.r if last else None,
        "n_events": last.n_events if last else 0,
        "n_estimates": len(series),
    }


def _shmax(estimate: StressEstimate | None) -> float | None:
    return estimate.shmax_deg if estimate is not None and estimate.shmax_defined else None


def _interval(estimate: StressEstimate | None) -> list[float] | None:
    if estimate is None or not estimate.shmax_defined:
        return None
    return list(estimate.shmax_interval95_deg)


def _alarms(reader: StoreReader) -> list[Json]:
    """Each alarm as it was raised, with what became of it; a withdrawn one stays listed.

    Its size when it was raised rests on some thirty events: the newest one is told beside it.
    """
    alarms: list[Json] = []
    for change in reader.alarms.changes():
        history = reader.alarms.history(change.change_id)
        raised = _first_open(history)
        if raised is not None:
            newest = [line for line in history if line.state in ("open", "confirmed")][-1]
            alarms.append({**json_view(raised), "latest_state": change.state, **_size(newest)})
    return alarms


def _size(change: StressChange) -> dict[str, Json]:
    return {
        "latest_rotation_deg": change.rotation_deg,
        "latest_rotation_interval95_deg": list(change.rotation_interval95_deg),
        "latest_shmax_change_deg": change.shmax_change_deg,
    }


def _first_open(history: Sequence[StressChange]) -> StressChange | None:
    return next((change for change in history if change.state == "open"), None)


def _latency(reader: StoreReader) -> dict[str, Json]:
    """Wall seconds of each stage; the slowest of its workers."""
    latency: dict[str, Json] = {}
    for stage, workers in _by_stage(reader.system.stages()).items():
        medians = [worker.p50_s for worker in workers if worker.p50_s is not None]
        tails = [worker.p95_s for worker in workers if worker.p95_s is not None]
        if medians and tails:
            latency[stage] = {"p50": max(medians), "p95": max(tails)}
    delays = reader.system.mechanism_delays_s()
    if "mechanism" not in latency and delays:
        latency["mechanism"] = {"p50": _median(delays), "p95": _percentile(delays, 95)}
    return latency


def _by_stage(statuses: Sequence[StageStatus]) -> dict[str, list[StageStatus]]:
    grouped: dict[str, list[StageStatus]] = {}
    for status in statuses:
        grouped.setdefault(status.stage, []).append(status)
    return grouped


def _median(values: Sequence[float]) -> float | None:
    return _percentile(values, 50)


def _percentile(values: Sequence[float], share: float) -> float | None:
    return float(np.percentile(values, share)) if values else None
