"""A change of stress in one paragraph, for somebody who reads it once at four in the morning."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from streamstress.records import StressChange

HEADLINES: Mapping[str, str] = {
    "open": "ALARM in {region}: the orientation of the stress has changed.",
    "confirmed": "ALARM CONFIRMED in {region}: later events agree, the stress has changed.",
    "held": "NO ALARM in {region}: the mechanisms have changed, but a check holds the alarm back.",
    "closed": "CLOSED in {region}: the change that was alarmed is over.",
    "withdrawn": "WITHDRAWN in {region}: what was told of this change no longer holds.",
}

MEANING: Mapping[str, str] = {
    "open": "It does not mean that a large earthquake is coming, nor what turned the stress.",
    "confirmed": "It does not mean that a large earthquake is coming, nor what turned the stress.",
    "held": "It does not mean that nothing happened: look again when more events have come.",
    "closed": "The events since its onset are the new reference wherever enough of them came; it "
    "does not mean that the stress went back.",
    "withdrawn": "It does not mean that the stress is proved steady.",
}


def alarm_text(change: StressChange) -> str:
    """What changed, since when, how sure, what the checks say, and what it does not mean."""
    parts = [
        _headline(change),
        _since(change),
        _turned(change),
        _sure(change),
        *_checks(change.guards),
        MEANING[change.state],
    ]
    return " ".join(parts)


def short_time(time_ns: int) -> str:
    """Day and minute in UTC, as ``4 Mar 2026 12:31``."""
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    return f"{moment.day} {moment:%b %Y %H:%M}"


def _headline(change: StressChange) -> str:
    if change.state == "closed" and any(v.startswith("hold") for v in change.guards.values()):
        return f"CLOSED in {change.region}: what was held back is over; it never was an alarm."
    return HEADLINES[change.state].format(region=change.region)


def _since(change: StressChange) -> str:
    return (
        f"It began about {short_time(change.onset_time_ns)} UTC (event {change.onset_event_id}); "
        f"{change.n_since_onset} events later, at {short_time(change.time_ns)} UTC, this was "
        "decided."
    )


def _turned(change: StressChange) -> str:
    low, high = change.rotation_interval95_deg
    axes = f"the stress axes turned by {change.rotation_deg:.0f}° (95 %: {low:.0f}° to {high:.0f}°)"
    turn, interval = change.shmax_change_deg, change.shmax_change_interval95_deg
    if turn is None:
        return f"As far as known, {axes}; SHmax is not defined here, so none is stated."
    way = "clockwise" if turn >= 0 else "anticlockwise"
    words = f"SHmax (largest horizontal pressure) turned {abs(turn):.0f}° {way}"
    if interval is not None:
        ends = interval if turn >= 0 else (-interval[1], -interval[0])
        words += f" (95 %: {ends[0]:.0f}° to {ends[1]:.0f}°)"
    if change.shmax_before_deg is not None and change.shmax_after_deg is not None:
        words += f", from N{change.shmax_before_deg:.0f}°E to N{change.shmax_after_deg:.0f}°E"
    return f"As far as known, {words}; {axes}."


def _sure(change: StressChange) -> str:
    words = (
        f"How sure: score {change.score:.1f} against a threshold of {change.threshold:.1f}; false "
        f"alarms wanted: {change.false_alarms_per_1e4:.3g} in 10,000 events"
    )
    chance = change.rotation_p_value
    if chance is None:
        return words + "."
    return words + f"; a rotation this clear comes by chance with p = {chance:.1g}."


def _checks(guards: Mapping[str, str]) -> list[str]:
    """Guards by verdict: what holds is said in full, what passed by name."""
    by_verdict: dict[str, list[str]] = {"hold": [], "pass": [], "untested": []}
    for name, verdict in guards.items():
        kind = next((kind for kind in by_verdict if verdict.startswith(kind)), "untested")
        reason = verdict.removeprefix(kind).lstrip(": ")
        by_verdict[kind].append(f"{name} ({reason})" if kind == "hold" and reason else name)
    words = {"hold": "Held back by", "pass": "Checks passed:", "untested": "Not tested:"}
    return [f"{words[kind]} {_list(names)}." for kind, names in by_verdict.items() if names]


def _list(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
