"""An alarm, as a tired person understands it in ten seconds."""

from collections.abc import Mapping, Sequence
from typing import Any

from streamstress.errors import UnusableDataError
from streamstress.outputs.alarm_text import MEANING, alarm_text
from streamstress.records import StressChange
from streamstress.web.banner import BADGES, LEVELS
from streamstress.web.drawings.compass import compass
from streamstress.web.site import Site
from streamstress.web.views.overview import acknowledgements
from streamstress.web.views.parts import guard_lines
from streamstress.web.words import interval, signed_turn, to_second

HEADLINES = {
    "open": "The stress has turned",
    "confirmed": "The stress has turned, and later events agree",
    "held": "No alarm: a check holds it back",
    "closed": "Over: this change has ended",
    "withdrawn": "Withdrawn: this change no longer holds",
}
ACT = "Follow the steps below."
NEXT = {
    "open": ACT,
    "confirmed": ACT,
    "held": "Nothing yet. Clear up what the check names; it is decided again by itself.",
    "closed": "Nothing. It stays in the history.",
    "withdrawn": "Nothing. If somebody was called, tell them.",
}
"""What a person on shift does next, by state."""

LOOK = (
    "Open the region: is the turn clear of the 95 % band? Do the mechanisms since the onset come "
    "from many places, or from one sequence on one fault?",
    "Look at the stations: were any added, moved or turned since the onset, or the picker, the "
    "polarity or the velocity model changed? That can look like a turn.",
    "If neither explains it, call whom your plan names: tell the turn, its 95 % interval and since "
    "when.",
    "Write down what you did and why. The alarm ends by itself: closed, or withdrawn.",
)
STEPS: Mapping[str, Sequence[str]] = {"open": LOOK, "confirmed": LOOK}
"""The runbook of the alert ``ShmaxRotation`` in short, where somebody has to act."""


def alarm_page(site: Site, change_id: str) -> dict[str, Any]:
    """Everything on the page of an alarm.

    Raises
    ------
    UnusableDataError
        There is no such change.
    """
    reader = site.reader
    history = reader.alarms.history(change_id)
    change = next((one for one in reader.alarms.changes() if one.change_id == change_id), None)
    if change is None:
        raise UnusableDataError(f"no alarm {change_id!r}")
    guards = guard_lines(change)
    seen = acknowledgements(reader.system.controls()).get(change_id)
    return {
        "change": change,
        "level": LEVELS[change.state],
        "badge": BADGES[change.state],
        "headline": HEADLINES[change.state],
        "turn": turn_words(change),
        "next": next_step(change.state, can_say=site.operating is not None and not seen),
        "steps": STEPS.get(change.state, ()),
        "meaning": MEANING[change.state],
        "compass": compass(change.shmax_before_deg, change.shmax_after_deg),
        "began": to_second(change.onset_time_ns),
        "decided": to_second(change.time_ns),
        "ratio": change.score / change.threshold if change.threshold else 0.0,
        "guards": guards,
        "held_by": [line for line in guards if line["kind"] == "hold"],
        "n_passed": sum(line["kind"] == "pass" for line in guards),
        "states": [
            {"state": one.state, "time": to_second(one.time_ns), "score": one.score,
             "threshold": one.threshold, "sent": to_second(one.sent_ns)}
            for one in history
        ],
        "known": reader.alarms.counted_when_opened(change_id),
        "full_text": alarm_text(change),
        "seen": seen,
        "carried_by": change.carried_by[:12],
    }  # fmt: skip


def next_step(state: str, *, can_say: bool) -> str:
    """What to do now; an alarm that is on is first acknowledged, where the page can."""
    words = NEXT[state]
    if words is not ACT or not can_say:
        return words
    return "Say that you have seen it, then follow the steps below."


def turn_words(change: StressChange) -> dict[str, str]:
    """Size and sense of the turn, its interval, and from where to where."""
    turn, ends = change.shmax_change_deg, change.shmax_change_interval95_deg
    if turn is None:
        return {
            "size": f"axes by {change.rotation_deg:.0f}°",
            "interval": interval(*change.rotation_interval95_deg),
            "way": "",
        }
    low, high = (0.0, 0.0) if ends is None else (ends if turn >= 0 else (-ends[1], -ends[0]))
    before, after = change.shmax_before_deg, change.shmax_after_deg
    way = "" if before is None or after is None else f"N{before:.0f}°E to N{after:.0f}°E"
    return {
        "size": signed_turn(turn),
        "interval": "" if ends is None else interval(low, high),
        "way": way,
    }
