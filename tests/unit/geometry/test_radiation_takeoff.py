"""First motions of known earthquakes, and the take-off conventions of other programs."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.rays import ray_vector, takeoff_from_up, takeoff_to_up
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.readers.events import PickedEvent
from streamstress.mechanism.readers.hash1 import read_hash1
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import solve_mechanism
from streamstress.mechanism.traced_rays import polarity_data

VERTICAL_DIP_SLIP = (0.0, 85.0, 90.0)
"""Its east goes up: seen with take-off counted from the wrong end, all polarities turn over."""


def first_motion(plane: tuple[float, ...], azimuth: float, takeoff: float):
    return radiation_pattern(np.sqrt(2) * double_couple(*plane), azimuth, takeoff)


def test_rays_point_where_azimuth_and_takeoff_say():
    np.testing.assert_allclose(ray_vector(123.0, 0.0), [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(ray_vector(123.0, 180.0), [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(ray_vector(90.0, 90.0), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(ray_vector(0.0, 90.0), [0, 1, 0], atol=1e-12)


@pytest.mark.parametrize("takeoff", [0.0, 180.0])
def test_a_reverse_event_pushes_up_and_down_and_a_normal_event_pulls(takeoff: float):
    assert first_motion((40.0, 45.0, 90.0), 0.0, takeoff)[0] == pytest.approx(1.0)
    assert first_motion((40.0, 45.0, -90.0), 0.0, takeoff)[0] == pytest.approx(-1.0)


def test_a_dip_slip_event_pushes_towards_its_hanging_wall_upwards_only():
    p = first_motion((0.0, 90.0, 90.0), np.array([90, 90, 270, 270.0]), np.array([45, 135.0] * 2))[
        0
    ]
    np.testing.assert_allclose(p, [-1, 1, 1, -1], atol=1e-9)


def test_a_left_lateral_fault_pushes_into_northeast_and_southwest():
    azimuths = np.array([45, 135, 225, 315, 0, 90.0])
    p, _, sh = first_motion((0.0, 90.0, 0.0), azimuths, np.full(6, 90.0))
    np.testing.assert_allclose(p, [1, -1, 1, -1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(sh[4:], [1, -1], atol=1e-9)


@given(
    st.tuples(st.floats(0, 360), st.floats(0, 90), st.floats(-180, 180)),
    st.floats(0, 360),
    st.floats(0, 180),
)
def test_amplitudes_are_those_of_aki_and_richards(
    plane: tuple[float, ...], azimuth: float, takeoff: float
):
    expected = aki_richards(*plane, azimuth, takeoff)
    np.testing.assert_allclose(first_motion(plane, azimuth, takeoff), expected, atol=1e-9)


def aki_richards(strike: float, dip: float, rake: float, azimuth: float, takeoff: float):
    """Aki & Richards (2002), eqs 4.89 to 4.91, written in angles."""
    d, r, i = np.radians([dip, rake, takeoff])
    f = np.radians(azimuth - strike)
    sin, cos = np.sin, np.cos
    p = (
        cos(r) * sin(d) * sin(i) ** 2 * sin(2 * f)
        - cos(r) * cos(d) * sin(2 * i) * cos(f)
        + sin(r) * sin(2 * d) * (cos(i) ** 2 - sin(i) ** 2 * sin(f) ** 2)
        + sin(r) * cos(2 * d) * sin(2 * i) * sin(f)
    )
    sv = (
        sin(r) * cos(2 * d) * cos(2 * i) * sin(f)
        - cos(r) * cos(d) * cos(2 * i) * cos(f)
        + cos(r) * sin(d) * sin(2 * i) * sin(2 * f) / 2
        - sin(r) * sin(2 * d) * sin(2 * i) * (1 + sin(f) ** 2) / 2
    )
    sh = (
        cos(r) * cos(d) * cos(i) * sin(f)
        + cos(r) * sin(d) * sin(i) * cos(2 * f)
        + sin(r) * cos(2 * d) * cos(i) * cos(f)
        - sin(r) * sin(2 * d) * sin(i) * sin(2 * f) / 2
    )
    return p, sv, sh


def test_takeoff_counted_from_up_is_turned_over_and_back():
    np.testing.assert_array_equal(takeoff_from_up([0.0, 30.0, 180.0]), [180.0, 150.0, 0.0])
    np.testing.assert_array_equal(takeoff_to_up(takeoff_from_up([12.0, 90.0])), [12.0, 90.0])


def test_rays_of_a_file_that_counts_from_up_show_the_event_right_side_up():
    azimuth, from_up = np.array([90.0, 270.0]), np.array([40.0, 40.0])
    p = first_motion(VERTICAL_DIP_SLIP, azimuth, takeoff_from_up(from_up))[0]
    assert p[0] > 0.5
    assert p[1] < -0.5


def test_a_dip_slip_event_read_from_a_hash1_file_is_solved_right_side_up(tmp_path: Path):
    path = tmp_path / "dip-slip.phase"
    path.write_text("\n".join([EVENT_LINE, *hash1_lines(VERTICAL_DIP_SLIP), " " * 72, ""]))
    (event,) = read_hash1(path)
    assert isinstance(event, PickedEvent)
    data = polarity_data(event, None, 10, np.random.default_rng(1))
    result = solve_mechanism(data, MechanismSettings(n_trials=10), seed=1)
    best = result.solutions[0]
    found = (best.strike_deg, best.dip_deg, best.rake_deg)
    assert kagan_angle_deg(VERTICAL_DIP_SLIP, found) < 20.0


EVENT_LINE = "94 1211104155034 1455118 3706 181323".ljust(122) + "         3143312 230"


def hash1_lines(plane: tuple[float, ...]):
    """Pick lines with take-off from straight down, as FPFIT writes them."""
    for number, (azimuth, takeoff) in enumerate(
        (a, t) for t in (35, 60, 80, 100, 120, 145) for a in range(10, 360, 40)
    ):
        letter = "U" if first_motion(plane, azimuth, takeoff)[0] > 0 else "D"
        head = f"S{number:<3}IP{letter}0".ljust(58) + f" 100{takeoff:3d}"
        yield head.ljust(75) + f"{azimuth:3d}   1   1     X   VHZ"
