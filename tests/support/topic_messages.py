"""Messages put onto the topics of a configuration."""

import asyncio
from collections.abc import Iterable

from streamstress.config import Settings
from streamstress.stream.chain import Message
from streamstress.stream.kafka import kafka_of


def send(settings: Settings, messages: Iterable[Message]) -> None:
    """Put messages onto their topics; each is acknowledged when this returns."""

    async def sending() -> None:
        producer = kafka_of(settings).producer()
        await producer.start()
        for topic, partition, key, value, _ in messages:
            full_name = settings.kafka.topic_prefix + topic
            await producer.send_and_wait(full_name, value=value, key=key, partition=partition)
        await producer.stop()

    asyncio.run(sending())
