"""An operator mutes a station while the picker runs on a real Kafka."""

import asyncio
import time
from pathlib import Path

import pytest
from live_system import LiveSystem, live_system
from topic_messages import send
from typer.testing import CliRunner

from streamstress.broker import Broker
from streamstress.cli.app import app
from streamstress.ingest.archive import archive_records
from streamstress.ingest.producer import HEARTBEAT_KEY
from streamstress.ingest.record_index import index_records
from streamstress.outputs.json_view import iso_time
from streamstress.records import Pick, Progress, Record
from streamstress.simulate.archive import Archive
from streamstress.stream.chain import Message
from streamstress.stream.kafka import kafka_of
from streamstress.stream.state import read_partition
from streamstress.wire.topics import PICKS, WAVEFORMS

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

STATION = "XS.S003"
NS = 1_000_000_000


def waveforms(archive: Archive) -> list[tuple[int, Message]]:
    """Each record of the archive with its end (ns), and heartbeats after the last."""
    found: list[tuple[int, Message]] = []
    for record in archive_records(index_records([archive.waveforms])):
        key = f"{record.network}.{record.station}".encode()
        found.append((record.end_ns, message(key, record.payload, record.end_ns)))
    end_ns = max(end for end, _ in found)
    beats = [end_ns + k * 10 * NS for k in range(1, 13)]
    return found + [(beat_ns, message(HEARTBEAT_KEY, b"", beat_ns)) for beat_ns in beats]


def message(key: bytes, value: bytes, received_ns: int) -> Message:
    return WAVEFORMS.name, 0, key, value, {"received_ns": str(received_ns).encode()}


def on_topic(system: LiveSystem) -> list[Record]:
    """What the picker has sent."""

    async def run() -> list[Record]:
        topic = system.settings.kafka.topic_prefix + PICKS.name
        stream = read_partition(kafka_of(system.settings), topic, 0, None)
        return [one.record() async for one in stream]

    return asyncio.run(run())


def done_until_ns(system: LiveSystem) -> int:
    done = [one.done_until_ns for one in on_topic(system) if isinstance(one, Progress)]
    return max(done, default=0)


def test_a_station_muted_in_mid_stream_gives_no_more_picks_and_the_others_go_on(
    live_broker: Broker, smoke_archive: Archive, tmp_path: Path
):
    middle_ns = (smoke_archive.start_ns + smoke_archive.end_ns) // 2
    stream = waveforms(smoke_archive)
    with live_system(tmp_path / "mute", smoke_archive, live_broker.bootstrap_servers) as system:
        system.start(("pick",))
        send(system.settings, [one for end_ns, one in stream if end_ns <= middle_ns])
        system.wait(lambda: done_until_ns(system) >= middle_ns - 60 * NS, 60.0, "first half picked")
        command = [
            "control", "mute", STATION, "--from", iso_time(middle_ns),
            "--reason", "a visit", "-c", str(system.config),
        ]  # fmt: skip
        told = CliRunner().invoke(app, command, catch_exceptions=False)
        time.sleep(3.0)  # the picker reads controls beside its records
        send(system.settings, [one for end_ns, one in stream if end_ns > middle_ns])
        system.wait(
            lambda: done_until_ns(system) >= smoke_archive.end_ns, 60.0, "second half picked"
        )
        picks = [one for one in on_topic(system) if isinstance(one, Pick)]
    assert told.exit_code == 0, told.output
    before, after = (
        {pick.station_code for pick in picks if (pick.time_ns >= middle_ns) == is_after}
        for is_after in (False, True)
    )
    assert STATION in before
    assert len(before) == 12
    assert after == before - {STATION}
