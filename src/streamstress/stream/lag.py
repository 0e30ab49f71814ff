"""How many messages each role has not acknowledged yet, asked of the broker itself.

A role that hangs cannot tell its own lag, so one process asks for all.
"""

from collections.abc import Iterable, Mapping

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from prometheus_client import Gauge

from streamstress.stream.kafka import Kafka

ASK_EVERY_S = 15.0
"""Prometheus' usual interval: asking more often shows nothing new."""

log = structlog.get_logger(__name__)


def group_of(prefix: str, role: str) -> str:
    """Consumer group of a role: each has its own, so that a rebalance stops one role only."""
    return f"{prefix}streamstress-{role}"


async def export_lag(kafka: Kafka, prefix: str, roles: Iterable[str], gauge: Gauge) -> None:
    """Bring a gauge with label ``stage`` up to date; no broker, no series."""
    try:
        found = await lags(kafka, {role: group_of(prefix, role) for role in roles})
        for role, lag in found.items():
            gauge.labels(role).set(lag)
    except (KafkaError, OSError) as error:
        gauge.clear()
        log.warning("the lag of the workers is not known", error=repr(error))


async def lags(kafka: Kafka, groups: Mapping[str, str]) -> dict[str, int]:
    """Messages between the acknowledged and the last offset, over the partitions of each group.

    A group that has acknowledged nothing yet has no entry.

    Raises
    ------
    KafkaError
        The broker does not answer.
    """
    admin, reader = kafka.admin(), kafka.consumer()
    try:
        await admin.start()
        await reader.start()
        found: dict[str, int] = {}
        for role, group in groups.items():
            committed = await admin.list_consumer_group_offsets(group)
            if committed:
                ends = await reader.end_offsets(list(committed))
                found[role] = _total(committed, ends)
        return found
    finally:
        await admin.close()
        await reader.stop()


def _total(
    committed: Mapping[TopicPartition, OffsetAndMetadata], ends: Mapping[TopicPartition, int]
) -> int:
    return sum(max(0, end - committed[partition].offset) for partition, end in ends.items())
