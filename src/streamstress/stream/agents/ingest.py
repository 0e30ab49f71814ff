"""SeedLink records onto the ``waveforms`` topic; what may not enter goes to the dead letters.

Not a faust agent: its input is a socket. A resume point moves on only when the broker has
acknowledged the record, so what was accepted is never lost.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from functools import partial

import structlog
from aiokafka import AIOKafkaProducer

from streamstress.clock import Clock
from streamstress.config import Settings
from streamstress.config.secrets import secret_in
from streamstress.config.settings import Ingest as IngestSettings
from streamstress.errors import RejectedError
from streamstress.ingest.producer import WaveformProducer
from streamstress.ingest.recent import remember_recent
from streamstress.ingest.resume import ResumePoints
from streamstress.ingest.screen import DuplicateTracker, RecordHeader, read_header, require_past
from streamstress.ingest.seedlink import SeedLinkRecord, SeedLinkSource, stream_records
from streamstress.ingest.stations_wanted import is_wanted
from streamstress.outputs.metrics import Metrics
from streamstress.records import DeadLetter
from streamstress.stream.feed_watch import FeedWatch
from streamstress.stream.kafka import Kafka
from streamstress.wire.codec import encode
from streamstress.wire.topics import DEAD_LETTERS, WAVEFORMS

NAME = "ingest"
SAVE_EVERY_S = 1.0
"""How often resume points are written."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Ingest:
    """One SeedLink server onto one topic."""

    settings: Settings
    kafka: Kafka
    clock: Clock
    metrics: Metrics
    tracker: DuplicateTracker = field(default_factory=DuplicateTracker)
    connected: bool = False
    feeds: FeedWatch = field(init=False)

    def __post_init__(self) -> None:
        """Watch the feeds by the same clock."""
        self.feeds = FeedWatch(self.metrics, self.clock)

    async def run(self) -> None:
        """Receive until cancelled."""
        ingest = self.settings.ingest
        source = seedlink_source(ingest)
        resume = ResumePoints(ingest.resume_file, source.server)
        self._expect_again(resume)
        topic = self.settings.kafka.topic_prefix + WAVEFORMS.name
        producer = WaveformProducer(
            self.kafka.bootstrap,
            topic,
            self.clock,
            ingest.heartbeat_s,
            notify=log.warning,
            security=self.kafka.security,
        )
        # Idempotent: while the broker is away a letter waits, as records do.
        letters = self.kafka.producer()
        producer.feed_is_up = False
        async with producer, letters:
            await remember_recent(
                self.tracker, self.kafka.bootstrap, topic, security=self.kafka.security
            )
            saver = asyncio.create_task(_save_often(resume, self.feeds))
            try:
                await self._receive(source, producer, letters, resume)
            finally:
                saver.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await saver
                resume.save()

    def _expect_again(self, resume: ResumePoints) -> None:
        """Show stations heard before a restart, so that one that is silent stays so."""
        for station, end_ns in resume.ends_ns().items():
            if is_wanted(self.settings.ingest.selectors, station):
                self.feeds.expect(station, end_ns)

    async def _receive(
        self,
        source: SeedLinkSource,
        producer: WaveformProducer,
        letters: AIOKafkaProducer,
        resume: ResumePoints,
    ) -> None:
        def on_link(up: bool) -> None:
            producer.feed_is_up = up
            self.metrics.feed.reconnects.inc(int(up))

        async for record in stream_records(source, resume, log.info, on_link):
            self.connected = True
            await self._take(record, producer, letters, resume)

    async def _take(
        self,
        record: SeedLinkRecord,
        producer: WaveformProducer,
        letters: AIOKafkaProducer,
        resume: ResumePoints,
    ) -> None:
        count = self.metrics.stage
        count.received.labels(NAME).inc()
        self.metrics.feed.bytes_received.inc(len(record.payload))
        station, sequence = record.station_code, record.sequence
        resume.opened(station, sequence)
        try:
            header = self._screened(record)
        except RejectedError as rejection:
            count.rejected.labels(NAME, rejection.reason).inc()
            await self._set_aside(record, rejection, letters)
            resume.acknowledged(station, sequence, 0)
            return
        if self.tracker.is_duplicate(header):
            count.rejected.labels(NAME, "duplicate").inc()
            resume.acknowledged(station, sequence, header.end_ns)
            return
        acknowledged = partial(self._acknowledged, resume, station, sequence, header.end_ns)
        await producer.send(station, record.payload, header.end_ns, acknowledged)

    def _screened(self, record: SeedLinkRecord) -> RecordHeader:
        header = read_header(record.payload)
        require_past(header, self.clock, round(self.settings.ingest.future_tolerance_s * 1e9))
        return header

    def _acknowledged(self, resume: ResumePoints, station: str, sequence: int, end_ns: int) -> None:
        resume.acknowledged(station, sequence, end_ns)
        self.metrics.stage.sent.labels(NAME).inc()
        self.feeds.heard(station, end_ns)

    async def _set_aside(
        self, record: SeedLinkRecord, rejection: RejectedError, letters: AIOKafkaProducer
    ) -> None:
        letter = DeadLetter(
            stage=NAME,
            topic="seedlink",
            partition=0,
            offset=record.sequence,
            key=record.station_code.encode(),
            value=record.payload,
            reason=rejection.reason,
            detail=str(rejection),
            sent_ns=time.time_ns(),
        )
        key = f"seedlink/{record.station_code}/{record.sequence}".encode()
        topic = self.settings.kafka.topic_prefix + DEAD_LETTERS.name
        await letters.send_and_wait(topic, value=encode(letter), key=key, partition=0)


def seedlink_source(ingest: IngestSettings) -> SeedLinkSource:
    """Where the settings say that records come from.

    Raises
    ------
    ConfigError
        The file of the password cannot be read.
    """
    login = None
    if ingest.password_file is not None:
        login = ingest.username, secret_in(ingest.password_file, "ingest.password_file")
    return SeedLinkSource(
        ingest.host,
        ingest.port,
        tuple(ingest.selectors),
        tls=ingest.tls,
        login=login,
        from_earliest=ingest.from_earliest,
    )


async def _save_often(resume: ResumePoints, feeds: FeedWatch) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        resume.save()
        feeds.drop_gone()
