"""The stress of slips, and whether other faults under the same stress explain a change."""

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.change import ChangeSettings, change_event
from streamstress.change.population import one_stress_test, population_distance
from streamstress.change.reference import Reference, learn_reference
from streamstress.change.slips import Slips, fit_slips
from streamstress.change.spots import spots_of
from streamstress.change.whole_turn import whole_turn
from streamstress.geometry.axes import axial_difference, shmax_azimuth
from streamstress.geometry.planes import auxiliary_plane, plane_vectors, strike_dip_rake
from streamstress.geometry.rotations import rotation_matrix, stress_rotation_deg
from streamstress.geometry.tensors import principal_axes

STEP_NS = 72 * 60 * 10**9


def events_of(angles: NDArray[np.float64]):
    return [
        change_event(f"e{i:04d}", i * STEP_NS, *map(float, angle)) for i, angle in enumerate(angles)
    ]


def reference(synthetic: ModuleType, seed: int = 0, count: int = 300) -> Reference:
    angles = synthetic.mechanisms(
        synthetic.strike_slip_stress(30.0), count, np.random.default_rng(seed)
    )
    return learn_reference(events_of(angles), ChangeSettings(learn=count))


def slip_test(learned: Reference, after: NDArray[np.float64]):
    distance = population_distance(spots_of(events_of(after)).tensor, learned.slip_tensors)
    scores = learned.slip_score(after)
    count = len(after)
    return one_stress_test(
        scores, np.ones(count), np.arange(count), learned.slip_error(after), distance
    )


def axes(tensor: NDArray[np.float64]):
    return principal_axes(tensor)[1]


def test_slips_give_shmax_to_a_degree_and_the_shape_ratio_without_its_usual_bias(
    synthetic: ModuleType,
):
    errors, ratios = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        stress = synthetic.strike_slip_stress(30.0, 0.5)
        slips = Slips.of_angles(synthetic.mechanisms(stress, 400, rng))
        fitted = fit_slips(slips, axes(stress))
        errors.append(float(axial_difference(shmax_azimuth(fitted.tensor), 30.0)))
        ratios.append(fitted.phi)
    assert np.sqrt(np.mean(np.square(errors))) < 1.2
    assert np.mean(ratios) == pytest.approx(0.5, abs=0.1)


def test_a_fitted_stress_turns_with_its_slips_and_needs_no_stated_plane(synthetic: ModuleType):
    stress = synthetic.strike_slip_stress(30.0)
    angles = synthetic.mechanisms(stress, 150, np.random.default_rng(1))
    turn = rotation_matrix(np.array([1.0, -0.3, 0.4]), np.asarray(63.0))
    turned = np.stack(strike_dip_rake(*(v @ turn.T for v in plane_vectors(*angles.T))), axis=-1)
    swapped = np.stack(auxiliary_plane(*angles.T), axis=-1)
    one = fit_slips(Slips.of_angles(angles), axes(stress))
    two = fit_slips(Slips.of_angles(turned), axes(stress) @ turn.T)
    three = fit_slips(Slips.of_angles(swapped), axes(stress))
    assert float(stress_rotation_deg(turn @ one.tensor @ turn.T, two.tensor)) < 0.1
    assert float(stress_rotation_deg(one.tensor, three.tensor)) < 0.1
    assert two.phi == pytest.approx(one.phi, abs=1e-2)


@pytest.mark.parametrize("turn", [20.0, -30.0])
def test_one_stress_is_given_up_for_a_turn(synthetic: ModuleType, turn: float):
    learned = reference(synthetic)
    stress = synthetic.turned(synthetic.strike_slip_stress(30.0), turn)
    chances = [
        slip_test(learned, synthetic.mechanisms(stress, 70, np.random.default_rng(seed))).p_value
        for seed in range(12)
    ]
    assert np.mean(np.array(chances) < 0.05) > 0.8


def test_one_stress_is_kept_where_nothing_changes(synthetic: ModuleType):
    learned = reference(synthetic)
    stress = synthetic.strike_slip_stress(30.0)
    chances = [
        slip_test(learned, synthetic.mechanisms(stress, 40, np.random.default_rng(seed))).p_value
        for seed in range(100, 140)
    ]
    assert np.mean(np.array(chances) < 0.02) <= 0.1
    assert np.median(chances) > 0.2


