"""An event that live found from a part of its stations gets its fuller version, under its id."""

from collections.abc import Sequence

import numpy as np
import pytest
from control_messages import PickLine, event_of
from msgspec.structs import replace

from streamstress.config.places import Region
from streamstress.mechanism import MechanismSettings
from streamstress.records import Event, Mechanism
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.agents.merge import MergeRole
from streamstress.stream.event_window import EventWindow, WindowLimits
from streamstress.stream.handover import FILLED_VERSION, Found, _versions
from streamstress.stream.latency import is_measured
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming
from streamstress.stream.same_events import same_events
from streamstress.wire.codec import encode
from streamstress.wire.topics import CANDIDATES, EVENTS

REGIONS = tuple(
    Region(name=name, south_deg=38, north_deg=39, west_deg=west, east_deg=141)
    for name, west in (("wide", 139), ("east", 140))
)
PLACES = Places({}, ("all",), {"all": frozenset()}, REGIONS)


def pick_line(number: int) -> PickLine:
    """A first motion of a station of that number."""
    return PickLine(
        line_number=number + 2,
        network="XX",
        station=f"S{number:03d}",
        location="",
        channel="HHZ",
        phase="P",
        time_ns=10**18,
        azimuth_deg=30.0 * number % 360.0,
        azimuth_sigma_deg=2.0,
        takeoff_deg=60.0 + number,
        takeoff_sigma_deg=2.0,
        up_probability=0.95 if number % 3 else 0.05,
    )


def event(event_id: str, numbers: Sequence[int], version: int = 3) -> Event:
    """An event of the picks with these numbers, each of a station of its own."""
    base = event_of(event_id, [pick_line(n) for n in numbers])
    arrivals = tuple(
        replace(a, pick_id=f"pick-{n}") for a, n in zip(base.arrivals, numbers, strict=True)
    )
    return replace(base, arrivals=arrivals, version=version)


def by_id(*events: Event) -> dict[str, Event]:
    return {one.event_id: one for one in events}


def test_the_half_event_gets_the_fuller_version_and_a_whole_one_is_left_alone():
    held = by_id(event("half", range(5)), event("whole", range(20, 32)))
    found = by_id(event("a", range(12)), event("b", range(20, 32)), event("c", range(40, 50)))
    told = same_events(found, held)
    assert told.fuller == {"a": "half"}
    assert (told.known, told.new, told.split) == (["b"], ["c"], [])


@pytest.mark.parametrize(
    "live",
    [range(12), range(14), [*range(5), 50], [0, 1, *range(50, 58)]],
    ids=["as many", "more", "a station more", "few in common"],
)
def test_what_live_has_alone_is_never_given_up(live: Sequence[int]):
    told = same_events(by_id(event("a", range(12))), by_id(event("live", live)))
    assert told.fuller == {}
    assert told.split == []


def test_two_halves_of_one_earthquake_become_one_event():
    held = by_id(event("west", range(7)), event("east", range(7, 12)))
    told = same_events(by_id(event("a", range(12))), held)
    assert told.fuller == {"a": "west"}
    assert told.split == ["east"]


def test_every_event_has_one_fate_in_any_order():
    rng = np.random.default_rng(5)
    picks = [np.unique(rng.integers(0, 200, 20)) for _ in range(30)]
    found = [event(f"f{i}", numbers.tolist()) for i, numbers in enumerate(picks)]
    held = [event(f"h{i}", rng.permutation(picks[i])[: 3 + i % 15].tolist()) for i in range(30)]
    told = same_events(by_id(*found), by_id(*held))
    fates = [*told.new, *told.known, *told.fuller]
    assert sorted(fates) == sorted(by_id(*found))
    assert len(set(told.fuller.values())) == len(told.fuller)
    assert not set(told.split) & set(told.fuller.values())
    assert same_events(by_id(*found[::-1]), by_id(*held[::-1])) == told
    assert told.fuller


def test_what_was_handed_over_before_is_known():
    found, held = by_id(event("a", range(12))), by_id(event("half", range(5)))
    sent = _versions(
        {"a": "half"}, [], Found(found, {"a": {0}}), Found(held, {"half": {0}}), PLACES
    )
    told = same_events(found, by_id(*sent))
    assert (told.known, told.fuller) == (["a"], {})


def handed_over(live: Event, fuller: Event, now: set[int], before: set[int]) -> list[Event]:
    found = Found({fuller.event_id: fuller}, {fuller.event_id: now})
    held = Found({live.event_id: live}, {live.event_id: before})
    return list(_versions({fuller.event_id: live.event_id}, [], found, held, PLACES))


def test_the_merger_passes_it_to_each_region_and_withdraws_it_where_it_is_no_more():
    sent = handed_over(event("half", range(5)), event("a", range(12)), {0}, {0, 1})
    role = MergeRole(PLACES, "iasp91")
    out = [
        one
        for number, record in enumerate(sent)
        for one in role.process(Incoming(CANDIDATES.name, 0, number, b"", encode(record)), record)
    ]
    assert [(o.topic, o.key, o.partition) for o in out] == [
        (EVENTS, "half", 0),
        (EVENTS, "half", 1),
    ]
    records = [o.record for o in out if isinstance(o.record, Event)]
    assert [r.status for r in records] == ["final", "tombstone"]
    assert [r.region for r in records] == ["wide", "east"]
    assert {r.version for r in records} == {FILLED_VERSION}
    assert len(records[0].arrivals) == 12


def test_its_mechanism_takes_the_place_of_the_former_and_is_flagged():
    live = event("half", range(5))
    (fuller,) = handed_over(live, event("a", range(12)), {0}, {0})
    role = MechanismRole(MechanismSettings(n_trials=3, grid_step_deg=10.0))
    role.restore(EVENTS.name, 0, None)
    window = EventWindow(WindowLimits(10), "ABCDEF")
    told: list[Mechanism] = []
    for number, one in enumerate([live, fuller, live]):
        message = Incoming(EVENTS.name, 0, number, b"half", encode(one))
        told += [o.record for o in role.process(message, one) if isinstance(o.record, Mechanism)]
    assert [(m.event_id, m.n_polarity, m.flagged_backfill) for m in told] == [
        ("half", 5, False),
        ("half", 12, True),
    ]
    assert told[1].version > told[0].version
    assert [is_measured(m) for m in told] == [True, False], "its latency would be that of the gap"
    for mechanism in told:
        window.take(mechanism)
    assert len(window.events()) <= 1
