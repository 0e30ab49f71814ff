"""The stated probabilities hold, and the answer is nearer than HASH's, on a small set."""

import calibrate_posterior
import numpy as np
import pytest
from synthetic_polarities import AS_STATED, OTHERWISE, Errors, draw_event

N_EVENTS = 120


@pytest.fixture(scope="module")
def found() -> calibrate_posterior.Outcome:
    rows = [calibrate_posterior.outcome(seed, AS_STATED) for seed in range(N_EVENTS)]
    return calibrate_posterior.Outcome(*np.array(rows).T)


def test_regions_hold_the_truth_as_often_as_they_say(found: calibrate_posterior.Outcome):
    rank = np.asarray(found.rank)
    # Three standard deviations of the share of 120 events.
    assert np.mean(rank <= 0.68) == pytest.approx(0.68, abs=0.13)
    assert np.mean(rank <= 0.95) == pytest.approx(0.95, abs=0.06)


def test_the_radius_of_a_region_is_as_true_as_its_density(found: calibrate_posterior.Outcome):
    error = np.asarray(found.error_deg)
    assert np.mean(error <= found.region68_deg) == pytest.approx(0.68, abs=0.13)
    assert np.mean(error <= found.region95_deg) == pytest.approx(0.95, abs=0.06)


def test_the_answer_is_nearer_to_the_truth_than_that_of_hash(
    found: calibrate_posterior.Outcome,
):
    errors = np.stack([found.error_deg, found.hash_error_deg])
    assert calibrate_posterior.median_difference(errors, seed=1)[1] < 0.0


def test_most_95_regions_hold_the_truth_under_errors_of_other_kinds():
    ranks = [calibrate_posterior.outcome(seed, OTHERWISE)[4] for seed in range(60)]
    assert np.mean(np.array(ranks) <= 0.95) > 0.80


def test_the_generator_makes_the_errors_that_it_is_asked_for():
    errors = Errors(n_polarity=(60, 60), wrong_rate=(0.2, 0.2), nodal_share=(0.0, 0.0))
    wrong = []
    for seed in range(60):
        clean = Errors(n_polarity=(60, 60), wrong_rate=(0.0, 0.0), nodal_share=(0.0, 0.0))
        told = [draw_event(np.random.default_rng(seed), False, e)[0] for e in (errors, clean)]
        wrong.append(np.mean(told[0].up_probability != told[1].up_probability))
    assert np.mean(wrong) == pytest.approx(0.2, abs=0.02)
