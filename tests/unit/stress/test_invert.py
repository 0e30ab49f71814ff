"""The inversion finds a known stress, whatever the frame and the plane that was stated."""

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.planes import auxiliary_plane, plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import rotated, rotation_matrix, stress_rotation_deg
from streamstress.geometry.tractions import instability
from streamstress.stress import event_contribution, invert, michael_tensor
from streamstress.stress.contribution import plane_set
from streamstress.stress.plane_choice import plane_features, second_plane_less_stable

MODES = ("instability", "both", "given")


def contributions(angles: NDArray[np.float64]):
    return [event_contribution(*angle) for angle in angles]


def test_given_planes_without_noise_give_the_stress_back(synthetic: ModuleType):
    rng = np.random.default_rng(1)
    stress = synthetic.strike_slip_stress(70.0, phi=0.4)
    normal = synthetic.fault_normals(stress, 200, rng, synthetic.Population(0.95))
    from_planes = michael_tensor(normal, synthetic.slip_direction(stress, normal))
    assert stress_rotation_deg(from_planes, stress) < 3.0
    assert np.sum(from_planes * stress) > 0.99


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 135.0, 180.0])
def test_turning_the_mechanisms_turns_the_stress(synthetic: ModuleType, mode: str, angle: float):
    rng = np.random.default_rng(2)
    angles = synthetic.mechanisms(synthetic.strike_slip_stress(24.9), 80, rng)
    turned = angles + np.array([angle, 0.0, 0.0])
    before, after = (invert(contributions(a), planes=mode) for a in (angles, turned))
    change = axial_difference(shmax_azimuth(after.tensor), shmax_azimuth(before.tensor))
    assert abs(axial_difference(change, angle)) < 1e-6
    assert after.phi == pytest.approx(before.phi, abs=1e-9)


def test_any_rotation_of_the_mechanisms_rotates_the_tensor(synthetic: ModuleType):
    rng = np.random.default_rng(3)
    angles = synthetic.mechanisms(synthetic.strike_slip_stress(10.0), 60, rng)
    turn = rotation_matrix(np.array([1.0, 2.0, -0.5]), np.asarray(71.0))
    moved = np.stack(strike_dip_rake(*(v @ turn.T for v in plane_vectors(*angles.T))), axis=-1)
    before, after = (invert(contributions(a)).tensor for a in (angles, moved))
    np.testing.assert_allclose(after, rotated(before, turn), atol=1e-9)


@pytest.mark.parametrize("mode", ["instability", "both"])
def test_the_stated_plane_does_not_matter(synthetic: ModuleType, mode: str):
    rng = np.random.default_rng(4)
    angles = synthetic.mechanisms(synthetic.strike_slip_stress(100.0), 60, rng)
    swapped = np.stack(auxiliary_plane(*angles.T), axis=-1)
    before, after = (invert(contributions(a), planes=mode).tensor for a in (angles, swapped))
    np.testing.assert_allclose(after, before, atol=1e-9)


def test_instability_finds_the_planes_that_slipped(synthetic: ModuleType):
    rng = np.random.default_rng(5)
    stress = synthetic.strike_slip_stress(45.0)
    normal = synthetic.fault_normals(stress, 150, rng, synthetic.Population(0.95))
    angles = np.stack(strike_dip_rake(normal, synthetic.slip_direction(stress, normal)), axis=-1)
    found = invert(contributions(angles))
    assert np.mean(found.chosen == 0) > 0.9
    assert found.mean_instability > 0.9
    assert found.misfit_deg < 6.0


def test_fast_plane_choice_agrees_with_the_instability_formula(synthetic: ModuleType):
    rng = np.random.default_rng(6)
    solutions = plane_set(contributions(synthetic.mechanisms(np.diag([-1.0, 1.0, 0.0]), 100, rng)))
    tensor = invert(solutions, planes="both").tensor
    five = tensor[[0, 0, 0, 1, 1], [0, 1, 2, 1, 2]][None]
    only = np.zeros(100, np.int64)
    chosen = second_plane_less_stable(five, only, plane_features(solutions.normal), 0.6)
    formula = instability(tensor, solutions.normal, 0.6)
    np.testing.assert_array_equal(chosen, formula[:, 1] > formula[:, 0])


def test_instability_is_less_biased_in_phi_than_both_planes(synthetic: ModuleType):
    rng = np.random.default_rng(7)
    stress = synthetic.strike_slip_stress(45.0, phi=0.5)
    events = contributions(synthetic.mechanisms(stress, 300, rng, synthetic.Population(0.95)))
    chosen, both = (abs(invert(events, planes=mode).phi - 0.5) for mode in MODES[:2])
    assert chosen < 0.1 < both


def test_searched_friction_lies_in_its_range_and_is_the_most_unstable(synthetic: ModuleType):
    rng = np.random.default_rng(8)
    events = contributions(synthetic.mechanisms(synthetic.strike_slip_stress(45.0), 80, rng))
    searched, fixed = invert(events, friction=None), invert(events, friction=0.6)
    assert 0.4 <= searched.friction <= 1.0
    assert searched.mean_instability >= fixed.mean_instability


def test_alternative_solutions_count_as_one_event(synthetic: ModuleType):
    rng = np.random.default_rng(9)
    angles = synthetic.mechanisms(synthetic.strike_slip_stress(45.0), 40, rng)
    single = contributions(angles)
    doubled = [event_contribution(*np.stack([a, a]).T, probability=[0.3, 0.7]) for a in angles]
    np.testing.assert_allclose(invert(doubled).tensor, invert(single).tensor, atol=1e-9)
    assert invert(doubled).n_events == 40


def test_alike_mechanisms_are_refused_with_a_reason():
    events = [event_contribution(30.0, 60.0, -90.0)] * 20
    with pytest.raises(UnusableDataError, match="more varied"):
        invert(events)


@pytest.mark.parametrize("bad", [(np.nan, 50.0, 0.0), (10.0, 95.0, 0.0), (10.0, -1.0, 0.0)])
def test_bad_angles_are_refused(bad: tuple[float, float, float]):
    with pytest.raises(UnusableDataError):
        event_contribution(*bad)
