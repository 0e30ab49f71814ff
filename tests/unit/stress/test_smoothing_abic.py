"""Smoothing by ABIC: dense algebra, the true strength, and the error of the best one."""

import numpy as np
import pytest
from synthetic_fields import Layout, field_grid, linear_sums, prior_field
from synthetic_mechanisms import strike_slip_stress

from streamstress.errors import UnusableDataError
from streamstress.stress.abic import abic, choose_smoothing, corner, degrees_of_freedom
from streamstress.stress.nodes import NodeGrid, grid_nodes
from streamstress.stress.smoothing import (
    FROBENIUS_METRIC,
    NodeSums,
    SmoothingProblem,
    Strengths,
)

STRESS = strike_slip_stress()


def spread(grid: NodeGrid, seed: int, step: float = 0.1) -> NodeSums:
    rng = np.random.default_rng(seed)
    return linear_sums(grid, prior_field(grid, STRESS, step, rng), 0.4, rng)


def dense_abic(problem: SmoothingProblem, sums: NodeSums, strengths: Strengths) -> float:
    """ABIC with dense matrices and eigenvalues, eq. 30 of Yabuki & Matsu'ura (1992)."""
    grid = problem.grid
    laplacian = np.zeros((grid.size, grid.size))
    for (i, j), strength in zip(grid.links, problem.link_strength(strengths), strict=True):
        laplacian[[i, j], [i, j]] += strength
        laplacian[[i, j], [j, i]] -= strength
    prior = np.kron(laplacian, problem.metric)
    every = np.arange(grid.size)
    normal = prior.reshape(grid.size, 5, grid.size, 5).copy()
    normal[every, :, every, :] += sums.a
    normal = normal.reshape(prior.shape)
    found = np.linalg.solve(normal, sums.b.ravel())
    values = np.linalg.eigvalsh(prior)
    kept = values > 1e-10 * values[-1]
    fit = sums.energy - sums.b.ravel() @ found
    freedom = 2 * sums.effective_events + kept.sum() - values.size
    return freedom * np.log(fit) - np.sum(np.log(values[kept])) + np.linalg.slogdet(normal)[1]


@pytest.mark.parametrize("strengths", [{"space": 0.7, "time": 5.0}, {"space": 30.0, "time": 0.02}])
def test_sparse_abic_equals_dense_abic(strengths: Strengths):
    rng = np.random.default_rng(3)
    places = rng.integers(0, 4, size=(150, 3)).astype(float)
    grid = grid_nodes(places, np.ones(3), time_axis=2)
    problem, sums = SmoothingProblem(grid, FROBENIUS_METRIC), spread(grid, 4)
    expected = dense_abic(problem, sums, strengths)
    assert abic(problem, sums, strengths) == pytest.approx(expected, abs=1e-8 * abs(expected))


def test_null_modes_of_every_group_are_counted():
    two = grid_nodes([[0, 0], [0, 1], [5, 5], [5, 6]], [1, 1], fill_holes=False)
    grid = NodeGrid(
        two.cell, two.step, np.repeat(np.arange(4), 30), two.links, two.link_axis, two.link_weight
    )
    problem, sums = SmoothingProblem(grid, FROBENIUS_METRIC), spread(grid, 5)
    assert degrees_of_freedom(problem, sums) == 2 * 120 - 10
    expected = dense_abic(problem, sums, {"space": 3.0})
    assert abic(problem, sums, {"space": 3.0}) == pytest.approx(expected, rel=1e-9)


def test_abic_finds_the_strength_and_the_error_of_the_best():
    ratios, errors = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        step, noise = 0.1, 0.4
        grid = field_grid(Layout((6, 6), events_per_node=20), rng)
        truth = prior_field(grid, STRESS, step, rng)
        sums = linear_sums(grid, truth, noise, rng)
        problem = SmoothingProblem(grid, FROBENIUS_METRIC)
        true_strength = (noise / step) ** 2

        def error(strength: float, problem=problem, sums=sums, truth=truth) -> float:
            return float(np.std(problem.solve(sums, {"space": strength}).five - truth))

        found = choose_smoothing(problem, sums)
        oracle = min(error(true_strength * factor) for factor in np.exp(np.linspace(-2, 2, 17)))
        ratios.append(found.strengths["space"] / true_strength)
        errors.append(error(found.strengths["space"]) / oracle)
    assert 0.5 < np.median(ratios) < 2.0
    assert np.mean(errors) < 1.05


def test_two_strengths_are_found_apart():
    rng = np.random.default_rng(8)
    places = np.stack(np.meshgrid(*[np.arange(6)] * 3, indexing="ij"), -1).reshape(-1, 3)
    grid = grid_nodes(np.repeat(places, 12, axis=0).astype(float), np.ones(3), time_axis=2)
    rough_in_time = prior_field(grid, STRESS, 0.02, rng)
    rough_in_time += 0.1 * rng.normal(size=(6, 5))[grid.cell[:, 2]]
    sums = linear_sums(grid, rough_in_time, 0.4, rng)
    found = choose_smoothing(SmoothingProblem(grid, FROBENIUS_METRIC), sums).strengths
    assert found["space"] > 5 * found["time"]


def test_the_curve_falls_in_roughness_and_rises_in_misfit():
    grid = field_grid(Layout((5, 5)), np.random.default_rng(2))
    found = choose_smoothing(SmoothingProblem(grid, FROBENIUS_METRIC), spread(grid, 2))
    assert np.all(np.diff([point.roughness_rms for point in found.curve]) <= 0)
    assert np.all(np.diff([point.misfit_rms for point in found.curve]) >= -1e-12)
    assert found.corner == corner(found.curve) or found.corner in [
        point.strengths for point in found.curve
    ]


def test_too_few_events_for_abic_are_refused():
    grid = grid_nodes([[0, 0], [0, 1]], [1, 1])
    with pytest.raises(UnusableDataError):
        choose_smoothing(SmoothingProblem(grid, FROBENIUS_METRIC), spread(grid, 1))
