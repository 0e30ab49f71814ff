"""Bad data are set aside under a name; a bad set-up ends in one sentence; nothing else is lost."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from live_system import (
    CHAIN,
    Catalogue,
    catalogue,
    folded,
    live_system,
    write_system_config,
)

from streamstress.broker import Broker, running_broker, start_broker
from streamstress.cli.system import prepare
from streamstress.config import load_settings
from streamstress.earth.stations import read_stations
from streamstress.errors import PortInUseError, RejectedError
from streamstress.ingest.record_index import RecordIndex, RecordReader, index_records
from streamstress.ingest.screen import RecordHeader, read_header
from streamstress.outputs.metrics import create_metrics
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Control, DeadLetter
from streamstress.simulate.archive import Archive
from streamstress.simulate.replay import serve_replay
from streamstress.stream.agents.ingest import Ingest
from streamstress.stream.kafka import Kafka
from streamstress.stream.ports import free_ports
from streamstress.stream.role import Incoming, Role
from streamstress.stream.roles import WORKERS
from streamstress.stream.setup import make_topics
from streamstress.stream.state import read_partition
from streamstress.web.serve import serve_web

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

NOBODY = "127.0.0.1:9"
"""An address where no Kafka answers."""


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_ports(1, run_of=20)[0]))
        other.listen(1)
        yield other.getsockname()[1]


def _worker(role: str, config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streamstress", "worker", role, "-c", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def _only_error(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a worker ended with; all before it are its libraries' log lines."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Unclosed" not in done.stderr
    *before, last = done.stderr.strip().splitlines()
    assert all(line.startswith('{"') for line in before), done.stderr
    assert last.startswith("error: ")
    return last


def _with_stamp_of_next_year(raw: bytes) -> bytes:
    """The miniSEED 2 record with another year in its header."""
    year = int.from_bytes(raw[20:22], "big")
    return raw[:20] + (year + 1).to_bytes(2, "big") + raw[22:]


DAMAGES: dict[int, Callable[[bytes], bytes]] = {
    300: lambda raw: bytes(len(raw)),
    301: lambda raw: raw[:20] + b"\xff" * (len(raw) - 20),
    302: _with_stamp_of_next_year,
}


def test_damaged_records_and_those_from_the_future_are_set_aside_and_all_others_arrive(
    live_broker: Broker, smoke_archive: Archive, tmp_path: Path
):
    bootstrap = live_broker.bootstrap_servers
    kafka = Kafka(bootstrap)
    settings = load_settings(
        write_system_config(tmp_path / "damaged", smoke_archive, bootstrap, {})
    )
    index = index_records([smoke_archive.waveforms])

    async def run() -> list[Incoming]:
        await make_topics(settings, kafka)
        with RecordReader(index) as reader:

            def read(number: int) -> bytes:
                return DAMAGES.get(number, bytes)(reader.read(number))

            port = settings.ingest.port
            async with serve_replay(index, read, port=port, speed=100.0) as replay:
                ingest = Ingest(settings, kafka, replay.clock, create_metrics("0"))
                running = asyncio.create_task(ingest.run())
                await _until_sent(ingest, len(index) - len(DAMAGES))
                running.cancel()
                await asyncio.wait((running,))
        prefix = settings.kafka.topic_prefix
        places = [("waveforms", 0), ("waveforms", 1), ("dead-letters", 0)]
        return [
            message
            for topic, partition in places
            async for message in read_partition(kafka, prefix + topic, partition, None)
        ]

    messages = asyncio.run(run())
    letters = [replace(m, topic="dead-letters").record() for m in messages if _is_letter(m)]
    assert Counter(one.reason for one in letters if isinstance(one, DeadLetter)) == {
        "corrupt-record": 2,
        "future-record": 1,
    }
    with RecordReader(index) as reader:
        wanted = {reader.read(n) for n in range(len(index)) if n not in DAMAGES}
        assert {one.value for one in letters} == {
            damage(reader.read(number)) for number, damage in DAMAGES.items()
        }
    assert {m.value for m in messages if m.value and not _is_letter(m)} == wanted


def _is_letter(message: Incoming) -> bool:
    return message.topic.endswith("dead-letters")


async def _until_sent(ingest: Ingest, count: int) -> None:
    counter = ingest.metrics.stage.sent.labels("ingest")
    async with asyncio.timeout(60.0):
        while counter._value.get() < count:  # noqa: ASYNC110 - a metric tells nobody
            await asyncio.sleep(0.1)


def test_an_unknown_station_is_counted_and_told_once_and_events_outside_all_regions_are_told(
    smoke_archive: Archive, tmp_path: Path
):
    stations = read_stations(smoke_archive.stations)
    left_out = stations.pop("XS.S012")
    lines = [
        f"{one.network},{one.station},{one.latitude_deg},{one.longitude_deg},{one.elevation_m}"
        for one in stations.values()
    ]
    csv = tmp_path / "stations.csv"
    csv.write_text("\n".join(["network,station,latitude,longitude,elevation_m", *lines]))
    far_off = {"name": "far", "south_deg": 1, "north_deg": 2, "west_deg": 1, "east_deg": 2}
    told: Counter[tuple[str, str, bool]] = Counter()

    def on_reject(role: Role, message: Incoming, error: RejectedError) -> None:
        assert left_out.code in str(error)
        told[role.name, error.reason, error.keep_letter] += 1

    changes = {"network": {"stations": str(csv)}, "region": far_off}
    got = folded(tmp_path / "partly", smoke_archive, changes, on_reject)
    index = index_records([smoke_archive.waveforms])
    n_records = sum(record.station == "S012" for record in _headers(index))
    assert told == {
        ("pick", "unknown-station", True): 1,
        ("pick", "unknown-station", False): n_records - 1,
    }
    assert not got.events
    reader = StoreReader.open(f"sqlite:///{tmp_path / 'partly' / 'run' / 'streamstress.db'}")
    letters = reader.system.counts().dead_letters
    reader.close()
    assert set(letters) == {"outside-regions"}
    assert letters["outside-regions"] >= 7


def _headers(index: RecordIndex) -> list[RecordHeader]:
    with RecordReader(index) as reader:
        return [read_header(reader.read(number)) for number in range(len(index))]


@pytest.mark.usefixtures("kafka_at_hand")
def test_workers_and_a_broker_killed_in_mid_stream_leave_the_same_catalogue(
    smoke_archive: Archive, expected: Catalogue, tmp_path: Path
):
    kafka = tmp_path / "kafka"
    with running_broker(kafka, heap_mb=256) as broker:
        # Less patience than the broker will be away: what is late by its fault must not be lost.
        patience = {"picking": {"step_s": 10.0, "max_wait_s": 20.0, "silent_after_s": 20.0}}
        folder = tmp_path / "outage"
        with live_system(folder, smoke_archive, broker.bootstrap_servers, patience) as system:
            system.start(CHAIN)
            system.feed()
            system.wait_until_data_time(60.0)
            system.kill("pick")
            system.wait_until_data_time(80.0)
            os.kill(broker.pid, signal.SIGKILL)
            system.wait_until_data_time(120.0)
            start_broker(kafka, heap_mb=256)
            system.wait_until_data_time(150.0)
            for role in ("merge", "mechanism"):
                system.kill(role)
            system.wait_until_final(120.0)
            ended = {sentence.split()[1]: sentence.split()[4] for sentence in system.told}
            got = catalogue(system.settings.store.url)
            log_lines = system.log("pick").read_text().splitlines()
    assert ended.items() >= {"pick": "-9", "merge": "-9", "mechanism": "-9"}.items()
    assert got == expected
    assert len(log_lines) < 100, "a broker that is away is told a few times, not without end"


def test_a_broker_that_does_not_answer_is_one_sentence(smoke_archive: Archive, tmp_path: Path):
    changes = {"kafka": {"start_wait_s": 1.0}}
    config = write_system_config(tmp_path / "alone", smoke_archive, NOBODY, changes)
    said = _only_error(_worker("merge", config))
    assert f"no Kafka answers at {NOBODY} after 1 s" in said
    assert "kafka.bootstrap_servers" in said


def test_sigterm_ends_a_worker_that_still_waits_for_the_broker(
    smoke_archive: Archive, tmp_path: Path
):
    config = write_system_config(tmp_path / "waits", smoke_archive, NOBODY, {})
    command = [sys.executable, "-m", "streamstress", "worker", "merge", "-c", str(config)]
    waiting = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert waiting.stderr is not None
        # Its first word is that nobody answers: by then it listens to signals.
        first = waiting.stderr.readline()
        waiting.terminate()
        _, rest = waiting.communicate(timeout=20)
    finally:
        waiting.kill()
    assert waiting.returncode == 0
    assert "Traceback" not in first + rest


@pytest.mark.parametrize(
    ("role", "settings"),
    [
        ("pick", {"picking": {"picker": "phasenet:FOLDER/mine", "step_s": 10.0}}),
        ("polarity", {"polarity": {"weights": "FOLDER/mine.pt"}}),
    ],
)
def test_an_unreadable_weight_file_is_one_sentence_that_names_it(
    role: str, settings: dict[str, dict[str, str]], smoke_archive: Archive, tmp_path: Path
):
    for suffix in (".pt", ".json"):
        (tmp_path / f"mine{suffix}").write_bytes(b"no weights")
    changes = {
        table: {
            key: value.replace("FOLDER", str(tmp_path)) if isinstance(value, str) else value
            for key, value in values.items()
        }
        for table, values in settings.items()
    }
    config = write_system_config(tmp_path / "weights", smoke_archive, NOBODY, changes)
    assert str(tmp_path / "mine") in _only_error(_worker(role, config))


def test_a_taken_metrics_port_is_one_sentence_with_its_setting(
    live_broker: Broker, smoke_archive: Archive, taken_port: int, tmp_path: Path
):
    base_port = taken_port - WORKERS.index("merge")
    config = write_system_config(
        tmp_path / "metrics",
        smoke_archive,
        live_broker.bootstrap_servers,
        {"metrics": {"base_port": base_port}},
    )
    said = _only_error(_worker("merge", config))
    assert f"port {taken_port}" in said
    assert "metrics.base_port" in said


async def _send_nothing(_control: Control) -> None:
    """Nobody is asked to say anything here."""


def test_a_taken_web_port_is_one_sentence_with_its_setting(
    smoke_archive: Archive, taken_port: int, tmp_path: Path
):
    changes = {"web": {"port": taken_port}}
    config = write_system_config(tmp_path / "web", smoke_archive, NOBODY, changes)
    with pytest.raises(PortInUseError, match=rf"port {taken_port} .*web\.port"):
        serve_web(load_settings(config), _send_nothing, lambda: "127.0.0.1:1")


@pytest.mark.usefixtures("kafka_at_hand")
def test_a_taken_kafka_port_is_named_with_its_setting(
    smoke_archive: Archive, taken_port: int, tmp_path: Path
):
    config = write_system_config(tmp_path / "kafka", smoke_archive, NOBODY, {})
    text = config.read_text().replace("bootstrap_servers", "# bootstrap_servers")
    config.write_text(text.replace("[kafka]", f"[kafka]\nembedded_port = {taken_port}"))
    with pytest.raises(PortInUseError, match=rf"port {taken_port} .*kafka\.embedded_port"):
        prepare(load_settings(config))


def test_a_taken_seedlink_port_is_one_sentence_with_its_option(
    smoke_archive: Archive, taken_port: int
):
    command = [sys.executable, "-m", "streamstress", "replay", str(smoke_archive.waveforms)]
    command += ["--port", str(taken_port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = _only_error(done)
    assert f"port {taken_port}" in said
    assert "--port" in said
