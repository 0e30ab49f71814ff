"""Axes without an arrow: means and differences at the wraps, SHmax."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streamstress.geometry.axes import (
    axial,
    axial_difference,
    axial_mean,
    axis_vector,
    horizontal_deviator,
    shmax_azimuth,
    trend_plunge,
)
from streamstress.geometry.rotations import rotated, turn_about_vertical
from streamstress.geometry.tensors import stress_tensor, tensor_of

azimuths = st.floats(-720, 720)


def apart(a: float, b: float) -> float:
    return abs(float(axial_difference(a, b)))


@pytest.mark.parametrize("wrap_deg", [0.0, 45.0, 90.0, 135.0, 180.0])
def test_the_mean_of_two_axes_beside_a_wrap_lies_on_it(wrap_deg: float):
    assert apart(axial_mean([wrap_deg - 8.0, wrap_deg + 8.0]), wrap_deg) < 1e-9
    assert apart(axial_mean([(wrap_deg - 8.0) % 180.0, (wrap_deg + 8.0) % 180.0]), wrap_deg) < 1e-9


@pytest.mark.parametrize("wrap_deg", [0.0, 45.0, 90.0, 135.0, 180.0])
def test_the_difference_across_a_wrap_is_short_and_signed_clockwise(wrap_deg: float):
    before, after = (wrap_deg - 7.0) % 180.0, (wrap_deg + 5.0) % 180.0
    assert axial_difference(after, before) == pytest.approx(12.0)
    assert axial_difference(before, after) == pytest.approx(-12.0)


def test_perpendicular_axes_are_a_right_angle_apart():
    assert axial_difference(135.0, 45.0) == -90.0
    assert axial_difference(0.0, 90.0) == -90.0


def test_a_heavier_axis_draws_the_mean():
    assert axial_mean([170.0, 10.0], [3.0, 1.0]) == pytest.approx(174.85, abs=0.2)


@given(azimuths)
def test_an_axis_has_one_azimuth_from_0_to_below_180(azimuth: float):
    assert 0 <= axial(azimuth) < 180
    assert apart(float(axial(azimuth)), azimuth) < 1e-9


def test_an_azimuth_a_hair_below_zero_stays_inside_the_range():
    assert axial(-1e-17) == 0.0
    assert axial_mean([-1e-17]) == 0.0


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=8), azimuths)
def test_turning_all_axes_turns_their_mean(offsets: list[float], turn: float):
    mean = axial_mean(offsets)
    assert apart(axial_mean(np.array(offsets) + turn), mean + turn) < 1e-6


@given(azimuths, azimuths, st.integers(-3, 3))
def test_half_turns_of_an_axis_change_no_difference(azimuth: float, reference: float, halves: int):
    assert apart(azimuth + 180.0 * halves, reference) == pytest.approx(
        apart(azimuth, reference), abs=1e-9
    )


@given(st.floats(0, 360, exclude_max=True), st.floats(0.1, 89.9), st.sampled_from([1.0, -1.0]))
def test_trend_and_plunge_come_back_from_an_axis_of_either_sign(
    trend: float, plunge: float, sign: float
):
    found_trend, found_plunge = trend_plunge(sign * axis_vector(trend, plunge))
    assert abs((found_trend - trend + 180) % 360 - 180) < 1e-6
    assert found_plunge == pytest.approx(plunge, abs=1e-6)


def test_shmax_of_a_strike_slip_stress_is_its_most_compressive_axis():
    axes = np.stack([axis_vector(30.0, 0.0), axis_vector(0.0, 90.0), axis_vector(120.0, 0.0)])
    assert shmax_azimuth(stress_tensor(axes, 0.4)) == pytest.approx(30.0)


def test_shmax_of_a_normal_faulting_stress_is_its_middle_axis():
    axes = np.stack([axis_vector(0.0, 90.0), axis_vector(30.0, 0.0), axis_vector(120.0, 0.0)])
    assert shmax_azimuth(stress_tensor(axes, 0.4)) == pytest.approx(30.0)


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=5), st.floats(-400, 400))
def test_a_stress_turned_clockwise_turns_shmax_clockwise_as_far(five: list[float], turn: float):
    tensor = tensor_of(five)
    assume(horizontal_deviator(tensor) > 1e-3)
    after = shmax_azimuth(rotated(tensor, turn_about_vertical(turn)))
    assert apart(float(after), float(shmax_azimuth(tensor)) + turn) < 1e-6


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=5))
def test_no_horizontal_direction_is_more_compressed_than_shmax(five: list[float]):
    tensor = tensor_of(five)
    assume(horizontal_deviator(tensor) > 1e-3)
    compression = [
        -axis_vector(azimuth, 0.0) @ tensor @ axis_vector(azimuth, 0.0) for azimuth in range(180)
    ]
    shmax = axis_vector(float(shmax_azimuth(tensor)), 0.0)
    assert -shmax @ tensor @ shmax >= max(compression) - 1e-9


def test_shmax_is_undefined_where_horizontal_stresses_are_alike():
    assert horizontal_deviator(np.diag([0.3, 0.3, -0.6])) == 0.0
