"""A worker that dies in mid-stream: sending again what it had sent ends in the same catalogue."""

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from topic_recorder import Recorder

from streamstress.change import ChangeSettings
from streamstress.config import Settings
from streamstress.errors import UnusableDataError
from streamstress.records import Event, Mechanism, Progress, StressChange, StressEstimate
from streamstress.stream.agents.change import ChangeRole
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.chain import Chain
from streamstress.stream.places import places_of
from streamstress.stream.role import Incoming, Outgoing, Role
from streamstress.wire.codec import decode, encode
from streamstress.wire.topics import (
    CANDIDATES,
    EVENTS,
    MECHANISMS,
    PICKS,
    READINGS,
    WAVEFORMS,
    Topic,
)

BATCHES = 24


def run_with_deaths(
    role: Role, topic: Topic, messages: Sequence[Incoming], deaths: Iterable[int], *, in_time: bool
) -> list[Outgoing]:
    """Drive a role as a worker does, batch by batch, killing it after some of them.

    ``in_time``: it dies after its snapshot and acknowledgements; else before both, when only
    what it had to send was sent.
    """
    role.forget()
    role.restore(topic.name, 0, None)
    size = len(messages) // BATCHES + 1
    saved, committed, position, batch = None, 0, 0, 0
    outgoing: list[Outgoing] = []
    while position < len(messages):
        part = messages[position : position + size]
        outgoing += [out for message in part for out in role.process(message, message.record())]
        position, batch = position + len(part), batch + 1
        if batch not in deaths or in_time:
            saved = role.snapshot(topic.name, 0) or saved
            needed = role.needed_from(topic.name, 0)
            committed = position if needed is None else needed
        if batch in deaths:
            role.forget()
            role.restore(topic.name, 0, saved)
            position = committed
    return outgoing


def once(outgoing: Sequence[Outgoing]) -> list[bytes]:
    """What was sent, each byte string at its first sending."""
    return list(dict.fromkeys(encode(out.record) for out in outgoing))


@pytest.mark.parametrize(("deaths", "in_time"), [({1, 13}, True), ({9, 10, 17}, False)])
def test_a_picker_that_dies_sends_the_same_picks(
    smoke: Recorder, roles: dict[str, Role], deaths: set[int], in_time: bool
):
    messages = smoke.messages[WAVEFORMS.name]
    sent = run_with_deaths(roles["pick"], WAVEFORMS, messages, deaths, in_time=in_time)
    assert once(sent) == smoke.values(PICKS)


@pytest.mark.parametrize("in_time", [True, False])
@pytest.mark.parametrize("deaths", [{1}, set(range(3, 23)), {9, 10, 17}])
def test_a_locator_that_dies_sends_the_same_candidates(
    smoke: Recorder, roles: dict[str, Role], deaths: set[int], in_time: bool
):
    messages = smoke.messages[READINGS.name]
    sent = run_with_deaths(roles["locate"], READINGS, messages, deaths, in_time=in_time)
    assert once(sent) == smoke.values(CANDIDATES)


def test_a_picker_acknowledges_what_no_window_needs_any_more(
    smoke: Recorder, roles: dict[str, Role]
):
    role, messages = roles["pick"], smoke.messages[WAVEFORMS.name]
    role.forget()
    role.restore(WAVEFORMS.name, 0, None)
    for message in messages[:-30]:
        role.process(message, None)
    needed = role.needed_from(WAVEFORMS.name, 0)
    assert needed is None or needed > len(messages) // 2


def final_catalogue(events: Iterable[Event]) -> dict[str, Event]:
    newest = {event.event_id: event for event in events}
    return {i: msgspec.structs.replace(event, version=0) for i, event in newest.items()}


def test_picks_sent_twice_after_deaths_end_in_the_same_events(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    sent = run_with_deaths(
        roles["pick"], WAVEFORMS, smoke.messages[WAVEFORMS.name], {6, 12, 18}, in_time=False
    )
    assert len(sent) > len(smoke.values(PICKS))
    chain = Chain([roles["polarity"], roles["locate"], roles["merge"], recorder])
    chain.feed((PICKS.name, 0, out.key.encode(), encode(out.record), {}) for out in sent)
    assert final_catalogue(recorder.records(EVENTS, Event)) == final_catalogue(
        smoke.records(EVENTS, Event)
    )


def test_candidates_sent_twice_end_in_the_same_events(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    chain = Chain([roles["merge"], recorder])
    for message in smoke.messages[CANDIDATES.name]:
        twice = [(CANDIDATES.name, 0, message.key, message.value, {})] * 2
        chain.feed(twice)
    assert final_catalogue(recorder.records(EVENTS, Event)) == final_catalogue(
        smoke.records(EVENTS, Event)
    )


@pytest.fixture(scope="module")
def folds(roles: dict[str, Role], settings: Settings) -> dict[str, Role]:
    """Roles that read their partition again from its start, small enough for a test."""
    places = places_of(settings)
    detector = ChangeSettings(learn=60, false_alarms_per_1e4=10.0, seed=1)
    return {
        "merge": roles["merge"],
        "stress": StressRole(places, "ABC", 40, 20, 100, 0.6),
        "change": ChangeRole(places, detector, "ABC"),
    }


def outputs_of(role: Role, messages: Sequence[Incoming], told_from: int = 0) -> list[bytes]:
    """Begin a fold anew, and give what it sends from a message on."""
    role.forget()
    role.restore(messages[0].topic, 0, None)
    sent = [role.process(message, message.record()) for message in messages]
    return [encode(out.record) for outgoing in sent[told_from:] for out in outgoing]


@pytest.fixture
def fold_messages(smoke: Recorder, turning_mechanisms: list[Incoming]) -> dict[str, list[Incoming]]:
    return {
        "merge": smoke.messages[CANDIDATES.name],
        "stress": turning_mechanisms[:80],
        "change": turning_mechanisms,
    }


@pytest.mark.parametrize("name", ["merge", "stress", "change"])
def test_a_fold_read_again_from_the_start_goes_on_as_if_it_had_never_stopped(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]], name: str
):
    role, messages = folds[name], fold_messages[name]
    cut = len(messages) * 2 // 3
    never_stopped = outputs_of(role, messages, cut)
    role.process(messages[0], messages[0].record())
    assert never_stopped
    assert outputs_of(role, messages, cut) == never_stopped
    for topic in role.inputs:
        assert role.snapshot(topic.name, 0) is None
        assert role.needed_from(topic.name, 0) is None


