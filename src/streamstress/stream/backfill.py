"""Old data through topics and groups of their own, beside the live system.

A run's topics have the live ones' names behind ``backfill.RUN.``. Its final mechanisms go onto the
live topic at the end, flagged: stress and store use them, the change agent as history only. An
event of which the live system has found the picks itself is left out.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from streamstress.config import Settings
from streamstress.errors import ConfigError, CorruptRecordError
from streamstress.records import Event, Mechanism, Progress, Record
from streamstress.stream.addresses import bootstrap_of
from streamstress.stream.kafka import Kafka
from streamstress.stream.state import read_partition
from streamstress.wire.codec import encode
from streamstress.wire.topics import EVENTS, MECHANISMS, Topic

ROLES = ("pick", "polarity", "locate", "merge", "mechanism")
"""What a run needs of its own."""

SHARED = 0.3
"""Share of the smaller one's picks above which two events are one, as for candidates."""


def prefix_of(settings: Settings, run: str) -> str:
    """What stands before the names of a run's topics and groups.

    Raises
    ------
    ConfigError
        The name of the run cannot be part of a topic's.
    """
    if not run or not all(c.isascii() and (c.isalnum() or c in "-_") for c in run):
        raise ConfigError(f"--run {run!r}: letters, digits, - and _ only, it names topics")
    return f"{settings.kafka.topic_prefix}backfill.{run}."


def environment_of(settings: Settings, run: str, base_port: int) -> Mapping[str, str]:
    """Settings of the run's workers that differ from the configuration."""
    return {
        "STREAMSTRESS_RUN_FOLDER": str(settings.run_folder / "backfill" / run),
        "STREAMSTRESS_KAFKA__TOPIC_PREFIX": prefix_of(settings, run),
        "STREAMSTRESS_KAFKA__BOOTSTRAP_SERVERS": bootstrap_of(settings),
        "STREAMSTRESS_METRICS__BASE_PORT": str(base_port),
        # Only mechanisms are handed over: later places of the events would be for nobody.
        "STREAMSTRESS_LOCATION__REFINE_DAYS": "0",
    }


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What became of a run's final mechanisms."""

    sent: int
    known: int
    """Left out: the live system had found the event itself."""


async def final_until_ns(settings: Settings, kafka: Kafka) -> int:
    """Time until which the mechanisms of a system are final, in every region; 0 before any."""
    passed = []
    for region in range(len(settings.network.regions)):
        until_ns = 0
        for record in await _records(settings, kafka, MECHANISMS, region):
            if isinstance(record, Progress):
                until_ns = max(until_ns, record.done_until_ns)
        passed.append(until_ns)
    return min(passed)


async def forward(live: Settings, run: Settings, kafka: Kafka, per_s: float) -> Forwarded:
    """Send a run's final mechanisms onto the live topic, at most so many a second.

    Ids and versions are those of the run: what was forwarded before changes nothing.

    Raises
    ------
    KafkaError
        The broker refuses.
    """
    producer = kafka.producer()
    await producer.start()
    sent = known = 0
    try:
        for region in range(len(live.network.regions)):
            found = await _final(run, kafka, region)
            held = [e for e, _ in (await _final(live, kafka, region)).values()]
            for event, mechanism in found.values():
                if mechanism is None:
                    continue
                if _is_held(event, held):
                    known += 1
                    continue
                flagged = msgspec.structs.replace(
                    mechanism, flagged_backfill=True, sent_ns=time.time_ns()
                )
                await producer.send_and_wait(
                    live.kafka.topic_prefix + MECHANISMS.name,
                    value=encode(flagged),
                    key=mechanism.event_id.encode(),
                    partition=region,
                )
                sent += 1
                await asyncio.sleep(1.0 / per_s)
    finally:
        await producer.stop()
    return Forwarded(sent, known)


async def _final(
    settings: Settings, kafka: Kafka, region: int
) -> dict[str, tuple[Event, Mechanism | None]]:
    """Final events of a region with their mechanisms, by id."""
    events: dict[str, Event] = {}
    for record in await _records(settings, kafka, EVENTS, region):
        if isinstance(record, Event) and record.status != "provisional":
            events[record.event_id] = record
    mechanisms: dict[str, Mechanism] = {}
    for record in await _records(settings, kafka, MECHANISMS, region):
        if isinstance(record, Mechanism):
            before = mechanisms.get(record.event_id)
            if before is None or record.version > before.version:
                mechanisms[record.event_id] = record
    return {
        event_id: (event, mechanisms.get(event_id))
        for event_id, event in events.items()
        if event.status == "final"
    }


def _is_held(event: Event, held: list[Event]) -> bool:
    picks = {arrival.pick_id for arrival in event.arrivals}
    for other in held:
        others = {arrival.pick_id for arrival in other.arrivals}
        if len(picks & others) >= SHARED * max(1, min(len(picks), len(others))):
            return True
    return False


async def _records(settings: Settings, kafka: Kafka, topic: Topic, region: int) -> list[Record]:
    name = settings.kafka.topic_prefix + topic.name
    found: list[Record] = []
    async for message in read_partition(kafka, name, region, None):
        try:
            record = message.record()
        except CorruptRecordError:
            continue  # whoever reads the topic live has set it aside
        if record is not None:
            found.append(record)
    return found
