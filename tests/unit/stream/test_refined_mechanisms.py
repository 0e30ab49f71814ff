"""A mechanism solved anew at a refined place replaces the former one: no event counts twice."""

from collections.abc import Sequence

import numpy as np
import pytest
from msgspec.structs import replace
from synthetic_mechanisms import mechanisms, strike_slip_stress
from turning_stress import TURNED_AFTER, Agent, mechanism, solved, states

from streamstress.config import Settings
from streamstress.records import Mechanism, StressEstimate
from streamstress.stream.agents.stress import StressRole
from streamstress.stream.event_window import WindowLimits
from streamstress.stream.places import places_of
from streamstress.stream.role import Incoming
from streamstress.wire.codec import encode

LATE = 10
"""Events that get another mechanism once they are refined."""

LAST = 135
"""So many of the events are enough to raise the alarm."""

TURN_DEG = 5.0
"""A ray that leaves its stated error turns a mechanism by about so much."""


def at_refined_places(events: Sequence[Mechanism], minutes: int = 61) -> list[Mechanism]:
    """The mechanisms that later versions of their events lead to, turned by a few degrees."""
    rng = np.random.default_rng(3)
    found = []
    for number, event in enumerate(events):
        best = event.solutions[0]
        turn = rng.normal(0.0, TURN_DEG, 3).tolist()
        again = mechanism(
            number,
            (best.strike_deg + turn[0]) % 360.0,
            float(np.clip(best.dip_deg + turn[1], 1.0, 89.0)),
            best.rake_deg + turn[2],
        )
        found.append(
            replace(
                event,
                version=event.version + minutes,
                solutions=again.solutions,
                depth_km=event.depth_km + 0.4,
            )
        )
    return found


def test_refined_mechanisms_of_a_steady_stress_open_no_alarm():
    rng = np.random.default_rng(5)
    angles = mechanisms(strike_slip_stress(30.0), TURNED_AFTER, rng).tolist()
    steady = [mechanism(k, *angle) for k, angle in enumerate(angles)]
    agent = Agent()
    assert states(agent.gets(*steady)) == []
    assert states(agent.gets(*at_refined_places(steady[-LATE:]))) == []


def test_the_detector_stands_where_it_would_with_the_refined_mechanisms_alone():
    events = solved()[:LAST]
    refined = at_refined_places(events[-LATE:])
    late, alone = Agent(), Agent()
    told = late.gets(*events)
    again = late.gets(*refined)
    alone.gets(*events[:-LATE], *refined)
    first, second = (one.role._watches[0].detector.snapshot() for one in (late, alone))
    assert first == second
    # The alarm that stands is told on under its id; none is raised beside it.
    assert "open" in states(told)
    assert {change.change_id for change in again} <= {change.change_id for change in told}


@pytest.fixture
def forty(turning_mechanisms: list[Incoming]) -> list[Mechanism]:
    records = [m.record() for m in turning_mechanisms[:80]]
    return [record for record in records if isinstance(record, Mechanism)]


def newest_estimate(
    settings: Settings, like: Sequence[Incoming], events: Sequence[Mechanism]
) -> StressEstimate:
    """Stress of mechanisms, before the progress that passes them all."""
    role = StressRole(places_of(settings), "ABC", WindowLimits(100), 20, 300, 0.6)
    role.restore(like[0].topic, 0, None)
    progress = like[79].record()
    assert progress is not None
    sent = []
    for offset, record in enumerate([*events, progress]):
        message = Incoming(like[0].topic, 0, offset, b"", encode(record))
        sent += [out.record for out in role.process(message, record)]
    told = [one for one in sent if isinstance(one, StressEstimate)]
    return replace(told[-1], sent_ns=0)


def test_stress_takes_the_refined_mechanism_in_place_of_the_former_one(
    settings: Settings, turning_mechanisms: list[Incoming], forty: list[Mechanism]
):
    refined = at_refined_places(forty)
    both = newest_estimate(settings, turning_mechanisms, [*forty, *refined])
    alone = newest_estimate(settings, turning_mechanisms, refined)
    assert both.n_events == len(forty) == 40
    assert both.tensor == alone.tensor
    assert both.shmax_deg == alone.shmax_deg
    # A former version that comes late changes nothing.
    assert newest_estimate(settings, turning_mechanisms, [*refined, *forty]).tensor == both.tensor
