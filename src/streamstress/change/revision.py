"""What a revision makes of decisions that were told already."""

from collections.abc import Sequence
from dataclasses import replace

from streamstress.change.events import ChangeDecision

ALARM_STATES = frozenset({"open", "confirmed"})
STANDING_STATES = frozenset({"open", "held", "confirmed", "closed"})
"""States that a revision can take back; what is withdrawn stays so."""


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
