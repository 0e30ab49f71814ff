"""The detector alarms on a turn of stress, and on nothing else."""

from dataclasses import replace
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.change import (
    ChangeDecision,
    ChangeDetector,
    ChangeSettings,
    change_event,
)
from streamstress.change.reference import learn_reference
from streamstress.change.window import Window
from streamstress.errors import ConfigError, CorruptRecordError, UnusableDataError

STEP_NS = 72 * 60 * 10**9
SETTINGS = ChangeSettings(learn=110)


def events_of(angles: NDArray[np.float64]):
    return [
        change_event(f"e{i:04d}", i * STEP_NS, *map(float, angle)) for i, angle in enumerate(angles)
    ]


def turning(synthetic: ModuleType, seed: int, turn: float, after: int = 70):
    rng = np.random.default_rng(seed)
    stress = synthetic.strike_slip_stress(30.0)
    return np.concatenate(
        [
            synthetic.mechanisms(stress, 110, rng),
            synthetic.mechanisms(synthetic.turned(stress, turn), after, rng),
        ]
    )


def run(angles: NDArray[np.float64], settings: ChangeSettings = SETTINGS):
    return ChangeDetector(settings).run(events_of(angles))


def states(lines: list[ChangeDecision]):
    return [line.state for line in lines]


def delay(line: ChangeDecision):
    return int(line.event_id[1:]) - 109


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("turn", [30.0, -30.0])
def test_a_turn_of_thirty_degrees_alarms_in_time_and_is_sized(
    synthetic: ModuleType, seed: int, turn: float
):
    lines = run(turning(synthetic, seed, turn))
    alarms = [line for line in lines if line.state == "open"]
    assert len(alarms) == 1
    assert 15 <= delay(alarms[0]) <= 45
    assert alarms[0].shmax_change_deg == pytest.approx(turn, abs=12.0)
    assert alarms[0].score > alarms[0].threshold
    assert not any(verdict.startswith("hold") for verdict in alarms[0].guards.values())
    confirmed = next(line for line in lines if line.state == "confirmed")
    assert confirmed.rotation_deg == pytest.approx(30.0, abs=15.0)
    assert abs(int(confirmed.onset_event_id[1:]) - 110) <= 25
    assert confirmed.change_id == alarms[0].change_id


@pytest.mark.parametrize("seed", range(6))
def test_a_large_turn_that_stays_is_never_withdrawn(synthetic: ModuleType, seed: int):
    lines = run(turning(synthetic, 50 + seed, 45.0, after=100))
    assert "open" in states(lines)
    assert not {"withdrawn", "closed"} & set(states(lines))


@pytest.mark.parametrize("seed", range(3))
def test_a_turn_to_quite_another_stress_alarms_and_stays(synthetic: ModuleType, seed: int):
    lines = run(turning(synthetic, 70 + seed, 70.0, after=100))
    assert "open" in states(lines)
    assert not {"withdrawn", "closed"} & set(states(lines))
    assert lines[-1].rotation_deg == pytest.approx(70.0, abs=15.0)


def test_where_two_stresses_change_places_most_streams_alarm_and_none_is_withdrawn(
    synthetic: ModuleType,
):
    """At 90 degrees scores vanish: what triggers is chance, what opens the slips' likelihood."""
    found = [run(turning(synthetic, 70 + seed, 90.0, after=100)) for seed in range(5)]
    assert sum("open" in states(lines) for lines in found) >= 3
    for lines in found:
        assert not {"withdrawn", "closed"} & set(states(lines))
        assert all(line.rotation_deg > 60.0 for line in lines)


@pytest.mark.parametrize("seed", range(6))
def test_an_alarm_is_withdrawn_where_the_old_stress_returns(synthetic: ModuleType, seed: int):
    before = turning(synthetic, 80 + seed, 35.0, after=45)
    back = turning(synthetic, 180 + seed, 0.0)[:60]
    assert states(run(np.concatenate([before, back])))[-1] in ("withdrawn", "closed")


@pytest.mark.parametrize("seed", range(8))
def test_a_steady_stress_does_not_alarm(synthetic: ModuleType, seed: int):
    assert "open" not in states(run(turning(synthetic, 1000 + seed, 0.0)))


def test_a_change_is_confirmed_relearned_and_closed(synthetic: ModuleType):
    lines = run(turning(synthetic, 3, 30.0, after=200))
    assert list(dict.fromkeys(states(lines[:5]))) == ["held", "open", "confirmed", "closed"]
    assert len({line.change_id for line in lines[:5]}) == 1


