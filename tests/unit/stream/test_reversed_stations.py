"""A station that is turned upside down: proposed, confirmed, and its events solved anew."""

import itertools
from collections.abc import Iterable

import msgspec
import numpy as np
import pytest
from control_messages import (
    control_message,
    event_message,
    event_messages,
    event_of,
    progress_message,
    reversal,
)
from topic_recorder import Recorder

from streamstress.change import ChangeSettings
from streamstress.mechanism.settings import MechanismSettings
from streamstress.records import Control, Mechanism, StressChange, StressEstimate
from streamstress.records.mechanisms import VERSIONS_A_REVISION
from streamstress.stream.agents.change import ChangeRole
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.chain import Chain, Message
from streamstress.stream.controls import ControlTable, stations_verdict
from streamstress.stream.event_window import WindowLimits
from streamstress.stream.mechanism_region import Saved
from streamstress.stream.places import places_of
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode
from streamstress.wire.topics import CHANGES, CONTROLS, EVENTS, MECHANISMS, STRESS

SETTINGS = MechanismSettings(grid_step_deg=10.0, n_trials=5)
STATION, TURNED_AT, N_EVENTS = "XX.S03", 30, 80
AFTER_NS = 2 * 10**18


def run(messages: Iterable[Message], **settings: str) -> tuple[Recorder, MechanismRole]:
    """Messages through the mechanism agent, and what was on the topics."""
    role, recorder = MechanismRole(SETTINGS, **settings), Recorder()
    Chain([role, recorder]).feed(messages)
    return recorder, role


def newest(recorder: Recorder) -> dict[str, Mechanism]:
    """The mechanism of each event that a reader of the topic holds in the end."""
    held: dict[str, Mechanism] = {}
    for mechanism in recorder.records(MECHANISMS, Mechanism):
        if mechanism.version > held.get(mechanism.event_id, mechanism).version - 1:
            held[mechanism.event_id] = mechanism
    return held


@pytest.fixture(scope="module")
def turned(located_readings):
    """Readings of a network in which one station is upside down from one event on."""
    spans = {STATION: (TURNED_AT, N_EVENTS)}
    return located_readings(n_events=N_EVENTS, seed=3, reversed_from=spans)[0]


@pytest.fixture(scope="module")
def sound(located_readings):
    """The same readings with every station upright."""
    return located_readings(n_events=N_EVENTS, seed=3)[0]


@pytest.fixture(scope="module")
def from_ns(turned) -> int:
    return turned[f"e{TURNED_AT:04d}"][3].time_ns


def solutions(mechanisms: dict[str, Mechanism]) -> dict[str, object]:
    return {i: (m.grade, m.solutions, m.misfit) for i, m in mechanisms.items()}


def test_a_reversal_is_proposed_with_its_date_within_thirty_events(turned, from_ns: int):
    recorder = Recorder()
    chain = Chain([MechanismRole(SETTINGS), recorder])
    told_after: list[int] = []
    for number, (event_id, rows) in enumerate(turned.items()):
        chain.feed(event_messages({event_id: rows}))
        told_after += [number] * (len(recorder.values(CONTROLS)) - len(told_after))
    controls = recorder.records(CONTROLS, Control)
    assert {control.target for control in controls} == {STATION}
    assert {control.state for control in controls} == {"proposed"}
    assert abs(controls[-1].valid_from_ns - from_ns) <= 3 * 3_600 * 10**9
    assert controls[-1].valid_until_ns is None
    assert 0 < told_after[0] - TURNED_AT <= 30


def test_a_proposal_alone_changes_no_mechanism(turned):
    recorder, _ = run(event_messages(turned))
    without, _ = run(event_messages(turned), reversals="off")
    assert without.records(CONTROLS, Control) == []
    assert recorder.values(MECHANISMS) == without.values(MECHANISMS)


def test_confirmed_it_solves_anew_the_events_it_touches_and_no_other(turned, sound, from_ns: int):
    confirmation = control_message(reversal(STATION, from_ns))
    end = progress_message(AFTER_NS)
    recorder, _ = run([*event_messages(turned), confirmation, end])
    expected, _ = run(event_messages(sound))
    assert solutions(newest(recorder)) == solutions(newest(expected))
    again = [m for m in recorder.records(MECHANISMS, Mechanism) if m.version > VERSIONS_A_REVISION]
    assert [m.event_id for m in again] == [f"e{k:04d}" for k in range(TURNED_AT, N_EVENTS)]


