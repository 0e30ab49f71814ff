"""The mechanism agent frees S/P of path and stations; what it learned outlives the worker."""

import msgspec
import numpy as np
import pytest
from amplitude_events import events_of
from synthetic_amplitudes import Network

from streamstress.earth.velocity import VelocityModel
from streamstress.mechanism import MechanismSettings
from streamstress.mechanism.sp_path import attenuation_log_ratio, surface_log_ratio
from streamstress.records import Event, Mechanism
from streamstress.stream import mechanism_region
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.amplitude_terms import WavePath
from streamstress.stream.event_readings import log_ratios, polarity_data, used_arrivals
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode
from streamstress.wire.topics import EVENTS

SETTINGS = MechanismSettings(
    n_trials=5, grid_step_deg=10.0, max_azimuth_gap_deg=360.0, max_takeoff_gap_deg=180.0
)
NETWORK = Network.drawn(14, spread=0.35, seed=1)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return events_of(NETWORK, 24, seed=2)


def role_from(snapshot: bytes | None = None) -> MechanismRole:
    role = MechanismRole(SETTINGS, reversals="off")
    role.restore(EVENTS.name, 0, snapshot)
    return role


def message(offset: int, event: Event) -> Incoming:
    return Incoming(EVENTS.name, 0, offset, event.event_id.encode(), encode(event))


def answers(role: MechanismRole, events: list[Event], first: int = 0) -> list[Mechanism]:
    sent = [
        out.record
        for offset, event in enumerate(events, start=first)
        for out in role.process(message(offset, event), event)
    ]
    return [record for record in sent if isinstance(record, Mechanism)]


def sp_misfits(found: list[Mechanism]) -> np.ndarray:
    return np.array([m.sp_misfit for m in found if m.sp_misfit is not None])


def test_known_offsets_of_stations_are_taken_off_the_ratios(events: list[Event]):
    learning, plain = role_from(), role_from()
    plain.learns_stations = False
    late = slice(12, None)
    with_terms, without = (sp_misfits(answers(role, events)) for role in (learning, plain))
    assert np.mean(with_terms[late]) < np.mean(without[late])
    assert with_terms[0] == without[0], "nothing is known of the first event's stations"


def test_a_restart_gives_the_answers_that_no_restart_would_have_given(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mechanism_region, "SAVE_EVERY", 5)
    whole = answers(role_from(), events)
    first = role_from()
    snapshot, acknowledged = None, 0
    for offset, event in enumerate(events[:13]):
        first.process(message(offset, event), event)
        snapshot = first.snapshot(EVENTS.name, 0) or snapshot
        needed = first.needed_from(EVENTS.name, 0)
        acknowledged = offset + 1 if needed is None else needed
    assert 0 < acknowledged < 13
    second = role_from(snapshot)
    for offset, event in enumerate(events[:acknowledged]):
        second.absorb(message(offset, event), event)
    assert answers(second, events[acknowledged:], acknowledged) == whole[acknowledged:]


def test_messages_that_a_snapshot_covers_are_not_answered_or_learned_twice(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mechanism_region, "SAVE_EVERY", 1)
    first = role_from()
    whole = answers(first, events[:10])
    snapshot = first.snapshot(EVENTS.name, 0)
    second = role_from(snapshot)
    assert answers(second, events[:10]) == []
    assert answers(second, events[10:12], 10) == answers(first, events[10:12], 10)
    assert len(whole) == 10


def test_a_later_version_of_an_event_knows_nothing_of_its_former_one(events: list[Event]):
    event = events[8]
    fewer = msgspec.structs.replace(event, version=2, arrivals=event.arrivals[2:])
    straight, twice = role_from(), role_from()
    answers(straight, events[:8])
    answers(twice, events[:9])
    assert answers(twice, [fewer], 9) == answers(straight, [fewer], 9)


def test_a_later_version_has_one_answer_whether_or_not_the_worker_died_in_between(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mechanism_region, "SAVE_EVERY", 1)
    later = msgspec.structs.replace(events[3], version=2)
    alive = role_from()
    answers(alive, events[:12])
    reborn = role_from(alive.snapshot(EVENTS.name, 0))
    assert answers(reborn, [later], 12) == answers(alive, [later], 12)


def test_path_and_surface_are_taken_off_by_the_rays_of_each_station(events: list[Event]):
    event = events[0]
    model = VelocityModel("m", (0.0, 10.0), (5.0, 6.0), (2.9, 3.5))
    path = WavePath(model, 300.0, 200.0)
    plain = polarity_data(event.arrivals, 3.0)
    freed = polarity_data(event.arrivals, 3.0, None, path.effect_from(event.origin))
    assert plain.sp_log_ratio is not None
    assert freed.sp_log_ratio is not None
    p = used_arrivals(event.arrivals)[0]
    travel_p_s = (p.time_ns - event.origin.time_ns) / 1e9
    slowness = np.sin(np.radians(p.takeoff_deg)) / float(model.at("P", event.origin.depth_km))
    effect = attenuation_log_ratio(
        travel_p_s, travel_p_s + 2.0, 300.0, 200.0, np.sqrt(15.0)
    ) + surface_log_ratio(slowness, 5.0, 2.9)
    difference = plain.sp_log_ratio[0] - freed.sp_log_ratio[0]
    assert difference == pytest.approx(float(effect))


def test_clipped_and_noisy_amplitudes_give_no_ratio(events: list[Event]):
    p, s = events[0].arrivals[:2]
    for change in ({"clipped": True}, {"noise": 1e3}, {"component": "Z"}):
        assert s.amplitude is not None
        bad = msgspec.structs.replace(s, amplitude=msgspec.structs.replace(s.amplitude, **change))
        assert np.isnan(log_ratios([p], [bad], 3.0)).all()
    assert np.isfinite(log_ratios([p], [s], 3.0)).all()
