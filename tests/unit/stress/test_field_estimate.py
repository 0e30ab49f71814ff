"""What is said of the nodes of a field, and what is left unsaid."""

import numpy as np
import pytest
from synthetic_fields import Layout, field_grid, field_mechanisms, prior_field
from synthetic_mechanisms import Population, mechanisms, strike_slip_stress, tilted

from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.tensors import shape_ratio_phi
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.estimate import (
    NOT_ENOUGH,
    TOO_ALIKE,
    FieldEstimate,
    IntervalOptions,
    estimate_field,
)
from streamstress.stress.field import invert_field
from streamstress.stress.field_shape import corrected_shape
from streamstress.stress.nodes import grid_nodes, single_node
from streamstress.stress.posterior import event_scores, posterior_covariance, posterior_draws
from streamstress.stress.weights import grade_weight, uncertainty_weight


def smoothed(resamplings: int | None = None, min_events: int = 5) -> FieldEstimate:
    rng = np.random.default_rng(1)
    grid = field_grid(Layout((4, 4), events_per_node=15, share_empty=0.2), rng)
    truth = prior_field(grid, strike_slip_stress(40.0), 0.1, rng)
    angles = field_mechanisms(grid, truth, rng, Population())
    return estimate_field(
        plane_set_of_angles(*angles.T),
        grid,
        min_events=min_events,
        intervals=IntervalOptions(resamplings, seed=3),
    )


@pytest.mark.parametrize(("resamplings", "method"), [(None, "posterior"), (150, "bootstrap")])
def test_every_answered_node_has_intervals_about_its_stress(resamplings, method):
    estimate = smoothed(resamplings)
    assert estimate.interval_method == method
    for node in estimate.nodes:
        if node.description is not None:
            low, high = node.description.shmax_interval95_deg
            assert 0 <= low < 180
            assert (node.description.shmax_deg - low) % 180 <= high - low
            assert 0 < node.description.s3.cone95_deg < 90


def test_a_node_below_the_minimum_gets_no_number():
    estimate = smoothed(min_events=12)
    few = [node for node in estimate.nodes if node.n_events < 12]
    assert few
    for node in few:
        assert node.status == NOT_ENOUGH
        assert node.description is None
        assert node.tensor is None


def test_equal_events_are_said_to_be_too_alike():
    events = plane_set_of_angles(*np.repeat([[10.0, 60.0, -90.0]], 30, axis=0).T)
    (node,) = estimate_field(events, single_node(30)).nodes
    assert node.status == TOO_ALIKE
    assert node.tensor is None


def test_one_event_is_not_enough():
    (node,) = estimate_field(plane_set_of_angles([10.0], [60.0], [0.0]), single_node(1)).nodes
    assert (node.status, node.tensor) == (NOT_ENOUGH, None)


def test_a_group_of_nodes_apart_with_too_few_events_does_not_stop_the_others():
    angles = mechanisms(strike_slip_stress(), 41, np.random.default_rng(2))
    place = np.concatenate([np.zeros((40, 2)), [[50.0, 60.0]]])
    estimate = estimate_field(plane_set_of_angles(*angles.T), grid_nodes(place, [1, 1]))
    assert [node.status for node in estimate.nodes] == ["ok", NOT_ENOUGH]


def test_two_runs_of_one_seed_are_equal():
    first, second = smoothed(), smoothed()
    assert [node.description for node in first.nodes] == [node.description for node in second.nodes]


def test_a_smoother_field_has_narrower_intervals():
    rng = np.random.default_rng(5)
    grid = grid_nodes(np.repeat(np.argwhere(np.ones((3, 3))), 20, axis=0).astype(float), [1, 1])
    angles = mechanisms(strike_slip_stress(), 180, rng)
    events = plane_set_of_angles(*angles.T)
    spread = [
        np.trace(posterior_covariance(invert_field(events, grid, smoothing=strength))[4])
        for strength in (0.1, 10.0, 1000.0)
    ]
    assert spread[0] > spread[1] > spread[2]


