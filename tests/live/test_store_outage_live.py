"""A database that takes nothing holds nobody up, and is filled once it is back."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from control_messages import event_messages
from live_system import LiveSystem, live_system
from synthetic_readings import located_readings
from topic_messages import send

from streamstress.broker import Broker
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


def test_a_locked_database_delays_no_mechanism_and_misses_none(
    live_broker: Broker, smoke_archive: Archive, tmp_path: Path
):
    events, _ = located_readings(n_events=N_EVENTS, seed=5, n_stations=12)
    named = {
        event_id: [
            replace(row, network="XS", station=f"S{k + 1:03d}") for k, row in enumerate(rows)
        ]
        for event_id, rows in events.items()
    }
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

        def stored() -> dict[str, Mechanism]:
            with system.reader() as reader:
                return {one.event_id: one for one in reader.mechanism_records()}

        system.wait(lambda: len(stored()) == N_EVENTS, 120.0, "the store has caught up")
        assert stored() == sent_mechanisms(system)
