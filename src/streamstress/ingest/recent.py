"""What the topic holds already: so that a restart after a crash sends no record twice."""

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streamstress.errors import BrokerError, CorruptRecordError
from streamstress.ingest.producer import PLAIN
from streamstress.ingest.screen import DuplicateTracker, read_header


async def remember_recent(
    tracker: DuplicateTracker,
    bootstrap_servers: str,
    topic: str,
    per_partition: int = 2000,
    security: Mapping[str, Any] = PLAIN,
) -> int:
    """Show the tracker the last messages of each partition.

    Records that the broker had acknowledged, but whose resume point was not saved before a crash,
    come again from the server; the tracker then knows them.

    Returns
    -------
    Number of records remembered.

    Raises
    ------
    BrokerError
        The broker does not answer, or has no such topic.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, enable_auto_commit=False, **security
    )
    try:
        await consumer.start()
        partitions = await _partitions(bootstrap_servers, topic, security)
        return await _read_tails(consumer, partitions, tracker, per_partition)
    except KafkaError as error:
        raise BrokerError(
            f"Kafka at {bootstrap_servers} does not tell what '{topic}' holds: {error!r}"
        ) from error
    finally:
        await consumer.stop()


async def _partitions(
    bootstrap_servers: str, topic: str, security: Mapping[str, Any]
) -> list[TopicPartition]:
    # A consumer that subscribes to nothing knows no partitions.
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **security)
    try:
        await admin.start()
        (found,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    numbers = sorted(partition["partition"] for partition in found["partitions"])
    if not numbers:
        raise BrokerError(f"Kafka at {bootstrap_servers} has no topic '{topic}': create it first")
    return [TopicPartition(topic, number) for number in numbers]


async def _read_tails(
    consumer: AIOKafkaConsumer,
    partitions: list[TopicPartition],
    tracker: DuplicateTracker,
    per_partition: int,
) -> int:
    consumer.assign(partitions)
    first = await consumer.beginning_offsets(partitions)
    end = await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, max(first[partition], end[partition] - per_partition))
    n_remembered = 0
    while any([await consumer.position(p) < end[p] for p in partitions]):
        for messages in (await consumer.getmany(timeout_ms=500, max_records=5000)).values():
            n_remembered += sum(_remember(tracker, message.value) for message in messages)
    return n_remembered


def _remember(tracker: DuplicateTracker, payload: bytes | None) -> bool:
    if not payload:
        return False
    try:
        tracker.is_duplicate(read_header(payload))
    except CorruptRecordError:
        return False
    return True
