import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streamstress.broker import Broker, TopicSpec, create_topics, start_broker, stop_broker
from streamstress.clock import WallClock, load_replay_clock
from streamstress.errors import BrokerError, PortInUseError, SeedLinkError
from streamstress.ingest.producer import HEARTBEAT_KEY, WaveformProducer
from streamstress.ingest.record_index import RecordIndex, RecordReader, index_records
from streamstress.ingest.resume import ResumePoints
from streamstress.ingest.screen import read_header
from streamstress.ingest.seedlink import SeedLinkSource, stream_records
from streamstress.simulate.replay import serve_replay

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

INGEST = Path(__file__).with_name("seedlink_to_kafka.py")
N_PARTITIONS = 3


@pytest.fixture(scope="session")
def index(three_station_archive: Path) -> RecordIndex:
    return index_records([three_station_archive])


def _all_payloads(index: RecordIndex) -> list[bytes]:
    with RecordReader(index) as reader:
        return sorted(reader.read(number) for number in range(len(index)))


async def _messages(bootstrap: str, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(N_PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        end = await consumer.end_offsets(partitions)
        messages: list[Any] = []
        while any([await consumer.position(p) < end[p] for p in partitions]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                messages += batch
        return messages
    finally:
        await consumer.stop()


async def _records_on(bootstrap: str, topic: str) -> list[bytes]:
    return [message.value for message in await _messages(bootstrap, topic) if message.value]


async def _until(count: int, bootstrap: str, topic: str, at_most_s: float = 40.0) -> list[bytes]:
    """Wait until the topic holds ``count`` records (or the time is up) and return them."""
    records: list[bytes] = []
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + at_most_s
    while len(records) < count and loop.time() < give_up_at:
        await asyncio.sleep(0.2)
        records = await _records_on(bootstrap, topic)
    return records


async def _topic(broker: Broker, name: str) -> str:
    await create_topics(broker.bootstrap_servers, [TopicSpec(name, N_PARTITIONS)])
    return name


async def _ingest(
    source: SeedLinkSource,
    resume: ResumePoints,
    producer: WaveformProducer,
    count: int,
    told: Callable[[str], None] = print,
) -> None:
    received = 0
    async for record in stream_records(source, resume, told):
        end_ns = read_header(record.payload).end_ns
        resume.opened(record.station_code, record.sequence)
        ack = partial(resume.acknowledged, record.station_code, record.sequence, end_ns)
        await producer.send(record.station_code, record.payload, end_ns, ack)
        received += 1
        if received == count:
            return


@pytest.mark.parametrize("protocol", ["v3", "v4"])
def test_every_record_arrives_once_with_its_times(
    live_broker: Broker, index: RecordIndex, protocol: Literal["v3", "v4"]
):
    async def run() -> list[Any]:
        topic = await _topic(live_broker, f"all-{protocol}")
        bootstrap = live_broker.bootstrap_servers
        with RecordReader(index) as reader:
            async with serve_replay(index, reader.read, port=0, speed=200.0) as replay:
                source = SeedLinkSource(
                    "127.0.0.1", replay.port, ("XX.*:HH?",), protocol, from_earliest=True
                )
                resume = ResumePoints(None, source.server)
                async with WaveformProducer(
                    bootstrap, topic, replay.clock, heartbeat_s=5.0
                ) as producer:
                    await _ingest(source, resume, producer, len(index))
                assert producer.pending == 0
                assert resume.open_count() == 0
        return await _messages(bootstrap, topic)

    messages = asyncio.run(run())
    records = [message for message in messages if message.value]
    assert sorted(message.value for message in records) == _all_payloads(index)
    for message in records:
        header, headers = read_header(message.value), dict(message.headers)
        assert message.key.decode() == header.station_code
        assert int(headers["data_end_ns"]) == header.end_ns
        # The replay shows a record only when its last sample is due.
        assert int(headers["received_ns"]) >= header.end_ns
    beats = [message for message in messages if message.key == HEARTBEAT_KEY]
    assert {beat.partition for beat in beats} == set(range(N_PARTITIONS))
    for partition in range(N_PARTITIONS):
        times = [int(dict(m.headers)["received_ns"]) for m in messages if m.partition == partition]
        assert times == sorted(times)


def test_a_restarted_server_is_found_again_and_no_record_is_lost_or_doubled(
    live_broker: Broker, index: RecordIndex, tmp_path: Path
):
    clock_file = tmp_path / "clock.json"
    told: list[str] = []

    async def run() -> list[bytes]:
        topic = await _topic(live_broker, "server-restart")
        bootstrap = live_broker.bootstrap_servers
        with RecordReader(index) as reader:
            serve = partial(serve_replay, index, reader.read, speed=15.0, clock_file=clock_file)
            async with serve(port=0) as replay:
                port = replay.port
                source = SeedLinkSource("127.0.0.1", port, from_earliest=True)
                resume = ResumePoints(tmp_path / "resume.json", source.server)
                producer = WaveformProducer(bootstrap, topic, WallClock())
                await producer.start()
                task = asyncio.create_task(
                    _ingest(source, resume, producer, len(index), told.append)
                )
                await _until(len(index) // 4, bootstrap, topic)
            await asyncio.sleep(0.5)
            async with serve(port=port, go_on=True) as replay:
                assert replay.clock == load_replay_clock(clock_file)
                await asyncio.wait_for(task, 40.0)
                await producer.stop()
        return await _records_on(bootstrap, topic)

    assert sorted(asyncio.run(run())) == _all_payloads(index)
    assert any("trying again" in message for message in told)


def test_a_killed_client_goes_on_where_the_broker_had_acknowledged(
    live_broker: Broker, index: RecordIndex, tmp_path: Path
):
    async def run() -> list[bytes]:
        topic = await _topic(live_broker, "client-kill")
        bootstrap = live_broker.bootstrap_servers
        with RecordReader(index) as reader:
            async with serve_replay(index, reader.read, port=0, speed=8.0) as replay:
                command = [sys.executable, str(INGEST), str(replay.port), bootstrap, topic]
                command.append(str(tmp_path / "resume.json"))
                client = await asyncio.create_subprocess_exec(*command)
                try:
                    await _until(len(index) // 3, bootstrap, topic)
                    client.kill()
                    await client.wait()
                    client = await asyncio.create_subprocess_exec(*command)
                    await _until(len(index), bootstrap, topic)
                    await asyncio.sleep(0.5)
                finally:
                    client.kill()
                    await client.wait()
        return await _records_on(bootstrap, topic)

    got, wanted = Counter(asyncio.run(run())), Counter(_all_payloads(index))
    assert not wanted - got, "records were lost"
    assert not got - wanted, "records came twice"


def test_obspy_receives_the_same_records(index: RecordIndex):
    from obspy.clients.seedlink.client.seedlinkconnection import SeedLinkConnection

    def receive(port: int, count: int) -> list[bytes]:
        connection = SeedLinkConnection(timeout=20)
        connection.set_sl_address(f"127.0.0.1:{port}")
        connection.multistation = True
        connection.add_stream("XX", "BB2", "HHZ", 0, None)
        packets = [connection.collect() for _ in range(count)]
        connection.close()
        return sorted(bytes(packet.msrecord) for packet in packets)

    async def run(count: int) -> list[bytes]:
        with RecordReader(index) as reader:
            async with serve_replay(index, reader.read, port=0, speed=1e5) as replay:
                return await asyncio.wait_for(asyncio.to_thread(receive, replay.port, count), 30.0)

    wanted = [
        payload
        for payload in _all_payloads(index)
        if (header := read_header(payload)).station == "BB2" and header.channel == "HHZ"
    ]
    assert asyncio.run(run(len(wanted))) == sorted(wanted)


def test_a_taken_port_is_named(index: RecordIndex):
    async def run(port: int) -> None:
        async with serve_replay(index, lambda _: b"", port=port):
            pass

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=str(port)):
            asyncio.run(run(port))


def test_a_server_without_the_wanted_stations_is_an_error(index: RecordIndex):
    async def run(selector: str) -> None:
        async with serve_replay(index, lambda _: b"", port=0) as replay:
            source = SeedLinkSource("127.0.0.1", replay.port, (selector,), "v3")
            async for _ in stream_records(source, ResumePoints(None, source.server)):
                pass

    for selector in ("ZZ.*", "ZZ.NONE"):
        with pytest.raises(SeedLinkError, match=r"ZZ\."):
            asyncio.run(asyncio.wait_for(run(selector), 20.0))


def test_a_missing_topic_is_told(live_broker: Broker):
    async def run() -> None:
        await WaveformProducer(live_broker.bootstrap_servers, "no-such", WallClock()).start(5.0)

    with pytest.raises(BrokerError, match="'no-such'"):
        asyncio.run(asyncio.wait_for(run(), 100.0))


@pytest.mark.usefixtures("kafka_at_hand")
def test_records_sent_while_the_broker_is_down_arrive_when_it_is_back(tmp_path: Path):
    sent = [b"%05d" % number for number in range(400)]
    acknowledged: list[int] = []

    async def run() -> list[bytes]:
        broker = await asyncio.to_thread(start_broker, tmp_path, 0, 256)
        topic = await _topic(broker, "outage")
        async with WaveformProducer(broker.bootstrap_servers, topic, WallClock()) as producer:
            for number, payload in enumerate(sent):
                if number == 200:
                    os.kill(broker.pid, signal.SIGKILL)
                ack = partial(acknowledged.append, number)
                await producer.send("XX.AA1", payload, 0, ack)
            await asyncio.sleep(0.5)
            assert producer.pending >= 200
            await asyncio.to_thread(start_broker, tmp_path, 0, 256)
        return await _records_on(broker.bootstrap_servers, topic)

    try:
        assert asyncio.run(run()) == sent
    finally:
        stop_broker(tmp_path)
    assert acknowledged == list(range(400))


def test_a_broker_that_is_away_is_told():
    told: list[str] = []

    async def run() -> None:
        await WaveformProducer("127.0.0.1:9", "x", WallClock(), notify=told.append).start(1.5)

    with pytest.raises(BrokerError, match="does not answer"):
        asyncio.run(run())
    assert told
