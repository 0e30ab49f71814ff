"""The last days' events relocated next to one another, beside the stream, as later versions.

Whoever gives events their versions keeps the final ones of some days here. As data time passes a
step (`RefinementLimits.every_min`) all of them are relocated together in work beside the stream,
from where each was located alone. What a step tells, and of which events, follows from the messages
before it alone: not from earlier steps, nor from what a worker remembers. It is told at a place in
the stream that follows from the messages, too, `TELL_AFTER_MIN` later: who learns from event to
event then learns the same, however long the work took and whoever died meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from streamstress.earth.projection import distance_azimuth
from streamstress.location.refinement import Refiner
from streamstress.records import Arrival, Event, Onset
from streamstress.stream.places import Places
from streamstress.stream.refinement_step import NS_A_MINUTE, Kept, Step, Work
from streamstress.stream.role import Deferred, Outgoing
from streamstress.wire.codec import encode

MINUTES_A_DAY = 1440

KINDS = frozenset({"earthquake", "blast"})
"""What has a place of its own and is heard as a P."""

WORK = "refine"
"""Name of the work, before that of its step."""

TELL_AFTER_MIN = 5
"""Data time from a step until its places are told, minutes: many times what the work takes. Where
it takes longer, in a fast replay, the stream waits for it."""

NEAR_KM = 12.0
"""An event farther off has no part in the differences of one nor of its neighbours (6 km each)."""


@dataclass(frozen=True, slots=True)
class RefinementLimits:
    """How often, and which events: the newest so many of so many days."""

    every_min: int = 60
    days: float = 3.0
    events: int = 1000


@dataclass(slots=True)
class EventRefinement:
    """What is kept for the work, and when it is due.

    Parameters
    ----------
    refiner
        Relocates; used by the work alone.
    """

    refiner: Refiner
    places: Places
    limits: RefinementLimits
    _heard: dict[str, tuple[int, Onset]] = field(default_factory=dict)
    """Time and trace of picks that are in no final event yet."""
    _kept: dict[str, Kept] = field(default_factory=dict)
    _step: int | None = None
    _open: list[Step] = field(default_factory=list)
    """Steps that were not told yet."""

    def hear(self, arrivals: Iterable[Arrival]) -> None:
        """Keep the traces that candidates bring."""
        self._heard |= {a.pick_id: (a.time_ns, a.onset) for a in arrivals if a.onset}

    def note(self, event_id: str, published: Mapping[int, Event]) -> None:
        """Keep a final event; drop one that is withdrawn. Others are not final yet."""
        event = next(iter(published.values()), None)
        is_kept = event is not None and event.status == "final" and event.kind in KINDS
        if event is None or not is_kept:
            self._kept.pop(event_id, None)
            return
        onsets = {
            a.pick_id: self._heard[a.pick_id][1] for a in event.arrivals if a.pick_id in self._heard
        }
        origin = event.origin
        self._kept[event_id] = Kept(
            encode(event),
            origin.time_ns,
            origin.latitude_deg,
            origin.longitude_deg,
            onsets,
            tuple(sorted(published)),
        )

    def forget_before(self, oldest_ns: int) -> None:
        """Drop traces of picks that no event took."""
        self._heard = {i: heard for i, heard in self._heard.items() if heard[0] >= oldest_ns}

    def due(self, until_ns: int, may_change: Callable[[str], bool]) -> dict[str, Deferred]:
        """Work by name that may begin beside the stream; what it returns is told by `told`.

        ``may_change`` are events that whoever gives them may yet revise: they wait.
        """
        self._begin(until_ns, may_change)
        begun = [step for step in self._open if not step.has_begun]
        for step in begun:
            step.has_begun = True
        return {f"{WORK}/{step.number}": step.work_ahead for step in begun}

    def told(self, until_ns: int) -> list[Outgoing]:
        """What is told now, of steps so long past; waits for work that is under way."""
        return [out for step in self._passed(until_ns) for out in step.result()]

    def pass_again(self, until_ns: int, may_change: Callable[[str], bool]) -> None:
        """Go by a message that was answered before a restart: what was told then stays told."""
        self._begin(until_ns, may_change)
        self._passed(until_ns)

    def forget(self) -> None:
        """Drop all events."""
        self._heard, self._kept, self._open, self._step = {}, {}, [], None

    def _passed(self, until_ns: int) -> list[Step]:
        told_ns = until_ns - TELL_AFTER_MIN * NS_A_MINUTE
        passed = [step for step in self._open if step.work.at_ns <= told_ns]
        self._open = self._open[len(passed) :]
        return passed

    def _begin(self, until_ns: int, may_change: Callable[[str], bool]) -> None:
        step, before = until_ns // (self.limits.every_min * NS_A_MINUTE), self._step
        self._step = step
        if before is None or step <= before:
            return
        self._take_up(step)
        events = {i: kept for i, kept in self._kept.items() if not may_change(i)}
        for kept in events.values():
            kept.since = step if kept.since is None else kept.since
        told = frozenset(told_at(step, events))
        if told and len(events) >= 2:
            at_ns = step * self.limits.every_min * NS_A_MINUTE
            self._open.append(Step(step, Work(self.refiner, self.places, events, told, at_ns)))

    def _take_up(self, step: int) -> None:
        """Only the newest events of the last days."""
        days_min = round(self.limits.days * MINUTES_A_DAY)
        oldest_ns = (step * self.limits.every_min - days_min) * NS_A_MINUTE
        ordered = sorted(self._kept.items(), key=lambda one: (one[1].time_ns, one[0]))
        newest = [one for one in ordered if one[1].time_ns >= oldest_ns]
        self._kept = dict(newest[-self.limits.events :])


def told_at(step: int, events: Mapping[str, Kept]) -> Iterable[str]:
    """Events that get a version at a step.

    Each at its first, and 1, 2, 4, 8, ... steps later if one came near since it last had its turn:
    seven versions in three days of steps of an hour, at most.
    """
    ages = {name: step - kept.since for name, kept in events.items() if kept.since is not None}
    turn = [name for name, age in ages.items() if age > 0 and age & (age - 1) == 0]
    yield from (name for name, age in ages.items() if age == 0)
    for name in turn:
        mine, lately = events[name], ages[name] - ages[name] // 2
        came = [events[other] for other, age in ages.items() if age < lately]
        if came and _is_any_near(mine, came):
            yield name


def _is_any_near(one: Kept, others: Sequence[Kept]) -> bool:
    apart_km, _ = distance_azimuth(
        one.latitude_deg,
        one.longitude_deg,
        np.array([other.latitude_deg for other in others]),
        np.array([other.longitude_deg for other in others]),
    )
    return bool((apart_km < NEAR_KM).any())
