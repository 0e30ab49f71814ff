"""What a backfill found, handed over to the live system: flagged, a few a second, nothing twice.

The mechanism of an event that the live system does not have goes onto the live topic: stress and
store use it, the change agent as history only. An event that the live system found from less data,
as on the edge of a gap, gets its fuller version by way of the merger, which alone writes events:
the live workers then solve it as they do any version. What the live system knows as well is left
out.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from streamstress.config import Settings
from streamstress.records import Event, Mechanism, Record
from streamstress.stream.backfill import records_of
from streamstress.stream.event_versions import to_regions
from streamstress.stream.kafka import Kafka
from streamstress.stream.places import Places, places_of
from streamstress.stream.same_events import same_events
from streamstress.wire.codec import encode
from streamstress.wire.topics import CANDIDATES, EVENTS, MECHANISMS, Topic

FILLED_VERSION = 9000
"""Version of a filled event: above the merger's own (some tens) and those of its relocations (one
a minute at most, for six days: 8640), below `VERSIONS_A_REVISION`."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What became of a run's final events."""

    sent: int
    """Mechanisms of events that the live system did not have."""
    known: int
    """Left out: the live system had found the event itself."""
    fuller: int = 0
    """Events that the live system had found from less data, and has a fuller version of now."""
    withdrawn: int = 0
    """Live events that were a part of one of these."""


@dataclass(slots=True)
class Found:
    """Final events of a system by id, with the regions that they lie in."""

    events: dict[str, Event]
    regions: dict[str, set[int]]


async def forward(live: Settings, run: Settings, kafka: Kafka, per_s: float) -> Forwarded:
    """Hand over a run's final events, at most so many a second.

    What was handed over before changes nothing: ids and versions are the same.

    Raises
    ------
    KafkaError
        The broker refuses.
    """
    regions = range(len(live.network.regions))
    found, held = await _final(run, kafka, regions), await _final(live, kafka, regions)
    told = same_events(found.events, held.events)
    places, sent = places_of(live), 0
    producer = kafka.producer()
    await producer.start()

    async def send(topic: Topic, record: Record, key: str, partition: int) -> None:
        name = live.kafka.topic_prefix + topic.name
        stamped = msgspec.structs.replace(record, sent_ns=time.time_ns())
        await producer.send_and_wait(
            name, value=encode(stamped), key=key.encode(), partition=partition
        )
        await asyncio.sleep(1.0 / per_s)

    try:
        async for mechanism, region in _mechanisms(run, kafka, regions, set(told.new)):
            await send(MECHANISMS, mechanism, mechanism.event_id, region)
            sent += 1
        for event in _versions(told.fuller, told.split, found, held, places):
            await send(CANDIDATES, event, event.event_id, 0)
    finally:
        await producer.stop()
    return Forwarded(sent, len(told.known), len(told.fuller), len(told.split))


async def _final(settings: Settings, kafka: Kafka, regions: Iterable[int]) -> Found:
    """The newest versions that are final, of all regions."""
    newest: dict[str, Event] = {}
    lies_in: dict[str, set[int]] = {}
    for region in regions:
        here: dict[str, Event] = {}
        for record in await records_of(settings, kafka, EVENTS, region):
            if isinstance(record, Event) and record.status != "provisional":
                _take_newer(here, record)
        for event_id, event in here.items():
            if event.status == "final":
                _take_newer(newest, event)
                lies_in.setdefault(event_id, set()).add(region)
    return Found(newest, lies_in)


def _take_newer(events: dict[str, Event], event: Event) -> None:
    before = events.get(event.event_id)
    if before is None or event.version >= before.version:
        events[event.event_id] = event


async def _mechanisms(
    run: Settings, kafka: Kafka, regions: Iterable[int], wanted: set[str]
) -> AsyncIterator[tuple[Mechanism, int]]:
    """The newest mechanisms of events, flagged, with their regions."""
    for region in regions:
        newest: dict[str, Mechanism] = {}
        for record in await records_of(run, kafka, MECHANISMS, region):
            if isinstance(record, Mechanism) and record.event_id in wanted:
                before = newest.get(record.event_id)
                if before is None or record.version > before.version:
                    newest[record.event_id] = record
        for mechanism in newest.values():
            if mechanism.status != "tombstone":
                yield msgspec.structs.replace(mechanism, flagged_backfill=True), region


def _versions(
    fuller: Mapping[str, str], split: Iterable[str], found: Found, held: Found, places: Places
) -> Iterator[Event]:
    """Fuller versions under the ids of the live events, and withdrawals, one a region."""
    for found_id, live_id in fuller.items():
        event = found.events[found_id]
        renewed = msgspec.structs.replace(
            event,
            event_id=live_id,
            version=_next_version(held.events[live_id]),
            flagged_backfill=True,
        )
        yield from _events(renewed, found.regions[found_id], held.regions[live_id], places)
    for live_id in split:
        gone = held.events[live_id]
        withdrawn = msgspec.structs.replace(
            gone, version=_next_version(gone), flagged_backfill=True
        )
        yield from _events(withdrawn, (), held.regions[live_id], places)


def _next_version(live: Event) -> int:
    return max(live.version + 1, FILLED_VERSION)


def _events(
    event: Event, now: Iterable[int], before: Iterable[int], places: Places
) -> Iterator[Event]:
    for out in to_regions(event, now, before, places):
        assert isinstance(out.record, Event)  # noqa: S101 - that is what it sends
        yield out.record
