"""Archive files onto the ``waveforms`` topic, as fast as the broker takes them.

The clock is the data: each record is received the moment its last sample was recorded, so the
pickers judge silence and lateness as if the data had come live.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaError

from streamstress.config import Settings
from streamstress.errors import RejectedError
from streamstress.ingest.archive import archive_records
from streamstress.ingest.producer import WaveformProducer
from streamstress.ingest.recent import remember_recent
from streamstress.ingest.record_index import index_records
from streamstress.ingest.screen import DuplicateTracker, read_header
from streamstress.ingest.time_span import TimeSpan
from streamstress.stream.agents.window_schedule import RUN_ON_S
from streamstress.stream.feed_pace import FeedPace
from streamstress.stream.kafka import Kafka
from streamstress.stream.state import follow_partition
from streamstress.wire.topics import PICKS, WAVEFORMS

BEAT_NS = 5_000_000_000
LOOK_EVERY_S = 1.0

SPARE_RECORDS = 200_000
"""Heartbeats and records of other runs on the same topic."""


@dataclass(slots=True)
class DataClock:
    """A clock that stands where the data are."""

    data_ns: int = 0

    def now_ns(self) -> int:
        """Time of the newest record, integer ns UTC."""
        return self.data_ns


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of an archive's records."""

    sent: int
    duplicates: int
    """Also what the topic held already, as after an interruption."""
    corrupt: int
    end_ns: int = 0
    """Time of the newest sample."""


async def feed_archive(
    path: Path,
    settings: Settings,
    kafka: Kafka,
    show: Callable[[int, int], None],
    stopped: Callable[[], bool] = lambda: False,
    span: TimeSpan | None = None,
    watch: Callable[[], None] | None = None,
) -> Fed:
    """Send an archive's records, of a span if one is given; ``show`` is told how many are done.

    Records that the topic holds are left out, so that what was interrupted goes on. ``stopped``
    is asked before each record whether to end here. With ``watch`` the feed keeps within
    half an hour of data of the pickers, and calls it each second while it waits for them.

    Raises
    ------
    InputFileError
        There is no miniSEED under the path.
    BrokerError
        The broker does not answer or refuses.
    """
    index = index_records([path], span)
    clock, tracker = DataClock(), DuplicateTracker(capacity=len(index) + SPARE_RECORDS)
    topic = settings.kafka.topic_prefix + WAVEFORMS.name
    producer = WaveformProducer(
        kafka.bootstrap, topic, clock, heartbeat_s=BEAT_NS / 1e9, security=kafka.security
    )
    sent = duplicates = corrupt = 0
    await remember_recent(
        tracker,
        kafka.bootstrap,
        topic,
        per_partition=len(index) + SPARE_RECORDS,
        security=kafka.security,
    )
    pace = FeedPace(settings.kafka.waveform_partitions)
    async with producer, _following(pace, settings, kafka, watch):
        for number, record in enumerate(archive_records(index), start=1):
            if stopped():
                return Fed(sent, duplicates, corrupt, clock.data_ns)
            try:
                header = read_header(record.payload)
            except RejectedError:
                corrupt += 1
                continue
            if watch is not None and pace.is_ahead():
                await producer.beat()
                await _wait(pace, watch, stopped)
            clock.data_ns = max(clock.data_ns, header.end_ns)
            pace.feed(clock.data_ns)
            if tracker.is_duplicate(header):
                duplicates += 1
                continue
            await producer.send(header.station_code, record.payload, header.end_ns, _nothing)
            sent += 1
            if number % 1000 == 0:
                show(number, len(index))
        end_ns = clock.data_ns
        await _run_on(producer, clock)
    return Fed(sent, duplicates, corrupt, end_ns)


@asynccontextmanager
async def _following(
    pace: FeedPace, settings: Settings, kafka: Kafka, watch: Callable[[], None] | None
) -> AsyncIterator[None]:
    """Let the pace hear the pickers meanwhile, where somebody waits for them."""
    if watch is None:
        yield
        return
    topic = settings.kafka.topic_prefix + PICKS.name
    task = asyncio.create_task(pace.follow(follow_partition(kafka, topic, 0)))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, KafkaError, RejectedError):
            await task


async def _wait(pace: FeedPace, watch: Callable[[], None], stopped: Callable[[], bool]) -> None:
    while pace.is_ahead() and not stopped():
        watch()
        await asyncio.sleep(LOOK_EVERY_S)


async def _run_on(producer: WaveformProducer, clock: DataClock) -> None:
    """Let the clock pass the last windows, heartbeat by heartbeat."""
    end_ns = clock.data_ns + round(RUN_ON_S * 1e9)
    while clock.data_ns < end_ns:
        clock.data_ns += BEAT_NS
        await producer.beat()


def _nothing() -> None:
    """Take an acknowledgement; the producer waits for all of them when it stops."""
