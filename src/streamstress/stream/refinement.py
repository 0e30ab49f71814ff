"""The last days' events relocated next to one another, beside the stream, as later versions.

Whoever gives events their versions keeps the final ones of some days here. Every hour of data time
(`RefinementLimits.every_min`) all of them are relocated together in work that no message waits
for, from where each was located alone: so what a run gives depends on the events alone, not on
earlier runs. A version is told where a place is news.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from streamstress.earth.projection import distance_azimuth
from streamstress.errors import OutsideRegionsError
from streamstress.location.correlation import Trace
from streamstress.location.refinement import Refined, Refiner
from streamstress.records import Arrival, Event, Onset, Origin, Relocation
from streamstress.stream.arrival_records import located_event, with_ray
from streamstress.stream.event_versions import to_regions
from streamstress.stream.origins import origin_record
from streamstress.stream.places import Places
from streamstress.stream.role import Deferred, Outgoing
from streamstress.wire.codec import encode

NS_A_MINUTE = 60 * 10**9
MINUTES_A_DAY = 1440

KINDS = frozenset({"earthquake", "blast"})
"""What has a place of its own and is heard as a P."""

WORK = "refine"
"""Name of the work."""

_decoder = msgspec.msgpack.Decoder(Event)


@dataclass(frozen=True, slots=True)
class RefinementLimits:
    """How often, and which events: the newest so many of so many days."""

    every_min: int = 60
    days: float = 3.0
    events: int = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """A final event as it was located alone, and what was told of it last."""

    value: bytes
    time_ns: int
    onsets: Mapping[str, Onset]
    partitions: tuple[int, ...]
    told: Origin


@dataclass(slots=True)
class Run:
    """Work under way or done; what it told, by event, once it has ended."""

    told: dict[str, Kept] = field(default_factory=dict)
    has_ended: bool = False


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
    _has_news: bool = False
    _run: Run | None = None

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
        self._kept[event_id] = Kept(
            encode(event), event.origin.time_ns, onsets, tuple(sorted(published)), event.origin
        )
        self._has_news = True

    def forget_before(self, oldest_ns: int) -> None:
        """Drop traces of picks that no event took."""
        self._heard = {i: heard for i, heard in self._heard.items() if heard[0] >= oldest_ns}

    def due(self, until_ns: int, may_change: Callable[[str], bool]) -> dict[str, Deferred]:
        """Work by name, where data time has passed a step and there is something new.

        ``may_change`` are events that whoever gives them may yet revise: they wait.
        """
        step, before = until_ns // (self.limits.every_min * NS_A_MINUTE), self._step
        self._step = step
        if before is None or step <= before or (self._run and not self._run.has_ended):
            return {}
        self._take_up(step)
        events = {i: kept for i, kept in self._kept.items() if not may_change(i)}
        if not self._has_news or len(events) < 2:
            return {}
        self._has_news, self._run = len(events) < len(self._kept), Run()
        at_ns = step * self.limits.every_min * NS_A_MINUTE
        return {WORK: _Work(self.refiner, self.places, events, at_ns, self._run)}

    def forget(self) -> None:
        """Drop all events, and what work under way will tell."""
        self._heard, self._kept = {}, {}
        self._step, self._run, self._has_news = None, None, False

    def _take_up(self, step: int) -> None:
        """What the last run told, and only the events of the last days."""
        if self._run is not None:
            self._kept |= {i: kept for i, kept in self._run.told.items() if i in self._kept}
        days_min = round(self.limits.days * MINUTES_A_DAY)
        oldest_ns = (step * self.limits.every_min - days_min) * NS_A_MINUTE
        ordered = sorted(self._kept.items(), key=lambda one: (one[1].time_ns, one[0]))
        newest = [one for one in ordered if one[1].time_ns >= oldest_ns]
        self._kept = dict(newest[-self.limits.events :])


@dataclass(frozen=True, slots=True)
class _Work:
    """One relocation of all events; it holds copies of what changes meanwhile."""

    refiner: Refiner
    places: Places
    events: Mapping[str, Kept]
    at_ns: int
    run: Run

    def __call__(self) -> Sequence[Outgoing]:
        try:
            return list(self._outgoing())
        finally:
            self.run.has_ended = True

    def _outgoing(self) -> Iterable[Outgoing]:
        kept = list(self.events.values())
        records = [_decoder.decode(one.value) for one in kept]
        onsets = {i: onset for one in kept for i, onset in one.onsets.items()}
        refined = self.refiner.refine([located_event(r) for r in records], _traces_of(onsets))
        for one in refined:
            event = self._version(records[one.event], one)
            if is_news(event.origin, kept[one.event].told):
                yield from self._told(event, kept[one.event])

    def _version(self, event: Event, refined: Refined) -> Event:
        """The event at its new place.

        The version counts the minutes of data time from its origin, so that it rises from run to
        run, whatever a worker remembers of earlier ones.
        """
        rays = {ray.reading_id: ray for ray in refined.located.hypocentre.arrivals}
        minutes = (self.at_ns - event.origin.time_ns) // NS_A_MINUTE
        return msgspec.structs.replace(
            event,
            version=event.version + 1 + minutes,
            origin=relocated_origin(event.origin, refined),
            arrivals=tuple(with_ray(a, rays[a.pick_id]) for a in event.arrivals),
        )

    def _told(self, event: Event, kept: Kept) -> Iterable[Outgoing]:
        """The version to the regions it lies in; one outside all of them stays as it was told."""
        origin = event.origin
        try:
            now = self.places.region_partitions(origin.latitude_deg, origin.longitude_deg)
        except OutsideRegionsError:
            return
        self.run.told[event.event_id] = replace(kept, partitions=tuple(now), told=origin)
        yield from to_regions(event, now, kept.partitions, self.places)


def relocated_origin(before: Origin, refined: Refined) -> Origin:
    """The origin at its new place, with what is known of it there."""
    error = refined.error
    origin = origin_record(refined.located.hypocentre, before.velocity_model)
    return msgspec.structs.replace(
        origin,
        relocation=Relocation(
            method="double-difference",
            horizontal_error_km=error.horizontal_km,
            depth_error_km=error.depth_km,
            n_differences=error.n_differences,
            n_correlated=error.n_correlated,
        ),
    )


def is_news(origin: Origin, told: Origin) -> bool:
    """Whether a relocated origin is worth a version.

    It is the first one, lies more than one sigma away, or is known twice as well.
    """
    now, before = origin.relocation, told.relocation
    if now is None or before is None:
        return now is not None
    apart_km, _ = distance_azimuth(
        told.latitude_deg, told.longitude_deg, origin.latitude_deg, origin.longitude_deg
    )
    return (
        float(apart_km) > before.horizontal_error_km
        or abs(origin.depth_km - told.depth_km) > before.depth_error_km
        or 2 * now.horizontal_error_km < before.horizontal_error_km
    )


def _traces_of(onsets: Mapping[str, Onset]) -> Callable[[str], Trace | None]:
    def trace(pick_id: str) -> Trace | None:
        onset = onsets.get(pick_id)
        if onset is None:
            return None
        samples = np.frombuffer(onset.samples, "<f4").astype(float)
        return Trace(samples, onset.sampling_rate_hz, onset.pick_index)

    return trace
