"""Strike, dip, rake to vectors to tensors and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.geometry.planes import auxiliary_plane, plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.geometry.tensors import (
    double_couple,
    double_couple_of,
    five_of,
    normalised,
    principal_axes,
    shape_ratio_phi,
    stress_tensor,
    tensor_of,
)

strikes = st.floats(0, 360, exclude_max=True)
rakes = st.floats(-180, 180, exclude_min=True)
planes = st.tuples(strikes, st.floats(0, 90), rakes)
steep_planes = st.tuples(strikes, st.floats(0.5, 89.5), rakes)
components = st.lists(st.floats(-1, 1), min_size=5, max_size=5)


def angle_between(a: float, b: float) -> float:
    return abs((a - b + 180.0) % 360.0 - 180.0)


@given(steep_planes)
def test_a_plane_comes_back_from_its_vectors(plane: tuple[float, ...]):
    strike, dip, rake = strike_dip_rake(*plane_vectors(*plane))
    assert angle_between(float(strike), plane[0]) < 1e-5
    assert abs(float(dip) - plane[1]) < 1e-5
    assert angle_between(float(rake), plane[2]) < 1e-5


@given(planes)
def test_vectors_come_back_from_their_plane_even_where_strike_is_free(plane: tuple[float, ...]):
    normal, slip = plane_vectors(*plane)
    again_normal, again_slip = plane_vectors(*strike_dip_rake(normal, slip))
    sign = np.sign(normal @ again_normal)
    np.testing.assert_allclose(sign * again_normal, normal, atol=1e-7)
    np.testing.assert_allclose(sign * again_slip, slip, atol=1e-7)


@given(planes)
def test_angles_are_given_in_their_ranges_whichever_sign_the_vectors_have(plane: tuple[float, ...]):
    normal, slip = plane_vectors(*plane)
    for sign in (1.0, -1.0):
        strike, dip, rake = strike_dip_rake(sign * normal, sign * slip)
        assert 0 <= strike < 360
        assert 0 <= dip <= 90
        assert -180 < rake <= 180


@given(planes)
def test_normal_and_slip_are_perpendicular_unit_vectors_and_the_normal_points_up(
    plane: tuple[float, ...],
):
    normal, slip = plane_vectors(*plane)
    assert np.linalg.norm(normal) == pytest.approx(1)
    assert np.linalg.norm(slip) == pytest.approx(1)
    assert normal @ slip == pytest.approx(0, abs=1e-12)
    assert normal[2] >= 0


def test_a_reverse_fault_dipping_east_lifts_its_hanging_wall_westwards():
    normal, slip = plane_vectors(0.0, 30.0, 90.0)
    np.testing.assert_allclose(normal, [0.5, 0, np.sqrt(0.75)], atol=1e-12)
    np.testing.assert_allclose(slip, [-np.sqrt(0.75), 0, 0.5], atol=1e-12)


@given(planes)
def test_the_auxiliary_plane_of_the_auxiliary_plane_is_the_plane(plane: tuple[float, ...]):
    twice = auxiliary_plane(*auxiliary_plane(*plane))
    normal, slip = plane_vectors(*plane)
    again_normal, again_slip = plane_vectors(*twice)
    sign = np.sign(normal @ again_normal)
    np.testing.assert_allclose(sign * again_normal, normal, atol=1e-6)
    np.testing.assert_allclose(sign * again_slip, slip, atol=1e-6)


@given(planes)
def test_both_nodal_planes_have_one_tensor_of_unit_norm(plane: tuple[float, ...]):
    tensor = double_couple(*plane)
    np.testing.assert_allclose(double_couple(*auxiliary_plane(*plane)), tensor, atol=1e-6)
    assert np.linalg.norm(tensor) == pytest.approx(1)
    values, _ = principal_axes(tensor)
    np.testing.assert_allclose(values, np.array([-1, 0, 1]) / np.sqrt(2), atol=1e-9)


@given(planes)
def test_a_mechanism_comes_back_from_the_axes_of_its_tensor(plane: tuple[float, ...]):
    _, (p, _, t) = principal_axes(double_couple(*plane))
    normal, slip = (t + p) / np.sqrt(2), (t - p) / np.sqrt(2)
    assert kagan_angle_deg(plane, np.array(strike_dip_rake(normal, slip))) < 1e-3


@given(components)
def test_five_components_hold_a_trace_free_tensor(five: list[float]):
    tensor = tensor_of(five)
    np.testing.assert_array_equal(tensor, tensor.T)
    assert np.trace(tensor) == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(five_of(tensor), five)


@given(components, st.floats(-10, 10), st.floats(0.1, 100))
def test_pressure_and_scale_leave_the_normalised_tensor_as_it_is(
    five: list[float], pressure: float, scale: float
):
    tensor = tensor_of(five)
    if np.linalg.norm(tensor) < 1e-3:
        return
    expected = tensor / np.linalg.norm(tensor)
    shifted = scale * tensor + pressure * np.eye(3)
    np.testing.assert_allclose(normalised(shifted), expected, atol=1e-9)


@given(planes, st.floats(0.02, 0.98))
def test_axes_and_shape_ratio_come_back_from_a_stress_tensor(plane: tuple[float, ...], phi: float):
    normal, slip = plane_vectors(*plane)
    axes = np.stack([normal, np.cross(normal, slip), slip])
    tensor = stress_tensor(axes, phi)
    values, found = principal_axes(tensor)
    assert np.all(np.diff(values) > 0)
    assert shape_ratio_phi(tensor) == pytest.approx(phi, abs=1e-9)
    np.testing.assert_allclose(np.abs(np.sum(found * axes, axis=1)), 1, atol=1e-6)


def test_many_planes_at_once_give_what_each_gives_alone():
    rng = np.random.default_rng(3)
    many = rng.uniform([0, 5, -179], [360, 85, 180], (20, 3))
    together = double_couple(*many.T)
    np.testing.assert_allclose(together, [double_couple(*plane) for plane in many], atol=1e-12)
    np.testing.assert_allclose(
        together, [double_couple_of(*plane_vectors(*plane)) for plane in many], atol=1e-12
    )
