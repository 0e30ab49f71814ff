"""The whole system as an operator runs it: processes, Kafka, SeedLink; and what a kill changes."""

import asyncio
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from control_messages import reversal
from live_system import Catalogue, LiveSystem, catalogue, fetch, live_system
from msgspec.structs import replace
from panel_queries import unanswered
from programs import require_program
from prometheus_client.parser import text_string_to_metric_families
from prometheus_server import prometheus
from sample_records import make_sample
from topic_messages import send

from streamstress.broker import Broker
from streamstress.simulate.archive import Archive
from streamstress.stream.doctor import Finding, examine, gather
from streamstress.stream.roles import WORKERS
from streamstress.wire.codec import encode
from streamstress.wire.topics import CHANGES, CONTROLS, PICKS, STRESS

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

COUNTED_BY_STRESS = {"streamstress_stress_estimates", "streamstress_stress_changes"}
"""Seven earthquakes are too few for a stress: its workers send nothing of their own."""
OF_WRONG_CLOCKS = {"streamstress_station_clock_offset_seconds"}
"""Every clock of this network is right."""
UNANSWERED = {f"events: Estimates and decisions an hour {query}" for query in "AB"}
UNANSWERED |= {"stations: Stations whose clock seems wrong A"}

SCRAPED = tuple(role for role in WORKERS if role != "web")
AGENTS = tuple(role for role in WORKERS if role != "ingest")


@dataclass(frozen=True, slots=True)
class Finished:
    """What an undisturbed run left behind after SIGTERM."""

    catalogue: Catalogue
    pages: Mapping[tuple[str, str], tuple[int, str]]
    """Status and text of each worker's probes and metrics while all ran."""
    statuses: Mapping[str, int | None]
    logs: Mapping[str, str]
    unanswered: Mapping[str, str]
    """Queries of dashboards to which a Prometheus that scraped the workers had no answer."""
    findings: Sequence[Finding]
    """Of the doctor, while all ran."""


@pytest.fixture(scope="module")
def undisturbed(
    live_broker: Broker, smoke_archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Finished]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with (
        live_system(folder, smoke_archive, live_broker.bootstrap_servers) as system,
        prometheus(folder, [_address(system, role) for role in SCRAPED]) as server,
    ):
        system.start(AGENTS)
        system.feed()
        system.wait_until_final()
        findings = examine(asyncio.run(gather(system.settings, system.config)))
        _tell_of_a_turn(system)
        without_answer = unanswered(server, 120.0)
        pages = {
            (role, path): fetch(system.url(role, path))
            for role in SCRAPED
            for path in ("/healthz", "/readyz", "/metrics")
        }
        statuses = _stopped(system)
        logs = {worker.name: worker.log_file.read_text() for worker in system.supervisor.workers}
        held = catalogue(system.settings.store.url)
        yield Finished(held, pages, statuses, logs, without_answer, findings)


def _address(system: LiveSystem, role: str) -> str:
    return system.url(role, "").removeprefix("http://")


def _tell_of_a_turn(system: LiveSystem) -> None:
    """Seven earthquakes give no stress: put one, its change and its doubts onto the topics."""
    sample = make_sample(140)
    estimate = replace(sample.estimates[-1], cell="basin", region="basin")
    turn = replace(sample.changes[0], region="basin")
    proposal = replace(reversal("XS.S004", 1), state="proposed")
    records = ((STRESS, estimate), (CHANGES, turn), (CONTROLS, proposal))
    messages = [(topic.name, 0, b"told", encode(record), {}) for topic, record in records]
    send(system.settings, [*messages, (PICKS.name, 0, b"broken", b"no record", {})])
    shown = 'streamstress_reversal_proposed{station="XS.S004"} 1.0'
    system.wait(lambda: shown in fetch(system.url("exporter", "/metrics"))[1], 30.0, shown)
    time.sleep(3.0)  # Prometheus scrapes every second


def _stopped(system: LiveSystem) -> dict[str, int | None]:
    """Exit status of each worker; the supervisor kills (-9) what does not stop in 20 s."""
    system.supervisor.stop()
    return {w.name: w.process and w.process.returncode for w in system.supervisor.workers}


def test_every_earthquake_becomes_a_final_event_with_its_mechanism(
    undisturbed: Finished, expected: Catalogue
):
    assert len(expected.events) == 7
    assert {event.status for event in undisturbed.catalogue.events.values()} == {"final"}
    assert undisturbed.catalogue == expected


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_every_worker_tells_that_it_is_well(undisturbed: Finished, path: str):
    answers = {role: page for (role, asked), page in undisturbed.pages.items() if asked == path}
    assert set(answers.values()) == {(200, "ok\n")}, answers


def test_the_metrics_of_every_worker_pass_promtool(undisturbed: Finished):
    promtool = require_program("promtool", "prometheus")
    for (role, path), (_, text) in undisturbed.pages.items():
        if path == "/metrics":
            command = [promtool, "check", "metrics"]
            told = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
            assert (told.returncode, told.stderr) == (0, ""), role


def test_every_metric_that_is_named_is_set(undisturbed: Finished):
    texts = [text for (_, path), (_, text) in undisturbed.pages.items() if path == "/metrics"]
    named, told = set(), set()
    for family in (f for text in texts for f in text_string_to_metric_families(text)):
        named.add(family.name)
        told |= {family.name for _ in family.samples}
    assert named - told == COUNTED_BY_STRESS | OF_WRONG_CLOCKS


def test_every_panel_of_every_dashboard_is_answered_by_the_running_system(undisturbed: Finished):
    assert set(undisturbed.unanswered) == UNANSWERED


def test_the_doctor_finds_nothing_to_do_in_a_system_that_is_well(undisturbed: Finished):
    to_do = [one for one in undisturbed.findings if one.level == "problem" and one.check != "disk"]
    assert to_do == []
    assert any("12 expected stations are heard" in one.what for one in undisturbed.findings)


def test_sigterm_ends_every_worker_with_status_0_and_a_clean_log(undisturbed: Finished):
    assert set(undisturbed.statuses) == {*WORKERS, "replay"}
    assert set(undisturbed.statuses.values()) == {0}, undisturbed.statuses
    for name, text in undisturbed.logs.items():
        for complaint in ("Traceback", "Unclosed", "never awaited", "Exception"):
            assert complaint not in text, f"{name}:\n{text}"
