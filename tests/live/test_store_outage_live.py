"""A database that takes nothing holds nobody up, and is filled once it is back."""

import asyncio
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from control_messages import event_messages
from live_system import LiveSystem, live_system
from synthetic_readings import located_readings
from topic_messages import send

from streamstress.broker import Broker
from streamstress.outputs.picks_csv import PickLine
from streamstress.records import Mechanism
from streamstress.simulate.archive import Archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.state import read_partition
from streamstress.wire.topics import MECHANISMS

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

N_EVENTS = 20


def sent_mechanisms(system: LiveSystem) -> dict[str, Mechanism]:
    """Newest mechanism of each event on the topic."""

    async def reading() -> dict[str, Mechanism]:
        name = system.settings.kafka.topic_prefix + MECHANISMS.name
        found = {}
        async for message in read_partition(kafka_of(system.settings), name, 0, None):
            record = message.record()
            if isinstance(record, Mechanism):
                found[record.event_id] = record
        return found

    return asyncio.run(reading())


def simulated_events() -> dict[str, list[PickLine]]:
    """Readings of twelve stations, of earthquakes that all have a mechanism."""
    events, _ = located_readings(n_events=N_EVENTS, seed=5, n_stations=12)
    return {
        event_id: [
            replace(row, network="XS", station=f"S{k + 1:03d}") for k, row in enumerate(rows)
        ]
        for event_id, rows in events.items()
    }


def stored(system: LiveSystem) -> dict[str, Mechanism]:
    """Mechanisms of the store, by event id."""
    with system.reader() as reader:
        return {one.event_id: one for one in reader.mechanism_records()}


def fill(ballast: Path) -> None:
    """Write until nothing more fits on the disk."""
    with suppress(OSError), ballast.open("wb", 0) as file:
        while file.write(bytes(4096)):
            pass


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 8 MB, which only root can make."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a file system that can be filled needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_locked_database_delays_no_mechanism_and_misses_none(
    live_broker: Broker, smoke_archive: Archive, tmp_path: Path
):
    named = simulated_events()
    with live_system(tmp_path / "outage", smoke_archive, live_broker.bootstrap_servers) as system:
        system.start(("mechanism", "store"))
        file = system.settings.store.url.removeprefix("sqlite:///")
        lock = sqlite3.connect(file, isolation_level=None)
        lock.execute("begin immediate")
        send(system.settings, event_messages(named))
        system.wait(lambda: len(sent_mechanisms(system)) == N_EVENTS, 120.0, "all are solved")
        with system.reader() as reader:
            assert reader.mechanism_records() == []
        # Longer than the store waits for a lock: its worker ends, and is started again.
        system.wait(lambda: any("worker store ended" in word for word in system.told), 60.0, "end")
        assert not any("worker mechanism ended" in word for word in system.told)
        lock.execute("rollback")
        lock.close()
        system.wait(lambda: len(stored(system)) == N_EVENTS, 120.0, "the store has caught up")
        assert stored(system) == sent_mechanisms(system)


def test_a_full_disk_delays_no_mechanism_and_misses_none(
    live_broker: Broker, smoke_archive: Archive, small_disk: Path, tmp_path: Path
):
    kept = {"store": {"url": f"sqlite:///{small_disk / 'store.db'}"}}
    folder = tmp_path / "full"
    with live_system(folder, smoke_archive, live_broker.bootstrap_servers, kept) as system:
        system.start(("mechanism", "store"))
        ballast = small_disk / "ballast"
        fill(ballast)
        send(system.settings, event_messages(simulated_events()))
        system.wait(lambda: len(sent_mechanisms(system)) == N_EVENTS, 120.0, "all are solved")
        system.wait(lambda: any("worker store ended" in word for word in system.told), 60.0, "end")
        assert not any("worker mechanism ended" in word for word in system.told)
        assert "full" in system.log("store").read_text()
        ballast.unlink()
        system.wait(lambda: len(stored(system)) == N_EVENTS, 120.0, "the store has caught up")
        assert stored(system) == sent_mechanisms(system)
