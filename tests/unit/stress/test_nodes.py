"""Nodes of a grid: which cells, which neighbours, which events."""

import numpy as np
import pytest

from streamstress.errors import ConfigError, UnusableDataError
from streamstress.stress.nodes import grid_nodes, single_node


def test_an_event_belongs_to_the_nearest_node():
    grid = grid_nodes([[35.04, 140.0], [35.06, 140.02], [35.2, 139.94]], [0.1, 0.1])
    np.testing.assert_allclose(
        grid.coordinates[grid.node_of_event], [[35.0, 140.0], [35.1, 140.0], [35.2, 139.9]]
    )


def test_a_hole_between_two_nodes_of_a_line_is_filled_and_linked():
    grid = grid_nodes([[0, 0], [3, 0], [3, 1]], [1, 1])
    assert {tuple(cell) for cell in grid.cell} == {(0, 0), (1, 0), (2, 0), (3, 0), (3, 1)}
    assert grid.components()[0] == 1
    assert sorted(grid.events_per_node) == [0, 0, 1, 1, 1]


def test_without_filling_the_parts_stay_apart():
    grid = grid_nodes([[0, 0], [3, 0], [3, 1]], [1, 1], fill_holes=False)
    assert grid.components()[0] == 2
    assert grid.links.shape == (1, 2)


def test_links_join_cells_one_step_apart_along_one_axis():
    rng = np.random.default_rng(1)
    grid = grid_nodes(rng.integers(0, 4, size=(60, 3)).astype(float), [1, 1, 1], time_axis=2)
    step = np.abs(grid.cell[grid.links[:, 0]] - grid.cell[grid.links[:, 1]])
    assert np.all(step.sum(axis=1) == 1)
    np.testing.assert_array_equal(np.argmax(step, axis=1), grid.link_axis)
    np.testing.assert_array_equal(grid.is_time_link, grid.link_axis == 2)
    assert grid.kinds == ("space", "time")


def test_links_in_degrees_weigh_as_a_gradient_does():
    corners = [[60.0, 10.0], [60.0, 11.0], [61.0, 10.0]]
    grid = grid_nodes(corners, [1, 1], latitude_axis=0, longitude_axis=1)
    weight = dict(zip(grid.link_axis, grid.link_weight, strict=True))
    assert weight[0] == pytest.approx(np.cos(np.radians(60.5)), abs=1e-9)
    assert weight[1] == pytest.approx(1 / np.cos(np.radians(60.0)), abs=1e-9)


def test_a_part_keeps_its_events_and_links():
    grid = grid_nodes([[0, 0], [1, 0], [2, 0], [2, 0]], [1, 1])
    part = grid.part(np.array([False, True, True]))
    np.testing.assert_array_equal(part.node_of_event, [0, 1, 1])
    np.testing.assert_array_equal(part.links, [[0, 1]])


def test_one_node_takes_every_event():
    grid = single_node(7)
    assert grid.size == 1
    np.testing.assert_array_equal(grid.events_per_node, [7])


@pytest.mark.parametrize("step", [[0.0, 1.0], [np.nan, 1.0], [-1.0, 1.0], [1e-17, 1.0]])
def test_a_step_that_makes_no_grid_is_refused(step: list[float]):
    with pytest.raises(ConfigError):
        grid_nodes([[1.0, 1.0], [2.0, 2.0]], step)


def test_a_step_that_makes_too_many_nodes_is_refused():
    with pytest.raises(ConfigError, match="larger steps"):
        grid_nodes([[0.0, 0.0], [0.0, 90.0]], [1.0, 1e-6])


def test_a_place_that_is_not_a_number_is_refused():
    with pytest.raises(UnusableDataError):
        grid_nodes([[np.nan, 0.0]], [1, 1])
