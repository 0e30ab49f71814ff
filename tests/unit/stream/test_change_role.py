"""The change agent holds alarms for what the mechanisms cannot tell, and watches cells."""

import msgspec
import numpy as np
import pytest
from control_messages import reversal
from synthetic_mechanisms import mechanisms, strike_slip_stress, turned

from streamstress.change import ChangeSettings
from streamstress.config.places import Region
from streamstress.geometry.planes import auxiliary_plane
from streamstress.records import Control, Mechanism, MechanismSolution, Progress, StressChange
from streamstress.records.mechanisms import VERSIONS_A_REVISION
from streamstress.stream.agents.change import ChangeRole
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming
from streamstress.wire.topics import CONTROLS, MECHANISMS

HOUR_NS = 3600 * 10**9
LEARN, TURNED_AFTER, COUNT = 80, 100, 160
SETTINGS = ChangeSettings(learn=LEARN, false_alarms_per_1e4=10.0, resamplings=100)
BOX = Region(name="here", south_deg=34.0, north_deg=36.0, west_deg=139.0, east_deg=141.0)


def solved() -> list[Mechanism]:
    """Final mechanisms of a stress that turns by 40 degrees."""
    rng = np.random.default_rng(5)
    stress = strike_slip_stress(30.0)
    angles = np.concatenate(
        [
            mechanisms(stress, TURNED_AFTER, rng),
            mechanisms(turned(stress, 40.0), COUNT - TURNED_AFTER, rng),
        ]
    )
    return [mechanism(k, *angle) for k, angle in enumerate(angles.tolist())]


def mechanism(number: int, *plane: float) -> Mechanism:
    other = [float(angle) for angle in auxiliary_plane(*plane)]
    solution = MechanismSolution(
        strike_deg=plane[0], dip_deg=plane[1], rake_deg=plane[2], auxiliary_strike_deg=other[0],
        auxiliary_dip_deg=other[1], auxiliary_rake_deg=other[2], probability=1.0,
        plane_uncertainty_deg=15.0, plane_uncertainty_aux_deg=15.0,
    )  # fmt: skip
    return Mechanism(
        event_id=f"e{number:04d}", version=1, model="hash/net/crust", status="final",
        region="here", grade="B", grade_reason="", origin_time_ns=(number + 1) * HOUR_NS,
        latitude_deg=35.0, longitude_deg=140.0, depth_km=8.0, magnitude=2.0,
        solutions=(solution,), misfit=0.1, stdr=None, n_polarity=14, n_sp=0,
        azimuth_gap_deg=None, takeoff_gap_deg=None, sp_misfit=None, sent_ns=0,
    )  # fmt: skip


class Agent:
    """A role and the offsets of its two topics."""

    def __init__(self, cells_deg: float | None = None) -> None:
        self.role = ChangeRole(Places({}, (), {}, (BOX,)), SETTINGS, "ABC", cells_deg)
        self.role.restore(MECHANISMS.name, 0, None)
        self.offset = 0

    def hears(self, control: Control) -> None:
        self.role.absorb(Incoming(CONTROLS.name, 0, self.offset, b"", b""), control)
        self.offset += 1

    def gets(self, *records: Mechanism) -> list[StressChange]:
        """What is told of mechanisms, progress after each."""
        told = []
        for record in records:
            progress = Progress(
                source="mechanism", done_until_ns=record.origin_time_ns + 1, sent_ns=0
            )
            for one in (record, progress):
                message = Incoming(MECHANISMS.name, 0, self.offset, b"", b"")
                told += [out.record for out in self.role.process(message, one)]
                self.offset += 1
        return told


def states(told: list[StressChange]) -> list[str]:
    return [change.state for change in told]


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
