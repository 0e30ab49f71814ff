"""The field turns with its mechanisms, and does not depend on how they were stated."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from synthetic_fields import Layout, field_grid, field_mechanisms, prior_field
from synthetic_mechanisms import Population, mechanisms, strike_slip_stress

from streamstress.errors import ConfigError, UnusableDataError
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.planes import auxiliary_plane, plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import rotated, rotation_matrix, stress_rotation_deg
from streamstress.stress import invert
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.field import FieldInversion, invert_field, resolved_nodes
from streamstress.stress.nodes import NodeGrid, grid_nodes, single_node

Angles = NDArray[np.float64]
MODES = ("instability", "both", "given")


def example(seed: int = 1) -> tuple[NodeGrid, Angles]:
    rng = np.random.default_rng(seed)
    grid = field_grid(Layout((4, 4), events_per_node=12), rng)
    truth = prior_field(grid, strike_slip_stress(40.0), 0.1, rng)
    return grid, field_mechanisms(grid, truth, rng, Population())


def inverted(grid: NodeGrid, angles: Angles, **options: Any) -> FieldInversion:
    return invert_field(plane_set_of_angles(*angles.T), grid, **options)


@pytest.mark.parametrize("mode", MODES)
def test_any_rotation_of_the_mechanisms_rotates_the_field(mode: str):
    grid, angles = example()
    turn = rotation_matrix(np.array([0.3, -1.0, 0.8]), np.asarray(63.0))
    vectors = plane_vectors(*angles.T)
    moved = np.stack(strike_dip_rake(*(one @ turn.T for one in vectors)), axis=-1)
    before, after = (inverted(grid, one, planes=mode) for one in (angles, moved))
    assert after.strengths["space"] == pytest.approx(before.strengths["space"], rel=1e-5)
    np.testing.assert_allclose(after.tensors, rotated(before.tensors, turn), atol=1e-5)


@pytest.mark.parametrize("shmax", [0.0, 45.0, 90.0, 135.0, 180.0])
def test_shmax_of_every_node_turns_with_the_mechanisms(shmax: float):
    grid, angles = example()
    start = inverted(grid, angles, smoothing=5.0)
    turn = shmax - float(shmax_azimuth(start.tensors[0]))
    after = inverted(grid, angles + np.array([turn, 0.0, 0.0]), smoothing=5.0)
    change = shmax_azimuth(after.tensors) - shmax_azimuth(start.tensors)
    np.testing.assert_allclose(axial_difference(change, turn), 0.0, atol=1e-6)
    assert abs(axial_difference(shmax_azimuth(after.tensors[0]), shmax)) < 1e-6


@pytest.mark.parametrize("mode", ["instability", "both"])
def test_the_stated_plane_does_not_matter(mode: str):
    grid, angles = example()
    swapped = np.stack(auxiliary_plane(*angles.T), axis=-1)
    before, after = (inverted(grid, one, planes=mode) for one in (angles, swapped))
    np.testing.assert_allclose(after.tensors, before.tensors, atol=1e-6)


def test_the_order_of_the_events_does_not_matter():
    grid, angles = example()
    order = np.random.default_rng(3).permutation(len(angles))
    mixed = grid_nodes((grid.cell * grid.step)[grid.node_of_event[order]], grid.step)
    before, after = inverted(grid, angles), inverted(mixed, angles[order])
    np.testing.assert_allclose(after.tensors, before.tensors, atol=1e-6)


def test_an_event_given_twice_counts_as_one_of_weight_two():
    grid, angles = example()
    twice = np.concatenate([np.arange(len(angles)), [5, 9]])
    weight = np.bincount(twice).astype(float)
    places = grid.coordinates[grid.node_of_event]
    repeated = inverted(grid_nodes(places[twice], grid.step), angles[twice])
    weighted = invert_field(plane_set_of_angles(*angles.T, weight=weight), grid)
    np.testing.assert_allclose(weighted.tensors, repeated.tensors, atol=1e-9)
    assert weighted.choice.abic == pytest.approx(repeated.choice.abic, rel=1e-9)


def test_solutions_of_one_event_are_one_event():
    grid, angles = example()
    rows = np.repeat(np.arange(len(angles)), 3)
    same = plane_set_of_angles(*angles[rows].T, event=rows)
    many, one = invert_field(same, grid), inverted(grid, angles)
    np.testing.assert_allclose(many.tensors, one.tensors, atol=1e-9)
    assert many.choice.abic == pytest.approx(one.choice.abic, rel=1e-9)


@pytest.mark.parametrize("mode", MODES)
def test_one_node_is_the_inversion_of_a_region(synthetic: ModuleType, mode: str):
    angles = mechanisms(strike_slip_stress(100.0), 60, np.random.default_rng(4))
    events = plane_set_of_angles(*angles.T)
    field = invert_field(events, single_node(60), planes=mode)
    np.testing.assert_allclose(field.tensors[0], invert(events, planes=mode).tensor, atol=1e-9)
    assert field.choice is None


def test_nodes_without_smoothing_are_inverted_each_for_itself():
    grid, angles = example()
    field = inverted(grid, angles, smoothing=0, planes="both")
    here = grid.node_of_event == grid.node_of_event[0]
    alone = invert(plane_set_of_angles(*angles[here].T), planes="both").tensor
    np.testing.assert_allclose(field.tensors[grid.node_of_event[0]], alone, atol=1e-9)


def test_a_hole_in_the_grid_is_bridged_by_its_neighbours():
    grid = grid_nodes(np.repeat([[0.0, 0.0], [2.0, 0.0]], 60, axis=0), [1, 1])
    angles = mechanisms(strike_slip_stress(20.0), 120, np.random.default_rng(5))
    field = inverted(grid, angles, smoothing=10.0)
    assert grid.size == 3
    assert grid.events_per_node[1] == 0
    middle = (field.solved.five[0] + field.solved.five[2]) / 2
    np.testing.assert_allclose(field.solved.five[1], middle, atol=1e-10)


def test_a_strong_smoothing_gives_the_stress_of_the_region_everywhere():
    grid, angles = example()
    field = inverted(grid, angles, smoothing=1e7, planes="both")
    region = invert(plane_set_of_angles(*angles.T), planes="both").tensor
    assert np.max(stress_rotation_deg(field.tensors, region)) < 0.05


def test_one_event_or_equal_events_leave_their_nodes_unresolved():
    one = np.array([[10.0, 60.0, -90.0]])
    for count in (1, 30):
        events = plane_set_of_angles(*np.repeat(one, count, axis=0).T)
        assert not np.any(resolved_nodes(events, single_node(count), "instability"))
    grid = grid_nodes(np.repeat([[0.0, 0.0], [0.0, 1.0]], 15, axis=0), [1, 1])
    events = plane_set_of_angles(*np.repeat(one, 30, axis=0).T)
    assert not np.any(resolved_nodes(events, grid, "both"))
    with pytest.raises(UnusableDataError):
        plane_set_of_angles([], [], [])


def test_a_negative_strength_is_refused():
    grid, angles = example()
    with pytest.raises(ConfigError, match="strength"):
        inverted(grid, angles, smoothing=-1.0)