def test_events_that_come_later_are_solved_right_at_once(turned, sound, from_ns: int):
    messages = [*event_messages(turned)]
    cut = 2 * (TURNED_AT + 10)
    confirmation = control_message(reversal(STATION, from_ns))
    recorder, _ = run([*messages[:cut], confirmation, *messages[cut:]])
    expected, _ = run(event_messages(sound))
    assert solutions(newest(recorder)) == solutions(newest(expected))
    counts = [m.event_id for m in recorder.records(MECHANISMS, Mechanism)]
    assert len(counts) == N_EVENTS + 10


def test_once_confirmed_by_a_person_the_proposal_is_dropped(turned, from_ns: int):
    messages = [*event_messages(turned)]
    confirmation = control_message(reversal(STATION, from_ns))
    recorder, _ = run([*messages[:-10], confirmation, *messages[-10:]])
    states = {c.control_id: c.state for c in recorder.records(CONTROLS, Control)}
    assert sorted(states.values()) == ["confirmed", "dropped"]


def test_withdrawn_the_former_mechanisms_come_back(turned, from_ns: int):
    control = reversal(STATION, from_ns)
    withdrawn = msgspec.structs.replace(control, state="withdrawn")
    steps = [control_message(control), progress_message(AFTER_NS), control_message(withdrawn)]
    recorder, _ = run([*event_messages(turned), *steps, progress_message(AFTER_NS)])
    untouched, _ = run(event_messages(turned))
    assert solutions(newest(recorder)) == solutions(newest(untouched))
    assert len(recorder.records(MECHANISMS, Mechanism)) == N_EVENTS + 2 * (N_EVENTS - TURNED_AT)


def test_by_setting_a_reversal_is_applied_without_a_person(turned, sound):
    recorder, _ = run([*event_messages(turned), progress_message(AFTER_NS)], reversals="apply")
    (first, *_) = recorder.records(CONTROLS, Control)
    assert (first.state, first.author) == ("confirmed", "streamstress")
    expected, _ = run(event_messages(sound))
    ours, theirs = solutions(newest(recorder)), solutions(newest(expected))
    same = [ours[event_id] == theirs[event_id] for event_id in theirs]
    # The date is found to within a few events whose reading tells nothing.
    assert np.mean(same) >= 0.95


def test_a_station_turned_back_is_proposed_with_both_dates(located_readings):
    events, _ = located_readings(n_events=130, seed=5, reversed_from={STATION: (20, 70)})
    recorder, _ = run(event_messages(events))
    last = recorder.records(CONTROLS, Control)[-1]
    assert last.valid_until_ns is not None
    span_h = (last.valid_until_ns - last.valid_from_ns) / 3.6e12
    assert span_h == pytest.approx(50, abs=5)


@pytest.mark.parametrize("seed", [21, 22])
def test_a_sound_network_is_left_alone(located_readings, seed: int):
    recorder, _ = run(event_messages(located_readings(n_events=60, seed=seed)[0]))
    assert recorder.records(CONTROLS, Control) == []


def test_a_worker_that_died_before_it_solved_anew_does_so_after_its_restart(turned, from_ns: int):
    confirmation = reversal(STATION, from_ns)
    role = MechanismRole(SETTINGS)
    role.restore(EVENTS.name, 0, None)
    for k, (topic, partition, key, value, headers) in enumerate(event_messages(turned)):
        message = Incoming(topic, partition, k, key, value, headers)
        role.process(message, message.record())
    saved = role.snapshot(EVENTS.name, 0)
    # Here it heard of the control, and died. Another one reads controls and events again.
    reborn = MechanismRole(SETTINGS)
    reborn.absorb(incoming(CONTROLS.name, 0, encode(confirmation)), confirmation)
    reborn.restore(EVENTS.name, 0, saved)
    for k, (_, _, _, value, _) in enumerate(event_messages(turned)):
        message = incoming(EVENTS.name, k, value)
        reborn.absorb(message, message.record())
    progress = incoming(EVENTS.name, 999, progress_message(AFTER_NS)[3])
    solved = [o.record for o in reborn.process(progress, progress.record())]
    assert sum(isinstance(record, Mechanism) for record in solved) == N_EVENTS - TURNED_AT
    saved_again = reborn.snapshot(EVENTS.name, 0)
    assert msgspec.msgpack.decode(saved_again, type=Saved).controls_done == 1
    # The next one has nothing left to do.
    heir = MechanismRole(SETTINGS)
    heir.absorb(incoming(CONTROLS.name, 0, encode(confirmation)), confirmation)
    heir.restore(EVENTS.name, 0, saved_again)
    progress = incoming(EVENTS.name, 1000, progress_message(AFTER_NS)[3])
    assert len(heir.process(progress, progress.record())) == 1


