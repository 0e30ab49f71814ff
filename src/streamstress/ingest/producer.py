"""Records onto the ``waveforms`` topic: pipelined, idempotent, acknowledged by all replicas.

Kafka headers of a record, as decimal ASCII: ``data_end_ns`` (time of the last sample),
``received_ns`` (the clock when it came in) and ``arrived_ns`` (the same as wall time, which in a
replay differs). A heartbeat has key ``heartbeat``, an empty value and
``received_ns``: whoever reads a quiet partition learns from it how late it is.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from streamstress.clock import Clock
from streamstress.errors import BrokerError

HEARTBEAT_KEY = b"heartbeat"
PLAIN: Mapping[str, Any] = MappingProxyType({})
"""No TLS and no login."""
_HEARTBEAT_POLL_S = 0.05
_RETRY_S = 1.0
_METADATA_TIMEOUT_S = 10.0

_log = logging.getLogger(__name__)


class WaveformProducer:
    """Sends records and heartbeats; an async context manager (``start`` and ``stop``).

    While the broker is away, records wait in a bounded buffer, then ``send`` waits: nothing that
    was accepted is dropped, and nothing is called acknowledged that is not.

    Parameters
    ----------
    bootstrap_servers, topic
        The Kafka and the (existing) topic.
    clock
        Gives ``received_ns``: wall time, or the mapped time of a replay.
    heartbeat_s
        Seconds of clock time between heartbeats to every partition.
    notify
        Told in words when the broker is away.
    security
        What aiokafka's clients take for TLS and login.

    Attributes
    ----------
    feed_is_up
        Set it to False while the source is away: then no heartbeat tells readers that time goes
        on without data, and they wait for what the source will deliver when it is back.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        clock: Clock,
        heartbeat_s: float = 5.0,
        notify: Callable[[str], None] = _log.warning,
        security: Mapping[str, Any] = PLAIN,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._security = security
        self._topic = topic
        self._clock = clock
        self._heartbeat_ns = round(heartbeat_s * 1e9)
        self._notify = notify
        # Messages reach a partition in the order of their received_ns: a heartbeat must not
        # overtake a record that waits for room.
        self._order = asyncio.Lock()
        self._partitions: list[int] = []
        self._failure: BrokerError | None = None
        self.feed_is_up = True
        self._pending = 0
        self._producer: Any = None
        self._heart: asyncio.Task[None] | None = None

    async def start(self, timeout_s: float = 60.0) -> None:
        """Connect, waiting up to ``timeout_s`` for the broker, and start the heartbeat.

        Raises
        ------
        BrokerError
            The broker does not answer, or has no such topic.
        """
        self._producer = await self._connect(timeout_s)
        try:
            async with asyncio.timeout(_METADATA_TIMEOUT_S):
                partitions = sorted(await self._producer.partitions_for(self._topic))
        except (KafkaError, TimeoutError) as error:
            await self._producer.stop()
            raise BrokerError(
                f"Kafka at {self._bootstrap_servers} has no topic '{self._topic}' ({error!r}): "
                "create the topics first"
            ) from error
        self._partitions = partitions
        self._heart = asyncio.create_task(self._beat())

    async def send(
        self, station_code: str, payload: bytes, data_end_ns: int, on_ack: Callable[[], None]
    ) -> None:
        """Hand over one record; ``on_ack`` is called in the event loop once the broker has it.

        Returns at once while there is room in the buffer, else when there is room again.

        Raises
        ------
        BrokerError
            The broker refused an earlier record for good; go on from the resume points.
        """
        if self._failure:
            raise self._failure
        async with self._order:
            received_ns = self._clock.now_ns()
            headers = [
                ("data_end_ns", _ascii(data_end_ns)),
                ("received_ns", _ascii(received_ns)),
                ("arrived_ns", _ascii(time.time_ns())),
            ]
            future = await self._append(
                value=payload, key=station_code.encode(), headers=headers, partition=None
            )
        self._pending += 1
        future.add_done_callback(partial(self._finished, on_ack))

    async def stop(self, timeout_s: float = 30.0) -> None:
        """Stop the heartbeat, wait until all records are acknowledged, and disconnect.

        Raises
        ------
        BrokerError
            Records were not acknowledged within ``timeout_s``, or one was refused.
        """
        if self._heart:
            self._heart.cancel()
            with suppress(asyncio.CancelledError):
                await self._heart
        try:
            async with asyncio.timeout(timeout_s):
                await self._producer.stop()
        except TimeoutError as error:
            raise BrokerError(
                f"Kafka at {self._bootstrap_servers} did not acknowledge {self._pending} records "
                f"within {timeout_s:.0f} s; they are sent again after a restart"
            ) from error
        if self._failure:
            raise self._failure

    @property
    def pending(self) -> int:
        """Records handed over and not yet acknowledged."""
        return self._pending

    async def __aenter__(self) -> "WaveformProducer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _connect(self, timeout_s: float) -> Any:  # noqa: ANN401
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + timeout_s
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap_servers,
                acks="all",
                # With idempotence aiokafka never gives a batch up: it retries until acknowledged.
                enable_idempotence=True,
                linger_ms=20,
                max_batch_size=64 * 1024,
                compression_type=None,
                **self._security,
            )
            try:
                await producer.start()
            except KafkaConnectionError as error:
                await producer.stop()
                if loop.time() > give_up_at:
                    raise BrokerError(
                        f"Kafka at {self._bootstrap_servers} does not answer; is it running?"
                    ) from error
                self._notify(f"Kafka at {self._bootstrap_servers} does not answer yet; waiting")
                await asyncio.sleep(_RETRY_S)
            else:
                return producer

    async def _append(self, **message: Any) -> asyncio.Future[Any]:  # noqa: ANN401
        while True:
            try:
                future: asyncio.Future[Any] = await self._producer.send(self._topic, **message)
            except KafkaTimeoutError:
                self._notify(
                    f"Kafka at {self._bootstrap_servers} takes no records; {self._pending} wait"
                )
            except KafkaError as error:
                raise BrokerError(
                    f"Kafka refuses a record for '{self._topic}': {error!r}"
                ) from error
            else:
                return future

    def _finished(self, on_ack: Callable[[], None], future: asyncio.Future[Any]) -> None:
        self._pending -= 1
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            on_ack()
        elif self._failure is None:
            self._failure = BrokerError(f"Kafka refused a record for '{self._topic}': {error!r}")

    async def _beat(self) -> None:
        last_ns: int | None = None
        while True:
            now_ns = self._clock.now_ns()
            is_due = last_ns is None or now_ns - last_ns >= self._heartbeat_ns
            if is_due and self.feed_is_up:
                last_ns = now_ns
                try:
                    await self.beat()
                except BrokerError as error:
                    self._failure = self._failure or error
                    return
            await asyncio.sleep(_HEARTBEAT_POLL_S)

    async def beat(self) -> None:
        """Send a heartbeat to every partition now."""
        async with self._order:
            headers = [("received_ns", _ascii(self._clock.now_ns()))]
            for partition in self._partitions:
                future = await self._append(
                    value=b"", key=HEARTBEAT_KEY, headers=headers, partition=partition
                )
                self._pending += 1
                future.add_done_callback(partial(self._finished, _nothing))


def _ascii(value: int) -> bytes:
    return str(value).encode("ascii")


def _nothing() -> None:
    return None