def test_one_stress_is_kept_for_one_family_of_faults_under_it(synthetic: ModuleType):
    learned = reference(synthetic)
    stress = synthetic.strike_slip_stress(30.0)
    chances = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        base = synthetic.fault_normals(stress, 1, rng, synthetic.Population())
        normals = base + 0.1 * rng.normal(size=(200, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        after = synthetic.mechanisms(stress, 200, rng, normals=normals)
        found = slip_test(learned, after)
        assert found.moved > 0.1
        chances.append(found.p_value)
    assert np.mean(np.array(chances) < 0.02) <= 0.1


def test_populations_drawn_alike_have_no_distance_and_a_family_has_much(synthetic: ModuleType):
    rng = np.random.default_rng(0)
    stress = synthetic.strike_slip_stress(30.0)
    one, two = (spots_of(events_of(synthetic.mechanisms(stress, 400, rng))).tensor for _ in "ab")
    family = spots_of(events_of(np.tile([60.0, 85.0, 5.0], (50, 1)))).tensor
    assert population_distance(one, two) < 0.01
    assert population_distance(family, one) > 0.3


def test_faults_unlike_the_reference_s_carry_the_error_of_its_stress(synthetic: ModuleType):
    """One family of faults tells little of a stress; another family may rest on the rest."""
    rng = np.random.default_rng(2)
    stress = synthetic.strike_slip_stress(30.0)
    family, other = (
        synthetic.mechanisms(stress, 200, rng, normals=_about(azimuth, rng))
        for azimuth in (149.5, 90.5)
    )
    learned = learn_reference(events_of(family), ChangeSettings(learn=200))
    chance = 1.0 / learned.n_slips_effective
    assert np.trace(learned.slip_error(family)) < 6.0 * chance
    assert np.trace(learned.slip_error(other)) > 1.5 * np.trace(learned.slip_error(family))


def test_slips_without_errors_do_not_make_the_stress_unknown(synthetic: ModuleType):
    """Their scores vanish; the inverse of what they scatter must not grow without bounds."""
    exact = synthetic.Population(noise_deg=0.0)
    stress = synthetic.strike_slip_stress(30.0)
    rng = np.random.default_rng(4)
    learned = learn_reference(
        events_of(synthetic.mechanisms(stress, 200, rng, exact)), ChangeSettings(learn=200)
    )
    assert np.all(np.sqrt(np.diag(learned.stress.covariance)[:3]) < np.radians(0.5))
    others = synthetic.mechanisms(stress, 60, rng, normals=_about(149.5, rng)[:60])
    assert np.trace(learned.slip_error(others)) < 0.2


@pytest.mark.parametrize("turn", [20.0, -12.0])
def test_a_turn_of_the_whole_population_is_undone_and_its_slips_prefer_it(
    synthetic: ModuleType, turn: float
):
    learned, rng = reference(synthetic), np.random.default_rng(9)
    stress = synthetic.turned(synthetic.strike_slip_stress(30.0), turn)
    later = synthetic.mechanisms(stress, 100, rng)
    found = whole_turn(
        learned, spots_of(events_of(later)).tensor, Slips.of_angles(later), np.ones(100)
    )
    # clockwise seen from above is a negative turn about the upward axis
    np.testing.assert_allclose(np.degrees(found.vector), [0.0, 0.0, -turn], atol=5.0)
    assert found.left < 0.02
    assert found.p_value(100) < 0.05


def test_other_faults_are_no_turned_copy_and_like_ones_prefer_no_turn(synthetic: ModuleType):
    learned, rng = reference(synthetic), np.random.default_rng(9)
    stress = synthetic.strike_slip_stress(30.0)
    family = synthetic.mechanisms(stress, 100, rng, normals=_about(149.5, rng)[:100])
    same = synthetic.mechanisms(stress, 100, rng)
    one, other = (
        whole_turn(learned, spots_of(events_of(a)).tensor, Slips.of_angles(a), np.ones(100))
        for a in (family, same)
    )
    assert one.left > 0.1
    assert other.size_deg < 10.0
    assert other.p_value(100) > 0.2


def _about(azimuth_deg: float, rng: np.random.Generator):
    """Normals (200, 3) of steep planes about one."""
    angle = np.radians(azimuth_deg)
    normals = np.array([np.sin(angle), np.cos(angle), 0.0]) + 0.1 * rng.normal(size=(200, 3))
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)
