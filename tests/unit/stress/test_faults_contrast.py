"""Faults in a stress, and the contrast of SHmax across a line."""

import numpy as np
import pytest
from synthetic_mechanisms import mechanisms, random_units, strike_slip_stress, turned

from streamstress.errors import UnusableDataError
from streamstress.stress.contrast import shmax_contrast, side_of_line
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.faults import critical_ratio, fault_stress, slip_tendency

STRESS = strike_slip_stress(30.0)


def test_the_optimal_fault_is_at_failure():
    # Optimal planes of a strike-slip stress stand at half the complement of the friction angle.
    off = 45.0 - np.degrees(np.arctan(0.6)) / 2.0
    for strike, rake in ((30.0 - off, 180.0), (30.0 + off, 0.0)):
        told = fault_stress(STRESS, strike, 90.0)
        assert told.slip_tendency == pytest.approx(1.0, abs=1e-9)
        assert told.instability == pytest.approx(1.0, abs=1e-9)
        assert abs(abs(told.rake_deg) - rake) < 1e-6


@pytest.mark.parametrize("friction", [0.2, 0.6, 1.0])
def test_slip_tendency_lies_between_none_and_failure(friction: float):
    normal = random_units(2000, np.random.default_rng(1))
    tendency = slip_tendency(STRESS, normal, friction)
    assert tendency.min() >= 0.0
    assert 0.98 < tendency.max() <= 1.0 + 1e-12


def test_a_fault_across_s1_does_not_slip():
    told = fault_stress(STRESS, 120.0, 90.0)
    assert told.slip_tendency == pytest.approx(0.0, abs=1e-9)
    assert told.instability < 0.1


def test_the_critical_ratio_at_friction_0_6_is_3_12():
    assert critical_ratio(0.6) == pytest.approx(3.12, abs=0.01)


def test_a_turned_frame_leaves_the_fault_as_it_was():
    first = fault_stress(STRESS, 70.0, 60.0)
    second = fault_stress(turned(STRESS, 47.0), 117.0, 60.0)
    assert second.slip_tendency == pytest.approx(first.slip_tendency, abs=1e-9)
    assert second.rake_deg == pytest.approx(first.rake_deg, abs=1e-6)


def test_right_of_a_line_is_right_of_its_direction():
    side, distance = side_of_line([[1.0, 5.0], [-2.0, 5.0], [3.0, 13.0]], [[0, 0], [0, 10]])
    np.testing.assert_array_equal(side, [1, -1, 1])
    np.testing.assert_allclose(distance, [1.0, 2.0, np.hypot(3, 3)])


def test_a_contrast_is_found_and_none_is_not():
    rng = np.random.default_rng(2)
    side = np.repeat([-1.0, 1.0], 80)
    for turn in (0.0, 25.0):
        angles = [mechanisms(turned(STRESS, by), 80, rng) for by in (0.0, turn)]
        found = shmax_contrast(plane_set_of_angles(*np.concatenate(angles).T), side)
        assert abs(found.contrast_deg - turn) < 8.0
        assert found.interval95_deg[0] < turn < found.interval95_deg[1]
        assert (found.p_value < 0.01) == (turn > 0)


def test_the_other_direction_of_the_line_turns_the_sign():
    angles = mechanisms(STRESS, 100, np.random.default_rng(3))
    side = np.where(np.arange(100) < 45, -1.0, 1.0)
    solutions = plane_set_of_angles(*angles.T)
    one, other = shmax_contrast(solutions, side), shmax_contrast(solutions, -side)
    assert other.contrast_deg == pytest.approx(-one.contrast_deg, abs=1e-9)
    assert (other.n_left, other.n_right) == (one.n_right, one.n_left)


def test_too_few_events_on_a_side_are_refused():
    angles = mechanisms(STRESS, 40, np.random.default_rng(4))
    with pytest.raises(UnusableDataError, match="too few"):
        shmax_contrast(plane_set_of_angles(*angles.T), np.where(np.arange(40) < 3, -1, 1))
