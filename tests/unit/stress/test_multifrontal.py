"""The sparse factor gives what dense algebra gives."""

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.stress.dissection import dissect
from streamstress.stress.multifrontal import Factor, factorise
from streamstress.stress.nodes import NodeGrid, grid_nodes

METRIC = np.diag([2.0, 1.0, 3.0])


def problem(shape: tuple[int, ...]) -> tuple[NodeGrid, NDArray[np.float64], NDArray[np.float64]]:
    """A grid with holes, blocks of its nodes and strengths of its links."""
    rng = np.random.default_rng(len(shape))
    cells = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    cells = cells.reshape(-1, len(shape))
    grid = grid_nodes(cells[rng.random(len(cells)) > 0.3], np.ones(len(shape)))
    root = rng.normal(size=(grid.size, 3, 3))
    strength = rng.uniform(0.5, 2.0, len(grid.links))
    total = np.bincount(grid.links.ravel(), np.repeat(strength, 2), grid.size)
    blocks = root @ root.swapaxes(1, 2) + (0.1 + total)[:, None, None] * METRIC
    return grid, blocks, strength


def dense(grid: NodeGrid, blocks: NDArray[np.float64], strength: NDArray[np.float64]):
    matrix = np.zeros((grid.size, 3, grid.size, 3))
    every = np.arange(grid.size)
    matrix[every, :, every, :] = blocks
    for (i, j), value in zip(grid.links, strength, strict=True):
        matrix[i, :, j, :] -= value * METRIC
        matrix[j, :, i, :] -= value * METRIC
    return matrix.reshape(3 * grid.size, 3 * grid.size)


@pytest.fixture(params=[(40,), (13, 11), (6, 5, 4), (4, 3, 3, 3)], ids=str)
def case(request) -> tuple[NodeGrid, NDArray[np.float64], Factor]:
    grid, blocks, strength = problem(request.param)
    factor = factorise(dissect(grid.cell, grid.links), blocks, strength, METRIC)
    return grid, dense(grid, blocks, strength), factor


def test_solution_and_determinant_are_those_of_the_dense_matrix(case):
    grid, matrix, factor = case
    right = np.random.default_rng(0).normal(size=(grid.size, 3, 4))
    expected = np.linalg.solve(matrix, right.reshape(-1, 4)).reshape(right.shape)
    np.testing.assert_allclose(factor.solve(right), expected, atol=1e-11)
    np.testing.assert_allclose(factor.solve(right[:, :, 0]), expected[:, :, 0], atol=1e-11)
    assert factor.log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1], abs=1e-9)


def test_blocks_of_the_inverse_are_those_of_the_dense_inverse(case):
    grid, matrix, factor = case
    inverse = np.linalg.inv(matrix).reshape(grid.size, 3, grid.size, 3)
    every = np.arange(grid.size)
    np.testing.assert_allclose(factor.node_covariance(), inverse[every, :, every, :], atol=1e-12)


def test_draws_have_the_inverse_as_covariance(case):
    grid, matrix, factor = case
    unit = np.eye(3 * grid.size).reshape(grid.size, 3, -1)
    root = factor.draws(unit).reshape(3 * grid.size, -1)
    np.testing.assert_allclose(root @ root.T, np.linalg.inv(matrix), atol=1e-11)


def test_parts_that_do_not_touch_are_solved_apart():
    grid = grid_nodes([[0, 0], [0, 1], [9, 9]], [1, 1], fill_holes=False)
    blocks = np.repeat(4.0 * np.eye(3)[None], 3, axis=0)
    factor = factorise(dissect(grid.cell, grid.links), blocks, np.ones(1), METRIC)
    inverse = np.linalg.inv(dense(grid, blocks, np.ones(1)))
    found = factor.solve(np.eye(9).reshape(3, 3, 9)).reshape(9, 9)
    np.testing.assert_allclose(found, inverse, atol=1e-14)


def test_an_unresolved_matrix_is_refused():
    grid = grid_nodes([[0, 0], [0, 1]], [1, 1])
    blocks = np.repeat(METRIC[None], 2, axis=0)
    with pytest.raises(UnusableDataError, match="do not resolve"):
        factorise(dissect(grid.cell, grid.links), blocks - 1e-3, np.ones(1), METRIC)
