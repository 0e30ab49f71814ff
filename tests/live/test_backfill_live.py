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
from streamstress.records import Mechanism
from streamstress.simulate.archive import Archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.state import read_partition
from streamstress.wire.topics import EVENTS, MECHANISMS, WAVEFORMS

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


def backfill(system: LiveSystem) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "streamstress", "backfill", str(system.archive.waveforms)]
    options = ["-c", str(system.config), "--run", "march", "--per-second", "50"]
    return subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)


def messages(system: LiveSystem, topic: str, between: str = "") -> list[Mechanism]:
    async def reading() -> list[Mechanism]:
        name = system.settings.kafka.topic_prefix + between + topic
        found = [m async for m in read_partition(kafka_of(system.settings), name, 0, None)]
        return [record for m in found if isinstance(record := m.record(), Mechanism)]

    return asyncio.run(reading())


def n_waveforms(system: LiveSystem) -> int:
    async def counting() -> int:
        name = f"{system.settings.kafka.topic_prefix}backfill.march.{WAVEFORMS.name}"
        kafka = kafka_of(system.settings)
        return sum([len([m async for m in read_partition(kafka, name, p, None)]) for p in (0, 1)])

    return asyncio.run(counting())


def test_an_interrupted_backfill_goes_on_and_gives_the_mechanisms_of_a_live_run(
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
        assert messages(system, MECHANISMS.name) == []
        fed = n_waveforms(system)
        assert fed > 0
        second = backfill(system)
        said = second.communicate(timeout=400.0)[1]
        assert second.returncode == 0, said
        assert "7 mechanisms handed over, 0 known already" in said
        got = {one.event_id: one for one in messages(system, MECHANISMS.name)}
        assert all(one.flagged_backfill for one in got.values())
        plain = {i: replace(m, flagged_backfill=False, sent_ns=0) for i, m in got.items()}
        assert plain == expected.mechanisms
        assert messages(system, EVENTS.name) == []
