"""Asking the broker."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from streamstress.broker import broker_status, wait_for_broker
from streamstress.config import Settings
from streamstress.errors import StreamstressError
from streamstress.records import Control
from streamstress.stream.control_topic import held_controls
from streamstress.stream.doctor.facts import KafkaFacts, TopicFacts
from streamstress.stream.doctor.gather_groups import group_facts
from streamstress.stream.kafka import kafka_of

WAIT_S = 5.0
"""For a broker to answer at all, and for the newest messages."""
ASK_S = 45.0
"""For everything; a broker that is half dead must not hold the doctor."""


async def kafka_facts(
    settings: Settings, topics: Sequence[str], roles: Sequence[str]
) -> KafkaFacts:
    """What the broker tells; where it does not answer, why."""
    is_embedded = settings.kafka.bootstrap_servers is None
    address = settings.kafka.bootstrap_servers or f"127.0.0.1:{settings.kafka.embedded_port}"
    try:
        async with asyncio.timeout(ASK_S):
            kafka = kafka_of(settings)
            await wait_for_broker(kafka.bootstrap, WAIT_S, kafka.security)
            return await _asked(settings, topics, roles, KafkaFacts(address, is_embedded))
    except TimeoutError:
        return KafkaFacts(address, is_embedded, f"no whole answer within {ASK_S:.0f} s")
    except (StreamstressError, KafkaError, OSError) as error:
        trouble = _of_process(settings) if is_embedded else _short(error)
        return KafkaFacts(address, is_embedded, trouble)


def _of_process(settings: Settings) -> str:
    """What is wrong with the embedded broker."""
    status = broker_status(settings.kafka.embedded_folder)
    if status.broker is None:
        return "its process does not run"
    return f"its process {status.broker.pid} lives, but does not answer"


def _short(error: Exception) -> str:
    if isinstance(error.__cause__, KafkaConnectionError):
        return "no connection"
    return str(error.__cause__ or error).splitlines()[0]


async def _asked(
    settings: Settings, topics: Sequence[str], roles: Sequence[str], begun: KafkaFacts
) -> KafkaFacts:
    kafka, prefix = kafka_of(settings), settings.kafka.topic_prefix
    admin, reader = kafka.admin(), kafka.consumer()
    try:
        await admin.start()
        await reader.start()
        found = await _topics(admin, reader, {prefix + name: name for name in topics})
        groups = await group_facts(admin, kafka, prefix, roles)
    finally:
        await admin.close()
        await reader.stop()
    controls: Sequence[Control] = ()
    if "controls" in found:
        controls = await held_controls(settings)
    return KafkaFacts(
        begun.address,
        begun.is_embedded,
        topics=found,
        groups=groups,
        controls=controls,
    )


async def _topics(
    admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer, names: Mapping[str, str]
) -> dict[str, TopicFacts]:
    """Topics that there are, by their names without prefix."""
    there = set(await admin.list_topics()) & set(names)
    described = await admin.describe_topics(sorted(there)) if there else []
    partitions = {topic["topic"]: topic["partitions"] for topic in described}
    places = [
        TopicPartition(name, part["partition"])
        for name, parts in partitions.items()
        for part in parts
        if part["leader"] >= 0
    ]
    newest = await _newest(reader, places)
    return {
        names[name]: TopicFacts(
            len(parts), sum(part["leader"] < 0 for part in parts), newest.get(name)
        )
        for name, parts in partitions.items()
    }


async def _newest(reader: AIOKafkaConsumer, places: list[TopicPartition]) -> dict[str, int]:
    """Stamp of the newest message of each topic, ns."""
    begins, ends = await reader.beginning_offsets(places), await reader.end_offsets(places)
    wanted = {place for place in places if ends[place] > begins[place]}
    newest: dict[str, int] = {}
    if not wanted:
        return newest
    reader.assign(sorted(wanted))
    for place in wanted:
        reader.seek(place, ends[place] - 1)
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + WAIT_S
    while wanted and loop.time() < give_up_at:
        for place, messages in (await reader.getmany(timeout_ms=500)).items():
            stamp_ns = max(message.timestamp for message in messages) * 1_000_000
            newest[place.topic] = max(stamp_ns, newest.get(place.topic, 0))
            wanted.discard(place)
    return newest
