"""Late, repeated, revised and withdrawn events leave the state as if they had come right."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_mechanisms import mechanisms, strike_slip_stress, turned

from streamstress.change import (
    ChangeDecision,
    ChangeDetector,
    ChangeEvent,
    ChangeSettings,
    RegionWatch,
    change_event,
    checkpoints,
    lines_of_revision,
)
from streamstress.errors import UnusableDataError

DAY_NS = 86_400 * 10**9
SETTINGS = ChangeSettings(
    learn=40, min_window=5, max_window=60, confirm_events=20, alarm_events=10, resamplings=100
)
END_NS = 10**6 * DAY_NS
Told = list[tuple[str, int, int, ChangeEvent | None]]


@pytest.fixture(scope="module", autouse=True)
def dense_marks() -> Iterator[None]:
    """Marks so close that a few hundred events have many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "MARK_EVERY", 6)
        yield


def watch(revisable_events: int = 50_000) -> RegionWatch[ChangeDetector]:
    return RegionWatch(lambda: ChangeDetector(SETTINGS), ChangeDetector.restore, revisable_events)


@cache
def turning_events(seed: int = 0, count: int = 130) -> tuple[ChangeEvent, ...]:
    """Events under a stress that turns by 40 degrees after 70 of them."""
    rng = np.random.default_rng(seed)
    stress = strike_slip_stress(30.0)
    angles = np.concatenate(
        [mechanisms(stress, 70, rng), mechanisms(turned(stress, 40.0), count - 70, rng)]
    )
    return tuple(
        change_event(f"e{i:04d}", i * DAY_NS, *map(float, angle)) for i, angle in enumerate(angles)
    )


def told_right(events: tuple[ChangeEvent, ...]) -> RegionWatch[ChangeDetector]:
    region = watch()
    for event in sorted(events, key=lambda event: event.key):
        region.put(event.event_id, 0, event.origin_time_ns, event)
        region.advance(event.origin_time_ns + 1)
    return region


def reader_of(lines: list[ChangeDecision]) -> dict[str, ChangeDecision]:
    """What somebody knows who keeps the latest line of each change."""
    return {line.change_id: line for line in lines}


