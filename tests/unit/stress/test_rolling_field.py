"""A field kept up to date equals one solved anew."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from synthetic_mechanisms import mechanisms, strike_slip_stress

from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import axial_difference
from streamstress.stress import event_contribution
from streamstress.stress.plane_choice import with_chosen_plane
from streamstress.stress.rolling_field import RollingField

NODES = 12
ANGLES = mechanisms(strike_slip_stress(30.0), 150, np.random.default_rng(0))
EVENTS = [event_contribution(*angle) for angle in ANGLES]
NODE = np.random.default_rng(1).integers(NODES, size=150)


def chain(strength: float) -> sparse.csr_array:
    degree = np.full(NODES, 2.0)
    degree[[0, -1]] = 1.0
    steps = np.diag(degree) - np.diag(np.ones(NODES - 1), 1) - np.diag(np.ones(NODES - 1), -1)
    return sparse.csr_array(np.kron(strength * steps, np.eye(5)))


def filled(events: range, strength: float = 3.0, refresh: int = 1000) -> RollingField:
    field = RollingField(chain(strength), refresh=refresh)
    for i in events:
        field.update(f"e{i}", int(NODE[i]), EVENTS[i])
    return field


def solved(events: range, strength: float = 3.0) -> NDArray[np.float64]:
    matrix, right = chain(strength).toarray(), np.zeros(5 * NODES)
    for i in events:
        part = slice(5 * NODE[i], 5 * NODE[i] + 5)
        matrix[part, part] += EVENTS[i].a
        right[part] += EVENTS[i].b
    return np.linalg.solve(matrix, right).reshape(NODES, 5)


def test_each_update_equals_the_whole_solution():
    field = filled(range(60))
    np.testing.assert_allclose(field.five(), solved(range(60)), atol=1e-8)
    for i in range(60, 150):
        field.update(f"e{i}", int(NODE[i]), EVENTS[i])
        field.remove(f"e{i - 60}")
    np.testing.assert_allclose(field.five(), solved(range(90, 150)), atol=1e-8)
    assert 0.0 < field.drift < 1e-10


def test_an_event_that_left_leaves_nothing():
    plain, passed = filled(range(60)), filled(range(60))
    plain.five(), passed.five()
    passed.update("late", 3, EVENTS[100])
    passed.remove("late")
    passed.set_damping(chain(3.0))
    np.testing.assert_array_equal(passed.five(), filled(range(60)).five())
    assert not passed.remove("late")


def test_a_revision_replaces_and_may_move_an_event():
    field = filled(range(60))
    field.five()
    field.update("e7", (int(NODE[7]) + 5) % NODES, EVENTS[7])
    moved = filled(range(60))
    moved.remove("e7")
    moved.update("e7", (int(NODE[7]) + 5) % NODES, EVENTS[7])
    np.testing.assert_allclose(field.five(), moved.five(), atol=1e-10)
    assert len(field) == 60
    assert field.events()["e7"] == (int(NODE[7]) + 5) % NODES


def test_the_order_of_events_leaves_no_trace():
    forward, backward = filled(range(60)), filled(range(59, -1, -1))
    np.testing.assert_array_equal(forward.five(), backward.five())


def test_posterior_covariance_is_that_of_the_normal_equations():
    field = filled(range(60))
    field.five()
    field.update("e60", int(NODE[60]), EVENTS[60])
    matrix = chain(3.0).toarray()
    for i in range(61):
        part = slice(5 * NODE[i], 5 * NODE[i] + 5)
        matrix[part, part] += EVENTS[i].a
    inverse = np.linalg.inv(matrix)
    for node in (0, 5, 11):
        part = slice(5 * node, 5 * node + 5)
        np.testing.assert_allclose(
            field.covariance()[node], field.variance() * inverse[part, part], rtol=1e-6
        )


def test_shmax_intervals_hold_the_estimate_and_narrow_with_events():
    few, many = filled(range(40)), filled(range(150))
    for field in (few, many):
        low, high = field.shmax_intervals().T
        assert np.all((low >= 0) & (low < 180) & (high > low))
        assert np.all(np.abs(axial_difference((low + high) / 2, 30.0)) < 25)
    assert np.mean(np.diff(many.shmax_intervals())) < np.mean(np.diff(few.shmax_intervals()))


def test_new_strengths_of_smoothing_are_taken():
    field = filled(range(60))
    field.five()
    field.set_damping(chain(50.0))
    np.testing.assert_allclose(field.five(), solved(range(60), 50.0), atol=1e-8)


def test_too_few_events_are_refused_and_later_ones_answered():
    field = filled(range(1))
    with pytest.raises(UnusableDataError, match="resolve"):
        field.five()
    for i in range(1, 60):
        field.update(f"e{i}", int(NODE[i]), EVENTS[i])
    np.testing.assert_allclose(field.five(), solved(range(60)), atol=1e-8)


def test_the_chosen_plane_does_not_depend_on_the_one_named():
    tensor = strike_slip_stress(30.0)
    strike, dip, rake = ANGLES[0]
    given = with_chosen_plane(EVENTS[0], tensor)
    assert not np.allclose(given.a, EVENTS[0].a)
    single = [
        event_contribution(*angles, planes="given") for angles in planes_of(strike, dip, rake)
    ]
    assert any(np.allclose(given.a, one.a) for one in single)


def planes_of(strike: float, dip: float, rake: float):
    from streamstress.geometry.planes import auxiliary_plane

    return [(strike, dip, rake), tuple(float(x) for x in auxiliary_plane(strike, dip, rake))]
