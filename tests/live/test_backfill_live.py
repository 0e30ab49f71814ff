"""``streamstress backfill``: interrupted and gone on with, it ends as a live run would have."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from live_system import Catalogue, LiveSystem, live_system
from msgspec.structs import replace

from streamstress.broker import Broker
from streamstress.records import Event, Mechanism, Record
from streamstress.simulate.archive import Archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.state import read_partition
from streamstress.wire.codec import encode
from streamstress.wire.topics import CANDIDATES, EVENTS, MECHANISMS, WAVEFORMS

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


def backfill(system: LiveSystem) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "streamstress", "backfill", str(system.archive.waveforms)]
    options = ["-c", str(system.config), "--run", "march", "--per-second", "50"]
    return subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)


def records(system: LiveSystem, topic: str) -> list[Record]:
    async def reading() -> list[Record]:
        name = system.settings.kafka.topic_prefix + topic
        found = [m async for m in read_partition(kafka_of(system.settings), name, 0, None)]
        return [record for m in found if (record := m.record()) is not None]

    return asyncio.run(reading())


def find_half(system: LiveSystem, whole: Event) -> Event:
    """Put an event on the live topic, as the live workers would with half of the stations."""
    half = replace(whole, event_id="half", arrivals=whole.arrivals[: len(whole.arrivals) // 2])

    async def sending() -> None:
        producer = kafka_of(system.settings).producer()
        await producer.start()
        name = system.settings.kafka.topic_prefix + EVENTS.name
        await producer.send_and_wait(name, value=encode(half), key=b"half", partition=0)
        await producer.stop()

    asyncio.run(sending())
    return half


def n_waveforms(system: LiveSystem) -> int:
    async def counting() -> int:
        name = f"{system.settings.kafka.topic_prefix}backfill.march.{WAVEFORMS.name}"
        kafka = kafka_of(system.settings)
        return sum([len([m async for m in read_partition(kafka, name, p, None)]) for p in (0, 1)])

    return asyncio.run(counting())


def test_an_interrupted_backfill_goes_on_and_gives_what_a_live_run_gives_and_lacks(
    live_broker: Broker, smoke_archive: Archive, expected: Catalogue, tmp_path: Path
):
    with live_system(tmp_path / "filled", smoke_archive, live_broker.bootstrap_servers) as system:
        first = backfill(system)
        folder = system.settings.run_folder / "backfill" / "march"
        give_up_at = time.monotonic() + 120.0
        while not (folder / "logs" / "pick.log").exists() and time.monotonic() < give_up_at:
            time.sleep(0.2)
        time.sleep(15.0)
        first.send_signal(signal.SIGTERM)
        said = first.communicate(timeout=120.0)[1]
        assert first.returncode == 130, said
        assert "start it again with --run march" in said
        assert records(system, MECHANISMS.name) == []
        fed = n_waveforms(system)
        assert fed > 0
        whole = next(iter(expected.events.values()))
        half = find_half(system, whole)
        second = backfill(system)
        said = second.communicate(timeout=400.0)[1]
        assert second.returncode == 0, said
        assert "6 mechanisms handed over, 0 known already" in said
        assert "1 events that were found from less data have a fuller version" in said
        found = [m for m in records(system, MECHANISMS.name) if isinstance(m, Mechanism)]
        assert all(one.flagged_backfill for one in found)
        plain = {m.event_id: replace(m, flagged_backfill=False, sent_ns=0) for m in found}
        others = {i: m for i, m in expected.mechanisms.items() if i != whole.event_id}
        assert plain == others
        (fuller,) = [e for e in records(system, CANDIDATES.name) if isinstance(e, Event)]
        assert (fuller.event_id, fuller.flagged_backfill) == ("half", True)
        assert fuller.version > half.version
        assert fuller.arrivals == whole.arrivals
        assert len(records(system, EVENTS.name)) == 1, "merge alone writes events"