def test_other_faults_under_the_same_stress_are_held(synthetic: ModuleType):
    held = alarms = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        stress = synthetic.strike_slip_stress(30.0)
        base = synthetic.fault_normals(stress, 1, rng, synthetic.Population())
        normals = base + 0.2 * rng.normal(size=(40, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        later = synthetic.mechanisms(stress, 40, rng, normals=normals)
        lines = run(np.concatenate([synthetic.mechanisms(stress, 110, rng), later]))
        held += "held" in states(lines)
        alarms += "open" in states(lines)
    assert held >= 4
    assert alarms < held


def test_a_loss_of_mechanism_quality_is_no_rotation(synthetic: ModuleType):
    rng = np.random.default_rng(0)
    stress = synthetic.strike_slip_stress(30.0)
    worse = synthetic.mechanisms(stress, 70, rng, synthetic.Population(noise_deg=45.0))
    lines = run(np.concatenate([synthetic.mechanisms(stress, 110, rng), worse]))
    assert "open" not in states(lines)


def test_bursts_of_repeats_do_not_alarm(synthetic: ModuleType):
    rng = np.random.default_rng(2)
    angles, burst = synthetic.with_bursts(
        synthetic.mechanisms(synthetic.strike_slip_stress(), 400, rng), 0.2, 10, rng
    )
    same = np.concatenate([[False], (burst[1:] == burst[:-1]) & (burst[1:] >= 0)])
    minute = np.cumsum(np.where(same, 2, 72))
    events = [
        change_event(f"e{i:04d}", int(m) * 60 * 10**9, *map(float, a))
        for i, (m, a) in enumerate(zip(minute, angles, strict=True))
    ]
    linked, apart = ChangeDetector(SETTINGS), ChangeDetector(replace(SETTINGS, link_minutes=0.0))
    states, scores = [], []
    for event in events:
        states += [line.state for line in linked.update(event)]
        apart.update(event)
        scores.append((linked.score, apart.score))
    assert "open" not in states
    with_links, without = np.mean(scores[110:], axis=0)
    assert with_links < without


def test_a_snapshot_anywhere_changes_nothing(synthetic: ModuleType):
    events = events_of(turning(synthetic, 4, 30.0, after=200))
    straight = ChangeDetector(SETTINGS).run(events)
    lines = []
    detector = ChangeDetector(SETTINGS)
    for i, event in enumerate(events):
        if i % 17 == 0:
            detector = ChangeDetector.restore(detector.snapshot())
        lines += detector.update(event)
    assert lines == straight


def test_same_stream_same_decisions_whatever_the_order_it_came_in(synthetic: ModuleType):
    events = events_of(turning(synthetic, 5, 30.0))
    tied = [replace(event, origin_time_ns=event.origin_time_ns // 3 * 3) for event in events]
    shuffled = [tied[i] for i in np.random.default_rng(0).permutation(len(tied))]
    one, two = (ChangeDetector(SETTINGS).run(order) for order in (tied, shuffled))
    assert one == two
    assert "open" in states(one)


def test_events_of_one_time_are_ordered_by_id():
    detector = ChangeDetector(SETTINGS)
    for name in ("a", "b"):
        assert detector.update(change_event(name, 5, 10.0, 50.0, 0.0)) == []
    assert detector.n_learned == 2
    with pytest.raises(UnusableDataError, match="replay"):
        detector.update(change_event("a2", 5, 10.0, 50.0, 0.0))


def test_alike_mechanisms_can_be_learned():
    detector = ChangeDetector(ChangeSettings(learn=30))
    lines = detector.run(
        [change_event(f"e{i:03d}", i * STEP_NS, 30.0, 80.0, 5.0) for i in range(80)]
    )
    assert lines == []
    assert detector.learned


def test_bad_settings_bytes_and_angles_are_refused():
    with pytest.raises(ConfigError, match="learn"):
        ChangeSettings(learn=3)
    with pytest.raises(CorruptRecordError, match="snapshot"):
        ChangeDetector.restore(b"{}")
    with pytest.raises(UnusableDataError, match="e1"):
        change_event("e1", 0, float("nan"), 50.0, 0.0)
    with pytest.raises(UnusableDataError, match="weight"):
        change_event("e1", 0, 1.0, 50.0, 0.0, weight=2.0)


def test_a_rate_by_years_is_that_of_the_learned_events(synthetic: ModuleType):
    events = events_of(turning(synthetic, 3, 30.0))
    yearly = replace(SETTINGS, false_alarms_per_year=2.0)
    line = next(line for line in ChangeDetector(yearly).run(events) if line.state == "open")
    events_a_year = 110 * 365.25 * 86_400e9 / (109 * STEP_NS)
    assert line.false_alarms_per_1e4 == pytest.approx(2.0 / events_a_year * 1e4, rel=1e-6)


def test_filled_in_events_turn_no_alarm_on_but_become_the_reference(synthetic: ModuleType):
    events = events_of(turning(synthetic, 3, 30.0, after=320))
    old = [replace(event, backfilled=True) for event in events]
    lines = ChangeDetector(SETTINGS).run(old)
    assert "open" in states(ChangeDetector(SETTINGS).run(events))
    assert set(states(lines)) == {"held", "closed"}
    assert lines[0].guards["backfill"].startswith("hold")


def test_a_confirmed_change_is_sized_again_as_events_come(synthetic: ModuleType):
    settings = ChangeSettings(learn=250)
    rng = np.random.default_rng(1)
    stress = synthetic.strike_slip_stress(30.0)
    angles = np.concatenate(
        [
            synthetic.mechanisms(stress, 250, rng),
            synthetic.mechanisms(synthetic.turned(stress, 25.0), 240, rng),
        ]
    )
    lines = run(angles, settings)
    assert states(lines).count("open") == 1
    sized = [line for line in lines if line.state == "confirmed"]
    counts = [line.n_since_onset for line in sized]
    assert len(sized) >= 2
    assert all(later >= 1.9 * one for one, later in pairwise(counts))
    widths = [np.ptp(line.rotation_interval95_deg) for line in sized]
    assert widths[-1] < widths[0]


def test_scores_count_as_less_where_all_mechanisms_scatter_more(synthetic: ModuleType):
    rng = np.random.default_rng(0)
    stress = synthetic.strike_slip_stress(30.0)
    reference = learn_reference(
        events_of(synthetic.mechanisms(stress, 300, rng)), ChangeSettings(learn=300)
    )
    found = {}
    for noise_deg in (15.0, 35.0):
        worse = synthetic.Population(noise_deg=noise_deg)
        window = Window(reference, SETTINGS)
        for event in events_of(synthetic.mechanisms(stress, 250, rng, worse)):
            window.add(event, trim=True)
        found[noise_deg] = window.noise
    assert found[15.0] < 1.15
    assert found[35.0] > 1.3
