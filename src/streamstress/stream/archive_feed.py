"""Archive files onto the ``waveforms`` topic, as fast as the broker takes them.

The clock is the data: each record is received the moment its last sample was recorded, so the
pickers judge silence and lateness as if the data had come live.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streamstress.config import Settings
from streamstress.errors import RejectedError
from streamstress.ingest.archive import archive_records
from streamstress.ingest.producer import WaveformProducer
from streamstress.ingest.record_index import index_records
from streamstress.ingest.screen import DuplicateTracker, read_header
from streamstress.stream.agents.window_schedule import RUN_ON_S
from streamstress.stream.kafka import Kafka
from streamstress.wire.topics import WAVEFORMS

BEAT_NS = 5_000_000_000


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
    corrupt: int


async def feed_archive(
    path: Path, settings: Settings, kafka: Kafka, show: Callable[[int, int], None]
) -> Fed:
    """Send an archive's records; ``show`` is told how many of how many are done.

    Raises
    ------
    InputFileError
        There is no miniSEED under the path.
    BrokerError
        The broker does not answer or refuses.
    """
    index = index_records([path])
    clock, tracker = DataClock(), DuplicateTracker()
    topic = settings.kafka.topic_prefix + WAVEFORMS.name
    producer = WaveformProducer(
        kafka.bootstrap, topic, clock, heartbeat_s=BEAT_NS / 1e9, security=kafka.security
    )
    sent = duplicates = corrupt = 0
    async with producer:
        for number, record in enumerate(archive_records(index), start=1):
            try:
                header = read_header(record.payload)
            except RejectedError:
                corrupt += 1
                continue
            if tracker.is_duplicate(header):
                duplicates += 1
                continue
            clock.data_ns = max(clock.data_ns, header.end_ns)
            await producer.send(header.station_code, record.payload, header.end_ns, _nothing)
            sent += 1
            if number % 1000 == 0:
                show(number, len(index))
        await _run_on(producer, clock)
    return Fed(sent, duplicates, corrupt)


async def _run_on(producer: WaveformProducer, clock: DataClock) -> None:
    """Let the clock pass the last windows, heartbeat by heartbeat."""
    end_ns = clock.data_ns + round(RUN_ON_S * 1e9)
    while clock.data_ns < end_ns:
        clock.data_ns += BEAT_NS
        await producer.beat()


def _nothing() -> None:
    """Take an acknowledgement; the producer waits for all of them when it stops."""
