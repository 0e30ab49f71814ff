"""A whole system of real processes over a replayed archive, as the live tests drive it.

``conftest.py`` loads this file, so that tests can import it by its name.
"""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from streamstress.cli.system import prepare, supervisor_of
from streamstress.clock import load_replay_clock
from streamstress.config import Settings, load_settings
from streamstress.earth.stations import read_stations
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Event, Mechanism
from streamstress.simulate.archive import Archive
from streamstress.stream.addresses import metrics_port
from streamstress.stream.chain import Reject, run_archive
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import WORKERS, build_role
from streamstress.stream.supervisor import Supervisor, Worker
from streamstress.stream.tracing import Tracing

SPEED = 10.0
"""Times real time: three minutes of data in 18 s."""

CHAIN = ("pick", "polarity", "locate", "merge", "mechanism", "store")
"""The workers that an event needs, from a waveform to the store."""

Tables = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Newest versions of events and mechanisms, by event id."""

    events: Mapping[str, Event]
    mechanisms: Mapping[str, Mechanism]


@dataclass(slots=True)
class LiveSystem:
    """A configuration in a folder of its own, and its supervised workers."""

    folder: Path
    archive: Archive
    config: Path
    settings: Settings
    supervisor: Supervisor = field(default_factory=lambda: Supervisor([]))
    told: list[str] = field(default_factory=list)
    """What the supervisor said of workers that ended."""

    def start(self, roles: Sequence[str]) -> None:
        """Start workers, and wait until each has joined its consumer group."""
        self.supervisor.add(supervisor_of(self.config, self.settings, tuple(roles)).workers)
        agents = [role for role in roles if role not in ("web", "ingest")]
        self.wait(lambda: all(self.is_ready(role) for role in agents), 120.0, f"{agents} ready")

    def feed(self) -> None:
        """Start the replay and the ingest."""
        settings = self.settings
        command = [
            sys.executable, "-m", "streamstress", "replay", str(self.archive.waveforms),
            "--speed", str(SPEED), "--port", str(settings.ingest.port),
            "--clock", str(settings.clock.replay),
        ]  # fmt: skip
        ingest = supervisor_of(self.config, settings, ("ingest",)).workers
        self.supervisor.add([Worker("replay", command, self.log("replay")), *ingest])

    def wait(self, condition: Callable[[], bool], at_most_s: float, what: str) -> None:
        """Watch the workers until the condition holds; fail with the logs' ends if it does not."""
        give_up_at = time.monotonic() + at_most_s
        while not condition():
            self.told += self.supervisor.watch_once()
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"not within {at_most_s:.0f} s: {what}\n{self.last_words()}")
            time.sleep(0.2)

    def wait_until_data_time(self, after_start_s: float, at_most_s: float = 120.0) -> None:
        """Wait until the replay has come so far."""
        path = self.settings.clock.replay
        wanted_ns = self.archive.start_ns + round(after_start_s * 1e9)
        self.wait(
            lambda: path.exists() and load_replay_clock(path).now_ns() >= wanted_ns,
            at_most_s,
            f"replay at {after_start_s:.0f} s",
        )

    def wait_until_final(self, at_most_s: float = 90.0) -> None:
        """Wait until the mechanisms are final up to the archive's quiet end."""
        end_ns = self.archive.end_ns - 20_000_000_000
        self.wait(
            lambda: self.progress_ns("mechanism") >= end_ns, at_most_s, "all mechanisms final"
        )
        time.sleep(1.5)  # what has a place behind the progress, as stress, comes in too

    def progress_ns(self, source: str) -> int:
        """How far a stage has come, as the store knows it."""
        with self.reader() as reader:
            return reader.system.progress().get(source, 0)

    @contextmanager
    def reader(self) -> Iterator[StoreReader]:
        """The store, for reading."""
        reader = StoreReader.open(self.settings.store.url)
        try:
            yield reader
        finally:
            reader.close()

    def kill(self, role: str) -> None:
        """SIGKILL a worker, as the kernel does when memory runs out."""
        process = self.worker(role).process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)

    def worker(self, role: str) -> Worker:
        """A worker by name."""
        return next(worker for worker in self.supervisor.workers if worker.name == role)

    def log(self, role: str) -> Path:
        """A worker's log file."""
        return self.settings.run_folder / "logs" / f"{role}.log"

    def url(self, role: str, path: str) -> str:
        """Address of a worker's probes and metrics."""
        return f"http://{self.settings.metrics.host}:{metrics_port(self.settings, role)}{path}"

    def is_ready(self, role: str) -> bool:
        """Whether a worker answers that it is ready."""
        with suppress(urllib.error.URLError, OSError):
            return fetch(self.url(role, "/readyz"))[0] == 200
        return False

    def last_words(self, lines: int = 8) -> str:
        """The ends of all logs."""
        return "\n".join(
            f"--- {worker.name}\n" + "\n".join(worker.log_file.read_text().splitlines()[-lines:])
            for worker in self.supervisor.workers
            if worker.log_file.exists()
        )


