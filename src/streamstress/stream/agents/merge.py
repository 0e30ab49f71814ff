"""Candidates of all zones in, one versioned event an earthquake out, to the regions it lies in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from streamstress.errors import OutsideRegionsError
from streamstress.location.decisions import Decision
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.merge import Merger
from streamstress.records import Arrival, Candidate, DeadLetter, Event, Progress, Record
from streamstress.stream.arrival_records import located_candidate, with_ray
from streamstress.stream.event_magnitude import MagnitudeScale
from streamstress.stream.event_types import EventTypes
from streamstress.stream.event_versions import of_regions, tombstone
from streamstress.stream.origins import origin_record
from streamstress.stream.places import Places
from streamstress.stream.refinement import EventRefinement
from streamstress.stream.role import FoldedFromStart, Incoming, Outgoing
from streamstress.wire.codec import encode
from streamstress.wire.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROGRESS_KEY, Topic

KEEP_PICKS_NS = 600_000_000_000
"""How long after progress the picks of candidates are kept; far beyond any revision."""


@dataclass(slots=True)
class MergeRole(FoldedFromStart):
    """The merge agent; one for the whole system."""

    places: Places
    velocity_model: str
    scale: MagnitudeScale = field(default_factory=MagnitudeScale)
    types: EventTypes = field(default_factory=EventTypes)
    refinement: EventRefinement | None = None
    name: str = "merge"
    inputs: tuple[Topic, ...] = (CANDIDATES,)
    outputs: tuple[Topic, ...] = (EVENTS,)
    _merger: Merger = field(init=False)
    _picks: dict[str, Arrival] = field(default_factory=dict)
    _published: dict[str, dict[int, Event]] = field(default_factory=dict)
    """Newest version of each event, by region partition."""

    def __post_init__(self) -> None:
        self.forget()

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Take a candidate, or the progress of a zone; now and then refine what is final."""
        outgoing = self._taken(message, record)
        until_ns = self._merger.final_until_ns
        if self.refinement is None or not isinstance(record, Progress) or until_ns is None:
            return outgoing
        self.deferred |= self.refinement.due(until_ns, self._merger.may_change)
        return [*outgoing, *self.refinement.told(until_ns)]

    def _taken(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        if isinstance(record, Candidate):
            self._hear(record.arrivals)
            decisions = self._merger.update(located_candidate(record))
            return self._outgoing(decisions, message)
        if isinstance(record, Progress):
            before_ns = self._merger.final_until_ns
            decisions = self._merger.advance(
                record.source.removeprefix("zone/"), record.done_until_ns
            )
            return [*self._outgoing(decisions, message), *self._progress(before_ns)]
        return self._filled(record) if isinstance(record, Event) else ()

    def _filled(self, event: Event) -> Sequence[Outgoing]:
        """Pass on a fuller version of an event, of a backfill; nothing earlier comes after it.

        It is not relocated next to others any more: what is kept for that are its first readings.
        """
        if self.refinement is not None:
            self.refinement.note(event.event_id, {})
        partition = [region.name for region in self.places.regions].index(event.region)
        return [Outgoing(EVENTS, event.event_id, event, partition)]

    def _hear(self, arrivals: Iterable[Arrival]) -> None:
        """Keep what candidates bring of picks; their traces go no farther than here."""
        if self.refinement is not None:
            self.refinement.hear(arrivals)
        self._picks |= {
            a.pick_id: msgspec.structs.replace(a, onset=None) if a.onset else a for a in arrivals
        }

    def _progress(self, before_ns: int | None) -> Iterable[Outgoing]:
        """Tell every region how far the catalogue is final, and drop what that makes old."""
        until_ns = self._merger.final_until_ns
        if until_ns is None or until_ns == before_ns:
            return
        oldest_ns = until_ns - KEEP_PICKS_NS
        self._picks = {i: a for i, a in self._picks.items() if a.time_ns >= oldest_ns}
        self._published = {
            event_id: versions
            for event_id, versions in self._published.items()
            if any(event.origin.time_ns >= oldest_ns for event in versions.values())
        }
        if self.refinement is not None:
            self.refinement.forget_before(oldest_ns)
        progress = Progress(source=self.name, done_until_ns=until_ns, sent_ns=0)
        for region in range(len(self.places.regions)):
            yield Outgoing(EVENTS, PROGRESS_KEY, progress, region)

    def _outgoing(self, decisions: Iterable[Decision], message: Incoming) -> list[Outgoing]:
        return [out for decision in decisions for out in self._published_anew(decision, message)]

    def _published_anew(self, decision: Decision, message: Incoming) -> Iterable[Outgoing]:
        """Write a decision to the regions it lies in, and withdraw it where it lay before."""
        before = self._published.get(decision.event_id, {})
        now: dict[int, Event] = {}
        if decision.hypocentre is not None:
            try:
                partitions = self.places.region_partitions(
                    decision.hypocentre.latitude_deg, decision.hypocentre.longitude_deg
                )
            except OutsideRegionsError as error:
                partitions = ()
                self.tallies[error.reason] += 1
                yield self._set_aside(decision, message, error)
            now = self._events(decision, decision.hypocentre, partitions)
        withdrawn = {
            p: tombstone(event, decision.version) for p, event in before.items() if p not in now
        }
        self._published[decision.event_id] = now
        if self.refinement is not None:
            self.refinement.note(decision.event_id, now)
        for partition, event in sorted({**now, **withdrawn}.items()):
            yield Outgoing(EVENTS, event.event_id, event, partition)

    def _events(
        self, decision: Decision, origin: Hypocentre, partitions: Sequence[int]
    ) -> dict[int, Event]:
        """The event for each of its regions."""
        return of_regions(self._event(decision, origin), partitions, self.places)

    def _event(self, decision: Decision, origin: Hypocentre) -> Event:
        rays = {ray.reading_id: ray for ray in origin.arrivals}
        arrivals = tuple(
            with_ray(self._picks[reading.reading_id], rays[reading.reading_id])
            for reading in decision.readings
        )
        where = origin_record(origin, self.velocity_model)
        magnitude = self.scale.of(where, arrivals, learn=decision.final)
        kind, classified = self.types.of(where, arrivals, magnitude)
        return Event(
            event_id=decision.event_id,
            version=decision.version,
            status="final" if decision.final else "provisional",
            region="",
            kind=kind,
            origin=where,
            arrivals=arrivals,
            magnitude=magnitude,
            classified=classified,
            sent_ns=0,
        )

    def _set_aside(
        self, decision: Decision, message: Incoming, error: OutsideRegionsError
    ) -> Outgoing:
        assert decision.hypocentre is not None  # noqa: S101 - only a located event can be outside
        letter = DeadLetter(
            stage=self.name,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=decision.event_id.encode(),
            value=encode(origin_record(decision.hypocentre, self.velocity_model)),
            reason=error.reason,
            detail=f"event {decision.event_id}: {error}",
            sent_ns=0,
        )
        return Outgoing(DEAD_LETTERS, f"{decision.event_id}/{decision.version}", letter, 0)

    def absorb(self, message: Incoming, record: Record | None) -> None:
        """Take a message again after a restart; work that was lost begins with the next one."""
        self._taken(message, record)
        until_ns = self._merger.final_until_ns
        if self.refinement is not None and isinstance(record, Progress) and until_ns is not None:
            self.refinement.pass_again(until_ns, self._merger.may_change)

    def restore(self, topic: str, partition: int, snapshot: bytes | None) -> None:  # noqa: ARG002
        """Begin with nothing."""
        self.forget()

    def forget(self) -> None:
        """Drop all events."""
        self._merger = Merger(self.places.zones)
        self._picks, self._published = {}, {}
        self.scale.forget()
        if self.refinement is not None:
            self.refinement.forget()