def agree(reader: dict[str, ChangeDecision], region: RegionWatch[ChangeDetector]) -> bool:
    """Whether a reader knows what stands, be it under the name that it was told first."""
    standing = [replace(one, change_id="") for one in reader_of(region.decisions).values()]
    known = [replace(one, change_id="") for one in reader.values()]
    return all(one in known for one in standing) and all(
        one in standing or one.state == "withdrawn" for one in known
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[Told, list[int]]:
    """Versions of events, some late, revised or told twice, and when time moves on between."""
    events = turning_events()
    messages: Told = [(e.event_id, 0, e.origin_time_ns, e) for e in events]
    for place in draw(st.lists(st.integers(0, len(events) - 1), max_size=8, unique=True)):
        kind = draw(st.sampled_from(["same", "moved", "turned", "gone"]))
        when = draw(st.integers(place, len(messages)))
        revised = (events[place].event_id, 1, *_version(events[place], kind))
        messages.insert(when, revised)
    for place in draw(st.lists(st.integers(0, len(messages) - 1), max_size=8)):
        messages.append(messages.pop(place))
    again = draw(st.lists(st.sampled_from(messages), max_size=5))
    steps = draw(st.lists(st.integers(1, len(messages)), max_size=12, unique=True))
    return messages + again, sorted(steps)


def _version(event: ChangeEvent, kind: str) -> tuple[int, ChangeEvent | None]:
    if kind == "moved":
        moved = replace(event, origin_time_ns=event.origin_time_ns + 40 * DAY_NS + 1)
        return moved.origin_time_ns, moved
    if kind == "turned":
        return event.origin_time_ns, replace(event, five=turning_events()[0].five)
    return event.origin_time_ns, None if kind == "gone" else event


@settings(max_examples=20)
@given(histories())
def test_any_order_repeats_revisions_and_withdrawals_leave_the_state_of_the_right_order(
    history: tuple[Told, list[int]],
):
    messages, steps = history
    region, lines = watch(), []
    for number, (event_id, version, time_ns, event) in enumerate(messages, 1):
        region.put(event_id, version, time_ns, event)
        if number in steps:
            newest = max(time for _, _, time, _ in messages[:number])
            lines += region.advance(newest + 1)
    lines += region.advance(END_NS)
    newest_version = {
        event_id: message for event_id, *message in sorted(messages, key=lambda m: m[1])
    }
    right = told_right(tuple(e for _, _, e in newest_version.values() if e is not None))
    assert region.detector.snapshot() == right.detector.snapshot()
    assert region.decisions == right.decisions
    assert agree(reader_of(lines), region)


def test_a_moved_event_counts_once_also_past_the_time_that_is_decided():
    events = turning_events()
    region = told_right(events)
    moved = replace(events[20], origin_time_ns=END_NS + DAY_NS)
    region.put(moved.event_id, 1, moved.origin_time_ns, moved)
    region.advance(END_NS)
    without = told_right((*events[:20], *events[21:]))
    assert region.detector.snapshot() == without.detector.snapshot()
    assert region.decisions == without.decisions
    region.advance(END_NS + 2 * DAY_NS)
    assert (
        region.detector.snapshot()
        == told_right((*events[:20], *events[21:], moved)).detector.snapshot()
    )


def test_an_alarm_is_withdrawn_when_the_events_that_raised_it_are_revised():
    events, steady = turning_events(), turning_events(1)
    region = told_right(events)
    alarm = next(line for line in region.decisions if line.state == "open")
    for before, after in zip(events[70:], steady[:60], strict=True):
        region.put(before.event_id, 1, before.origin_time_ns, replace(before, five=after.five))
    lines = region.advance(END_NS)
    assert [line.state for line in lines if line.change_id == alarm.change_id] == ["withdrawn"]
    assert lines[0].guards["revision"].startswith("hold")
    assert alarm.change_id not in {line.change_id for line in region.decisions}


def test_a_revision_that_changes_no_decision_is_not_told():
    events = turning_events()
    region = told_right(events[:70])
    same = events[10]
    region.put(same.event_id, 3, same.origin_time_ns, same)
    assert region.advance(END_NS) == []


def test_a_gap_of_years_does_not_age_the_reference():
    events = turning_events()
    later = [replace(e, origin_time_ns=e.origin_time_ns + 3650 * DAY_NS) for e in events[60:]]
    gap = told_right((*events[:60], *later))
    straight = told_right(events)
    found = [
        [(line.state, line.event_id, line.score, line.rotation_deg) for line in region.decisions]
        for region in (gap, straight)
    ]
    assert found[0] == found[1]
    assert "open" in [line.state for line in gap.decisions]


def steady_events(count: int = 700) -> tuple[ChangeEvent, ...]:
    angles = mechanisms(strike_slip_stress(30.0), count, np.random.default_rng(4))
    return tuple(
        change_event(f"s{i:04d}", i * DAY_NS, *map(float, angle)) for i, angle in enumerate(angles)
    )


def test_a_replay_ends_where_it_joins_what_was_known():
    events = steady_events()
    region = told_right(events)
    region.put("s0100", 1, 100 * DAY_NS, None)
    decided: list[str] = []
    region.advance(END_NS, lambda event, _: decided.append(event.event_id))
    assert 60 < len(decided) < 400
    without = told_right((*events[:100], *events[101:]))
    assert region.detector.snapshot() == without.detector.snapshot()
    assert region.decisions == without.decisions


def test_revisions_far_apart_are_all_taken_in_by_one_replay():
    events = steady_events()
    region = told_right(events)
    for place in (100, 660):
        region.put(events[place].event_id, 1, events[place].origin_time_ns, None)
    region.advance(END_NS)
    without = told_right((*events[:100], *events[101:660], *events[661:]))
    assert region.detector.snapshot() == without.detector.snapshot()


def test_memory_is_bounded_and_what_is_too_old_is_refused_by_name():
    events = turning_events(2, 300)
    region = watch(revisable_events=60)
    for event in events:
        region.put(event.event_id, 0, event.origin_time_ns, event)
        region.advance(event.origin_time_ns + 1)
    assert region.n_remembered < 120
    with pytest.raises(UnusableDataError, match="e0003, version 1"):
        region.put("e0003", 1, events[3].origin_time_ns, None)
    revised = events[250]
    region.put(revised.event_id, 1, revised.origin_time_ns, None)
    region.advance(END_NS)
    without = told_right((*events[:250], *events[251:]))
    assert region.detector.snapshot() == without.detector.snapshot()


def test_a_reader_of_the_lines_of_a_revision_knows_what_stands():
    first = told_right(turning_events()).decisions
    second = told_right(turning_events(3)).decisions
    for told, now in ((first, second), (second, first), (first, first[:1]), (first[:2], first)):
        reader = reader_of([*told, *lines_of_revision(told, now)])
        standing = reader_of(now)
        assert all(reader[k] == line for k, line in standing.items())
        assert all(reader[k].state == "withdrawn" for k in reader.keys() - standing.keys())
    assert lines_of_revision(first, first) == []


def test_an_alarm_that_a_revision_lets_begin_elsewhere_keeps_its_name():
    events = turning_events()
    region = told_right(events)
    alarm = region.decisions[-1]
    (named,) = [event for event in events if event.event_id == alarm.change_id]
    region.put(named.event_id, 1, named.origin_time_ns, None)
    lines = region.advance(END_NS)
    assert region.decisions[-1].change_id != alarm.change_id
    assert {line.change_id for line in lines} == {alarm.change_id}
    assert lines[-1].state == alarm.state
