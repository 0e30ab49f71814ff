"""Alarms that wait until an operator has decided on stations that seem reversed.

Whether a station is reversed is said on the controls, not by the mechanisms: so an alarm of the
detector is told as ``held`` while a reversal of its time is proposed and not decided on, and as
``open`` once nothing holds it any more. An alarm that was told already stays one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from streamstress.change import ChangeDecision

Verdict = Callable[[ChangeDecision], str]
"""Verdict on the stations of a decision's time; begins with ``pass`` or ``hold``."""

GUARD = "stations"
ALARMS = ("open", "confirmed")


@dataclass(slots=True)
class StationHold:
    """The changes of one detector, as they are told."""

    _waiting: dict[str, ChangeDecision] = field(default_factory=dict)
    _alarmed: set[str] = field(default_factory=set)

    def told(self, lines: Sequence[ChangeDecision], verdict: Verdict) -> list[ChangeDecision]:
        """Lines to be told now: the new ones, and alarms that nothing holds any more."""
        said = [one for line in lines for one in self._told(line, verdict(line))]
        for line in list(self._waiting.values()):
            if not verdict(line).startswith("hold"):
                said += self._released(line, verdict(line))
        return said

    def _told(self, line: ChangeDecision, verdict: str) -> list[ChangeDecision]:
        self._waiting.pop(line.change_id, None)
        if line.state not in ALARMS or line.change_id in self._alarmed:
            return [_with(line, verdict)]
        if not verdict.startswith("hold"):
            return self._released(line, verdict)
        self._waiting[line.change_id] = line
        return [replace(_with(line, verdict), state="held")]

    def _released(self, line: ChangeDecision, verdict: str) -> list[ChangeDecision]:
        """An alarm begins with a line in state open, also where it is confirmed by then."""
        self._waiting.pop(line.change_id, None)
        self._alarmed.add(line.change_id)
        told = _with(line, verdict)
        first = [] if line.state == "open" else [replace(told, state="open")]
        return [*first, told]


def _with(line: ChangeDecision, verdict: str) -> ChangeDecision:
    return replace(line, guards={**line.guards, GUARD: verdict})
