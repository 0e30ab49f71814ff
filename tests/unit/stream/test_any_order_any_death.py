"""Workers that read in any order and die anywhere end with what undisturbed ones end with."""

import random
from collections.abc import Callable, Mapping, Sequence

import pytest
from amplitude_events import events_of
from dying_workers import Log, run_workers
from final_versions import FinalVersions, differences, final_versions
from msgspec.structs import replace
from synthetic_amplitudes import Network
from topic_recorder import Recorder

from streamstress.config.places import Region
from streamstress.mechanism import MechanismSettings
from streamstress.records import Event, Progress
from streamstress.stream.agents.locate import LocateRole
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.agents.merge import MergeRole
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.chain import Chain, Message
from streamstress.stream.event_window import WindowLimits
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming, Role
from streamstress.wire.codec import decode, encode
from streamstress.wire.topics import EVENTS, READINGS, WAVEFORMS

BLOCK = 100
"""Records of twelve stations in some ten seconds."""

HOUR_NS = 3_600 * 10**9
SOLVER = MechanismSettings(
    n_trials=3, grid_step_deg=10.0, max_azimuth_gap_deg=360.0, max_takeoff_gap_deg=180.0
)

Makers = Mapping[str, Callable[[], Role]]


def finals(log: Log) -> FinalVersions:
    """What stands on the log: all topics, each in its order."""
    return final_versions(
        decode(message.value) for place in sorted(log.messages) for message in log.messages[place]
    )


def shifted(event: Event, number: int) -> Event:
    """The event some hours later, with picks of its own."""
    later_ns = number * HOUR_NS
    origin = replace(event.origin, time_ns=event.origin.time_ns + later_ns)
    arrivals = tuple(
        replace(a, pick_id=f"{number}.{a.pick_id}", time_ns=a.time_ns + later_ns)
        for a in event.arrivals
    )
    return replace(event, origin=origin, arrivals=arrivals)


def event_log(n_events: int) -> list[Message]:
    """Events, each followed by the progress that passes it."""
    network = Network.drawn(14, spread=0.35, seed=1)
    messages: list[Message] = []
    for number, event in enumerate(events_of(network, n_events, seed=2)):
        moved = shifted(event, number)
        passed = Progress(source="merge", done_until_ns=moved.origin.time_ns + 1, sent_ns=0)
        messages.append((EVENTS.name, 0, event.event_id.encode(), encode(moved), {}))
        messages.append((EVENTS.name, 0, b"~progress", encode(passed), {}))
    return messages


def sent_again(messages: Sequence[Message], seed: int) -> list[Message]:
    """As a merger leaves them that dies now and then after sending and before it commits."""
    chance, told = random.Random(seed), []
    first = 0
    while first < len(messages):
        part = messages[first : first + chance.randint(1, 8)]
        told += part * chance.choice((1, 2))
        first += len(part)
    return told


@pytest.fixture(scope="module")
def solvers() -> Makers:
    whole = Region(name="west-basin", south_deg=-90, north_deg=90, west_deg=-180, east_deg=180)
    places = Places({}, ("all",), {"all": frozenset()}, (whole,))
    return {
        "mechanism": lambda: MechanismRole(SOLVER, reversals="off"),
        "stress": lambda: StressRole(places, "ABCD", WindowLimits(40), 8, 100, 0.6),
    }


@pytest.mark.parametrize("n_events", [12, 17])
def test_events_sent_twice_and_deaths_anywhere_change_no_mechanism_and_no_stress(
    solvers: Makers, n_events: int
):
    messages = event_log(n_events)
    expected = finals(run_workers(solvers, messages, seed=0, longest_batch=4)[0])
    assert len(expected.mechanisms) == n_events
    assert len(expected.stress) == 1
    died = 0
    for seed in range(1, 9):
        log, deaths = run_workers(
            solvers, sent_again(messages, seed), seed, death_rate=0.1, longest_batch=4
        )
        assert differences(expected, finals(log)) == []
        died += deaths
    assert died >= 10


def test_deaths_of_locator_and_merger_change_no_event(smoke: Recorder, roles: dict[str, Role]):
    locate, merge = roles["locate"], roles["merge"]
    assert isinstance(locate, LocateRole)
    assert isinstance(merge, MergeRole)
    makers: Makers = {
        "locate": lambda: LocateRole(
            locate.finders, locate.windows, locate.places, locate.sources, locate.velocity_model
        ),
        "merge": lambda: MergeRole(merge.places, merge.velocity_model),
    }
    messages = [(m.topic, m.partition, m.key, m.value, {}) for m in smoke.messages[READINGS.name]]
    expected = finals(run_workers(makers, messages, seed=0)[0])
    assert len(expected.events) == 7
    for seed in (1, 2):
        log, deaths = run_workers(makers, messages, seed, death_rate=0.1, longest_batch=8)
        assert deaths >= 5
        assert differences(expected, finals(log)) == []


def test_the_comparison_sees_what_is_lost_added_doubled_or_another():
    (event,) = [m for m in map(decode, (v for _, _, _, v, _ in event_log(1))) if type(m) is Event]
    expected = final_versions([event])
    assert differences(expected, final_versions([event, event])) == []
    assert "lost" in differences(expected, final_versions([]))[0]
    twin = replace(event, event_id="other")
    assert "doubled" in differences(expected, final_versions([event, twin]))[0]
    moved = replace(event, origin=replace(event.origin, depth_km=event.origin.depth_km * 1.001))
    assert "depth_km" in differences(expected, final_versions([moved]))[0]
    withdrawn = replace(event, version=event.version + 1, status="tombstone", arrivals=())
    assert "lost" in differences(expected, final_versions([event, withdrawn]))[0]


def disordered(messages: Sequence[Incoming], seed: int) -> list[Message]:
    """The records of each ten seconds or so in any order, one in ten of them twice.

    The times of receipt stay where they were: ingest writes them as records come.
    """
    chance = random.Random(seed)
    told: list[Message] = []
    for first in range(0, len(messages), BLOCK):
        block = list(messages[first : first + BLOCK])
        shuffled = chance.sample(block, len(block))
        for place, message in zip(block, shuffled, strict=True):
            copies = 2 if chance.random() < 0.1 else 1
            told += [(WAVEFORMS.name, 0, message.key, message.value, place.headers)] * copies
    return told


def test_records_out_of_order_and_doubled_change_no_pick_and_no_event(
    smoke: Recorder, roles: dict[str, Role], recorder: Recorder
):
    messages = smoke.messages[WAVEFORMS.name]
    agents = [roles[name] for name in ("pick", "polarity", "locate", "merge")]
    for agent in agents:
        agent.forget()
    chain = Chain([*agents, recorder])
    chain.feed(disordered(messages, seed=1))
    assert len(recorder.messages[WAVEFORMS.name]) > 1.05 * len(messages)
    expected, got = (
        final_versions(decode(value) for topic in (READINGS, EVENTS) for value in run.values(topic))
        for run in (smoke, recorder)
    )
    assert expected.counts()["events"] == 7
    assert differences(expected, got) == []
