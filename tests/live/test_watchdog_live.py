"""A frozen consumer is ended and started again; what expired before it was read is counted."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from control_messages import event_messages
from live_system import LiveSystem, fetch, live_system
from synthetic_readings import located_readings
from topic_messages import send

from streamstress.broker import Broker
from streamstress.cli.system import supervisor_of
from streamstress.records import DeadLetter, Progress
from streamstress.simulate.archive import Archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.state import read_partition
from streamstress.stream.watchdog import STALLED_STATUS
from streamstress.wire.codec import encode
from streamstress.wire.topics import DEAD_LETTERS, PICKS

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]

FREEZING = Path(__file__).parents[1] / "support" / "freezing_worker.py"


@pytest.fixture(scope="module")
def system(live_broker: Broker, smoke_archive: Archive, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("watchdog")
    with live_system(folder, smoke_archive, live_broker.bootstrap_servers) as prepared:
        yield prepared


def passes(system: LiveSystem, count: int) -> None:
    """Progress of a picker: the polarity agent passes it on."""
    records = [Progress(source="waveforms/0", done_until_ns=n, sent_ns=0) for n in range(count)]
    send(system.settings, [(PICKS.name, 0, b"~progress", encode(one), {}) for one in records])


def test_a_worker_that_no_longer_fetches_is_ended_and_back_within_a_minute(system: LiveSystem):
    (worker,) = supervisor_of(system.config, system.settings, ("mechanism",)).workers
    worker.command = [sys.executable, str(FREEZING), "mechanism", str(system.config)]
    system.supervisor.add([worker])
    system.wait(lambda: system.is_ready("mechanism"), 120.0, "mechanism ready")
    assert worker.process is not None
    os.kill(worker.process.pid, signal.SIGUSR1)
    began_s = time.monotonic()
    events, _ = located_readings(n_events=2, seed=5, n_stations=12)
    send(system.settings, event_messages(events))
    system.wait(lambda: bool(system.told), 120.0, "the watchdog")
    noticed_s = time.monotonic() - began_s
    assert f"worker mechanism ended with {STALLED_STATUS}" in system.told[0]
    assert "and none was taken for" in system.log("mechanism").read_text()
    assert 40.0 < noticed_s < 60.0
    solved = 'streamstress_records_sent_total{stage="mechanism"}'

    def is_solved() -> bool:
        if not system.is_ready("mechanism"):
            return False
        lines = fetch(system.url("mechanism", "/metrics"))[1].splitlines()
        return f"{solved} 2.0" in lines

    system.wait(is_solved, 120.0, "both events are solved by the worker that was started again")


def expire(system: LiveSystem, before_offset: int) -> None:
    """Remove the first messages of the picks, as retention does."""

    async def removing() -> None:
        admin = kafka_of(system.settings).admin()
        await admin.start()
        place = TopicPartition(system.settings.kafka.topic_prefix + PICKS.name, 0)
        await admin.delete_records({place: RecordsToDelete(before_offset=before_offset)})
        await admin.close()

    asyncio.run(removing())


def letters(system: LiveSystem) -> list[DeadLetter]:
    async def reading() -> list[DeadLetter]:
        name = system.settings.kafka.topic_prefix + DEAD_LETTERS.name
        found = [m.record() async for m in read_partition(kafka_of(system.settings), name, 0, None)]
        return [record for record in found if isinstance(record, DeadLetter)]

    return asyncio.run(reading())


def sent_by_polarity(system: LiveSystem) -> str:
    return fetch(system.url("polarity", "/metrics"))[1]


def test_messages_that_expired_before_they_were_read_are_counted_and_named(system: LiveSystem):
    passes(system, 5)
    system.start(("polarity",))
    time.sleep(3.0)  # the commit of the first five
    worker = system.worker("polarity")
    system.supervisor.workers.remove(worker)
    assert worker.process is not None
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(30.0)
    passes(system, 20)
    expire(system, 18)
    system.start(("polarity",))
    system.wait(lambda: bool(letters(system)), 60.0, "the letter")
    (letter,) = letters(system)
    assert letter.reason == "expired"
    assert letter.detail.startswith("13 messages of picks/0 before offset 18 had expired")
    counted = 'streamstress_records_rejected_total{reason="expired",stage="polarity"} 13.0'
    assert counted in sent_by_polarity(system)