def test_scores_of_the_events_balance_the_pull_of_the_links():
    rng = np.random.default_rng(6)
    grid = grid_nodes(rng.integers(0, 3, size=(90, 2)).astype(float), [1, 1])
    field = invert_field(
        plane_set_of_angles(*mechanisms(strike_slip_stress(), 90, rng).T), grid, smoothing=4.0
    )
    np.testing.assert_allclose(event_scores(field).sum(axis=0), 0.0, atol=1e-9)


def test_events_drawn_together_make_wider_intervals():
    rng = np.random.default_rng(7)
    angles = np.repeat(mechanisms(strike_slip_stress(), 30, rng), 4, axis=0)
    grid = grid_nodes(np.repeat([[0.0, 0.0], [0.0, 1.0]], 60, axis=0), [1, 1])
    field = invert_field(plane_set_of_angles(*angles.T), grid, smoothing=10.0)
    alone = posterior_draws(field, 400, seed=1)
    together = posterior_draws(field, 400, seed=1, cluster=np.repeat(np.arange(30), 4))
    assert np.std(together, axis=0).sum() > 1.3 * np.std(alone, axis=0).sum()


def test_weights_fall_with_grade_and_uncertainty():
    assert grade_weight(None) == grade_weight("A") > grade_weight("B") > grade_weight("C")
    assert np.all(np.diff(uncertainty_weight([0.0, 10.0, 40.0])) < 0)


def test_the_field_follows_a_turn_of_shmax_across_the_grid():
    rng = np.random.default_rng(8)
    parts = [mechanisms(strike_slip_stress(20.0 + 8.0 * k), 60, rng) for k in range(6)]
    grid = grid_nodes(np.repeat(np.arange(6.0), 60)[:, None], [1])
    estimate = estimate_field(plane_set_of_angles(*np.concatenate(parts).T), grid)
    found = [node.description.shmax_deg for node in estimate.nodes]
    assert np.all(np.abs(axial_difference(found, 20.0 + 8.0 * np.arange(6))) < 6.0)


def test_the_shape_and_shmax_of_an_oblique_field_are_corrected_for_wrong_planes():
    rng = np.random.default_rng(9)
    oblique = tilted(strike_slip_stress(0.0, 0.5), 45.0, 35.0)
    grid = grid_nodes(np.repeat(np.argwhere(np.ones((4, 4))), 40, axis=0).astype(float), [1, 1])
    angles = mechanisms(oblique, 640, rng, Population(noise_deg=10.0))
    field = invert_field(plane_set_of_angles(*angles.T), grid)
    shape = corrected_shape(field)
    before, after = (
        np.mean(np.abs(axial_difference(shmax_azimuth(t), shmax_azimuth(oblique))))
        for t in (field.tensors, shape.tensors)
    )
    assert after < 0.6 * before
    assert np.mean(shape_ratio_phi(field.tensors)) > 0.6
    assert abs(np.mean(shape_ratio_phi(shape.tensors)) - 0.5) < 0.1


def test_a_turned_field_has_the_same_corrected_shape():
    rng = np.random.default_rng(10)
    grid = grid_nodes(np.repeat(np.argwhere(np.ones((3, 3))), 20, axis=0).astype(float), [1, 1])
    angles = mechanisms(strike_slip_stress(10.0), 180, rng)
    before, after = (
        corrected_shape(invert_field(plane_set_of_angles(*a.T), grid, smoothing=3.0)).tensors
        for a in (angles, angles + np.array([37.0, 0.0, 0.0]))
    )
    np.testing.assert_allclose(shape_ratio_phi(after), shape_ratio_phi(before), atol=1e-6)
    change = shmax_azimuth(after) - shmax_azimuth(before)
    np.testing.assert_allclose(axial_difference(change, 37.0), 0.0, atol=1e-6)
