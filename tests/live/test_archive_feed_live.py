"""``streamstress ingest archive``: every record of a folder onto a real Kafka, once."""

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from streamstress.broker import Broker
from streamstress.config import load_settings
from streamstress.ingest.producer import HEARTBEAT_KEY
from streamstress.ingest.record_index import index_records
from streamstress.stream.kafka import Kafka
from streamstress.stream.setup import make_topics
from streamstress.stream.state import read_partition

pytestmark = pytest.mark.live

CONFIG = """
run_folder = "run"
[network]
stations = "stations.csv"
[[network.regions]]
name = "somewhere"
south_deg = 35
north_deg = 36
west_deg = 139
east_deg = 140
[kafka]
bootstrap_servers = "{servers}"
waveform_partitions = 2
region_partitions = 1
zone_partitions = 1
"""


@pytest.fixture
def config(live_broker: Broker, tmp_path: Path) -> Path:
    path = tmp_path / "streamstress.toml"
    path.write_text(CONFIG.format(servers=live_broker.bootstrap_servers))
    asyncio.run(make_topics(load_settings(path), Kafka(live_broker.bootstrap_servers)))
    return path


def ingest_archive(source: Path, config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streamstress", "ingest", "archive", str(source)]
    return subprocess.run(
        [*command, "-c", str(config)], capture_output=True, text=True, timeout=120, check=False
    )


async def keys_on_topic(servers: str) -> Counter[bytes]:
    return Counter(
        [
            message.key
            for partition in (0, 1)
            async for message in read_partition(Kafka(servers), "waveforms", partition, None)
        ]
    )


def test_every_record_of_an_archive_reaches_the_topic_and_the_clock_runs_on(
    live_broker: Broker, config: Path, three_station_archive: Path
):
    ended = ingest_archive(three_station_archive, config)
    assert ended.returncode == 0, ended.stderr
    keys = asyncio.run(keys_on_topic(live_broker.bootstrap_servers))
    beats = keys.pop(HEARTBEAT_KEY)
    assert set(keys) == {b"XX.AA1", b"XX.BB2", b"XX.CC3"}
    assert keys.total() == len(index_records([three_station_archive]))
    assert beats >= 2 * 60, "five minutes of heartbeats on both partitions end the last windows"


def test_a_folder_that_is_not_there_is_one_clear_message(config: Path, tmp_path: Path):
    ended = ingest_archive(tmp_path / "nowhere", config)
    assert ended.returncode == 1
    assert "no such file or folder" in ended.stderr
    assert "Traceback" not in ended.stderr
