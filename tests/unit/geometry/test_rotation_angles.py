"""The smallest rotation between two solutions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.geometry.planes import auxiliary_plane, plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import (
    kagan_angle_deg,
    rotated,
    rotation_matrix,
    stress_rotation_deg,
    turn_about_vertical,
)
from streamstress.geometry.tensors import stress_tensor

TOLERANCE_DEG = 1e-3
"""The arccosine of nearly 1 loses half of the digits."""

mechanisms = st.tuples(
    st.floats(0, 360, exclude_max=True), st.floats(0, 90), st.floats(-180, 180, exclude_min=True)
)
directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)


def turned(mechanism: tuple[float, ...], rotation: np.ndarray) -> np.ndarray:
    normal, slip = plane_vectors(*mechanism)
    return np.array(strike_dip_rake(rotation @ normal, rotation @ slip))


@given(mechanisms)
def test_a_mechanism_and_its_auxiliary_plane_are_the_same_mechanism(mechanism: tuple[float, ...]):
    auxiliary = np.array(auxiliary_plane(*mechanism))
    assert kagan_angle_deg(mechanism, auxiliary) < TOLERANCE_DEG
    assert kagan_angle_deg(mechanism, mechanism) < TOLERANCE_DEG


@given(mechanisms, mechanisms)
def test_the_angle_is_the_same_both_ways_and_never_above_120(
    a: tuple[float, ...], b: tuple[float, ...]
):
    there, back = kagan_angle_deg(a, b), kagan_angle_deg(b, a)
    assert there == pytest.approx(float(back), abs=TOLERANCE_DEG)
    assert 0 <= there <= 120 + TOLERANCE_DEG


@given(mechanisms, mechanisms, directions, st.floats(-180, 180))
def test_turning_both_mechanisms_leaves_the_angle_between_them(
    a: tuple[float, ...], b: tuple[float, ...], axis: tuple[float, ...], angle: float
):
    rotation = rotation_matrix(np.array(axis), angle)
    expected = float(kagan_angle_deg(a, b))
    found = kagan_angle_deg(turned(a, rotation), turned(b, rotation))
    assert found == pytest.approx(expected, abs=TOLERANCE_DEG)


@given(mechanisms, directions, st.floats(0, 89))
def test_a_mechanism_turned_by_less_than_a_right_angle_is_that_far_away(
    mechanism: tuple[float, ...], axis: tuple[float, ...], angle: float
):
    rotation = rotation_matrix(np.array(axis), angle)
    found = kagan_angle_deg(mechanism, turned(mechanism, rotation))
    assert found == pytest.approx(angle, abs=TOLERANCE_DEG)


def test_the_opposite_slip_is_a_right_angle_away():
    assert kagan_angle_deg((20.0, 60.0, 90.0), (20.0, 60.0, -90.0)) == pytest.approx(90.0)


def test_angles_of_many_mechanisms_at_once_are_those_of_each_pair():
    rng = np.random.default_rng(5)
    low, high = [0, 5, -179], [360, 85, 180]
    a, b = rng.uniform(low, high, (10, 3)), rng.uniform(low, high, (10, 3))
    pairs = [float(kagan_angle_deg(x, y)) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(kagan_angle_deg(a, b), pairs, atol=1e-9)


@given(directions, st.floats(-360, 360))
def test_rotation_matrices_keep_lengths_and_handedness(axis: tuple[float, ...], angle: float):
    rotation = rotation_matrix(np.array(axis), angle)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)
    unit = np.array(axis) / np.linalg.norm(axis)
    np.testing.assert_allclose(rotation @ unit, unit, atol=1e-9)


@given(st.floats(0.05, 0.95), st.floats(-44, 44))
def test_a_stress_turned_about_the_vertical_is_that_far_from_what_it_was(phi: float, angle: float):
    tensor = stress_tensor(np.array([[0.0, 1, 0], [0, 0, -1], [1, 0, 0]]), phi)
    turn = stress_rotation_deg(tensor, rotated(tensor, turn_about_vertical(angle)))
    assert turn == pytest.approx(abs(angle), abs=TOLERANCE_DEG)