def fetch(url: str) -> tuple[int, str]:
    """Status and text of a page."""
    try:
        with urllib.request.urlopen(url, timeout=5.0) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextmanager
def live_system(
    folder: Path, archive: Archive, bootstrap: str, changes: Tables | None = None
) -> Iterator[LiveSystem]:
    """A system that is stopped at the end, whatever happened."""
    config = write_system_config(folder, archive, bootstrap, changes or {})
    settings = load_settings(config)
    system = LiveSystem(folder, archive, config, settings)
    prepare(settings)
    try:
        yield system
    finally:
        system.supervisor.stop()


def write_system_config(folder: Path, archive: Archive, bootstrap: str, changes: Tables) -> Path:
    """A configuration over an archive; ``changes`` replaces single settings."""
    seedlink, web = free_ports(2)
    tables: dict[str, dict[str, Any]] = {
        "network": {"stations": str(archive.stations), "velocity": str(archive.velocity)},
        "clock": {"replay": "replay-clock.json"},
        "kafka": {
            "bootstrap_servers": bootstrap,
            "topic_prefix": f"{folder.name}.",
            "waveform_partitions": 2,
            "zone_partitions": 1,
            "region_partitions": 1,
        },
        "ingest": {"port": seedlink, "from_earliest": True, "heartbeat_s": 5.0},
        "picking": {"step_s": 10.0, "max_wait_s": 60.0, "silent_after_s": 60.0},
        "stress": {"window_events": 10, "min_events": 8},
        "web": {"port": web},
        "metrics": {"base_port": free_ports(1, run_of=len(WORKERS))[0]},
    }
    for name, values in changes.items():
        tables.setdefault(name, {}).update(values)
    # Wall seconds of delay are SPEED times as many of data.
    tables["ingest"].setdefault("future_tolerance_s", SPEED)
    regions = [tables.pop("region", region_around(archive))]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "streamstress.toml"
    path.write_text(toml_text(tables, regions))
    return path


def region_around(archive: Archive) -> dict[str, Any]:
    """A box that holds all stations with a margin of a quarter degree."""
    stations = read_stations(archive.stations).values()
    latitudes = [station.latitude_deg for station in stations]
    longitudes = [station.longitude_deg for station in stations]
    return {
        "name": "basin",
        "south_deg": min(latitudes) - 0.25,
        "north_deg": max(latitudes) + 0.25,
        "west_deg": min(longitudes) - 0.25,
        "east_deg": max(longitudes) + 0.25,
    }


def toml_text(tables: Tables, regions: Sequence[Mapping[str, Any]]) -> str:
    """The settings as TOML; plain values are written as in JSON."""
    lines = ["run_folder = 'run'"]
    headed = [(f"[{name}]", values) for name, values in tables.items()]
    headed += [("[[network.regions]]", values) for values in regions]
    for heading, values in headed:
        lines.append(heading)
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def catalogue(url: str) -> Catalogue:
    """Events and mechanisms in a store by event id, without the wall times of their sending."""
    reader = StoreReader.open(url)
    events, mechanisms = reader.event_records(), reader.mechanism_records()
    reader.close()
    return Catalogue(
        {event.event_id: msgspec.structs.replace(event, sent_ns=0) for event in events},
        {one.event_id: msgspec.structs.replace(one, sent_ns=0) for one in mechanisms},
    )


def folded(
    folder: Path,
    archive: Archive,
    changes: Tables | None = None,
    on_reject: Reject = lambda *_: None,
    tracings: Mapping[str, Tracing] = MappingProxyType({}),
) -> Catalogue:
    """What the agents make of an archive in one process: no sockets, no Kafka, no restarts."""
    one_partition = {"kafka": {"waveform_partitions": 1}}
    config = write_system_config(folder, archive, "nowhere:1", {**one_partition, **(changes or {})})
    settings = load_settings(config)
    settings.run_folder.mkdir()
    roles = [build_role(name, settings) for name in CHAIN]
    run_archive(roles, archive.waveforms, on_reject=on_reject, tracings=tracings)
    return catalogue(settings.store.url)
