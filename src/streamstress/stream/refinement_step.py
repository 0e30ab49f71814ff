"""One relocation of the last days' events: what it starts from, the work, and what it tells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

import msgspec
import numpy as np

from streamstress.earth.projection import LocalFrame
from streamstress.errors import OutsideRegionsError
from streamstress.location.correlation import Trace
from streamstress.location.refinement import FARTHEST, Refined, Refiner
from streamstress.records import Event, Onset, Origin, Relocation
from streamstress.stream.arrival_records import located_event, with_ray
from streamstress.stream.event_versions import to_regions
from streamstress.stream.origins import origin_record
from streamstress.stream.places import Places
from streamstress.stream.role import Outgoing

NS_A_MINUTE = 60 * 10**9

_decoder = msgspec.msgpack.Decoder(Event)


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


@dataclass(frozen=True, slots=True)
class Work:
    """One relocation of all events; nothing that it holds changes meanwhile but ``since``."""

    refiner: Refiner
    places: Places
    events: Mapping[str, Kept]
    told: frozenset[str]
    at_ns: int

    def __call__(self) -> Sequence[Outgoing]:
        """Relocate; the versions of the events that have their turn."""
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


@dataclass(slots=True)
class Step:
    """Work of one step and its result; whoever comes first does it, the other waits."""

    number: int
    work: Work
    has_begun: bool = False
    _result: Sequence[Outgoing] | None = None
    _lock: Lock = field(default_factory=Lock)

    def work_ahead(self) -> Sequence[Outgoing]:
        """Do the work and keep what it tells."""
        self.result()
        return ()

    def result(self) -> Sequence[Outgoing]:
        """What is told of the step."""
        with self._lock:
            if self._result is None:
                self._result = self.work()
            return self._result
