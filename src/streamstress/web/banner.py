"""The verdict at the top of the page, in words that a tired person reads once."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from streamstress.outputs.alarm_text import short_time
from streamstress.outputs.figures import usable
from streamstress.outputs.rows import Counts
from streamstress.records import StressChange, StressEstimate

Level = Literal["alarm", "held", "quiet", "waiting", "unknown"]
LEVELS: Mapping[str, Level] = {
    "open": "alarm",
    "confirmed": "alarm",
    "held": "held",
    "closed": "quiet",
    "withdrawn": "quiet",
}
BADGES = {
    "open": "alarm",
    "confirmed": "alarm, confirmed",
    "held": "held back",
    "closed": "over",
    "withdrawn": "withdrawn",
    "none": "no alarm",
    "unknown": "not known",
}
"""What is said of a region by the state of its most urgent change."""

URGENCY = {"confirmed": 2, "open": 2, "held": 1, "closed": 0, "withdrawn": 0}


class Banner(msgspec.Struct, frozen=True, kw_only=True):
    """Verdict on a region."""

    level: Level
    badge: str
    title: str
    sentence: str
    before: str | None = None
    after: str | None = None
    turn: str | None = None
    score: float | None = None
    threshold: float | None = None
    facts: tuple[tuple[str, str], ...] = ()
    """Name and value, in reading order."""
    change_id: str | None = None
    """Of the alarm that it speaks of."""


def banner(
    change: StressChange | None, estimate: StressEstimate | None, counts: Counts, min_events: int
) -> Banner:
    """Say what holds now.

    Parameters
    ----------
    change
        The newest decision on a change of the region, None if there never was one.
    estimate
        The current estimate, None before the first.
    min_events
        Mechanisms that a first estimate needs, for the words while waiting.
    """
    if change is not None and change.state in ("open", "confirmed"):
        return _changed(change, "alarm", f"alarm, {change.state}", "Stress orientation has changed")
    if change is not None and change.state == "held":
        title = "A change shows, but a check holds it back: no alarm"
        return _changed(change, "held", "held back", title)
    if estimate is None:
        return _waiting(counts, min_events)
    return _quiet(change, estimate)


def verdict(
    change: StressChange | None,
    current: Sequence[StressEstimate],
    counts: Counts,
    min_events: int,
    troubles: Sequence[str],
) -> Banner:
    """Say what holds in all regions; while nothing new comes, silence is no good news.

    Parameters
    ----------
    current
        The newest estimate of each cell.
    troubles
        Sentences on what keeps results from coming.
    """
    of_change = [one for one in current if change is not None and one.region == change.region]
    told = banner(change, next(iter([*of_change, *current]), None), counts, min_events)
    if told.level != "quiet" or not troubles:
        return told
    return Banner(
        level="unknown",
        badge="not known",
        title="Nobody knows whether the stress has changed",
        sentence="No change was known when the last results came; see what is wrong above.",
    )


def newest_change(changes: Sequence[StressChange]) -> StressChange | None:
    """Choose the change to speak of: an alarm, else a held one, else the latest."""
    ranked = sorted(changes, key=lambda c: (URGENCY[c.state], c.time_ns, c.change_id))
    return ranked[-1] if ranked else None


def marked_change(change: StressChange | None) -> StressChange | None:
    """Choose the change that figures mark: none that was withdrawn."""
    return None if change is None or change.state == "withdrawn" else change


def _changed(change: StressChange, level: Level, badge: str, title: str) -> Banner:
    facts = [
        ("began", f"{short_time(change.onset_time_ns)} UTC, event {change.onset_event_id}"),
        ("decided", f"{short_time(change.time_ns)} UTC, {change.n_since_onset} events since onset"),
        (
            "rotation of all axes",
            f"{change.rotation_deg:.0f}°, 95 % {change.rotation_interval95_deg[0]:.0f}° to "
            f"{change.rotation_interval95_deg[1]:.0f}°",
        ),
        ("false alarms set to", f"{change.false_alarms_per_1e4:g} per 10,000 events"),
        *_checks(change.guards),
    ]
    return Banner(
        level=level,
        badge=badge,
        title=title,
        change_id=change.change_id,
        sentence=f"Region {change.region}. SHmax is the direction of largest horizontal pressure.",
        before=_degrees(change.shmax_before_deg),
        after=_degrees(change.shmax_after_deg),
        turn=_turn(change),
        score=change.score,
        threshold=change.threshold,
        facts=tuple(facts),
    )


def _degrees(azimuth_deg: float | None) -> str:
    return "?" if azimuth_deg is None else f"{azimuth_deg:.0f}°"


def _turn(change: StressChange) -> str:
    """Size, sense and interval of the turn of SHmax, or of all axes where SHmax is undefined."""
    turn, interval = change.shmax_change_deg, change.shmax_change_interval95_deg
    if turn is None:
        low, high = change.rotation_interval95_deg
        return f"axes turned {change.rotation_deg:.0f}°, 95 % {low:.0f}° to {high:.0f}°"
    way = "clockwise" if turn >= 0 else "anticlockwise"
    words = f"{abs(turn):.0f}° {way}"
    if interval is None:
        return words
    low, high = interval if turn >= 0 else (-interval[1], -interval[0])
    return f"{words}, 95 % {low:.0f}° to {high:.0f}°"


def _checks(guards: Mapping[str, str]) -> list[tuple[str, str]]:
    """Guards by verdict: what holds an alarm back in full, what passed by name."""
    passed = [name for name, verdict in guards.items() if verdict.startswith("pass")]
    untested = [name for name, verdict in guards.items() if verdict.startswith("untested")]
    rest = {name: text for name, text in guards.items() if name not in {*passed, *untested}}
    lines = [
        ("held back by", f"{name}: {text.removeprefix('hold').lstrip(': ')}")
        for name, text in rest.items()
    ]
    if passed:
        lines.append(("checks passed", ", ".join(passed)))
    if untested:
        lines.append(("not tested", ", ".join(untested)))
    return lines


def _waiting(counts: Counts, min_events: int) -> Banner:
    if counts.events == 0:
        title, sentence = "Waiting for the first earthquake", "No event has been located yet."
    elif not counts.mechanisms:
        title = "Waiting for the first focal mechanism"
        sentence = f"{_number(counts.events, 'event')} located; none has enough first motions yet."
    else:
        title = "Waiting for the first stress estimate"
        sentence = (
            f"{_number(usable(counts), 'mechanism')} of grade A to C so far; "
            f"an estimate needs {min_events}."
        )
    return Banner(level="waiting", badge="starting", title=title, sentence=sentence)


def _quiet(change: StressChange | None, estimate: StressEstimate) -> Banner:
    sentence = f"Region {estimate.region}. The estimate rests on {estimate.n_events} events."
    if change is not None:
        verb = {"closed": "ended", "withdrawn": "was withdrawn"}[change.state]
        sentence += (
            f" The last alarm (since {short_time(change.onset_time_ns)} UTC) {verb} "
            f"{short_time(change.time_ns)} UTC."
        )
    return Banner(
        level="quiet", badge="no alarm", title="No change of stress orientation", sentence=sentence
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
