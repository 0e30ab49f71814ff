"""Final events are relocated next to one another beside the stream, as later versions."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from clustered_picks import CRUST, Cluster, cluster
from dying_workers import run_workers
from final_versions import differences, final_versions
from msgspec.structs import replace
from sample_records import make_sample
from topic_recorder import Recorder

from streamstress.config.places import Region
from streamstress.location.finder import EventFinder, FinderSettings
from streamstress.location.location_settings import LocationSettings
from streamstress.location.refinement import ONSETS, Refiner
from streamstress.location.streaming import windows_of
from streamstress.mechanism import MechanismSettings
from streamstress.outputs.metrics import create_metrics
from streamstress.records import Candidate, Event, Mechanism, Polarity
from streamstress.stream.agents.locate import LocateRole
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.agents.merge import MergeRole
from streamstress.stream.chain import Chain
from streamstress.stream.latency import ARRIVED, Latency
from streamstress.stream.observer import Observer
from streamstress.stream.places import Places
from streamstress.stream.refinement import (
    EventRefinement,
    Kept,
    RefinementLimits,
    told_at,
)
from streamstress.stream.role import Incoming, Outgoing, Role
from streamstress.wire.codec import decode, encode
from streamstress.wire.topics import CANDIDATES, EVENTS

N_EVENTS = 9
SOLVER = MechanismSettings(n_trials=3, grid_step_deg=10.0)

Makers = dict[str, Callable[[], Role]]


@pytest.fixture(scope="module")
def made() -> Cluster:
    return cluster(N_EVENTS, seed=3)


@pytest.fixture(scope="module")
def finder(made: Cluster) -> EventFinder:
    return EventFinder(made.stations, CRUST, FinderSettings(), made.tables)


def makers(
    made: Cluster, finder: EventFinder, places: Places | None = None, every_min: int = 60
) -> Makers:
    places = places or made.places()
    windows = {"all": windows_of(finder)}
    limits = RefinementLimits(every_min=every_min)

    def refinement() -> EventRefinement:
        refiner = Refiner(made.stations, lambda: made.tables, LocationSettings(), ONSETS)
        return EventRefinement(refiner, places, limits)

    return {
        "locate": lambda: LocateRole(
            {"all": finder},
            windows,
            places,
            frozenset({"waveforms/0"}),
            CRUST.name,
            sends_traces=True,
        ),
        "merge": lambda: MergeRole(places, CRUST.name, refinement=refinement()),
    }


@pytest.fixture(scope="module")
def told(made: Cluster, finder: EventFinder) -> Recorder:
    """All topics after some hours."""
    recorder = Recorder()
    roles = [make() for make in makers(made, finder).values()]
    Chain([*roles, recorder]).feed(made.messages())
    return recorder


def newest(events: list[Event]) -> list[Event]:
    """What a reader holds: of each event the highest version."""
    held: dict[str, Event] = {}
    for event in events:
        if event.event_id not in held or event.version > held[event.event_id].version:
            held[event.event_id] = event
    return list(held.values())


def test_neighbours_get_places_much_nearer_to_the_truth_under_their_own_ids(
    made: Cluster, told: Recorder
):
    versions = told.records(EVENTS, Event)
    alone = [e for e in versions if e.status == "final" and e.origin.relocation is None]
    refined = newest(versions)
    assert len(alone) == len(refined) == N_EVENTS
    assert {e.event_id for e in alone} == {e.event_id for e in refined}
    assert all(e.status == "final" and e.origin.relocation is not None for e in refined)
    before, after = made.relative_errors_km(alone), made.relative_errors_km(refined)
    assert np.median(after) < 0.25 * np.median(before)
    stated = [e.origin.relocation.horizontal_error_km for e in refined]
    assert np.median(stated) < 0.25 * np.median([e.origin.horizontal_error_km for e in alone])
    assert all(e.origin.relocation.n_correlated > 50 for e in refined)


def test_the_single_locations_errors_and_the_readings_stay(told: Recorder):
    versions = told.records(EVENTS, Event)
    alone = {e.event_id: e for e in versions if e.origin.relocation is None}
    for event in newest(versions):
        former = alone[event.event_id]
        assert event.origin.covariance == former.origin.covariance
        assert [a.pick_id for a in event.arrivals] == [a.pick_id for a in former.arrivals]
        assert event.version > former.version


def test_a_place_that_is_no_news_gets_no_version(told: Recorder):
    versions = told.records(EVENTS, Event)
    refined = [e for e in versions if e.origin.relocation is not None]
    # An hour of events, and two without.
    assert len(refined) < 1.5 * N_EVENTS
    assert max(e.version for e in refined) < 10_000


def test_a_version_filled_in_after_the_fact_is_the_last_of_its_event(
    made: Cluster, finder: EventFinder, told: Recorder
):
    merge = makers(made, finder)["merge"]()
    live = newest([e for e in told.records(EVENTS, Event) if e.origin.relocation is None])
    filled = replace(live[0], version=9000, region=made.places().regions[0].name)
    filling: Incoming | None = Incoming(CANDIDATES.name, 0, 10**6, b"", encode(filled))
    versions: list[Event] = []
    waiting = [*told.messages[CANDIDATES.name]]
    while waiting:
        message = waiting.pop(0)
        sent = [*merge.process(message, message.record())]
        for work in list(merge.deferred.values()):
            sent += work()
        merge.deferred.clear()
        versions += [out.record for out in sent if isinstance(out.record, Event)]
        is_final = any(e.event_id == filled.event_id and e.status == "final" for e in versions)
        if filling is not None and is_final:
            waiting.insert(0, filling)
            filling = None
    relocated = {e.event_id for e in versions if e.origin.relocation is not None}
    assert relocated == {e.event_id for e in live} - {filled.event_id}
    assert [e for e in versions if e.event_id == filled.event_id][-1] == filled


def test_traces_come_once_and_stay_on_the_candidates(told: Recorder):
    candidates = told.records(CANDIDATES, Candidate)
    traced = [a.pick_id for c in candidates for a in c.arrivals if a.onset is not None]
    assert len(traced) == len(set(traced)) == N_EVENTS * 14
    assert all(c.complete for c in candidates for a in c.arrivals if a.onset is not None)
    assert all(a.onset is None for e in told.records(EVENTS, Event) for a in e.arrivals)


@pytest.mark.parametrize("every_min", [20, 60])
def test_deaths_anywhere_leave_the_same_refined_events(
    made: Cluster, finder: EventFinder, told: Recorder, every_min: int
):
    """Three steps while earthquakes come, or one; and the turns after them."""
    roles = {"merge": makers(made, finder, every_min=every_min)["merge"]}
    messages = [(m.topic, m.partition, m.key, m.value, {}) for m in told.messages[CANDIDATES.name]]
    expected = run_workers(roles, messages, seed=0)[0]
    died = 0
    for seed in (1, 2, 3):
        log, deaths = run_workers(roles, messages, seed, death_rate=0.15, longest_batch=12)
        assert differences(*(final_versions(_records(one)) for one in (expected, log))) == []
        died += deaths
    assert died >= 5


def told_by(merge: MergeRole, messages: list[Incoming], *, works_ahead: bool) -> list[list[bytes]]:
    """What is sent at each message, work beside the stream being done at once or never."""
    sent = []
    for message in messages:
        sent.append([encode(out.record) for out in merge.process(message, message.record())])
        for work in list(merge.deferred.values()) if works_ahead else ():
            assert work() == ()
        merge.deferred.clear()
    return sent


def test_refined_events_come_at_one_place_of_the_stream_however_long_the_work_takes(
    made: Cluster, finder: EventFinder, told: Recorder
):
    make, messages = makers(made, finder, every_min=20)["merge"], told.messages[CANDIDATES.name]
    ahead = told_by(make(), messages, works_ahead=True)
    assert ahead == told_by(make(), messages, works_ahead=False)
    assert sum(len(records) for records in ahead) > 2 * N_EVENTS


def test_a_merger_that_dies_between_a_step_and_its_telling_tells_the_same(
    made: Cluster, finder: EventFinder, told: Recorder
):
    make, messages = makers(made, finder)["merge"], told.messages[CANDIDATES.name]
    dying, step = make(), 0
    while not dying.deferred:
        dying.process(messages[step], messages[step].record())
        step += 1
    expected = told_by(make(), messages, works_ahead=False)[step:]
    assert sum(len(records) for records in expected) >= N_EVENTS
    again = make()
    for message in messages[:step]:
        again.absorb(message, message.record())
    assert told_by(again, messages[step:], works_ahead=True) == expected


def test_an_event_has_its_turn_ever_more_seldom_and_only_while_others_come_near():
    def kept(since: int, east: float = 0.0) -> Kept:
        return Kept(b"", 0, 38.0, 140.0 + east, {}, (0,), since)

    alone = {"first": kept(0), "far": kept(0, 1.0)}
    assert set(told_at(0, alone)) == {"first", "far"}
    assert [step for step in range(1, 70) if list(told_at(step, alone))] == []
    turns = [
        step
        for step in range(1, 73)
        if "first" in told_at(step, alone | {f"e{n}": kept(n) for n in range(1, step + 1)})
    ]
    assert turns == [1, 2, 4, 8, 16, 32, 64]
    # What came since its last turn, at 4, still counts at 8.
    assert "first" in told_at(8, alone | {"late": kept(5)})
    assert "first" not in told_at(8, alone | {"early": kept(3)})


def _records(log):
    return [decode(m.value) for m in log.messages[EVENTS.name, 0]]


def test_an_event_that_neighbours_pull_over_a_border_is_withdrawn_on_the_other_side(
    made: Cluster, finder: EventFinder, told: Recorder
):
    versions = told.records(EVENTS, Event)
    alone = {e.event_id: e.origin for e in versions if e.origin.relocation is None}
    moved = max(
        newest(versions),
        key=lambda e: abs(e.origin.longitude_deg - alone[e.event_id].longitude_deg),
    )
    border = (moved.origin.longitude_deg + alone[moved.event_id].longitude_deg) / 2
    sides = (
        Region(name="west", south_deg=37, north_deg=40, west_deg=139, east_deg=border),
        Region(name="east", south_deg=37, north_deg=40, west_deg=border, east_deg=142),
    )
    whole = made.places()
    split = Places(whole.stations, whole.zones, whole.zone_stations, sides)
    recorder = Recorder()
    Chain([*(make() for make in makers(made, finder, split).values()), recorder]).feed(
        made.messages()
    )
    by_side = [
        [m.record() for m in recorder.messages[EVENTS.name] if m.partition == p] for p in (0, 1)
    ]
    held = [newest([e for e in side if isinstance(e, Event)]) for side in by_side]
    status = [{e.event_id: e.status for e in side} for side in held]
    assert {one.get(moved.event_id) for one in status} == {"final", "tombstone"}
    assert sum(one == "final" for side in status for one in side.values()) == N_EVENTS


def test_only_a_turn_beyond_the_rays_errors_makes_a_new_mechanism(told: Recorder):
    versions = told.records(EVENTS, Event)
    refined = newest(versions)[0]
    alone = next(e for e in versions if e.event_id == refined.event_id and e.status == "final")
    # Refined twice: the second time a ray lies far from where the mechanism was solved.
    turned = replace(with_polarities(refined, turn=2.0), version=refined.version + 1)
    events = [with_polarities(alone), with_polarities(refined), turned]
    assert mechanisms_of(events) == [alone.version, turned.version]


def with_polarities(event: Event, turn: float = 0.0) -> Event:
    """With first motions, and one take-off angle turned by so many sigmas."""
    up = Polarity(up_probability=0.97, decision="up", model="made")
    arrivals = [replace(a, polarity=up if a.phase == "P" else None) for a in event.arrivals]
    place = next(n for n, a in enumerate(arrivals) if a.phase == "P")
    first = arrivals[place]
    takeoff_deg = first.takeoff_deg + turn * first.takeoff_sigma_deg
    arrivals[place] = replace(first, takeoff_deg=takeoff_deg)
    return replace(event, arrivals=tuple(arrivals))


def mechanisms_of(events: list[Event]) -> list[int]:
    """Versions of the mechanisms that events lead to."""
    role = MechanismRole(SOLVER)
    role.restore(EVENTS.name, 0, None)
    messages = [
        Incoming(EVENTS.name, 0, n, e.event_id.encode(), encode(e)) for n, e in enumerate(events)
    ]
    outs = [out for m in messages for out in role.process(m, m.record())]
    return [out.record.version for out in outs if isinstance(out.record, Mechanism)]


def test_a_relocated_version_is_counted_as_such_and_its_mechanism_as_no_late_one(told: Recorder):
    metrics = create_metrics("0")
    refined = newest(told.records(EVENTS, Event))[0]
    Observer("merge", metrics).sent([Outgoing(EVENTS, refined.event_id, refined, 0)])
    count = partial(metrics.registry.get_sample_value, "streamstress_events_total")
    assert count({"status": "relocated"}) == 1
    assert count({"status": "final"}) is None
    latency = Latency("mechanism", metrics.stage)
    known = Incoming(EVENTS.name, 0, 0, b"", b"", {ARRIVED: b"1"})
    for message in (known, Incoming(EVENTS.name, 0, 1, b"", b"")):
        latency.marked(message, refined, [])
    mechanism = make_sample(1).mechanisms[0]
    like = Outgoing(EVENTS, "", replace(mechanism, event_id=refined.event_id, status="final"), 0)
    latency.sent(latency.marked(known, None, [like]))
    assert next(iter(metrics.stage.packet_latency.collect())).samples == []
