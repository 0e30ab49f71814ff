from pathlib import Path

import numpy as np
import pytest

from streamstress.earth.rays import crossing, flat_layers, turning_slownesses
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel, named_velocity, read_velocity
from streamstress.errors import ConfigError, InputFileError

Tables = dict[str, TravelTimeTable]

VELOCITY = (Path(__file__).parents[3] / "../shared/data/velocity").resolve()


@pytest.fixture(scope="module")
def iasp91() -> Tables:
    return {phase: travel_time_table(named_velocity("iasp91"), phase, 200, 50) for phase in "PS"}


@pytest.mark.parametrize("phase", ["P", "S"])
def test_iasp91_agrees_with_taup(iasp91: Tables, phase: str):
    """TauP of obspy on the same published model: 0.01 s and 0.5 degrees, crossovers included."""
    from obspy.taup import TauPyModel

    taup = TauPyModel("iasp91")
    names = [phase.lower(), phase]
    for depth in (0.6, 8.3, 19.8, 20.5, 31.0):
        for distance in (0.5, 9.0, 40.0, 95.0, 150.0):
            first = taup.get_travel_times(depth, np.degrees(distance / 6371), names)[0]
            time, takeoff = iasp91[phase].rays(distance, depth)
            where = f"{first.name} depth {depth} distance {distance}"
            assert time == pytest.approx(first.time, abs=0.01), where
            assert takeoff == pytest.approx(first.takeoff_angle, abs=0.5), where


def test_uniform_ground_has_straight_rays():
    table = travel_time_table(VelocityModel("half-space", (0.0,), (6.0,), (3.5,)), "P", 100, 30)
    distance, depth = np.meshgrid(np.linspace(1, 60, 40), np.linspace(1.1, 29, 30))
    time, takeoff = table.rays(distance, depth)
    assert np.abs(time - np.hypot(distance, depth) / 6.0).max() < 0.03, "the sphere's chord"
    # The Earth's curvature turns a ray of 60 km by 0.3 degrees.
    straight = 180.0 - np.degrees(np.arctan2(distance, depth))
    assert np.abs(takeoff - straight).max() < 0.5


def test_one_layer_over_a_half_space_refracts():
    """Crossover, head-wave time and angle of the textbook case (Lay & Wallace 1995, sect. 3.2)."""
    thickness, depth, v1, v2 = 10.0, 2.0, 5.0, 7.0
    model = VelocityModel("layer", (0.0, 10.0, 10.0), (v1, v1, v2), (2.9, 2.9, 4.0))
    table = travel_time_table(model, "P", 100, 20)
    critical = np.arcsin(v1 / v2)
    delay = (2 * thickness - depth) * np.cos(critical) / v1
    crossover = np.linspace(10, 90, 8001)
    direct, head = np.hypot(crossover, depth) / v1, delay + crossover / v2
    crossover_km = crossover[np.argmax(head < direct)]
    before, after = table.rays(np.array([crossover_km - 0.5, crossover_km + 0.5]), depth)[1]
    assert before == pytest.approx(90 + np.degrees(np.arctan2(depth, crossover_km)), abs=0.5)
    assert after == pytest.approx(np.degrees(critical), abs=0.5)
    time, _ = table.rays(80.0, depth)
    assert time == pytest.approx(delay + 80.0 / v2, abs=0.02)


def test_slownesses_are_the_slopes_of_the_time(iasp91: Tables):
    table = iasp91["P"]
    distance, depth = np.meshgrid(np.array([12.0, 35.0, 140.0]), np.array([4.1, 12.2, 25.3]))
    _, takeoff = table.rays(distance, depth)
    step = 0.2
    slope_x = (table.rays(distance + step, depth)[0] - table.rays(distance - step, depth)[0]) / 0.4
    slope_z = (table.rays(distance, depth + step)[0] - table.rays(distance, depth - step)[0]) / 0.4
    assert np.allclose(table.slopes(takeoff, depth)[0], slope_x, atol=2e-3)
    assert np.allclose(table.slopes(takeoff, depth)[1], slope_z, atol=3e-3)


def test_every_ray_has_an_answer_even_in_a_shadow():
    slow_below = VelocityModel(
        "low-velocity zone", (0, 5, 5, 12, 12), (6, 6, 4, 4, 7), (3.4, 3.4, 2.3, 2.3, 4)
    )
    table = travel_time_table(slow_below, "P", 150, 30)
    distance, depth = np.meshgrid(np.linspace(0, 400, 90), np.linspace(-1, 40, 60))
    time, takeoff = table.rays(distance, depth)
    assert np.isfinite(time).all()
    assert ((takeoff >= 0) & (takeoff <= 180)).all()
    assert (np.diff(time, axis=1) > -1e-9).all(), "the first arrival is later farther away"


