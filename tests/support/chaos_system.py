"""A running system, what can be done to it, and what it ended with."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from final_versions import FinalVersions, final_versions
from live_system import LiveSystem, live_system, write_system_config
from tcp_proxy import TcpProxy, tcp_proxy
from topic_recorder import Recorder

from streamstress.broker import Broker
from streamstress.cli.system import supervisor_of
from streamstress.config import load_settings
from streamstress.records import Progress, Record
from streamstress.simulate.archive import Archive
from streamstress.stream.chain import run_archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import build_role
from streamstress.stream.state import Incoming, read_partition
from streamstress.stream.supervisor import Worker
from streamstress.wire.codec import decode
from streamstress.wire.topics import (
    CHANGES,
    EVENTS,
    MECHANISMS,
    READINGS,
    STRESS,
    Topic,
    partition_counts,
)

STEPPED_CLOCK = Path(__file__).parent / "stepped_clock"
ROLES = ("pick", "polarity", "locate", "merge", "mechanism", "stress", "change", "store")
COMPARED = (READINGS, EVENTS, MECHANISMS, STRESS, CHANGES)
SETTINGS = {
    "kafka": {"waveform_partitions": 3},
    # An outage of a minute of wall time is minutes of data in a replay.
    "picking": {"step_s": 10.0, "max_wait_s": 120.0, "silent_after_s": 600.0},
    "change": {"learn_events": 40},
}


@dataclass(slots=True)
class Chaos:
    """A live system under faults; each method is one of them."""

    system: LiveSystem
    broker: Broker
    rng: np.random.Generator
    proxy: TcpProxy
    replay: Worker
    clock_file: Path
    """Holds what the workers' wall clocks are ahead, s."""
    kills: int = 0
    first_outputs_s: list[float] = field(default_factory=list)
    """From a kill to the first message that the same role sent or acknowledged after it."""
    outages_s: list[float] = field(default_factory=list)

    def kill(self, role: str) -> None:
        """SIGKILL one worker; a worker that is between two lives is left alone."""
        process = self.system.worker(role).process
        if process is not None and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            self.kills += 1

    def take_away(self, worker: Worker) -> None:
        """SIGKILL a worker, and do not start it again."""
        assert worker.process is not None
        self.system.supervisor.workers.remove(worker)
        worker.process.kill()
        worker.process.wait()

    def kill_and_time(self, role: str, at_most_s: float = 180.0) -> None:
        """Kill a worker, and wait until it is ready again."""
        began_s = time.monotonic()
        self.kill(role)
        self.system.wait(lambda: not self.system.is_ready(role), 30.0, f"{role} is down")
        self.system.wait(lambda: self.system.is_ready(role), at_most_s, f"{role} is back")
        self.first_outputs_s.append(time.monotonic() - began_s)

    def kill_all(self) -> None:
        """SIGKILL every worker at once."""
        for worker in self.system.supervisor.workers:
            if worker.name != "replay":
                self.kill(worker.name)

    def wait_a_while(self, seconds: float) -> None:
        """Let time pass, and watch the workers meanwhile."""
        until_s = time.monotonic() + seconds
        self.system.wait(lambda: time.monotonic() >= until_s, seconds + 60.0, "a pause")

    def finish(self, at_most_s: float) -> FinalVersions:
        """Wait until everything is final, and read the topics."""
        end_ns = self.system.archive.end_ns - 20_000_000_000
        self.system.wait(
            lambda: asyncio.run(self._passed_ns()) >= end_ns, at_most_s, "all mechanisms final"
        )
        self.wait_a_while(5.0)
        return final_versions(record for topic in COMPARED for record in self.records(topic))

    def wait_until_filled(self, at_most_s: float) -> None:
        """Wait until every gap that was told is filled."""
        file = self.system.settings.run_folder / "filled-gaps.json"

        def is_filled() -> bool:
            if not file.exists():
                return False
            return all(attempt["done"] for attempt in json.loads(file.read_bytes()).values())

        self.system.wait(is_filled, at_most_s, "all gaps filled")

    async def _passed_ns(self) -> int:
        """Progress behind the mechanisms, as the topic holds it."""
        name = self.system.settings.kafka.topic_prefix + MECHANISMS.name
        passed = 0
        async for message in read_partition(kafka_of(self.system.settings), name, 0, None):
            record = message.record()
            if isinstance(record, Progress):
                passed = record.done_until_ns
        return passed

    def records(self, topic: Topic) -> Iterable[Record]:
        """Everything that decodes on a topic."""
        for message in self.messages(topic):
            try:
                yield decode(message.value)
            except ValueError:
                continue

    def messages(self, topic: Topic) -> list[Incoming]:
        """Everything on a topic, as Kafka holds it."""
        return asyncio.run(self._messages(topic))

    def count(self, topic: Topic) -> int:
        """Messages on a topic."""
        return len(self.messages(topic))

    async def _messages(self, topic: Topic) -> list[Incoming]:
        settings = self.system.settings
        kafka = settings.kafka
        partitions = partition_counts(
            kafka.waveform_partitions, kafka.zone_partitions, kafka.region_partitions
        )[topic.name]
        return [
            message
            for partition in range(partitions)
            async for message in read_partition(
                kafka_of(settings), kafka.topic_prefix + topic.name, partition, None
            )
        ]


@contextmanager
def stepped_clocks(file: Path) -> Iterator[None]:
    """Let the wall clocks of processes that start now differ from the machine's by a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("0")
    told = {
        "PYTHONPATH": os.pathsep.join([str(STEPPED_CLOCK), os.environ.get("PYTHONPATH", "")]),
        "CLOCK_STEP_FILE": str(file),
    }
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def chaos(
    folder: Path, archive: Archive, broker: Broker, seed: int, speed: float
) -> Iterator[Chaos]:
    """A system that runs and is fed through a proxy; stopped at the end, whatever happened."""
    (server_port,) = free_ports(1)
    changes = {
        **SETTINGS,
        "ingest": {"future_tolerance_s": 10.0 * speed},
        "backfill": {"source": str(archive.waveforms), "wait_s": 5.0},
    }
    clock_file = folder.with_name(f"{folder.name}-clock")
    with (
        stepped_clocks(clock_file),
        live_system(folder, archive, broker.bootstrap_servers, changes) as system,
    ):
        settings = system.settings
        command = [
            sys.executable, "-m", "streamstress", "replay", str(archive.waveforms),
            "--speed", str(speed), "--port", str(server_port),
            "--clock", str(settings.clock.replay),
        ]  # fmt: skip
        # The server's clock is the truth of a replay: only the others' is stepped.
        right = {"CLOCK_STEP_FILE": os.devnull}
        replay = Worker("replay", command, system.log("replay"), right)
        with tcp_proxy(settings.ingest.port, server_port) as proxy:
            system.start(ROLES)
            ingest = supervisor_of(system.config, settings, ("ingest",)).workers
            system.supervisor.add([replay, *ingest])
            yield Chaos(system, broker, np.random.default_rng(seed), proxy, replay, clock_file)


def undisturbed(folder: Path, archive: Archive) -> FinalVersions:
    """What the same agents make of the archive in one process: no sockets, no Kafka, no faults."""
    one = {**SETTINGS, "kafka": {"waveform_partitions": 1}}
    settings = load_settings(write_system_config(folder, archive, "nowhere:1", one))
    settings.run_folder.mkdir()
    recorder = Recorder()
    agents = [build_role(name, settings) for name in ROLES if name != "store"]
    run_archive([*agents, recorder], archive.waveforms, heartbeat_s=5.0)
    return final_versions(decode(value) for topic in COMPARED for value in recorder.values(topic))
