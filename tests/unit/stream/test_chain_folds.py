"""Roles that read their partition again from its start, and messages that come twice or late."""

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from topic_recorder import Recorder

from streamstress.change import ChangeSettings
from streamstress.config import Settings
from streamstress.records import Mechanism, Progress, StressChange, StressEstimate
from streamstress.stream.agents.change import ChangeRole
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.event_window import WindowLimits
from streamstress.stream.places import places_of
from streamstress.stream.role import Incoming, Role
from streamstress.wire.codec import decode, encode
from streamstress.wire.topics import (
    CANDIDATES,
    MECHANISMS,
)


@pytest.fixture(scope="module")
def folds(roles: dict[str, Role], settings: Settings) -> dict[str, Role]:
    """Roles that read their partition again from its start, small enough for a test."""
    places = places_of(settings)
    detector = ChangeSettings(learn=60, false_alarms_per_1e4=10.0, seed=1)
    return {
        "merge": roles["merge"],
        "stress": StressRole(places, "ABC", WindowLimits(40), 20, 100, 0.6),
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


def standing(values: Iterable[bytes]) -> dict[str, StressChange]:
    """What a reader keeps: the newest line of each change, those withdrawn left out."""
    newest = {change.change_id: change for change in map(decode, values)}
    return {name: change for name, change in newest.items() if change.state != "withdrawn"}


def test_mechanisms_that_come_late_or_revised_leave_what_stands_as_if_they_had_come_right(
    folds: dict[str, Role], fold_messages: dict[str, list[Incoming]]
):
    role, messages = folds["change"], fold_messages["change"]
    moved = 80  # the first mechanism after the turn comes late, and another one is revised
    revised = msgspec.structs.replace(messages[60].record(), version=9, grade="F", solutions=())
    kept = [m for place, m in enumerate(messages) if place != moved]
    late = [*kept[:-1], messages[moved], encoded(revised), messages[-1]]
    right = [*messages[:60], encoded(revised), *messages[61:]]
    found, expected = (standing(outputs_of(role, renumbered(order))) for order in (late, right))
    assert found
    assert without_versions(found) == without_versions(expected)


def encoded(record: Mechanism) -> Incoming:
    return Incoming(MECHANISMS.name, 0, 0, record.event_id.encode(), encode(record))


def without_versions(changes: dict[str, StressChange]) -> dict[str, StressChange]:
    return {k: msgspec.structs.replace(change, version=0) for k, change in changes.items()}


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
