"""On a real Kafka: a frozen consumer is seen, and the exporter's restart ends no alarm."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from control_messages import reversal
from live_system import LiveSystem, fetch, live_system
from msgspec.structs import replace
from sample_records import make_sample
from topic_messages import send
from typer.testing import CliRunner

from streamstress.broker import Broker
from streamstress.cli.app import app
from streamstress.cli.system import supervisor_of
from streamstress.outputs.metrics import create_metrics
from streamstress.records import StressChange
from streamstress.simulate.archive import Archive
from streamstress.stream.agents.export import ExportRole
from streamstress.stream.app import create_app
from streamstress.stream.kafka import kafka_of
from streamstress.stream.lag import group_of
from streamstress.stream.liveness import Liveness
from streamstress.stream.partition_watch import look_at_partitions
from streamstress.stream.ports import free_ports
from streamstress.stream.regularly import start_regularly
from streamstress.stream.roles import BUILDERS, WORKERS
from streamstress.stream.runner import Runner
from streamstress.wire.codec import encode
from streamstress.wire.topics import CHANGES, CONTROLS

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

TURN = replace(make_sample(140).changes[0], region="basin")


@pytest.fixture(scope="module")
def system(live_broker: Broker, smoke_archive: Archive, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("health")
    with live_system(folder, smoke_archive, live_broker.bootstrap_servers) as prepared:
        yield prepared


def change(system: LiveSystem, record: StressChange) -> None:
    send(system.settings, [(CHANGES.name, 0, record.change_id.encode(), encode(record), {})])


@asynccontextmanager
async def running(system: LiveSystem) -> AsyncIterator[Runner]:
    """The exporter in this process, with a watch that looks three times a second."""
    metrics = create_metrics("0")
    role, kafka = ExportRole(metrics.cell), kafka_of(system.settings)
    faust_app, runner = create_app(role, system.settings, kafka, metrics)
    runner.liveness = Liveness(stalled_after_s=2.0)
    group = group_of(system.settings.kafka.topic_prefix, role.name)
    await runner.producer.start()
    faust_app.finalize()
    await faust_app.start()
    polled = runner.observer.polled
    end_watch = start_regularly(
        lambda: look_at_partitions(kafka, group, runner.assigned(), runner.liveness, polled), 0.3
    )
    try:
        yield runner
    finally:
        await end_watch()
        await faust_app.stop()
        await runner.producer.stop()


async def until(condition: Callable[[], object], at_most_s: float) -> bool:
    for _ in range(round(at_most_s / 0.1)):
        if condition():
            return True
        await asyncio.sleep(0.1)
    return False


@pytest.mark.asyncio
async def test_an_idle_consumer_lives_and_a_frozen_one_is_dead_until_it_goes_on(
    system: LiveSystem,
):
    async with running(system) as runner:
        assert await until(runner.assigned, 30.0)
        await asyncio.sleep(4.0)
        assert runner.liveness.problem() is None, "its topics are idle"
        runner.app.consumer.pause_partitions(runner.app.consumer.assignment())
        await asyncio.to_thread(change, system, TURN)
        assert await until(runner.liveness.problem, 20.0)
        problem = runner.liveness.problem() or ""
        assert "1 messages wait on" in problem
        assert "changes/0 from offset 0 on, and none was taken for" in problem
        runner.app.consumer.resume_partitions(runner.app.consumer.assignment())
        runner.app.consumer.resume_flow()
        assert await until(lambda: runner.liveness.problem() is None, 20.0)


def test_a_restarted_exporter_never_shows_less_than_it_knows(system: LiveSystem):
    """Asked as fast as can be from before its start on, it never says that nothing has changed."""
    change(system, TURN)
    proposed = replace(reversal("XS.S004", 1), state="proposed")
    broken = (CONTROLS.name, 0, b"broken", b"no record", {})
    send(system.settings, [(CONTROLS.name, 0, b"r", encode(proposed), {}), broken])
    exporter = supervisor_of(system.config, system.settings, ("exporter",)).workers
    system.supervisor.add(exporter)
    answers: list[str] = []

    def is_shown() -> bool:
        with contextlib.suppress(OSError):
            status, text = fetch(system.url("exporter", "/metrics"))
            answers.append(text if status == 200 else "")
        return any(answers)

    system.wait(is_shown, 60.0, "metrics of the exporter")
    system.wait(lambda: system.is_ready("exporter"), 60.0, "exporter ready")
    answers.append(fetch(system.url("exporter", "/metrics"))[1])
    told = [text for text in answers if text]
    assert all('streamstress_anomaly_state{region="basin"} 2.0' in text for text in told)
    assert all('streamstress_reversal_proposed{station="XS.S004"} 1.0' in text for text in told)


def doctor(config: Path) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """Exit status of the doctor, and what it says that is not well, by check."""
    told = CliRunner().invoke(app, ["doctor", "-c", str(config), "--json"], catch_exceptions=False)
    found: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(told.stdout)["findings"]:
        found.setdefault(finding["check"], []).append(finding)
    return told.exit_code, found


def test_the_doctor_knows_who_runs_and_who_does_not(system: LiveSystem):
    status, found = doctor(system.config)
    assert status == 1
    assert found["broker"][0]["level"] == "ok", found["broker"]
    assert found["topics"][0]["level"] == "ok"
    (away,), (gone,) = found["owners"], found["workers"]
    assert f"consumer group of {', '.join(sorted(BUILDERS))}:" in away["what"]
    answering = {"exporter"}
    assert f"no answer of {', '.join(sorted({*WORKERS} - answering))} (" in gone["what"]
    (proposal,) = found["reversals"]
    assert "streamstress control reversal XS.S004 --from" in proposal["do"]
    assert "no waveform has come onto Kafka ever" in found["ages"][0]["what"]


def test_the_doctor_works_without_a_broker(system: LiveSystem):
    (unused,) = free_ports(1)
    address = f"127.0.0.1:{unused}"
    lost = system.config.with_name("lost.toml")
    lost.write_text(
        system.config.read_text().replace(str(system.settings.kafka.bootstrap_servers), address)
    )
    status, found = doctor(lost)
    assert status == 1
    assert f"no Kafka answers at {address} (no connection)" in found["broker"][0]["what"]
    assert found["disk"]
    assert "owners" not in found
