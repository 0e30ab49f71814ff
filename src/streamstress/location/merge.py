"""One event, one id, an earthquake.

Overlapping windows and neighbouring zones report the same earthquake many times. The merger keeps
every live candidate in a pool, and the events are a function of the pool alone: candidates are
ranked, the best of those that belong together stands for the event. So the order in which zones
report changes at most the ids of events, never their content.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from streamstress.location.candidates import (
    Candidate,
    candidate_from_dict,
    candidate_to_dict,
)
from streamstress.location.decisions import Decision, Event, event_id_of, has_moved
from streamstress.location.readings import PhaseReading
from streamstress.location.sameness import MergeSettings, are_same, rank

NS = 1_000_000_000
# Candidates are forgotten this long after every zone is done with their time.
KEEP_S = 120.0


class Merger:
    """Folds candidates and zone progress into versioned events; one per system.

    Parameters
    ----------
    zones
        Every zone that will report: an event is final when all of them have passed it.
    settings
        When two candidates are one earthquake.
    """

    def __init__(self, zones: Iterable[str], settings: MergeSettings | None = None) -> None:
        self.settings = settings or MergeSettings()
        self._done: dict[str, int | None] = dict.fromkeys(sorted(zones))
        self._pool: dict[str, Candidate] = {}
        self._events: dict[str, Event] = {}
        # Last version and time of withdrawn events: an id that comes back goes on counting.
        self._withdrawn: dict[str, tuple[int, int]] = {}
        self._created = 0
        self.late = 0

    @property
    def final_until_ns(self) -> int | None:
        """Events with earlier origins are final; None until every zone has reported."""
        done = [time_ns for time_ns in self._done.values() if time_ns is not None]
        if len(done) < len(self._done):
            return None
        return min(done) - round(self.settings.guard_s * NS)

    def may_change(self, event_id: str) -> bool:
        """Whether an event may still be revised or withdrawn."""
        return event_id in self._events

    def update(self, candidate: Candidate) -> list[Decision]:
        """Take a candidate; the same one twice changes nothing."""
        done_ns = self._done.get(candidate.zone)
        if done_ns is not None and candidate.origin_time_ns < done_ns:
            self.late += 1
            return []
        self._done.setdefault(candidate.zone, None)
        self._pool[candidate.candidate_id] = candidate
        return self._resolve()

    def advance(self, zone: str, final_until_ns: int) -> list[Decision]:
        """Note that ``zone`` sends no more candidates with earlier origins; finish events."""
        before = self._done.get(zone)
        self._done[zone] = final_until_ns if before is None else max(before, final_until_ns)
        until_ns = self.final_until_ns
        if until_ns is None:
            return []
        decisions = [
            self._finish(event)
            for event in sorted(self._events.values(), key=lambda e: e.created)
            if not event.final and self._pool[event.best_id].origin_time_ns < until_ns
        ]
        self._purge(until_ns - round(KEEP_S * NS))
        return decisions

    def snapshot(self) -> dict[str, Any]:
        """State as plain dictionaries, lists, numbers and strings."""
        return {
            "done": dict(self._done),
            "pool": [candidate_to_dict(candidate) for candidate in self._pool.values()],
            "events": [asdict(event) for event in self._events.values()],
            "withdrawn": {key: list(value) for key, value in self._withdrawn.items()},
            "created": self._created,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take up the state of a snapshot."""
        pool = [candidate_from_dict(content) for content in snapshot["pool"]]
        self._done = dict(snapshot["done"])
        self._pool = {candidate.candidate_id: candidate for candidate in pool}
        self._created = snapshot["created"]
        self._withdrawn = {
            key: (version, time_ns) for key, (version, time_ns) in snapshot["withdrawn"].items()
        }
        events = [Event(**event) for event in snapshot["events"]]
        self._events = {
            event.event_id: replace(event, reading_ids=tuple(event.reading_ids)) for event in events
        }

    def _resolve(self) -> list[Decision]:
        best_of = self._clusters()
        readings = self._own_readings(best_of)
        owners: dict[str, Event] = {}
        decisions: list[Decision] = []
        for event in sorted(self._events.values(), key=lambda e: (not e.final, e.created)):
            best = best_of[event.candidate_id]
            if best in readings and best not in owners:
                owners[best] = event
            else:
                successor = owners[best].event_id if best in owners else None
                decisions.append(self._withdraw(event, successor))
        for best, own in readings.items():
            owner = owners.get(best)
            if owner is None:
                decisions.append(self._create(self._pool[best], own))
            elif not owner.final:
                decisions += self._revise(owner, self._pool[best], own)
        return decisions

    def _clusters(self) -> dict[str, str]:
        """Which candidate stands for each candidate, itself or a better one."""
        final = {event.candidate_id for event in self._events.values() if event.final}
        ranked = sorted(self._pool.values(), key=lambda c: (c.candidate_id not in final, *rank(c)))
        best_of: dict[str, str] = {}
        standing: list[Candidate] = []
        for candidate in ranked:
            same = next((b for b in standing if are_same(b, candidate, self.settings)), None)
            if same is None or candidate.candidate_id in final:
                standing.append(candidate)
                same = candidate
            best_of[candidate.candidate_id] = same.candidate_id
        return best_of

    def _own_readings(self, best_of: Mapping[str, str]) -> dict[str, tuple[PhaseReading, ...]]:
        """Leave each standing candidate the readings that no better one has; too few: it falls."""
        taken: set[str] = set()
        own: dict[str, tuple[PhaseReading, ...]] = {}
        for candidate_id, best in best_of.items():
            if candidate_id != best:
                continue
            free = tuple(r for r in self._pool[best].readings if r.reading_id not in taken)
            if len(free) >= self.settings.min_readings:
                own[best] = free
                taken |= {reading.reading_id for reading in free}
        return own

    def _create(self, candidate: Candidate, readings: tuple[PhaseReading, ...]) -> Decision:
        self._created += 1
        event_id = event_id_of(candidate)
        if event_id in self._events:
            # Its first candidate stands again beside an event that grew away from it.
            event_id += f"-{self._created}"
        version, _ = self._withdrawn.pop(event_id, (0, 0))
        ids = tuple(sorted(reading.reading_id for reading in readings))
        name = candidate.candidate_id
        event = Event(event_id, version + 1, name, name, ids, False, self._created)
        self._events[event_id] = event
        return self._decision(event)

    def _revise(
        self, event: Event, candidate: Candidate, readings: tuple[PhaseReading, ...]
    ) -> list[Decision]:
        ids = tuple(sorted(reading.reading_id for reading in readings))
        before = self._pool[event.candidate_id].hypocentre
        best = candidate.candidate_id
        if ids == event.reading_ids and not has_moved(before, candidate.hypocentre, self.settings):
            self._events[event.event_id] = replace(event, best_id=best)
            return []
        revised = replace(
            event, version=event.version + 1, candidate_id=best, best_id=best, reading_ids=ids
        )
        self._events[event.event_id] = revised
        return [self._decision(revised)]

    def _finish(self, event: Event) -> Decision:
        if not self._pool[event.best_id].complete:
            return self._withdraw(event, None)
        final = replace(event, version=event.version + 1, candidate_id=event.best_id, final=True)
        self._events[event.event_id] = final
        return self._decision(final)

    def _withdraw(self, event: Event, successor: str | None) -> Decision:
        del self._events[event.event_id]
        time_ns = self._pool[event.candidate_id].origin_time_ns
        self._withdrawn[event.event_id] = (event.version + 1, time_ns)
        return Decision(event.event_id, event.version + 1, False, None, (), successor)

    def _decision(self, event: Event) -> Decision:
        candidate = self._pool[event.candidate_id]
        own = set(event.reading_ids)
        readings = tuple(r for r in candidate.readings if r.reading_id in own)
        return Decision(
            event.event_id, event.version, event.final, candidate.hypocentre, readings, None
        )

    def _purge(self, before_ns: int) -> None:
        if all(c.origin_time_ns >= before_ns for c in self._pool.values()):
            return
        # A whole cluster goes at once: a member left behind would stand up as a new event.
        best_of = self._clusters()
        self._pool = {
            i: c
            for i, c in self._pool.items()
            if self._pool[best_of[i]].origin_time_ns >= before_ns
        }
        self._withdrawn = {i: w for i, w in self._withdrawn.items() if w[1] >= before_ns}
        gone = [i for i, e in self._events.items() if e.candidate_id not in self._pool]
        for event_id in gone:
            del self._events[event_id]
