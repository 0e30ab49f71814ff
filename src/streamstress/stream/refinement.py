"""The last days' events relocated next to one another, beside the stream, as later versions.

Whoever gives events their versions keeps the final ones of some days here. As data time passes a
step (`RefinementLimits.every_min`) all of them are relocated together in work that no message waits
for, from where each was located alone. What a step tells, and of which events, follows from the
messages before it alone: not from earlier steps, nor from what a worker remembers. So after a death
the last step is taken once more, and says the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import numpy as np

from streamstress.earth.projection import LocalFrame, distance_azimuth
from streamstress.errors import OutsideRegionsError
from streamstress.location.correlation import Trace
from streamstress.location.refinement import FARTHEST, Refined, Refiner
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
"""Name of the work, before that of its step."""

NEAR_KM = 12.0
"""An event farther off has no part in the differences of one nor of its neighbours (6 km each)."""

_decoder = msgspec.msgpack.Decoder(Event)


@dataclass(frozen=True, slots=True)
class RefinementLimits:
    """How often, and which events: the newest so many of so many days."""

    every_min: int = 60
    days: float = 3.0
    events: int = 1000


@dataclass(slots=True)
class Kept:
    """A final event as it was located alone.

    ``since`` is the step at which it was relocated first; None before.
    """

    value: bytes
    time_ns: int
    latitude_deg: float
    longitude_deg: float
    onsets: Mapping[str, Onset]
    partitions: tuple[int, ...]
    since: int | None = None


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
    _last: dict[str, Deferred] = field(default_factory=dict)
    """The last work that was due while messages were taken again after a restart."""

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
        """Work by name, where data time has passed a step at which there is something to tell.

        ``may_change`` are events that whoever gives them may yet revise: they wait. After a restart
        the last work of before comes along.
        """
        lost, self._last = self._last, {}
        return lost | self._work(until_ns, may_change)

    def pass_again(self, until_ns: int, may_change: Callable[[str], bool]) -> None:
        """Go by a message that was answered before a restart; its work may have been lost."""
        self._last = self._work(until_ns, may_change) or self._last

    def forget(self) -> None:
        """Drop all events."""
        self._heard, self._kept, self._last, self._step = {}, {}, {}, None

    def _work(self, until_ns: int, may_change: Callable[[str], bool]) -> dict[str, Deferred]:
        step, before = until_ns // (self.limits.every_min * NS_A_MINUTE), self._step
        self._step = step
        if before is None or step <= before:
            return {}
        self._take_up(step)
        events = {i: kept for i, kept in self._kept.items() if not may_change(i)}
        for kept in events.values():
            kept.since = step if kept.since is None else kept.since
        told = frozenset(told_at(step, events))
        if not told or len(events) < 2:
            return {}
        at_ns = step * self.limits.every_min * NS_A_MINUTE
        return {f"{WORK}/{step}": _Work(self.refiner, self.places, events, told, at_ns)}

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


@dataclass(frozen=True, slots=True)
class _Work:
    """One relocation of all events; nothing that it holds changes meanwhile but ``since``."""

    refiner: Refiner
    places: Places
    events: Mapping[str, Kept]
    told: frozenset[str]
    at_ns: int

    def __call__(self) -> Sequence[Outgoing]:
        return list(self._outgoing())

    def _outgoing(self) -> Iterable[Outgoing]:
        kept = list(self.events.values())
        records = [_decoder.decode(one.value) for one in kept]
        onsets = {i: onset for one in kept for i, onset in one.onsets.items()}
        located = [located_event(record) for record in records]
        wanted = {n for n, record in enumerate(records) if record.event_id in self.told}
        for one in self.refiner.refine(located, _traces_of(onsets), wanted):
            before = records[one.event]
            yield from self._told(self._version(before, one), before, kept[one.event])

    def _version(self, event: Event, refined: Refined) -> Event:
        """The event at its new place.

        The version counts the minutes of data time from its origin, so that it rises from step to
        step, whatever a worker remembers of earlier ones.
        """
        rays = {ray.reading_id: ray for ray in refined.located.hypocentre.arrivals}
        minutes = (self.at_ns - event.origin.time_ns) // NS_A_MINUTE
        return msgspec.structs.replace(
            event,
            version=event.version + 1 + minutes,
            origin=relocated_origin(event.origin, refined),
            arrivals=tuple(with_ray(a, rays[a.pick_id]) for a in event.arrivals),
        )

    def _told(self, event: Event, before: Event, kept: Kept) -> Iterable[Outgoing]:
        """The version to the regions it lies in; one outside all of them stays as it was told."""
        origin = event.origin
        try:
            now = self.places.region_partitions(origin.latitude_deg, origin.longitude_deg)
        except OutsideRegionsError:
            return
        former = {*kept.partitions, *_reached(before.origin, self.places)}
        yield from to_regions(event, now, former, self.places)


def _reached(origin: Origin, places: Places) -> Iterable[int]:
    """Regions that earlier steps may have moved an event into: an ellipse of 99.9 % around it.

    Which of them did is not remembered, so it is withdrawn from each where it does not lie.
    """
    frame = LocalFrame(origin.latitude_deg, origin.longitude_deg)
    reach_km = np.sqrt(FARTHEST) * origin.horizontal_error_km
    for east, north in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        latitude, longitude = frame.to_degrees(east * reach_km, north * reach_km)
        with suppress(OutsideRegionsError):
            yield from places.region_partitions(float(latitude), float(longitude))


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


def _traces_of(onsets: Mapping[str, Onset]) -> Callable[[str], Trace | None]:
    def trace(pick_id: str) -> Trace | None:
        onset = onsets.get(pick_id)
        if onset is None:
            return None
        samples = np.frombuffer(onset.samples, "<f4").astype(float)
        return Trace(samples, onset.sampling_rate_hz, onset.pick_index)

    return trace
