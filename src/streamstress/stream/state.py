"""Restoring a role: its last snapshot, or its input partition from the start."""

from collections.abc import AsyncIterator

import structlog
from aiokafka import ConsumerRecord, TopicPartition

from streamstress.errors import RejectedError
from streamstress.stream.kafka import Kafka
from streamstress.stream.role import Incoming, Role
from streamstress.wire.codec import decode

log = structlog.get_logger(__name__)


def state_key(role: str, topic: str, partition: int) -> str:
    """Key of a snapshot on the ``state`` topic."""
    return f"{role}/{topic}/{partition}"


async def last_snapshot(kafka: Kafka, topic: str, key: str) -> bytes | None:
    """Newest value of a key on the compacted state topic, or None."""
    newest: bytes | None = None
    async for message in read_partition(kafka, topic, 0, None):
        if message.key == key.encode():
            newest = message.value or None
    return newest


async def absorb_all(role: Role, kafka: Kafka, prefix: str, partitions: int) -> None:
    """Show a role what its topics hold at this moment, before anything new comes."""
    places = [(topic, number) for topic in role.inputs for number in range(partitions)]
    for topic, partition in (*places, *((topic, 0) for topic in role.broadcasts)):
        async for message in read_partition(kafka, prefix + topic.name, partition, None):
            _show(role, message)


def _show(role: Role, message: Incoming) -> None:
    try:
        role.absorb(message, decode(message.value))
    except RejectedError as rejection:
        log.warning("left out", topic=message.topic, offset=message.offset, error=str(rejection))


async def follow_partition(kafka: Kafka, topic: str, first_offset: int) -> AsyncIterator[Incoming]:
    """Messages of a topic's only partition from an offset on, and whatever comes, without end."""
    consumer = kafka.consumer()
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        consumer.seek(place, first_offset)
        async for record in consumer:
            yield _incoming(record)
    finally:
        await consumer.stop()


async def read_partition(
    kafka: Kafka,
    topic: str,
    partition: int,
    before_offset: int | None,
    first_offset: int = 0,
) -> AsyncIterator[Incoming]:
    """Messages of a partition from an offset on, below another (None: to its present end).

    From the start where the partition holds no such offset: expired, or the topic made anew.
    """
    consumer = kafka.consumer()
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        stop = end if before_offset is None else min(end, before_offset)
        # seek_to_beginning() may lose against the reset to the end that assign() has begun.
        start = (await consumer.beginning_offsets([place]))[place]
        consumer.seek(place, first_offset if start <= first_offset <= end else start)
        while await consumer.position(place) < stop:
            batches = await consumer.getmany(place, timeout_ms=500, max_records=1000)
            for record in batches.get(place, []):
                if record.offset >= stop:
                    return
                yield _incoming(record)
    finally:
        await consumer.stop()


def _incoming(record: ConsumerRecord[bytes, bytes]) -> Incoming:
    return Incoming(
        record.topic,
        record.partition,
        record.offset,
        record.key or b"",
        record.value or b"",
        dict(record.headers),
    )
