"""Drives a role from a Kafka stream: at least once, in order, bad data to the dead letters.

A message's life: taken from the stream, processed in the worker's one thread, what it caused sent
and acknowledged by the broker, where its partition stands written down, and only then its offset
acknowledged. A failed send ends the worker; its supervisor starts it again and nothing is lost.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import cast

import faust
import msgspec
import structlog
from aiokafka import AIOKafkaProducer
from faust.types import EventT

from streamstress.errors import ExpiredError, RejectedError
from streamstress.records import Record
from streamstress.stream.background import Background, end_worker_on_failure
from streamstress.stream.expiry import Expiry, committed_offset
from streamstress.stream.kafka import Kafka
from streamstress.stream.lag import group_of
from streamstress.stream.latency import Latency
from streamstress.stream.liveness import Liveness
from streamstress.stream.message_work import MessageWork, dead_letter
from streamstress.stream.observer import Observer
from streamstress.stream.offsets import InOrderAcks
from streamstress.stream.role import Incoming, Outgoing, Role
from streamstress.stream.state import (
    follow_partition,
    last_snapshot,
    read_partition,
    state_key,
)
from streamstress.stream.tracing import Tracing, Untraced
from streamstress.wire.codec import encode
from streamstress.wire.topics import STATE, Topic

MAX_BATCH = 500
"""Messages a batch; bounds what is held in memory between two rounds of acknowledgement."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Runner:
    """One role on one Kafka stream."""

    app: faust.App
    role: Role
    producer: AIOKafkaProducer
    kafka: Kafka
    prefix: str
    observer: Observer
    tracing: Tracing = field(default_factory=Untraced)
    liveness: Liveness = field(default_factory=Liveness)
    work: MessageWork = field(init=False)
    _expiry: Expiry = field(default_factory=Expiry)
    _working: asyncio.Task[None] | None = None
    _inbox: asyncio.Queue[EventT[bytes]] = field(default_factory=lambda: asyncio.Queue(2000))
    _open: dict[tuple[str, int], InOrderAcks[EventT[bytes]]] = field(default_factory=dict)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _background: Background = field(init=False)
    _generation: int = -1

    def __post_init__(self) -> None:
        self._background = Background(self._produce, self._failed_beside)
        latency = Latency(self.role.name, self.observer.metrics.stage)
        self.work = MessageWork(self.role, self.observer, self.tracing, self.liveness, latency)

    async def read(self, stream: faust.StreamT[bytes]) -> None:
        """The agent's body: hand every event to the worker coroutine."""
        if self._working is None:
            # Only once: an agent that faust starts again reads into the same worker.
            self._working = asyncio.create_task(self._work())
            self._working.add_done_callback(end_worker_on_failure)
        # The interface type leaves out noack(), which every stream has.
        unacknowledged = cast("faust.Stream[bytes]", stream).noack()
        async for event in unacknowledged.events():
            await self._inbox.put(event)

    async def _work(self) -> None:
        following = [await self._follow(topic) for topic in self.role.broadcasts]
        while True:
            # A worker that no longer hears what operators say must not go on.
            for task in following:
                if task.done():
                    task.result()
            batch = [await self._inbox.get()]
            while not self._inbox.empty() and len(batch) < MAX_BATCH:
                batch.append(self._inbox.get_nowait())
            self.liveness.begin_batch()
            await self._handle(batch)
            self.liveness.end_batch()

    async def _follow(self, topic: Topic) -> asyncio.Task[None]:
        """Show the role all of a topic that every worker reads, and go on in the background."""
        full_name, next_offset = self.prefix + topic.name, 0
        async for message in read_partition(self.kafka, full_name, 0, None):
            self._absorb(message)
            next_offset = message.offset + 1

        async def go_on() -> None:
            async for message in follow_partition(self.kafka, full_name, next_offset):
                # In the role's own thread: never while it works on something else.
                await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._absorb, message
                )

        return asyncio.create_task(go_on())

    def assigned(self) -> list[tuple[str, int]]:
        """Partitions that are this worker's now, by their full names."""
        return [(place.topic, place.partition) for place in self.app.consumer.assignment()]

    async def _handle(self, batch: Sequence[EventT[bytes]]) -> None:
        self._drop_state_of_old_generations()
        current = [e for e in batch if e.message.generation_id == self._generation]
        touched = []
        for event in current:
            self.liveness.took((event.message.topic, event.message.partition), event.message.offset)
            place = (self._table_name(event.message.topic), event.message.partition)
            if place not in self._open:
                await self._begin(place, event.message.offset)
            touched.append(place)
        messages = [self._incoming(event) for event in current]
        await self._send(self._expired(messages))
        outgoing = await asyncio.get_running_loop().run_in_executor(
            self._thread, self.work.process_all, messages
        )
        # Before the answers: nothing deferred before them may be sent after them.
        self._background.put(self.role.deferred)
        await self._send(outgoing)
        for event, place in zip(current, touched, strict=True):
            self._open[place].add(event.message.offset, event)
        for place in dict.fromkeys(touched):
            await self._finish(place)

    def _drop_state_of_old_generations(self) -> None:
        generation = self.app.consumer_generation_id
        if generation != self._generation:
            self.role.forget()
            self.observer.forget()
            self.liveness.forget()
            self._background.forget()
            self._open.clear()
            self._expiry.forget()
            self._generation = generation

    async def _begin(self, place: tuple[str, int], offset: int) -> None:
        topic, partition = place
        group = group_of(self.prefix, self.role.name)
        committed = await committed_offset(self.kafka, group, (self.prefix + topic, partition))
        self._expiry.begin(place, offset if committed is None else committed)
        key = state_key(self.role.name, topic, partition)
        snapshot = await last_snapshot(self.kafka, self.prefix + STATE.name, key)
        self.role.restore(topic, partition, snapshot)
        if self.role.folds_from_start:
            full_name = self.prefix + topic
            async for message in read_partition(self.kafka, full_name, partition, offset):
                await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._absorb, message
                )
        self._open[place] = InOrderAcks(_acknowledge)
        log.info(
            "partition begun", role=self.role.name, topic=topic, partition=partition, offset=offset
        )

    def _expired(self, messages: Sequence[Incoming]) -> list[Outgoing]:
        """Letters on what a topic lost before it was read; all of it is counted."""
        letters = []
        for message in messages:
            missed = self._expiry.missed_before(message)
            if missed:
                error = ExpiredError(
                    f"{missed} messages of {message.topic}/{message.partition} before offset "
                    f"{message.offset} had expired before they were read: fill their time in"
                )
                log.error(str(error), role=self.role.name)
                self.observer.rejected(error.reason, missed)
                letters.append(dead_letter(self.role.name, message, error.reason, str(error)))
        return letters

    def _absorb(self, message: Incoming) -> None:
        """Take a message again; what is wrong with it was said before the restart."""
        self.liveness.step()
        again = Incoming(
            self._table_name(message.topic),
            message.partition,
            message.offset,
            message.key,
            message.value,
            message.headers,
        )
        try:
            self.role.absorb(again, again.record())
        except RejectedError:
            log.debug("set aside again", role=self.role.name, offset=message.offset)

    async def _send(self, outgoing: Sequence[Outgoing]) -> None:
        async with self._background.order:
            await self._produce(outgoing)
        for reason, count in self.role.tallies.items():
            self.observer.rejected(reason, count)
        self.role.tallies.clear()

    def _failed_beside(self) -> None:
        self.observer.rejected("unexpected-error")

    async def _produce(self, outgoing: Sequence[Outgoing]) -> None:
        acknowledgements = [
            await self.producer.send(
                self.prefix + out.topic.name,
                value=encode(stamped(out.record)),
                key=out.key.encode(),
                partition=out.partition,
                # aiokafka wants a list, and says so only when there are some.
                headers=list(out.headers),
            )
            for out in outgoing
        ]
        if acknowledgements:
            await asyncio.gather(*acknowledgements)
        self.observer.sent(outgoing)
        self.work.latency.sent(outgoing)

    async def _finish(self, place: tuple[str, int]) -> None:
        topic, partition = place
        snapshot = self.role.snapshot(topic, partition)
        if snapshot is not None:
            key = state_key(self.role.name, topic, partition).encode()
            await self.producer.send_and_wait(
                self.prefix + STATE.name, value=snapshot, key=key, partition=0
            )
        self._open[place].release(self.role.needed_from(topic, partition))
        self.observer.finished(sum(len(acks) for acks in self._open.values()))

    def _table_name(self, topic: str) -> str:
        return topic.removeprefix(self.prefix)

    def _incoming(self, event: EventT[bytes]) -> Incoming:
        message = event.message
        return Incoming(
            self._table_name(message.topic),
            message.partition,
            message.offset,
            message.key or b"",
            message.value or b"",
            dict(message.headers or {}),
        )


def _acknowledge(event: EventT[bytes]) -> None:
    event.ack()


def stamped(record: Record) -> Record:
    """The record with the wall time of its sending."""
    return msgspec.structs.replace(record, sent_ns=time.time_ns())