def test_a_high_station_hears_later(iasp91: Tables):
    low, high = iasp91["P"].rays(1.0, 10.0, np.array([0.0, 2.0]))[0]
    assert high - low == pytest.approx(2.0 / 5.8, rel=0.01)


def test_hash_example_models_are_read_and_traced():
    if not VELOCITY.is_dir():
        pytest.skip("HASH's example velocity files are not here")
    for path in sorted(VELOCITY.iterdir()):
        model = read_velocity(path)
        assert model.vs_km_s[0] == pytest.approx(model.vp_km_s[0] / 1.732)
        table = travel_time_table(model, "P", 150, 30)
        time, _ = table.rays(np.linspace(0, 150, 60)[:, None], np.linspace(0.1, 30, 20))
        assert np.diff(time, axis=0).min() > 0.0


@pytest.mark.parametrize("depth", [2.0, 9.5, 18.2, 28.0])
def test_where_velocity_grows_fast_over_some_kilometres_the_first_arrival_has_no_gap(depth: float):
    """A Moho that is a gradient of 2 km folds the curve; both of its ends arrive where they do."""
    deep = np.array([0.0, 6.0, 16.0, 31.0, 33.0, 60.0])
    vp = np.array([4.0, 5.6, 6.7, 6.9, 8.1, 8.2])
    model = VelocityModel("gradient Moho", tuple(deep), tuple(vp), tuple(vp / 1.75))
    distance = np.arange(1.0, 190.0, 0.5)
    time, takeoff = travel_time_table(model, "P", 200, 40).rays(distance, depth)
    slowness = np.sin(np.radians(takeoff)) / model.at("P", depth)
    steps = np.diff(time)
    assert steps.max() <= 0.5 * slowness.max() + 0.005
    np.testing.assert_allclose(steps, 0.5 * slowness[1:], atol=0.02)


def test_a_family_that_folds_back_past_its_own_start_still_arrives():
    """From 31 to 33 km the curve folds back from 172 to 99 km; the family began at 125 km."""
    nodes = ((0, 2.93), (4, 5.2), (8, 6.1), (12, 6.4), (16, 6.5), (31, 7.25), (33, 8.09), (60, 8.2))
    depth, vp = zip(*nodes, strict=True)
    vs = tuple(v / 1.732 for v in vp)
    model = VelocityModel("fold", depth, vp, vs)
    layers = flat_layers(model, "P", np.unique(np.append(np.arange(0.0, 60.0, 0.25), depth)))
    slowness, turns_in = turning_slownesses(layers, 16)
    legs = [2 * leg.cumsum(axis=1) for leg in crossing(layers, slowness)]
    far, late = (leg[np.arange(len(slowness)), turns_in] for leg in legs)
    for distance in (110.0, 128.0, 130.0, 135.0, 145.0):
        near = np.abs(far - distance) < 3.0
        # The tangent of each ray nearby: the earliest is that of the first arrival.
        first = (late + slowness * (distance - far))[near].min()
        time = travel_time_table(model, "P", 200, 40).rays(distance, 0.0)[0]
        assert float(time) == pytest.approx(first, abs=0.002)


def test_take_offs_pass_smoothly_through_the_level_ray():
    """Between rows of a table neither branch may be held at 90 degrees where it ends in one."""
    model = VelocityModel("gradient", (0.0, 80.0), (5.0, 9.0), (2.9, 5.2))
    table = travel_time_table(model, "P", 200, 40)
    for depth in (7.62, 21.85, 30.3):
        level = np.sqrt(depth * (2 * 5.0 / 0.05 + depth))
        takeoff = table.rays(level + np.arange(-5.0, 5.0, 0.1), depth)[1]
        steps = np.diff(takeoff)
        assert steps.max() < 0.0
        assert steps.min() > 2.0 * np.median(steps)


def test_bad_velocity_lines_are_named(tmp_path: Path):
    path = tmp_path / "model.txt"
    for text, line in (("0 5 3\n1 x 3\n", 2), ("0 5 3\n2 6 3.4\n1 6 3.4\n", 3), ("0 5 6\n", 1)):
        path.write_text(text)
        with pytest.raises(InputFileError, match=f"line {line}"):
            read_velocity(path)
    path.write_text("depth,vp,vs\n0,5,3 # comment\n10,6,3.4\n")
    assert read_velocity(path).depth_km == (0.0, 10.0)
    with pytest.raises(ConfigError, match="iasp91"):
        named_velocity("prem")
