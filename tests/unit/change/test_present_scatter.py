"""A score is held against mechanisms as they are now, not only as they were learned."""

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.change import ChangeSettings, change_event
from streamstress.change.guards import holding
from streamstress.change.judgement import one_stress, verdicts_since
from streamstress.change.population import PopulationTest
from streamstress.change.present import present_scatter, scatter_of
from streamstress.change.reference import learn_reference
from streamstress.change.significance import canonical_correlations
from streamstress.change.whole_turn import worth_of
from streamstress.change.window import Window

LEARN = 300
SETTINGS = ChangeSettings(learn=LEARN, false_alarms_per_1e4=1.0)
STEP_NS = 72 * 60 * 10**9


def events_of(angles: NDArray[np.float64], first: int = 0):
    return [
        change_event(f"e{i:05d}", i * STEP_NS, *map(float, angle))
        for i, angle in enumerate(angles, start=first)
    ]


def window_of(learned: NDArray[np.float64], later: NDArray[np.float64]) -> Window:
    window = Window(learn_reference(events_of(learned), SETTINGS), SETTINGS)
    for event in events_of(later, len(learned)):
        window.add(event, trim=True)
    return window


def two_scores(count: int, seed: int, correlation: float = 0.0) -> NDArray[np.float64]:
    rows = np.random.default_rng(seed).normal(size=(count, 6))
    rows[:, 3:] *= np.sqrt(1.0 - correlation**2)
    rows[:, 3:] += correlation * rows[:, :3]
    return rows


def test_scores_as_learned_keep_scatter_and_correlations():
    rows, learned = two_scores(4000, 0, 0.4), np.cov(two_scores(4000, 1, 0.4).T)
    weight = np.ones(len(rows))
    found = present_scatter(scatter_of(rows[:, :3], rows[:, 3:], weight), 4000.0, learned)
    np.testing.assert_allclose(np.linalg.eigvalsh(found.turn), 1.0, atol=0.08)
    alone = canonical_correlations(rows[:, :3], rows[:, 3:], weight)
    np.testing.assert_allclose(found.correlations, alone, atol=0.05)


def test_a_change_of_the_mean_is_no_scatter():
    rows, weight = two_scores(200, 2), np.ones(200)
    moved = rows.copy()
    moved[150:] += 2.0
    known = scatter_of(rows[:, :3], rows[:, 3:], weight, 50)
    np.testing.assert_allclose(scatter_of(moved[:, :3], moved[:, 3:], weight, 50), known)


def test_scatter_grows_the_way_the_mechanisms_do_and_never_shrinks():
    rows, weight = two_scores(2000, 3), np.ones(2000)
    rows[:, 0] *= 2.0
    rows[:, 2] *= 0.5
    found = present_scatter(scatter_of(rows[:, :3], rows[:, 3:], weight), 2000.0, np.eye(6))
    np.testing.assert_allclose(np.diag(found.turn), [4.0, 1.0, 1.0], rtol=0.1)


def test_worse_mechanisms_tie_both_scores_together_and_ask_for_a_higher_score(
    synthetic: ModuleType,
):
    stress, rng = synthetic.strike_slip_stress(30.0), np.random.default_rng(4)
    learned = synthetic.mechanisms(stress, LEARN, rng, synthetic.Population(noise_deg=15.0))
    worse = synthetic.mechanisms(stress, 230, rng, synthetic.Population(noise_deg=30.0))
    window = window_of(learned, worse)
    present = window.present_scatter(200)
    assert np.trace(present.turn) / 3.0 > 1.25
    learned_alike = present_scatter(np.zeros((6, 6)), 2.0, window.reference.scatter)
    assert sum(present.correlations) > sum(learned_alike.correlations) + 0.2
    asked = window.reference.threshold_with(present.correlations, SETTINGS)
    assert asked > window.reference.threshold + 0.4


def test_a_score_that_only_worse_mechanisms_reach_is_held_by_the_scatter(synthetic: ModuleType):
    stress, rng = synthetic.strike_slip_stress(30.0), np.random.default_rng(5)
    sharp = synthetic.Population(noise_deg=15.0)
    learned = synthetic.mechanisms(stress, LEARN, rng, sharp)
    turned = synthetic.mechanisms(synthetic.turned(stress, 20.0), 40, rng, sharp)
    worse = synthetic.mechanisms(stress, 240, rng, synthetic.Population(noise_deg=30.0))
    given_up = PopulationTest(40.0, 1e-6, 0.0)
    steady = window_of(learned, worse)
    assert "scatter" in holding(verdicts_since(steady, 200, given_up))
    same = synthetic.mechanisms(stress, 200, rng, sharp)
    assert not holding(verdicts_since(window_of(learned, np.vstack([same, turned])), 200, given_up))


@pytest.mark.parametrize(("size", "worth"), [(0.5, 1.0), (1.0, 1.0), (2.0, 0.5), (4.0, 0.25)])
def test_a_gain_in_likelihood_is_worth_what_its_scatter_allows(size: float, worth: float):
    """Gains of a true likelihood have minus half their variance as their mean."""
    rng = np.random.default_rng(6)
    gains = size * rng.normal(-0.1, np.sqrt(0.2), 100_000)
    assert worth_of(gains, np.ones(len(gains))) == pytest.approx(worth, abs=0.05)


def test_a_family_that_joined_the_reference_is_no_new_sign_of_another_stress(
    synthetic: ModuleType,
):
    """Its slips lie off the learned stress; it was held to slip under it all the same."""
    rng = np.random.default_rng(7)
    stress = synthetic.strike_slip_stress(30.0)
    learned = synthetic.mechanisms(stress, LEARN, rng)
    off = synthetic.tilted(stress, 120.0, 25.0)
    family = synthetic.mechanisms(off, 340, rng, normals=_about(149.5, 340, rng))
    met_first = one_stress(window_of(learned, family[LEARN:]), 0)
    joined = window_of(np.vstack([learned, family[:LEARN]]), family[LEARN:])
    assert met_first.p_value < 0.05
    assert one_stress(joined, 0).p_value > 0.1


def test_no_alarm_opens_while_the_latest_events_may_be_of_the_old_state(synthetic: ModuleType):
    stress = synthetic.strike_slip_stress(30.0)
    given_up = PopulationTest(40.0, 1e-6, 0.0)
    held = []
    for seed in range(8, 12):
        rng = np.random.default_rng(seed)
        learned = synthetic.mechanisms(stress, LEARN, rng)
        turned = synthetic.mechanisms(synthetic.turned(stress, 25.0), 60, rng)
        window = window_of(learned, turned)
        stands = "return" in holding(verdicts_since(window, 0, given_up))
        for event in events_of(synthetic.mechanisms(stress, 25, rng), LEARN + 60):
            window.add(event, trim=True)
        held.append((stands, "return" in holding(verdicts_since(window, 0, given_up))))
    assert sum(stands for stands, _ in held) <= 1
    assert sum(is_over for _, is_over in held) >= 3


def _about(azimuth_deg: float, count: int, rng: np.random.Generator):
    """Normals (count, 3) of steep planes about one."""
    angle = np.radians(azimuth_deg)
    normals = np.array([np.sin(angle), np.cos(angle), 0.0]) + 0.1 * rng.normal(size=(count, 3))
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)
