"""A change of stress on its way: exporter, Prometheus, Alertmanager, webhook; and what stops it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from programs import require_program
from prometheus_server import Prometheus, Server, alertmanager, prometheus, wait
from sample_records import make_sample
from served_metrics import serving
from typer.testing import CliRunner, Result
from webhook import Webhook, quick_alertmanager, webhook

from streamstress.cli.app import app
from streamstress.errors import AlertmanagerError
from streamstress.outputs.metrics import create_metrics
from streamstress.records.changes import ChangeState
from streamstress.stream.agents.export import ExportRole
from streamstress.stream.ports import free_ports
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode
from streamstress.wire.topics import CHANGES

pytestmark = pytest.mark.live

TURN = make_sample(140).changes[0]
"""A simulated turn of the stress by 31 degrees."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Webhook]:
    with webhook() as listening:
        yield listening


@pytest.fixture(scope="module")
def manager(receiver: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    config = quick_alertmanager(receiver.url)
    with alertmanager(tmp_path_factory.mktemp("alertmanager"), config) as running:
        yield running


def amtool(manager: Server, *arguments: str) -> str:
    program = require_program("amtool", "prometheus-alertmanager")
    command = [program, f"--alertmanager.url={manager.url}", *arguments]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()


def alert_of(manager: Server, alertname: str, **labels: str) -> dict[str, Any] | None:
    """What Alertmanager holds of an alert."""
    wanted = {"alertname": alertname, **labels}
    found = [
        alert
        for alert in manager.get("/api/v2/alerts")
        if wanted.items() <= alert["labels"].items()
    ]
    return found[0] if found else None


def test_a_turn_of_the_stress_is_told_silenced_and_taken_back(
    receiver: Webhook, manager: Server, tmp_path: Path
):
    metrics = create_metrics("0")
    exporter = ExportRole(metrics.cell)

    def decide(region: str, state: ChangeState) -> None:
        change = replace(TURN, region=region, state=state)
        exporter.process(Incoming(CHANGES.name, 0, 0, b"", encode(change)), change)

    def told(status: str, region: str) -> list[dict[str, Any]]:
        return receiver.of("ShmaxRotation", status, region=region)

    for region in ("north", "south"):
        metrics.cell.expect_region(region)
    with serving([metrics]) as targets, prometheus(tmp_path, targets, manager) as server:
        wait(lambda: server.values("streamstress_anomaly_state"), 30.0, "both regions scraped")
        silence = amtool(
            manager, "silence", "add", "--comment=known", "--author=shift",
            "alertname=ShmaxRotation", "region=south",
        )  # fmt: skip
        decide("north", "open")
        decide("south", "open")
        wait(lambda: told("firing", "north"), 30.0, "the alarm of the north")
        wait(
            lambda: (
                (alert_of(manager, "ShmaxRotation", region="south") or {})
                .get("status", {})
                .get("silencedBy")
            ),
            30.0,
            "the south silenced",
        )
        assert told("firing", "south") == []
        amtool(manager, "silence", "expire", silence)
        wait(lambda: told("firing", "south"), 30.0, "the south heard after the silence")
        decide("north", "withdrawn")
        _wait_until_resolved(server, told, "north")
    (alarm, *_) = told("firing", "north")
    assert alarm["receiver"] == "on-duty"
    assert alarm["labels"]["severity"] == "critical"
    assert alarm["annotations"]["runbook_url"].endswith("runbooks.md#shmaxrotation")
    assert alarm["annotations"]["summary"] == "Stress orientation has changed in north"
    assert told("resolved", "south") == []


def _wait_until_resolved(server: Prometheus, told: Any, region: str) -> None:
    wait(lambda: told("resolved", region), 45.0, f"the end of the alarm of {region}")
    firing = server.values('ALERTS{alertname="ShmaxRotation",alertstate="firing"}')
    assert [dict(labels)["region"] for labels in firing] == ["south"]


def run_alerts_test(manager: Server, *arguments: str) -> Result:
    command = ["alerts", "test", "--alertmanager", manager.url, *arguments]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def test_a_test_alarm_arrives_and_is_plainly_a_test(receiver: Webhook, manager: Server):
    told = run_alerts_test(manager, "--severity", "critical", "--wait", "20")
    assert told.exit_code == 0, told.output
    assert "Receivers by its routes: on-duty." in told.output
    assert "Sent by webhook: 1." in told.output
    (alarm,) = receiver.of("StreamstressTest", "firing", severity="critical")
    assert alarm["receiver"] == "on-duty"
    assert alarm["annotations"]["summary"].startswith("TEST")
    assert json.loads(run_alerts_test(manager, "--json", "--wait", "20").stdout)["ok"]


def test_a_test_alarm_says_that_a_silence_holds_all_alarms_back(manager: Server):
    silence = amtool(
        manager, "silence", "add", "--comment=forgotten", "--author=shift", "severity=critical"
    )
    told = run_alerts_test(manager, "--wait", "20")
    amtool(manager, "silence", "expire", silence)
    assert told.exit_code == 1
    assert f"A silence holds it back ({silence})" in told.output


def test_a_test_alarm_says_that_a_way_out_fails(tmp_path: Path):
    (unused,) = free_ports(1)
    nobody = quick_alertmanager(f"http://127.0.0.1:{unused}/")
    with alertmanager(tmp_path, nobody) as manager:
        told = run_alerts_test(manager, "--severity", "warning", "--wait", "20")
    assert told.exit_code == 1
    assert "FAILED by webhook" in told.output
    assert "nobody is told of an alarm" in told.output


def test_without_an_alertmanager_the_test_says_where_it_looked():
    (unused,) = free_ports(1)
    with pytest.raises(AlertmanagerError, match=rf"no Alertmanager answers at http.*{unused}"):
        run_alerts_test(Server(f"http://127.0.0.1:{unused}"))


ONE_HOST = {"job": "streamstress", "instance": "a:9603"}


@pytest.mark.parametrize(
    ("source", "target", "is_quiet"),
    [
        (
            {"alertname": "StationsSilentMany", "job": "streamstress"},
            {"alertname": "StationFeedSilent", "job": "streamstress", "station": "XX.A"},
            True,
        ),
        (
            {"alertname": "StationsSilentMany", "job": "streamstress"},
            {"alertname": "PickRateCollapse", "job": "streamstress"},
            True,
        ),
        (
            {"alertname": "LowEventCount", "cell": "north"},
            {"alertname": "UncertaintyTooWide", "cell": "north"},
            True,
        ),
        (
            {"alertname": "LowEventCount", "cell": "north"},
            {"alertname": "UncertaintyTooWide", "cell": "south"},
            False,
        ),
        (
            {"alertname": "WorkerDown", **ONE_HOST},
            {"alertname": "ConsumerNotFetching", **ONE_HOST, "stage": "locate"},
            True,
        ),
        (
            {"alertname": "WorkerDown", **ONE_HOST},
            {"alertname": "ConsumerNotFetching", **ONE_HOST, "instance": "a:9604"},
            False,
        ),
        (
            {"alertname": "ShmaxRotation", "region": "north"},
            {"alertname": "GuardHeldChange", "region": "north"},
            True,
        ),
    ],
    ids=lambda value: value["alertname"] if isinstance(value, Mapping) else str(value),
)
def test_an_alert_keeps_quiet_what_it_explains_and_nothing_else(
    manager: Server, source: dict[str, str], target: dict[str, str], is_quiet: bool, request
):
    mark = {"test": request.node.name}
    manager.post("/api/v2/alerts", [{"labels": {**source, **mark}}])
    wait(lambda: alert_of(manager, source["alertname"], **mark), 10.0, "the first alert")
    manager.post("/api/v2/alerts", [{"labels": {**target, **mark}}])
    wait(lambda: alert_of(manager, target["alertname"], **mark), 10.0, "the second alert")
    held = alert_of(manager, target["alertname"], **mark)
    assert held is not None
    assert bool(held["status"]["inhibitedBy"]) == is_quiet
