"""Looks at what waits on a worker's partitions, by connections of its own.

The consumer that may have stopped fetching cannot be asked.
"""

from collections.abc import Callable, Iterable

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streamstress.stream.kafka import Kafka
from streamstress.stream.liveness import Liveness, Place, Span

LOOK_EVERY_S = 10.0
"""A quarter of what counts as stalled; 9 ms of CPU a look."""

log = structlog.get_logger(__name__)


async def look_at_partitions(
    kafka: Kafka,
    group: str,
    assigned: Iterable[Place],
    liveness: Liveness,
    goes_on: Callable[[], None],
) -> None:
    """Tell the liveness what waits, and the caller when all of it goes on."""
    liveness.asked()
    try:
        if liveness.looked(await spans(kafka, group, assigned)):
            goes_on()
    except (KafkaError, OSError) as error:
        log.warning("what waits is not known", group=group, error=repr(error))


async def spans(kafka: Kafka, group: str, places: Iterable[Place]) -> dict[Place, Span]:
    """What the group has not acknowledged of some partitions.

    Raises
    ------
    KafkaError
        The broker does not answer.
    """
    wanted = [TopicPartition(topic, partition) for topic, partition in places]
    if not wanted:
        return {}
    admin, reader = kafka.admin(), kafka.consumer()
    try:
        await admin.start()
        await reader.start()
        committed = await admin.list_consumer_group_offsets(group)
        begins = await reader.beginning_offsets(wanted)
        ends = await reader.end_offsets(wanted)
    finally:
        await admin.close()
        await reader.stop()
    found: dict[Place, Span] = {}
    for place in wanted:
        # What the topic's retention has removed nobody waits for.
        acknowledged = committed[place].offset if place in committed else 0
        first = max(acknowledged, begins[place])
        found[place.topic, place.partition] = Span(first, ends[place])
    return found
