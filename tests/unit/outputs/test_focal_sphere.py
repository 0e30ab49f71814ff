import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline

from streamstress.geometry.planes import auxiliary_plane
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.rays import ray_vector
from streamstress.geometry.tensors import double_couple
from streamstress.outputs.beachball import ball_on_map, beachball_svg
from streamstress.outputs.focal_sphere import (
    compressional_quadrants,
    project,
    project_ray,
)


def _rays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.uniform(0, 360, 1500), np.degrees(np.arccos(rng.uniform(0, 1, 1500)))


def _wrongly_shaded(strike: float, dip: float, rake: float) -> int:
    azimuth, takeoff = _rays()
    p, _, _ = radiation_pattern(double_couple(strike, dip, rake), azimuth, takeoff)
    points = project(ray_vector(azimuth, takeoff))
    shaded = np.zeros(len(points), int)
    for outline in compressional_quadrants(strike, dip, rake):
        shaded += Outline(outline).contains_points(points)
    # Outlines are chords, so a ray beside a nodal plane or the rim may fall on either side.
    clear = (np.abs(p) > 0.02) & (takeoff < 87)
    return np.count_nonzero(clear & (shaded != (p > 0)))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 360), st.floats(0, 90), st.floats(-180, 180))
def test_shade_is_where_the_first_motion_is_up(strike: float, dip: float, rake: float):
    assert _wrongly_shaded(strike, dip, rake) == 0


@pytest.mark.parametrize(
    ("strike", "dip", "rake"),
    [
        (30, 90, 0),
        (0, 90, 90),
        (0, 90, -90),
        (20, 45, 90),
        (20, 45, -90),
        (0, 0, 0),
        (0, 6e-8, 0),
        (75, 90, 180),
    ],
)
def test_shade_holds_where_an_edge_lies_on_the_rim(strike: float, dip: float, rake: float):
    assert _wrongly_shaded(strike, dip, rake) == 0


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 360), st.floats(5, 85), st.floats(-180, 180))
def test_both_nodal_planes_give_the_same_ball(strike: float, dip: float, rake: float):
    other = [float(angle) for angle in auxiliary_plane(strike, dip, rake)]
    one, two = (
        sum(_area(outline) for outline in compressional_quadrants(*plane))
        for plane in ((strike, dip, rake), other)
    )
    # Equal-area: two of four quadrants of the sphere cover half the disc.
    assert one == pytest.approx(np.pi / 2, abs=0.02)
    assert two == pytest.approx(one, abs=1e-6)


def _area(outline: np.ndarray) -> float:
    x, y = outline.T
    return 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def test_projection_puts_down_in_the_middle_and_level_on_the_rim():
    assert project([0.0, 0.0, -1.0]) == pytest.approx([0, 0], abs=1e-9)
    assert project_ray(90.0, 90.0) == pytest.approx([1, 0], abs=1e-9)
    assert project_ray(0.0, 60.0) == pytest.approx([0, np.sqrt(2) * np.sin(np.radians(30))])
    # A ray that leaves upwards shows at its opposite point.
    assert project_ray(0.0, 120.0) == pytest.approx(project_ray(180.0, 60.0))


def test_thrust_is_shaded_in_the_middle_and_normal_faulting_is_not():
    centre = ((0.0, 0.0),)
    thrust, normal = (compressional_quadrants(10, 40, rake) for rake in (90, -90))
    assert any(Outline(outline).contains_points(centre)[0] for outline in thrust)
    assert not any(Outline(outline).contains_points(centre)[0] for outline in normal)


def test_ball_on_a_map_is_stretched_as_the_map_is():
    ball = ball_on_map(130.0, 35.0, 0.2, 0.1, (30, 60, 90))
    assert np.ptp(ball.rim[:, 0]) == pytest.approx(0.4, rel=1e-2)
    assert np.ptp(ball.rim[:, 1]) == pytest.approx(0.2, rel=1e-2)
    assert beachball_svg(30, 60, 90).count("<path") == len(ball.quadrants)
