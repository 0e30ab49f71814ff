"""The change agent holds alarms for what the mechanisms cannot tell, and watches cells."""

import msgspec
import pytest
from control_messages import reversal
from turning_stress import HOUR_NS, TURNED_AFTER, Agent, solved, states

from streamstress.records import Mechanism
from streamstress.records.mechanisms import VERSIONS_A_REVISION


@pytest.fixture(scope="module")
def events() -> list[Mechanism]:
    return solved()


def test_an_alarm_waits_for_a_station_that_seems_reversed_and_opens_when_it_is_not(
    events: list[Mechanism],
):
    agent = Agent()
    agent.hears(reversal("XX.A", HOUR_NS, state="proposed"))
    told = agent.gets(*events[:-1])
    assert set(states(told)) == {"held"}
    assert told[-1].guards["stations"].startswith("hold: XX.A seems reversed")
    agent.hears(reversal("XX.A", HOUR_NS, state="dropped"))
    released = agent.gets(events[-1])
    assert states(released)[0] == "open"
    assert released[0].guards["stations"].startswith("pass")
    assert {change.change_id for change in released} == {told[-1].change_id}


def test_an_alarm_waits_until_events_of_a_reversed_station_are_solved_anew(
    events: list[Mechanism],
):
    agent = Agent()
    agent.hears(reversal("XX.A", HOUR_NS, state="confirmed"))
    told = agent.gets(*events)
    assert set(states(told)) == {"held"}
    assert told[-1].guards["stations"].startswith("hold: XX.A was turned")
    anew = [msgspec.structs.replace(e, version=e.version + VERSIONS_A_REVISION) for e in events]
    assert "open" in states(agent.gets(*anew))


def test_mechanisms_filled_in_after_the_fact_open_no_alarm(events: list[Mechanism]):
    flagged = [msgspec.structs.replace(event, flagged_backfill=True) for event in events]
    assert "open" in states(Agent().gets(*events))
    assert "open" not in states(Agent().gets(*flagged))


@pytest.mark.parametrize(
    ("guard", "changed"),
    [
        ("polarity model", {"model": "hash/net-2/crust"}),
        ("solver", {"model": "bayes/net/crust"}),
        ("velocity model", {"model": "hash/net/crust-2"}),
        ("picker", {"picker": "picker-2"}),
        ("station set", {"stations": ("XX.A", "XX.B")}),
        ("station polarity", {"stations_against": ("XX.C",)}),
    ],
)
def test_what_made_the_mechanisms_holds_where_it_changed(
    events: list[Mechanism], guard: str, changed: dict[str, object]
):
    known = {"picker": "picker-1", "stations": ("XX.A", "XX.B", "XX.C", "XX.D")}
    events = [msgspec.structs.replace(event, **known) for event in events]
    after = [msgspec.structs.replace(event, **changed) for event in events[TURNED_AFTER:]]
    told = Agent().gets(*events[:TURNED_AFTER], *after)
    assert "open" not in states(told)
    assert told[-1].guards[guard].startswith("hold")


def test_an_alarm_that_a_revision_undoes_is_withdrawn_and_one_of_the_rest_is_not(
    events: list[Mechanism],
):
    agent = Agent()
    told = agent.gets(*events)
    assert "open" in states(told)
    old = [
        msgspec.structs.replace(event, version=2, solutions=steady.solutions)
        for event, steady in zip(events[TURNED_AFTER:], events[:60], strict=True)
    ]
    gone = agent.gets(msgspec.structs.replace(events[3], version=2, status="tombstone"), *old)
    assert states(gone)[-1] == "withdrawn"
    straight = Agent()
    straight.gets(*events[:3], *events[4:TURNED_AFTER], *old)
    first, second = (one.role._watches[0].detector.snapshot() for one in (agent, straight))
    assert first == second


def test_cells_are_watched_apart_and_told_under_their_names(events: list[Mechanism]):
    north = [
        msgspec.structs.replace(event, event_id=f"n{event.event_id}", latitude_deg=35.7)
        for event in events[:TURNED_AFTER]
    ]
    mixed = sorted([*events, *north], key=lambda event: (event.origin_time_ns, event.event_id))
    told = Agent(cells_deg=0.5).gets(*mixed)
    alarms = [change for change in told if change.state == "open"]
    assert [change.region for change in alarms] == ["here/35.25N 140.25E"]
    assert "neighbouring cells" in alarms[0].guards
