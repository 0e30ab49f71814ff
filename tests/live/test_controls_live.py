"""An operator confirms a reversed station while the system runs on a real Kafka."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from control_messages import control_message, event_messages, progress_message, reversal
from live_system import LiveSystem, live_system
from synthetic_readings import located_readings
from topic_messages import send
from topic_recorder import Recorder
from typer.testing import CliRunner

from streamstress.broker import Broker
from streamstress.cli.app import app
from streamstress.outputs.control_words import sentence
from streamstress.outputs.json_view import iso_time
from streamstress.records import Mechanism
from streamstress.simulate.archive import Archive
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.chain import Chain, Message
from streamstress.stream.roles import mechanism_role
from streamstress.wire.topics import MECHANISMS

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

STATION, TURNED_AT, N_EVENTS = "XS.S004", 10, 50


def readings():
    """Events of the archive's stations, the fourth upside down from one of them on."""
    events, _ = located_readings(
        n_events=N_EVENTS, seed=3, n_stations=12, reversed_from={"XX.S03": (TURNED_AT, N_EVENTS)}
    )
    return {
        event_id: [
            replace(row, network="XS", station=f"S{k + 1:03d}") for k, row in enumerate(rows)
        ]
        for event_id, rows in events.items()
    }


def stored(system: LiveSystem) -> Mapping[str, Mechanism]:
    with system.reader() as reader:
        return {one.event_id: one for one in reader.mechanism_records()}


def folded(role: MechanismRole, messages: Iterable[Message]) -> Mapping[str, Mechanism]:
    """What the agent makes of messages in one process."""
    recorder = Recorder()
    Chain([role, recorder]).feed(messages)
    return {one.event_id: one for one in recorder.records(MECHANISMS, Mechanism)}


def test_a_confirmed_reversal_solves_its_events_anew_also_after_a_kill(
    live_broker: Broker, smoke_archive: Archive, tmp_path: Path
):
    events = readings()
    messages = [*event_messages(events)]
    from_ns = events[f"e{TURNED_AT:04d}"][3].time_ns
    with live_system(tmp_path / "controls", smoke_archive, live_broker.bootstrap_servers) as system:
        system.start(("mechanism", "store"))
        send(system.settings, messages)
        system.wait(lambda: len(stored(system)) == N_EVENTS, 60.0, "all events solved")
        with system.reader() as reader:
            proposed = reader.system.controls()
        # Killed before it hears of the control: the next one must catch up.
        system.kill("mechanism")
        command = [
            "control", "reversal", STATION, "--from", iso_time(from_ns),
            "--reason", "turned at a visit", "-c", str(system.config),
        ]  # fmt: skip
        told = CliRunner().invoke(app, command, catch_exceptions=False)
        listed = CliRunner().invoke(app, ["control", "list", "-c", str(system.config)])
        send(system.settings, [progress_message(2 * 10**18)])
        expected = folded(
            mechanism_role(system.settings),
            [*messages, control_message(reversal(STATION, from_ns)), progress_message(2 * 10**18)],
        )
        system.wait(
            lambda: solutions(stored(system)) == solutions(expected), 90.0, "events solved anew"
        )
    assert told.exit_code == 0, told.output
    assert f"{STATION} is reversed from" in told.stdout
    assert {control.target for control in proposed} == {STATION}
    assert sentence(proposed[0]) in listed.stdout
    assert sum(one.version > 10_000 for one in expected.values()) == N_EVENTS - TURNED_AT


def solutions(mechanisms: Mapping[str, Mechanism]) -> dict[str, object]:
    return {i: (m.grade, m.solutions) for i, m in mechanisms.items()}
