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
        for topic, partition, key, value, headers in messages:
            await producer.send_and_wait(
                settings.kafka.topic_prefix + topic,
                value=value,
                key=key,
                partition=partition,
                headers=list(headers.items()),
            )
        await producer.stop()

    asyncio.run(sending())
