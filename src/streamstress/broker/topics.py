"""Topics made to a specification, and the wait until a broker answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from streamstress.errors import BrokerError

PLAIN: Mapping[str, Any] = MappingProxyType({})
"""No TLS and no login, as the embedded broker has it on loopback."""
_REQUEST_TIMEOUT_MS = 15_000
_APPEAR_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a topic must be: name, number of partitions, and Kafka's topic settings as text."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


async def create_topics(
    bootstrap_servers: str,
    specs: Sequence[TopicSpec],
    *,
    replication_factor: int = 1,
    security: Mapping[str, Any] = PLAIN,
) -> tuple[str, ...]:
    """Create the topics that do not exist yet and wait until all can be written.

    Settings of a topic that exists are left as they are: an operator may have changed them.
    ``security`` is what aiokafka's clients take for TLS and login.

    Returns
    -------
    Names of the topics that this call created.

    Raises
    ------
    BrokerError
        The broker does not answer or refuses, or a topic exists with another number of
        partitions. Then no topic is created: keys would go to other partitions than before.
    """
    async with _admin(bootstrap_servers, security) as admin:
        existing = await _partition_counts(admin)
        _require_same_partitions(specs, existing)
        missing = [spec for spec in specs if spec.name not in existing]
        if missing:
            await _create(admin, missing, replication_factor)
            await _wait_until_listed(admin, specs)
        return tuple(spec.name for spec in missing)


async def wait_for_broker(
    bootstrap_servers: str, timeout_s: float = 30.0, security: Mapping[str, Any] = PLAIN
) -> None:
    """Return once a broker answers metadata requests and knows itself as a member.

    Raises
    ------
    BrokerError
        No answer within ``timeout_s``.
    """
    give_up_at = time.monotonic() + timeout_s
    while True:
        try:
            async with _admin(bootstrap_servers, security) as admin:
                if (await admin.describe_cluster())["brokers"]:
                    return
        except BrokerError:
            if time.monotonic() > give_up_at:
                raise
        if time.monotonic() > give_up_at:
            raise BrokerError(f"the Kafka at {bootstrap_servers} names no broker as ready")
        await asyncio.sleep(0.3)


@asynccontextmanager
async def _admin(
    bootstrap_servers: str, security: Mapping[str, Any]
) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap_servers, request_timeout_ms=_REQUEST_TIMEOUT_MS, **security
    )
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        if isinstance(error, BrokerError):
            raise
        # aiokafka's error does not say that a login or a certificate was refused; its log does.
        hint = (
            "a login or certificate that one side refuses stands in the log just before"
            if security
            else "'streamstress broker status' tells for the embedded one"
        )
        raise BrokerError(
            f"Kafka at {bootstrap_servers} does not answer ({error!r}); is it running? {hint}"
        ) from error
    finally:
        await admin.close()


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


def _require_same_partitions(specs: Sequence[TopicSpec], existing: Mapping[str, int]) -> None:
    wrong = [
        f"'{spec.name}' has {existing[spec.name]}, wanted {spec.partitions}"
        for spec in specs
        if existing.get(spec.name, spec.partitions) != spec.partitions
    ]
    if wrong:
        raise BrokerError(
            f"existing topics have another number of partitions: {'; '.join(wrong)}. The number "
            "is fixed at creation: set it back, or use another topic prefix"
        )


async def _create(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replication_factor: int
) -> None:
    response = await admin.create_topics(
        [
            NewTopic(
                spec.name, spec.partitions, replication_factor, topic_configs=dict(spec.config)
            )
            for spec in specs
        ]
    )
    for name, code, *message in response.topic_errors:
        # Another process may have been quicker.
        if code and for_code(code) is not TopicAlreadyExistsError:
            detail = message[0] if message and message[0] else for_code(code).__name__
            raise BrokerError(f"Kafka refuses to create the topic '{name}': {detail}")


async def _wait_until_listed(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    """Wait until every partition has a leader; faust sits idle on a topic it does not find."""
    give_up_at = time.monotonic() + _APPEAR_TIMEOUT_S
    names = [spec.name for spec in specs]
    while True:
        topics = await admin.describe_topics(names)
        if all(
            topic["partitions"] and all(p["leader"] >= 0 for p in topic["partitions"])
            for topic in topics
        ):
            _require_same_partitions(specs, {t["topic"]: len(t["partitions"]) for t in topics})
            return
        if time.monotonic() > give_up_at:
            raise BrokerError(f"topics were created but got no leader: {', '.join(names)}")
        await asyncio.sleep(0.1)
