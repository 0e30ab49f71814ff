"""Mechanisms are those that the stress would make."""

import numpy as np
import pytest

from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.planes import plane_vectors
from streamstress.geometry.rotations import (
    mechanism_frame,
    rotated,
    turn_about_vertical,
)
from streamstress.geometry.tensors import double_couple, shape_ratio_phi
from streamstress.geometry.tractions import instability, slip_direction
from streamstress.simulate.faults import (
    acceptance,
    draw_mechanisms,
    draw_normals,
    regional_stress,
    slip_on,
)


@pytest.mark.parametrize("regime", ["normal", "strike-slip", "reverse"])
@pytest.mark.parametrize("shmax_deg", [0.0, 35.0, 160.0])
def test_the_stress_has_the_stated_shmax_and_phi(regime: str, shmax_deg: float):
    tensor = regional_stress(shmax_deg, 0.3, regime)
    assert axial_difference(shmax_azimuth(tensor), shmax_deg) == pytest.approx(0, abs=1e-9)
    assert shape_ratio_phi(tensor) == pytest.approx(0.3)


def test_without_scatter_slip_is_along_the_resolved_shear():
    rng = np.random.default_rng(1)
    tensor = regional_stress(60, 0.5)
    found = draw_mechanisms(tensor, np.arange(200), threshold=0.8, scatter_deg=0.0, rng=rng)
    normal, slip = plane_vectors(found.strike_deg, found.dip_deg, found.rake_deg)
    np.testing.assert_allclose(slip, slip_direction(tensor, normal), atol=1e-9)


def test_scatter_turns_mechanisms_by_the_stated_angle():
    rng = np.random.default_rng(2)
    tensor = regional_stress(60, 0.5)
    normal = draw_normals(tensor, 4000, 0.8, rng)
    found = slip_on(tensor, normal, 15.0, rng)
    # A turn by an angle a about a random axis moves a vector by about a * sqrt(2/3) RMS.
    moved = np.degrees(np.arccos(np.clip(np.sum(found.normal * normal, axis=1), -1, 1)))
    assert np.sqrt(np.mean(moved**2)) == pytest.approx(15.0 * np.sqrt(2 / 3), rel=0.05)
    np.testing.assert_allclose(np.sum(found.normal * found.slip, axis=1), 0, atol=1e-9)


def test_turning_the_stress_turns_every_mechanism_with_it():
    rng = np.random.default_rng(3)
    before = regional_stress(20, 0.6)
    turn = turn_about_vertical(30.0)
    normal = draw_normals(before, 100, 0.8, rng)
    early = slip_on(before, normal, 0.0, rng)
    late = slip_on(rotated(before, turn), normal @ turn.T, 0.0, rng)
    early_p, late_p = (
        mechanism_frame(m.strike_deg, m.dip_deg, m.rake_deg)[:, 0] for m in (early, late)
    )
    np.testing.assert_allclose(np.abs(np.sum(late_p * (early_p @ turn.T), axis=1)), 1, atol=1e-9)


def test_the_mean_of_many_mechanisms_turns_with_the_stress():
    azimuths = []
    for turn_deg in (0.0, 30.0):
        tensor = rotated(regional_stress(50, 0.5), turn_about_vertical(turn_deg))
        rng = np.random.default_rng(4)
        found = draw_mechanisms(tensor, np.arange(2000), threshold=0.8, scatter_deg=10.0, rng=rng)
        mean = double_couple(found.strike_deg, found.dip_deg, found.rake_deg).mean(axis=0)
        azimuths.append(shmax_azimuth(mean))
    assert axial_difference(azimuths[0], 50) == pytest.approx(0, abs=3)
    assert axial_difference(azimuths[1], azimuths[0]) == pytest.approx(30, abs=3)


def test_unstable_planes_are_preferred():
    rng = np.random.default_rng(5)
    tensor = regional_stress(60, 0.5)
    every = rng.standard_normal((5000, 3))
    every /= np.linalg.norm(every, axis=1, keepdims=True)
    drawn = {
        level: instability(tensor, draw_normals(tensor, 500, level, rng)) for level in (0.8, 0.95)
    }
    assert np.mean(instability(tensor, every)) + 0.2 < np.mean(drawn[0.8]) < np.mean(drawn[0.95])
    assert np.mean(drawn[0.8] > 0.7) > 0.9


def test_acceptance_is_one_half_at_the_threshold_and_rises():
    tensor = regional_stress(60, 0.5)
    rng = np.random.default_rng(6)
    normal = draw_normals(tensor, 200, 0.5, rng)
    level = instability(tensor, normal)
    chance = acceptance(tensor, normal, 0.8)
    order = np.argsort(level)
    assert np.all(np.diff(chance[order]) >= 0)
    assert np.interp(0.8, level[order], chance[order]) == pytest.approx(0.5, abs=0.05)


def test_events_of_one_fault_share_their_plane():
    tensor = regional_stress(60, 0.5)
    rng = np.random.default_rng(7)
    fault = np.array([5, 5, 5, 9, 12])
    found = draw_mechanisms(tensor, fault, threshold=0.8, scatter_deg=0.0, rng=rng)
    assert np.ptp(found.strike_deg[:3]) == pytest.approx(0, abs=1e-9)
    assert len(np.unique(found.strike_deg.round(6))) == 3
