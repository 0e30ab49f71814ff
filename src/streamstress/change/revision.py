"""What a revision makes of decisions that were told already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from streamstress.change.events import ChangeDecision
from streamstress.geometry.axes import axial_difference

ALARM_STATES = frozenset({"open", "confirmed"})
STANDING_STATES = frozenset({"open", "held", "confirmed", "closed"})
"""States that a revision can take back; what is withdrawn stays so."""


SAME_TURN_DEG = 30.0
"""Turns of SHmax that differ by less are one change whose onset a revision moved: about twice the
95 % interval of a turn estimated from 30 events."""


def told_as(
    decisions: Sequence[ChangeDecision], names: Mapping[str, str]
) -> Sequence[ChangeDecision]:
    """Decisions under the ids that their changes were told by before a revision moved the onset."""
    if not names:
        return decisions
    own = {decision.change_id for decision in decisions}
    # One change a name: where two would have it, the later named one has it.
    by_old = {old: new for new, old in names.items() if new in own and old not in own}
    known = {new: old for old, new in by_old.items()}
    if not known:
        return decisions
    return [replace(d, change_id=known.get(d.change_id, d.change_id)) for d in decisions]


def same_changes(told: Sequence[ChangeDecision], now: Sequence[ChangeDecision]) -> dict[str, str]:
    """Changes that stood, are no more, and stand again under another onset: new id to the old one.

    An operator who was told of a change is told of it further under its name, in place of a
    withdrawal and a second alarm.
    """
    before, after = _by_change(told), _by_change(now)
    found: dict[str, str] = {}
    for old, lines in before.items():
        if old in after or lines[-1].state not in STANDING_STATES:
            continue
        for new, others in after.items():
            if new not in before and new not in found and _are_one(lines[-1], others[-1]):
                found[new] = old
                break
    return found


def _are_one(one: ChangeDecision, other: ChangeDecision) -> bool:
    overlap = other.onset_time_ns <= one.time_ns and one.onset_time_ns <= other.time_ns
    return overlap and _turn_apart_deg(one, other) < SAME_TURN_DEG


def _turn_apart_deg(one: ChangeDecision, other: ChangeDecision) -> float:
    if one.shmax_change_deg is None or other.shmax_change_deg is None:
        return abs(one.rotation_deg - other.rotation_deg)
    return abs(float(axial_difference(one.shmax_change_deg, other.shmax_change_deg)))


def lines_of_revision(
    told: Sequence[ChangeDecision], now: Sequence[ChangeDecision]
) -> list[ChangeDecision]:
    """Lines that bring a reader of ``told`` to ``now``, withdrawals first.

    A reader keeps the latest line of each change. It is told a withdrawal of each change that is
    no more or is no alarm any more, and the states of a change that are new. A state that was
    told and only differs in its figures is told again where it is the latest.

    Parameters
    ----------
    told, now
        Decisions of the events as they were known before, and as they are known now, in order.
    """
    before, after = _by_change(told), _by_change(now)
    withdrawals = [
        line
        for change_id, decisions in before.items()
        for line in _taken_back(decisions, after.get(change_id, []), now)
    ]
    lines = [
        line
        for change_id, decisions in after.items()
        for line in _news(before.get(change_id, []), decisions)
    ]
    return [*withdrawals, *sorted(lines, key=lambda line: (line.time_ns, line.event_id))]


def _by_change(decisions: Sequence[ChangeDecision]) -> dict[str, list[ChangeDecision]]:
    changes: dict[str, list[ChangeDecision]] = {}
    for decision in decisions:
        changes.setdefault(decision.change_id, []).append(decision)
    return changes


def _taken_back(
    told: Sequence[ChangeDecision],
    now: Sequence[ChangeDecision],
    all_now: Sequence[ChangeDecision],
) -> list[ChangeDecision]:
    """Withdrawal of a change that is no more, or that is no alarm any more."""
    latest = told[-1]
    gone = not now and latest.state in STANDING_STATES
    demoted = bool(now) and _was_alarm(told) and not _was_alarm(now)
    if not gone and not (demoted and latest.state in STANDING_STATES):
        return []
    verdict = "hold: revised events give a trigger, no alarm" if demoted else _why(latest, all_now)
    guards = {**latest.guards, "revision": verdict}
    return [replace(latest, state="withdrawn", guards=guards)]


def _was_alarm(lines: Sequence[ChangeDecision]) -> bool:
    return any(line.state in ALARM_STATES for line in lines)


def _why(line: ChangeDecision, now: Sequence[ChangeDecision]) -> str:
    """Say that a change is no more, naming the one that stands in its place."""
    for other in now:
        if other.onset_time_ns <= line.time_ns and line.onset_time_ns <= other.time_ns:
            return f"hold: revised events; now told as {other.change_id}"
    return "hold: revised events undo it"


def _news(told: Sequence[ChangeDecision], now: Sequence[ChangeDecision]) -> list[ChangeDecision]:
    """Lines of a change that a reader of ``told`` does not have."""
    if list(now[: len(told)]) == list(told):
        return list(now[len(told) :])
    states = {line.state for line in told}
    lines = [line for line in now[:-1] if line.state not in states]
    return [*lines, now[-1]] if now[-1] != told[-1] or lines else []
