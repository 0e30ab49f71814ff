"""Slip along the resolved shear, and how unstable a fault is."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streamstress.geometry.planes import plane_vectors, strike_dip_rake
from streamstress.geometry.tensors import principal_axes, stress_tensor, tensor_of
from streamstress.geometry.tractions import instability, slip_direction, tractions

fives = st.lists(st.floats(-1, 1), min_size=5, max_size=5)
directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)
EAST, NORTH, UP = np.eye(3)


def unit(vector: tuple[float, ...]):
    return np.array(vector) / np.linalg.norm(vector)


@given(fives, directions)
def test_normal_and_shear_traction_make_up_the_whole(
    five: list[float], direction: tuple[float, ...]
):
    tensor, normal = tensor_of(five), unit(direction)
    pressing, shear = tractions(tensor, normal)
    np.testing.assert_allclose(pressing * normal + shear, tensor @ normal, atol=1e-12)
    assert shear @ normal == pytest.approx(0, abs=1e-12)


@given(fives, directions, directions)
def test_a_fault_slips_where_the_shear_on_it_is_largest(
    five: list[float], direction: tuple[float, ...], other: tuple[float, ...]
):
    tensor, normal = tensor_of(five), unit(direction)
    _, shear = tractions(tensor, normal)
    assume(np.linalg.norm(shear) > 1e-6)
    slip = slip_direction(tensor, normal)
    assert np.linalg.norm(slip) == pytest.approx(1)
    assert slip @ normal == pytest.approx(0, abs=1e-9)
    in_plane = np.cross(normal, unit(other))
    assert slip @ tensor @ normal >= in_plane @ tensor @ normal - 1e-9


@given(fives, directions)
def test_seen_from_the_other_side_a_fault_slips_the_other_way(
    five: list[float], direction: tuple[float, ...]
):
    tensor, normal = tensor_of(five), unit(direction)
    _, shear = tractions(tensor, normal)
    assume(np.linalg.norm(shear) > 1e-6)
    np.testing.assert_allclose(
        slip_direction(tensor, -normal), -slip_direction(tensor, normal), atol=1e-9
    )


@pytest.mark.parametrize(
    ("axes", "plane"),
    [
        pytest.param((EAST, NORTH, UP), (0.0, 30.0, 90.0), id="reverse"),
        pytest.param((UP, NORTH, EAST), (0.0, 60.0, -90.0), id="normal"),
        pytest.param((NORTH, UP, EAST), (30.0, 90.0, 0.0), id="left-lateral"),
        pytest.param((NORTH, UP, EAST), (330.0, 90.0, 180.0), id="right-lateral"),
    ],
)
def test_andersonian_faults_slip_as_their_regime_says(
    axes: tuple[np.ndarray, ...], plane: tuple[float, ...]
):
    tensor = stress_tensor(np.stack(axes), 0.5)
    normal, _ = plane_vectors(*plane)
    _, _, rake = strike_dip_rake(normal, slip_direction(tensor, normal))
    assert abs((float(rake) - plane[2] + 180) % 360 - 180) < 1e-6


@given(st.floats(0, 1), st.floats(0.05, 1.2), st.sampled_from([1.0, -1.0]))
def test_the_optimal_plane_has_instability_one(phi: float, friction: float, side: float):
    tensor = stress_tensor(np.stack([NORTH, UP, EAST]), phi)
    from_s1 = np.pi / 4 + np.arctan(friction) / 2
    normal = np.cos(from_s1) * NORTH + side * np.sin(from_s1) * EAST
    assert instability(tensor, normal, friction) == pytest.approx(1.0)


@given(fives, directions, st.floats(0.05, 1.2))
def test_no_plane_is_less_stable_than_one_or_more_stable_than_zero(
    five: list[float], direction: tuple[float, ...], friction: float
):
    tensor = tensor_of(five)
    values, _ = principal_axes(tensor)
    assume(values[2] - values[0] > 1e-3)
    assert -1e-9 <= instability(tensor, unit(direction), friction) <= 1 + 1e-9


@given(fives, directions, st.floats(0.1, 50), st.floats(-5, 5))
def test_instability_does_not_depend_on_scale_or_pressure(
    five: list[float], direction: tuple[float, ...], scale: float, pressure: float
):
    tensor = tensor_of(five)
    values, _ = principal_axes(tensor)
    assume(values[2] - values[0] > 1e-2)
    shifted = scale * tensor + pressure * np.eye(3)
    expected = float(instability(tensor, unit(direction)))
    assert instability(shifted, unit(direction)) == pytest.approx(expected, abs=1e-6)


def test_a_plane_without_shear_across_the_most_compressive_axis_is_stable():
    assert instability(np.diag([0.5, -1.0, 0.1]), NORTH) == pytest.approx(0.0)
