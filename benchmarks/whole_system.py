"""The whole system as real processes on this machine, and what each of them costs."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from streamstress.broker import broker_status, stop_broker
from streamstress.cli.demo_config import write_config
from streamstress.cli.system import prepare, supervisor_of
from streamstress.config import Settings, load_settings
from streamstress.outputs.store_reader import StoreReader
from streamstress.simulate.archive import Archive
from streamstress.simulate.scenario import Scenario
from streamstress.stream.addresses import metrics_port
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import BUILDERS, WORKERS
from streamstress.stream.supervisor import Supervisor, Worker

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
"""What a worker exports, by name and labels."""

CLOCK_TICKS = 100
"""Ticks a second of /proc/PID/stat, as Linux has them."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds (user and system) and resident memory of a process, MB."""

    cpu_s: float
    resident_mb: float


@dataclass(slots=True)
class System:
    """A configuration with its supervised workers."""

    settings: Settings
    supervisor: Supervisor
    config: Path
    archive: Archive

    def wait(self, condition: Callable[[], bool], at_most_s: float, what: str) -> None:
        """Watch the workers until the condition holds; TimeoutError if it does not."""
        give_up_at = time.monotonic() + at_most_s
        while not condition():
            for sentence in self.supervisor.watch_once():
                print(sentence, file=sys.stderr, flush=True)
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"not within {at_most_s:.0f} s: {what}")
            time.sleep(0.2)

    def wait_a_while(self, seconds: float) -> None:
        """Let time pass, and watch the workers meanwhile."""
        until_s = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() >= until_s, seconds + 60.0, "a pause")

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """The process of a worker that runs."""
        found = [worker.process for worker in self.supervisor.workers if worker.name == name]
        if len(found) != 1 or found[0] is None:
            raise ValueError(f"no one process {name} runs")
        return found[0]

    def wait_until_final(self, at_most_s: float) -> None:
        """Wait until the mechanisms are final up to 20 s before the archive's end."""
        end_ns = self.archive.end_ns - 20_000_000_000

        def is_final() -> bool:
            reader = StoreReader.open(self.settings.store.url)
            try:
                return reader.system.progress().get("mechanism", 0) >= end_ns
            finally:
                reader.close()

        self.wait(is_final, at_most_s, "all mechanisms final")

    def is_ready(self, role: str) -> bool:
        """Whether a worker answers that it is ready."""
        return _is_ready(metrics_port(self.settings, role))

    def samples(self, role: str) -> Samples:
        """What a worker exports; empty where it does not answer."""
        url = f"http://127.0.0.1:{metrics_port(self.settings, role)}/metrics"
        try:
            with urllib.request.urlopen(url, timeout=5.0) as answer:
                families = list(text_string_to_metric_families(answer.read().decode()))
        except (urllib.error.URLError, OSError):
            return {}
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def cost(self, role: str) -> Cost:
        """What a worker has cost since it started."""
        told = self.samples(role)
        return Cost(
            told["process_cpu_seconds_total", frozenset()],
            told["process_resident_memory_bytes", frozenset()] / 1e6,
        )

    def broker_cost(self) -> Cost:
        """What Kafka has cost since it started."""
        broker = broker_status(self.settings.kafka.embedded_folder).broker
        assert broker is not None  # noqa: S101 - it was started here
        return process_cost(broker.pid)


def process_cost(pid: int) -> Cost:
    """What a process has cost since it started, as Linux counts it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Cost((int(fields[11]) + int(fields[12])) / CLOCK_TICKS, pages * 4096 / 1e6)


@dataclass(frozen=True, slots=True)
class Twin:
    """A second worker of a role."""

    worker: Worker
    port: int

    def is_ready(self) -> bool:
        """Whether it answers that it is ready."""
        return _is_ready(self.port)


def twin_of(system: System, role: str, number: int) -> Twin:
    """A second worker of a role with ports of its own, not started."""
    (base_port,) = free_ports(1, run_of=len(WORKERS))
    text = system.config.read_text()
    old = f"base_port = {system.settings.metrics.base_port}\n"
    if text.count(old) != 1:
        raise ValueError(f"{old!r} is not once in the configuration")
    config = system.config.with_name(f"twin-{role}-{number}.toml")
    config.write_text(text.replace(old, f"base_port = {base_port}\n"))
    settings = load_settings(config)
    (worker,) = supervisor_of(config, settings, (role,)).workers
    return Twin(worker, metrics_port(settings, role))


def _is_ready(port: int) -> bool:
    url = f"http://127.0.0.1:{port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=5.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def whole_system(
    folder: Path,
    archive: Archive,
    scenario: Scenario,
    changes: Mapping[str, str],
    speed: float,
    roles: tuple[str, ...] = (*BUILDERS, "exporter"),
) -> Iterator[System]:
    """Broker and workers, from picker to exporter if not said, ready; stopped at the end.

    ``changes`` replaces text in the configuration of the demo.
    """
    kafka, seedlink, web = free_ports(3)
    ports = {
        "kafka_port": kafka,
        "seedlink_port": seedlink,
        "web_port": web,
        "metrics_port": free_ports(1, run_of=len(WORKERS))[0],
    }
    path = folder / "streamstress.toml"
    config = write_config(
        path, archive, name="bench", seed=1, speed=speed, scenario=scenario, ports=ports
    )
    text = config.read_text()
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"{old!r} is not in the demo's configuration")
        text = text.replace(old, new)
    config.write_text(text)
    settings = load_settings(config)
    supervisor = supervisor_of(config, settings, roles)
    system = System(settings, supervisor, config, archive)
    prepare(settings)
    try:
        supervisor.start()
        system.wait(lambda: all(map(system.is_ready, roles)), 300.0, "ready")
        yield system
    finally:
        supervisor.stop()
        stop_broker(settings.kafka.embedded_folder)


def replay_workers(system: System, speed: float) -> list[Worker]:
    """A SeedLink server over the archive, and the ingest that reads it."""
    settings = system.settings
    command = [
        sys.executable, "-m", "streamstress", "replay", str(system.archive.waveforms),
        "--speed", str(speed), "--port", str(settings.ingest.port),
        "--clock", str(settings.clock.replay),
    ]  # fmt: skip
    ingest = supervisor_of(system.config, settings, ("ingest",)).workers
    return [Worker("replay", command, settings.run_folder / "logs" / "replay.log"), *ingest]
