import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streamstress.broker import (
    Broker,
    TopicSpec,
    broker_status,
    create_topics,
    running_broker,
    start_broker,
    stop_broker,
)
from streamstress.broker.ports import free_ports
from streamstress.errors import BrokerError, PortInUseError

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]


async def _produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send(topic, value, partition=0)
        await producer.flush()
    finally:
        await producer.stop()


async def _consume(bootstrap: str, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        values: list[bytes] = []
        while await consumer.position(partition) < end:
            messages = await consumer.getmany(timeout_ms=500)
            values += [message.value for batch in messages.values() for message in batch]
        return values
    finally:
        await consumer.stop()


@pytest.mark.usefixtures("kafka_at_hand")
def test_data_and_port_survive_a_kill_and_a_clean_stop(tmp_path: Path):
    folder = tmp_path / "a folder with spaces"
    values = [b"record %d" % number for number in range(500)]
    try:
        first = start_broker(folder, heap_mb=256)
        asyncio.run(create_topics(first.bootstrap_servers, [TopicSpec("kept", 2)]))
        asyncio.run(_produce(first.bootstrap_servers, "kept", values))
        os.kill(first.pid, signal.SIGKILL)

        second = start_broker(folder, heap_mb=256)
        assert second.pid != first.pid
        assert second.bootstrap_servers == first.bootstrap_servers
        assert asyncio.run(_consume(second.bootstrap_servers, "kept")) == values
        assert stop_broker(folder)

        third = start_broker(folder, heap_mb=256)
        assert asyncio.run(_consume(third.bootstrap_servers, "kept")) == values
    finally:
        stop_broker(folder)
    assert broker_status(folder).broker is None


@pytest.mark.usefixtures("kafka_at_hand")
def test_a_pid_that_now_belongs_to_another_program_does_not_hinder_the_start(tmp_path: Path):
    sleeper = "import time; print('up', flush=True); time.sleep(120)"
    bystander = subprocess.Popen([sys.executable, "-c", sleeper], stdout=subprocess.PIPE)
    try:
        assert bystander.stdout is not None
        assert bystander.stdout.readline() == b"up\n"
        state = {"pid": bystander.pid, "port": free_ports(1)[0], "controller_port": 1}
        (tmp_path / "broker.json").write_text(json.dumps(state))
        assert broker_status(tmp_path).broker is None
        with running_broker(tmp_path, heap_mb=256) as broker:
            assert broker.pid != bystander.pid
            assert broker_status(tmp_path).answers
        assert bystander.poll() is None
    finally:
        bystander.terminate()
        bystander.communicate(timeout=10)


def test_starting_again_finds_the_running_broker(live_broker: Broker):
    again = start_broker(live_broker.folder)
    assert again == live_broker
    with pytest.raises(BrokerError, match="runs already"):
        start_broker(live_broker.folder, port=1)


def test_topics_are_made_once_and_keep_their_partitions(live_broker: Broker):
    bootstrap = live_broker.bootstrap_servers
    specs = [TopicSpec(f"many-{n}", 24, {"retention.ms": "3600000"}) for n in range(4)]
    assert asyncio.run(create_topics(bootstrap, specs)) == tuple(spec.name for spec in specs)
    assert asyncio.run(create_topics(bootstrap, specs)) == ()
    with pytest.raises(BrokerError, match=r"'many-0' has 24, wanted 12"):
        asyncio.run(create_topics(bootstrap, [TopicSpec("new", 1), TopicSpec("many-0", 12)]))
    # Nothing of a refused list is made.
    assert asyncio.run(create_topics(bootstrap, [TopicSpec("new", 1)])) == ("new",)


def test_a_wrong_topic_setting_is_named(live_broker: Broker):
    spec = TopicSpec("odd", 1, {"retention.ms": "soon"})
    with pytest.raises(BrokerError, match="'odd'"):
        asyncio.run(create_topics(live_broker.bootstrap_servers, [spec]))


def test_the_broker_listens_on_loopback_only(live_broker: Broker):
    descriptors = Path(f"/proc/{live_broker.pid}/fd").iterdir()
    pid_sockets = {str(entry.readlink()) for entry in descriptors if entry.is_symlink()}
    listening = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{live_broker.pid}/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    local = [row[1] for row in listening if f"socket:[{row[9]}]" in pid_sockets]
    assert len(local) == 2
    for address in local:
        assert address.rpartition(":")[0].endswith("0100007F")


@pytest.mark.usefixtures("kafka_at_hand")
def test_a_port_in_use_is_named(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=str(port)):
            start_broker(tmp_path, port=port)
    assert broker_status(tmp_path).broker is None


@pytest.mark.usefixtures("kafka_at_hand")
def test_a_broker_that_cannot_start_tells_its_last_log_lines(tmp_path: Path):
    with pytest.raises(BrokerError, match="heap"):
        start_broker(tmp_path, heap_mb=1)
    assert broker_status(tmp_path).broker is None


def test_a_folder_without_broker_is_told_so(tmp_path: Path):
    assert stop_broker(tmp_path) is False
    status = broker_status(tmp_path)
    assert status.broker is None
    assert not status.answers
