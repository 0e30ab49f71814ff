"""A running system, what can be done to it, and what it ended with."""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from final_versions import FinalVersions, final_versions
from live_system import LiveSystem, live_system, write_system_config
from tcp_proxy import TcpProxy, tcp_proxy
from topic_messages import send
from topic_recorder import Recorder

from streamstress.broker import Broker, start_broker
from streamstress.cli.system import supervisor_of
from streamstress.config import load_settings
from streamstress.records import Progress, Record
from streamstress.simulate.archive import Archive
from streamstress.stream.chain import run_archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import WORKERS, build_role
from streamstress.stream.state import read_partition
from streamstress.stream.supervisor import Worker
from streamstress.wire.codec import decode
from streamstress.wire.topics import (
    CHANGES,
    EVENTS,
    MECHANISMS,
    PICKS,
    READINGS,
    STRESS,
    WAVEFORMS,
    Topic,
    partition_counts,
)

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

    def stop_broker(self, seconds: float) -> None:
        """Stop Kafka as a frozen host would, and let it go on."""
        os.kill(self.broker.pid, signal.SIGSTOP)
        self._pause(seconds)
        os.kill(self.broker.pid, signal.SIGCONT)
        self.outages_s.append(seconds)

    def kill_broker(self, seconds: float) -> None:
        """SIGKILL Kafka, and start it again on the same folder and port."""
        began_s = time.monotonic()
        port = int(self.broker.bootstrap_servers.rpartition(":")[2])
        os.kill(self.broker.pid, signal.SIGKILL)
        self._pause(seconds)
        self.broker = start_broker(self.broker.folder, port, heap_mb=256)
        self.outages_s.append(time.monotonic() - began_s)

    def fill_disk(self, seconds: float) -> None:
        """Fill the broker's disk until it fails, free it, and start Kafka again if it ended."""
        began_s = time.monotonic()
        ballast = self.broker.folder / "ballast"
        with ballast.open("wb") as file:
            file.write(b"\0" * max(0, shutil.disk_usage(self.broker.folder).free - 4096))
        self._pause(seconds)
        ballast.unlink()
        port = int(self.broker.bootstrap_servers.rpartition(":")[2])
        self.broker = start_broker(self.broker.folder, port, heap_mb=256)
        self.outages_s.append(time.monotonic() - began_s)

    def restart_seedlink(self) -> None:
        """SIGKILL the SeedLink server; it comes back with the same records and clock."""
        if "--go-on" not in self.replay.command:
            self.replay.command = [*self.replay.command, "--go-on"]
        self.kill("replay")

    def cut_network(self, seconds: float) -> None:
        """Break the line to the SeedLink server."""
        self.proxy.cut()
        self._pause(seconds)
        self.proxy.restore()
        self.outages_s.append(seconds)

    def slow_network(self, seconds: float, delay_s: float = 0.05) -> None:
        """Let every piece of the SeedLink line wait."""
        self.proxy.delay_s = delay_s
        self._pause(seconds)
        self.proxy.delay_s = 0.0

    def poison(self) -> None:
        """Put bytes that are no record onto topics of waveforms and of records."""
        now = {"received_ns": str(self.system.archive.start_ns).encode()}
        send(
            self.system.settings,
            [
                (WAVEFORMS.name, 0, b"XS.S001", b"\0" * 512, now),
                (PICKS.name, 0, b"poison", b"\xc1", {}),
                (EVENTS.name, 0, b"poison", b"\xc1", {}),
            ],
        )

    def lock_store(self, seconds: float) -> None:
        """Hold the database, so that nothing can be written."""
        file = self.system.settings.store.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, isolation_level=None)) as lock:
            lock.execute("begin immediate")
            self._pause(seconds)
            lock.execute("rollback")

    def scale(self, role: str, extra: int, seconds: float) -> None:
        """Run more workers of a role beside the first for a while, then stop them."""
        added = [self._twin(role, number) for number in range(extra)]
        for worker in added:
            worker.start()
        self._pause(seconds)
        for worker in added:
            assert worker.process is not None
            worker.process.send_signal(signal.SIGTERM)
            worker.process.wait(30.0)

    def _twin(self, role: str, number: int) -> Worker:
        (base_port,) = free_ports(1, run_of=len(WORKERS))
        text = self.system.config.read_text()
        old = f"base_port = {self.system.settings.metrics.base_port}"
        config = self.system.config.with_name(f"twin-{role}-{number}.toml")
        config.write_text(text.replace(old, f"base_port = {base_port}"))
        (worker,) = supervisor_of(config, load_settings(config), (role,)).workers
        worker.log_file = self.system.log(f"{role}-{number}")
        return worker

    def _pause(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        self.system.wait(lambda: time.monotonic() >= until_s, seconds + 60.0, "a pause")

    def finish(self, at_most_s: float) -> FinalVersions:
        """Wait until everything is final, and read the topics."""
        end_ns = self.system.archive.end_ns - 20_000_000_000
        self.system.wait(
            lambda: asyncio.run(self._passed_ns()) >= end_ns, at_most_s, "all mechanisms final"
        )
        self._pause(5.0)
        return final_versions(record for topic in COMPARED for record in self.records(topic))

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
        for value in asyncio.run(self._values(topic)):
            try:
                yield decode(value)
            except ValueError:
                continue

    def count(self, topic: Topic) -> int:
        """Messages on a topic."""
        return len(asyncio.run(self._values(topic)))

    async def _values(self, topic: Topic) -> list[bytes]:
        settings = self.system.settings
        kafka = settings.kafka
        partitions = partition_counts(
            kafka.waveform_partitions, kafka.zone_partitions, kafka.region_partitions
        )[topic.name]
        return [
            message.value
            for partition in range(partitions)
            async for message in read_partition(
                kafka_of(settings), kafka.topic_prefix + topic.name, partition, None
            )
        ]


@contextmanager
def chaos(
    folder: Path, archive: Archive, broker: Broker, seed: int, speed: float
) -> Iterator[Chaos]:
    """A system that runs and is fed through a proxy; stopped at the end, whatever happened."""
    (server_port,) = free_ports(1)
    changes = {**SETTINGS, "ingest": {"future_tolerance_s": 10.0 * speed}}
    with live_system(folder, archive, broker.bootstrap_servers, changes) as system:
        settings = system.settings
        command = [
            sys.executable, "-m", "streamstress", "replay", str(archive.waveforms),
            "--speed", str(speed), "--port", str(server_port),
            "--clock", str(settings.clock.replay),
        ]  # fmt: skip
        replay = Worker("replay", command, system.log("replay"))
        with tcp_proxy(settings.ingest.port, server_port) as proxy:
            system.start(ROLES)
            ingest = supervisor_of(system.config, settings, ("ingest",)).workers
            system.supervisor.add([replay, *ingest])
            yield Chaos(system, broker, np.random.default_rng(seed), proxy, replay)


def undisturbed(folder: Path, archive: Archive) -> FinalVersions:
    """What the same agents make of the archive in one process: no sockets, no Kafka, no faults."""
    one = {**SETTINGS, "kafka": {"waveform_partitions": 1}}
    settings = load_settings(write_system_config(folder, archive, "nowhere:1", one))
    settings.run_folder.mkdir()
    recorder = Recorder()
    agents = [build_role(name, settings) for name in ROLES if name != "store"]
    run_archive([*agents, recorder], archive.waveforms, heartbeat_s=5.0)
    return final_versions(decode(value) for topic in COMPARED for value in recorder.values(topic))


Fault = Callable[[Chaos], None]
