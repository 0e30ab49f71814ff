"""The mechanism agent and later versions of an event."""

import msgspec
import numpy as np
import pytest
from sample_records import make_sample

from streamstress.mechanism import MechanismSettings, PolarityData, solve_mechanism, solvers
from streamstress.records import Amplitude, Arrival, Event, Mechanism
from streamstress.stream.agents.mechanism import MechanismRole
from streamstress.stream.event_readings import log_ratios
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode
from streamstress.wire.topics import EVENTS


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seeds of the events that are really solved."""
    seeds: list[int] = []

    def counted(data: PolarityData, settings: MechanismSettings, seed: int):
        seeds.append(seed)
        return solve_mechanism(data, settings, seed)

    monkeypatch.setattr(solvers, "solve_mechanism", counted)
    return seeds


def begun_role() -> MechanismRole:
    role = MechanismRole(MechanismSettings(n_trials=5, grid_step_deg=10.0))
    role.restore(EVENTS.name, 0, None)
    return role


def answer_to(role: MechanismRole, event: Event) -> Mechanism:
    message = Incoming(EVENTS.name, 0, 0, event.event_id.encode(), encode(event))
    (out,) = role.process(message, event)
    assert isinstance(out.record, Mechanism)
    return out.record


def test_a_version_with_the_same_readings_is_not_solved_again(solved: list[int]):
    event = make_sample(2).events[0]
    role = begun_role()
    first = answer_to(role, event)
    later = answer_to(role, msgspec.structs.replace(event, version=event.version + 1))
    assert len(solved) == 1
    assert later.version == event.version + 1
    assert msgspec.structs.replace(later, version=first.version) == first


def test_a_changed_reading_is_solved_as_if_it_had_come_first(solved: list[int]):
    event = make_sample(2).events[0]
    fewer = msgspec.structs.replace(event, version=event.version + 1, arrivals=event.arrivals[1:])
    role = begun_role()
    answer_to(role, event)
    assert answer_to(role, fewer) == answer_to(begun_role(), fewer)
    assert len(solved) == 3


def test_an_amplitude_ratio_needs_one_instrument_and_one_band_for_both_phases():
    same, other_band, other_channel, one_component = (
        amplitude_pair(),
        amplitude_pair(s_band_hz=(1.0, 8.0)),
        amplitude_pair(s_channel="HNN"),
        amplitude_pair(s_component="Z"),
    )
    assert log_ratios([same[0]], [same[1]], 3.0)[0] == pytest.approx(np.log10(5.0))
    for p, s in (other_band, other_channel, one_component):
        assert np.isnan(log_ratios([p], [s], 3.0)).all()


def amplitude_pair(
    s_band_hz: tuple[float, float] = (1.0, 15.0), s_channel: str = "HHN", s_component: str = "ZNE"
) -> tuple[Arrival, Arrival]:
    """P and S arrival of one station, S five times as large."""
    arrival = next(a for a in make_sample(2).events[0].arrivals if a.phase == "P")
    p_amplitude = Amplitude(
        value=2.0, noise=0.1, band_hz=(1.0, 15.0), component="ZNE", clipped=False
    )
    s_amplitude = msgspec.structs.replace(
        p_amplitude, value=10.0, band_hz=s_band_hz, component=s_component
    )
    p = msgspec.structs.replace(arrival, channel="HHZ", amplitude=p_amplitude)
    return p, msgspec.structs.replace(p, phase="S", channel=s_channel, amplitude=s_amplitude)
