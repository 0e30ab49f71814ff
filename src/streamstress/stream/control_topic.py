"""Saying something on the ``controls`` topic, and reading what was said."""

import time

import msgspec
from aiokafka.errors import KafkaError

from streamstress.broker import wait_for_broker
from streamstress.config import Settings
from streamstress.errors import BrokerError, CorruptRecordError
from streamstress.records import Control
from streamstress.stream.kafka import kafka_of
from streamstress.stream.state import read_partition
from streamstress.wire.codec import decode, encode
from streamstress.wire.topics import CONTROLS


async def send_control(control: Control, settings: Settings) -> None:
    """Send a control to the workers of a configuration; it is acknowledged when this returns.

    Raises
    ------
    BrokerError
        The broker does not answer or refuses.
    """
    kafka = kafka_of(settings)
    await wait_for_broker(kafka.bootstrap, settings.kafka.start_wait_s, kafka.security)
    producer = kafka.producer()
    stamped = msgspec.structs.replace(control, sent_ns=time.time_ns())
    try:
        await producer.start()
        await producer.send_and_wait(
            settings.kafka.topic_prefix + CONTROLS.name,
            value=encode(stamped),
            key=control.control_id.encode(),
            partition=0,
        )
    except KafkaError as error:
        raise BrokerError(f"Kafka at {kafka} took no control: {error!r}") from error
    finally:
        await producer.stop()


async def held_controls(settings: Settings) -> list[Control]:
    """The newest word on each control, by id.

    Raises
    ------
    BrokerError
        The broker does not answer.
    """
    kafka = kafka_of(settings)
    await wait_for_broker(kafka.bootstrap, settings.kafka.start_wait_s, kafka.security)
    topic = settings.kafka.topic_prefix + CONTROLS.name
    held: dict[str, Control] = {}
    async for message in read_partition(kafka, topic, 0, None):
        try:
            record = decode(message.value)
        except CorruptRecordError:
            # The workers set it aside too, with a letter; it hides no other control.
            continue
        if isinstance(record, Control):
            held[record.control_id] = record
    return [held[control_id] for control_id in sorted(held)]