def incoming(topic: str, offset: int, value: bytes) -> Incoming:
    return Incoming(topic, 0, offset, b"key", value)


def test_a_withdrawn_event_is_withdrawn_also_after_a_revision(turned, from_ns: int):
    event = event_of("e0040", turned["e0040"])
    tombstone = msgspec.structs.replace(event, version=2, status="tombstone", arrivals=())
    confirmation = control_message(reversal(STATION, from_ns))
    steps = [event_message(event), confirmation, progress_message(AFTER_NS)]
    recorder, _ = run([*steps, event_message(tombstone)])
    versions = [m.version for m in recorder.records(MECHANISMS, Mechanism)]
    assert versions == sorted(set(versions))
    assert newest(recorder)["e0040"].status == "tombstone"


def test_the_stress_estimate_takes_the_mechanisms_solved_anew(
    turned, sound, from_ns: int, settings
):
    def last_estimate(messages: Iterable[Message]) -> StressEstimate:
        stress = StressRole(places_of(settings), "ABCD", WindowLimits(60), 20, 100, 0.6)
        recorder = Recorder()
        Chain([MechanismRole(SETTINGS), stress, recorder]).feed(messages)
        return recorder.records(STRESS, StressEstimate)[-1]

    confirmation = control_message(reversal(STATION, from_ns))
    end = progress_message(AFTER_NS)
    mended = last_estimate([*event_messages(turned), confirmation, end])
    expected = last_estimate([*event_messages(sound), end])
    assert mended.tensor == pytest.approx(expected.tensor)


def test_controls_in_any_order_of_targets_give_the_same_table(from_ns: int):
    controls = [reversal("XX.A", 5), reversal("XX.A", 50, 60), reversal("XX.B", 1)]
    numbered = list(enumerate(controls))
    tables = []
    for order in itertools.permutations(numbered):
        table = ControlTable()
        for offset, control in [*order, order[0]]:
            table.take(offset, control)
        tables.append(table)
    assert all(
        (t.is_reversed("XX.A", 55), t.revision([("XX.A", 55)]), t.is_reversed("XX.B", 0))
        == (True, 2, False)
        for t in tables
    )


def test_the_end_of_a_reversal_can_be_told_later(turned, from_ns: int):
    until_ns = turned["e0060"][3].time_ns
    open_ended, ended = reversal(STATION, from_ns), reversal(STATION, from_ns, until_ns)
    steps = [control_message(open_ended), progress_message(AFTER_NS), control_message(ended)]
    recorder, _ = run([*event_messages(turned), *steps, progress_message(AFTER_NS)])
    untouched, _ = run(event_messages(turned))
    both = solutions(newest(recorder)), solutions(newest(untouched))
    after = [f"e{k:04d}" for k in range(60, N_EVENTS)]
    assert [both[0][i] for i in after] == [both[1][i] for i in after]


def test_an_alarm_says_that_a_station_it_rests_on_seems_reversed():
    table = ControlTable()
    assert stations_verdict(table, 10, 20) == "pass: no station seems reversed"
    table.take(0, reversal("XX.A", 15, state="proposed"))
    assert stations_verdict(table, 10, 20).startswith("hold: XX.A seems reversed")
    assert stations_verdict(table, 5, 10).startswith("pass")
    table.take(1, reversal("XX.A", 15))
    assert stations_verdict(table, 10, 20).startswith("hold: XX.A was turned")
    assert stations_verdict(table, 10, 20, solved_revision=2).startswith("pass")


def test_changes_are_told_with_the_verdict_on_the_stations(turning_mechanisms, settings):
    detector = ChangeSettings(learn=60, false_alarms_per_1e4=10.0, seed=1)
    role, recorder = ChangeRole(places_of(settings), detector, "ABC"), Recorder()
    proposal = control_message(reversal("XX.A", 1, state="proposed"))
    fed = [(m.topic, m.partition, m.key, m.value, m.headers) for m in turning_mechanisms]
    Chain([role, recorder]).feed([proposal, *fed])
    changes = recorder.records(CHANGES, StressChange)
    assert changes
    assert {c.guards["stations"].split(":")[0] for c in changes} == {"hold"}
    assert {c.state for c in changes} <= {"held", "closed"}
