"""A version of an event to the regions that it lies in, and its withdrawal where it lay before."""

from collections.abc import Iterable, Iterator

import msgspec

from streamstress.records import Event
from streamstress.stream.places import Places
from streamstress.stream.role import Outgoing
from streamstress.wire.topics import EVENTS


def of_regions(event: Event, partitions: Iterable[int], places: Places) -> dict[int, Event]:
    """The event for each of its regions, by partition."""
    return {p: msgspec.structs.replace(event, region=places.regions[p].name) for p in partitions}


def tombstone(event: Event, version: int) -> Event:
    """The event, withdrawn."""
    return msgspec.structs.replace(event, version=version, status="tombstone", arrivals=())


def to_regions(
    event: Event, now: Iterable[int], before: Iterable[int], places: Places
) -> Iterator[Outgoing]:
    """Send the version to its regions of now, and a tombstone to those it left."""
    left = of_regions(tombstone(event, event.version), before, places)
    for partition, one in sorted({**left, **of_regions(event, now, places)}.items()):
        yield Outgoing(EVENTS, one.event_id, one, partition)