def without_version(values: Iterable[bytes]) -> list[object]:
    return [msgspec.structs.replace(decode(value), version=0) for value in values]


def renumbered(messages: Iterable[Incoming]) -> list[Incoming]:
    return [
        Incoming(m.topic, m.partition, offset, m.key, m.value) for offset, m in enumerate(messages)
    ]


def repeated_late(messages: Sequence[Incoming]) -> list[Incoming]:
    """Each mechanism comes again after the progress that passed it, as after a restart."""
    pairs = [messages[i : i + 2] for i in range(0, len(messages), 2)]
    return renumbered(m for pair in pairs for m in (*pair, pair[0]))


@pytest.mark.parametrize(("name", "kind"), [("stress", StressEstimate), ("change", StressChange)])
def test_mechanisms_that_come_twice_count_once(
    folds: dict[str, Role],
    fold_messages: dict[str, list[Incoming]],
    name: str,
    kind: type[msgspec.Struct],
):
    role, messages = folds[name], fold_messages[name]
    expected = without_version(outputs_of(role, messages))
    assert all(type(record) is kind for record in expected)
    assert without_version(outputs_of(role, repeated_late(messages))) == expected


@pytest.mark.parametrize("name", ["stress", "change"])
def test_mechanisms_out_of_order_between_two_steps_of_progress_change_nothing(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]], name: str
):
    role, messages = folds[name], fold_messages[name]
    mechanisms, progress = messages[0::2], messages[1::2]
    block = 4
    ordered = [
        m
        for i in range(0, len(mechanisms), block)
        for m in (*mechanisms[i : i + block], progress[min(i + block, len(progress)) - 1])
    ]
    turned = [
        m
        for i in range(0, len(mechanisms), block)
        for m in (*mechanisms[i : i + block][::-1], progress[min(i + block, len(progress)) - 1])
    ]
    assert outputs_of(role, renumbered(turned)) == outputs_of(role, renumbered(ordered))


def test_versions_rise_across_a_restart_of_a_compacted_topic(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]]
):
    messages = fold_messages["stress"]
    newest = decode(outputs_of(folds["stress"], messages)[-1]).version
    # Compaction leaves each mechanism, and of the progress only the newest.
    compacted = [m for m in messages if m.key != b"~progress" or m is messages[-1]]
    (again,) = [decode(value) for value in outputs_of(folds["stress"], compacted)]
    assert again.version >= newest


def test_a_mechanism_that_is_late_is_set_aside_and_costs_no_decision(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]]
):
    role, messages = folds["change"], fold_messages["change"]
    expected = without_version(outputs_of(role, messages))
    late = msgspec.structs.replace(messages[0].record(), event_id="late")
    revised = msgspec.structs.replace(messages[0].record(), version=9)
    half = len(messages) // 2
    role.forget()
    role.restore(MECHANISMS.name, 0, None)
    sent = [role.process(message, message.record()) for message in messages[:half]]
    for record in (late, revised):
        with pytest.raises(UnusableDataError, match=f"{record.event_id}, version"):
            role.process(messages[0], record)
    sent += [role.process(message, message.record()) for message in messages[half:]]
    found = [encode(out.record) for outgoing in sent for out in outgoing]
    assert without_version(found) == expected


def test_the_detector_opens_an_alarm_after_the_stress_turned_and_not_before(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]]
):
    changes = [decode(value) for value in outputs_of(folds["change"], fold_messages["change"])]
    opened = [change for change in changes if change.state == "open"]
    assert len(opened) == 1
    assert opened[0].onset_event_id > "e0070"
    assert 20 < abs(opened[0].shmax_change_deg) < 60


def test_estimates_follow_the_window_of_newest_events(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]]
):
    values = outputs_of(folds["stress"], fold_messages["stress"])
    estimates = [decode(value) for value in values]
    assert [e.n_events for e in estimates] == [*range(20, 41)]
    times = [e.data_time_ns for e in estimates]
    assert times == sorted(set(times))


def test_a_withdrawn_event_leaves_the_estimate(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]]
):
    messages = fold_messages["stress"]
    gone = msgspec.structs.replace(messages[0].record(), status="tombstone", version=3)
    progress = Progress(source="mechanism", done_until_ns=10**15, sent_ns=0)
    added = [
        Incoming(MECHANISMS.name, 0, len(messages) + n, b"x", encode(record))
        for n, record in enumerate((gone, progress))
    ]
    last = decode(outputs_of(folds["stress"], [*messages, *added])[-1])
    assert isinstance(messages[0].record(), Mechanism)
    assert last.n_events == 39
