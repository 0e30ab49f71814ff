"""How far rays turn where the velocity model is off by its stated error."""

import numpy as np
import pytest

from streamstress.earth.paths import Receivers
from streamstress.earth.projection import LocalFrame
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel, named_velocity
from streamstress.earth.velocity_errors import WrongModels, velocity_error, wrong_model

SHARE = 0.03
SIZE_KM = (30.0, 15.0)


def line_of(*distance_km: float) -> Receivers:
    """Receivers to the east at the surface."""
    east = np.array(distance_km)
    codes = tuple(f"XX.S{n}" for n in range(len(east)))
    return Receivers(LocalFrame(35.0, 139.0), codes, east, 0 * east, 0 * east)


def takeoffs(model: VelocityModel, receivers: Receivers, depth_km: float) -> np.ndarray:
    table = travel_time_table(model, "P", *SIZE_KM)
    return table.rays_to(receivers, np.array([[0.0, 0.0, depth_km]])).takeoff_deg[0]


def test_every_depth_has_the_stated_error_and_jumps_and_vp_vs_stay():
    depth = np.linspace(0.0, 60.0, 121)
    each = np.array([velocity_error(depth, errors) for errors in np.eye(3)])
    assert np.square(each).sum(axis=0) == pytest.approx(np.ones(121))
    model = named_velocity("iasp91")
    off = wrong_model(model, SHARE, (1.0, -1.0, 0.5))
    ratio = off.at("P", depth) / model.at("P", depth)
    assert ratio == pytest.approx(1.0 + SHARE * velocity_error(depth, [1.0, -1.0, 0.5]), abs=1e-3)
    for phase in ("P", "S"):
        assert off.at(phase, depth) / model.at(phase, depth) == pytest.approx(ratio, abs=1e-3)
    assert sum(np.diff(off.depth_km) == 0.0) == sum(np.diff(model.depth_km) == 0.0)


def test_a_head_wave_turns_by_the_velocities_at_source_and_refractor():
    # sin i = v / v_refractor, so di = tan(i) (dv/v - dv_refractor/v_refractor).
    model = VelocityModel(
        "two", (0.0, 25.0, 25.0, 60.0), (5.0, 5.0, 8.0, 8.0), (2.9, 2.9, 4.6, 4.6)
    )
    wrong = WrongModels(model, SHARE, 150.0, 30.0)
    angle = np.arcsin(5.0 / 8.0 * (6371.0 - 25.0) / (6371.0 - 10.0))
    expected = np.degrees(SHARE * np.tan(angle))
    turns, _ = wrong.turns(line_of(110.0, 130.0), np.array([0.0, 0.0, 10.0]))
    assert turns[0] == pytest.approx([0.0, 0.0], abs=0.03)
    assert turns[1] == pytest.approx([expected, expected], rel=0.03)
    assert turns[2] == pytest.approx([-expected, -expected], rel=0.03)


def test_rays_scatter_among_wrong_models_by_the_norm_of_their_turns():
    model = named_velocity("iasp91")
    receivers = line_of(4.0, 8.0, 15.0, 25.0)
    wrong = WrongModels(model, SHARE, *SIZE_KM)
    turns, uneven = wrong.turns(receivers, np.array([0.0, 0.0, 9.0]))
    # A tetrahedron's corners have the second moments of a normal, with all depths off at once.
    corners = ((1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0))
    drawn = np.array(
        [takeoffs(wrong_model(model, SHARE, corner), receivers, 9.0) for corner in corners]
    )
    spread = np.sqrt(np.mean((drawn - takeoffs(model, receivers, 9.0)) ** 2, axis=0))
    assert np.hypot(np.linalg.norm(turns, axis=0), uneven) == pytest.approx(spread, rel=0.15)
    assert (uneven < 0.3 * spread).all()
    # All turn together: what they share is what the turns say.
    assert np.corrcoef(drawn.T)[0, 1:] == pytest.approx(
        [
            turns[:, 0] @ turns[:, n] / np.prod(np.linalg.norm(turns[:, [0, n]], axis=0))
            for n in (1, 2, 3)
        ],
        abs=0.1,
    )
