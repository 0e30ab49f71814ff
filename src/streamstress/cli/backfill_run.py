"""One run of a backfill: topics and workers of its own, and at the end the hand-over."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streamstress.cli.system import supervisor_of
from streamstress.config import Settings
from streamstress.errors import ConfigError, UnusableDataError
from streamstress.ingest.fdsn import download
from streamstress.ingest.stations_wanted import is_wanted
from streamstress.ingest.time_span import TimeSpan
from streamstress.stream.archive_feed import feed_archive
from streamstress.stream.backfill import (
    ROLES,
    environment_of,
    final_until_ns,
    prefix_of,
)
from streamstress.stream.handover import Forwarded, forward
from streamstress.stream.kafka import Kafka, kafka_of
from streamstress.stream.low_priority import low_priority
from streamstress.stream.places import places_of
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import WORKERS
from streamstress.stream.setup import make_topics
from streamstress.stream.supervisor import Supervisor

LOOK_EVERY_S = 2.0

QUIET_END_NS = 20_000_000_000
"""Mechanisms are final up to some seconds before the end of the data."""

FDSN = "fdsn:"


@dataclass(frozen=True, slots=True)
class BackfillRun:
    """What is filled in, where from, and under which name."""

    live: Settings
    config: Path
    name: str
    source: str
    """A file or folder, or ``fdsn:`` and an address."""
    span: TimeSpan | None = None
    per_second: float = 5.0

    def done(self, stopped: Callable[[], bool], say: Callable[[str], None]) -> Forwarded | None:
        """Run to the end; None where it was stopped. The same name goes on with what was begun.

        Raises
        ------
        ConfigError
            The source cannot be used so.
        InputFileError
            There are no data.
        WaveformServiceError
            The service does not answer.
        BrokerError
            Kafka does not answer.
        """
        kafka = kafka_of(self.live)
        settings = self._own_settings()
        waveforms = self._waveforms(settings, say)
        supervisor = self._prepared(settings, kafka)

        def watch() -> None:
            for sentence in supervisor.watch_once():
                say(sentence)

        try:
            supervisor.start()
            fed = asyncio.run(
                feed_archive(
                    waveforms,
                    settings,
                    kafka,
                    lambda *_: None,
                    stopped,
                    span=self.span,
                    watch=watch,
                )
            )
            end_ns = fed.end_ns - QUIET_END_NS
            while not stopped() and asyncio.run(final_until_ns(settings, kafka)) < end_ns:
                watch()
                time.sleep(LOOK_EVERY_S)
        finally:
            supervisor.stop()
        if stopped():
            return None
        return asyncio.run(forward(self.live, settings, kafka, self.per_second))

    def _own_settings(self) -> Settings:
        prefix = prefix_of(self.live, self.name)
        folder = self.live.run_folder / "backfill" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        own = self.live.kafka.model_copy(update={"topic_prefix": prefix})
        return self.live.model_copy(update={"kafka": own, "run_folder": folder})

    def _waveforms(self, settings: Settings, say: Callable[[str], None]) -> Path:
        """Where the data lie, fetched if they come from a service."""
        if not self.source.startswith(FDSN):
            return Path(self.source)
        if self.span is None:
            raise ConfigError(f"{self.source}: a service is asked for a time: --start and --end")
        folder = settings.run_folder / "waveforms"
        stations = [
            code
            for code in places_of(self.live).stations
            if is_wanted(self.live.ingest.selectors, code)
        ]
        address = self.source.removeprefix(FDSN)
        channels = self.live.backfill.channels
        found = download(address, stations, channels, self.span, folder)
        say(f"{address}: data of {found} of {len(stations)} stations")
        if not found:
            raise UnusableDataError(f"{address} has no data of that time of any station")
        return folder

    def _prepared(self, settings: Settings, kafka: Kafka) -> Supervisor:
        """The workers of the run, its topics made; they yield to the live ones."""
        (base_port,) = free_ports(1, run_of=len(WORKERS))
        asyncio.run(make_topics(settings, kafka))
        supervisor = supervisor_of(self.config, settings, ROLES)
        for worker in supervisor.workers:
            worker.command = low_priority(worker.command)
            told = environment_of(self.live, self.name, base_port)
            worker.environment = {**worker.environment, **told}
        return supervisor
