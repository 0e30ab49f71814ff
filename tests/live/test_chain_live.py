"""The whole system as an operator runs it: processes, Kafka, SeedLink; and what a kill changes."""

import asyncio
import io
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from clustered_archive import clustered_archive
from clustered_picks import NS, START_NS, cluster
from control_messages import reversal
from live_system import Catalogue, LiveSystem, catalogue, fetch, live_system
from msgspec.structs import replace
from obspy import read_events
from panel_queries import unanswered
from programs import require_program
from prometheus_client.parser import text_string_to_metric_families
from prometheus_server import prometheus
from sample_records import make_sample
from topic_messages import send
from topic_recorder import Recorder

from streamstress.broker import Broker
from streamstress.config import Settings
from streamstress.outputs.quakeml import event_to_quakeml
from streamstress.records import Event
from streamstress.simulate.archive import Archive
from streamstress.stream.chain import Chain, Message
from streamstress.stream.doctor import Finding, examine, gather
from streamstress.stream.roles import WORKERS, build_role
from streamstress.wire.codec import encode
from streamstress.wire.topics import CHANGES, CONTROLS, EVENTS, PICKS, STRESS

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


def test_refined_events_reach_store_and_quakeml_and_a_killed_merger_leaves_the_same(
    live_broker: Broker, tmp_path: Path
):
    made = cluster(9, seed=3)
    archive = clustered_archive(tmp_path / "cluster", made)
    messages, one_zone = list(made.messages()), {"kafka": {"waveform_partitions": 1}}
    folder = tmp_path / "refined"
    with live_system(folder, archive, live_broker.bootstrap_servers, one_zone) as system:
        system.start(("locate", "merge", "store"))
        # All earthquakes and a step; then the next, with a merger that has to begin anew.
        half = len(messages) - 45
        send(system.settings, messages[:half])
        system.wait(lambda: any(e.origin.relocation for e in _held(system)), 60.0, "one refined")
        system.kill("merge")
        send(system.settings, messages[half:])
        last_ns = START_NS + 7_200 * NS
        system.wait(lambda: system.progress_ns("merge") >= last_ns, 60.0, "all merged")
        expected = _without_kafka(system.settings, messages)
        system.wait(lambda: _held(system) == expected, 60.0, "the store has the refined events")
        with system.reader() as reader:
            detail = reader.event(expected[0].event_id)
            versions = [one.version for one in reader.versions(expected[0].event_id)]
        assert any("worker merge ended" in word for word in system.told), system.told
    assert len(expected) == 9
    assert all(e.status == "final" and e.origin.relocation for e in expected)
    assert len(versions) == len(set(versions)) > 1
    assert detail is not None
    (told,) = read_events(io.BytesIO(event_to_quakeml(detail.event, detail.mechanism)))
    assert str(told.resource_id).endswith(expected[0].event_id)
    assert "double-difference" in str(told.preferred_origin().method_id)
    assert told.preferred_origin().depth == pytest.approx(1000 * expected[0].origin.depth_km)


def _held(system: LiveSystem) -> list[Event]:
    """Events of the store, without the wall times of their sending."""
    with system.reader() as reader:
        return [replace(event, sent_ns=0) for event in reader.event_records()]


def _without_kafka(settings: Settings, messages: Sequence[Message]) -> list[Event]:
    """The newest versions by the same agents in one process, in the order of time."""
    recorder = Recorder()
    Chain([build_role("locate", settings), build_role("merge", settings), recorder]).feed(messages)
    told = sorted(recorder.records(EVENTS, Event), key=lambda event: event.version)
    newest = {event.event_id: replace(event, sent_ns=0) for event in told}
    return sorted(newest.values(), key=lambda event: (event.origin.time_ns, event.event_id))
