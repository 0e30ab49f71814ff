"""The causal field knows the past and not the future."""

import numpy as np
import pytest
from synthetic_fields import linear_sums
from synthetic_mechanisms import strike_slip_stress

from streamstress.errors import ConfigError, UnusableDataError
from streamstress.geometry.tensors import five_of
from streamstress.stress.causal import CausalField
from streamstress.stress.nodes import grid_nodes
from streamstress.stress.smoothing import FROBENIUS_METRIC, NodeSums, SmoothingProblem

PLACES = np.argwhere(np.ones((3, 2))).astype(float)
STRENGTHS = {"space": 4.0, "time": 9.0}
TIMES = 5


def sums_of(time: int) -> NodeSums:
    """Sums of 10 events a node at a time."""
    grid = grid_nodes(np.repeat(PLACES, 10, axis=0), [1, 1])
    five = np.tile(five_of(strike_slip_stress(20.0 + 10.0 * time)), (6, 1))
    return linear_sums(grid, five, 0.4, np.random.default_rng(time))


def smoothed(times: int) -> np.ndarray:
    """The field of all times up to this one, solved at once: (m, times, 5)."""
    every = [sums_of(time) for time in range(times)]
    cells = np.array([[*place, time] for place in PLACES for time in range(times)])
    grid = grid_nodes(cells, np.ones(3), time_axis=2)
    a, b = (np.stack([getattr(s, k) for s in every], axis=1) for k in ("a", "b"))
    sums = NodeSums(
        a.reshape(-1, 5, 5),
        b.reshape(-1, 5),
        np.full(len(cells), 10.0),
        sum(s.energy for s in every),
    )
    solved = SmoothingProblem(grid, FROBENIUS_METRIC).solve(sums, STRENGTHS)
    return solved.five.reshape(len(PLACES), times, 5)


def test_each_step_is_the_newest_time_of_the_field_so_far():
    causal = CausalField(grid_nodes(PLACES, [1, 1]), STRENGTHS["space"], STRENGTHS["time"])
    for time in range(TIMES):
        five, inverse = causal.advance(sums_of(time))
        np.testing.assert_allclose(five, smoothed(time + 1)[:, -1], atol=1e-10)
        assert np.all(np.linalg.eigvalsh(inverse) > 0)


def test_a_look_back_knows_more_than_the_causal_field():
    causal = CausalField(grid_nodes(PLACES, [1, 1]), STRENGTHS["space"], STRENGTHS["time"])
    live = np.stack([causal.advance(sums_of(time))[0] for time in range(TIMES)], axis=1)
    truth = np.stack([five_of(strike_slip_stress(20.0 + 10.0 * t)) for t in range(TIMES)])
    errors = [np.mean((one - truth)[:, 2:-1] ** 2) for one in (smoothed(TIMES), live)]
    assert errors[0] < 0.6 * errors[1]


def test_a_longer_pause_lets_the_field_move_further():
    spreads = []
    for steps in (1.0, 10.0):
        causal = CausalField(grid_nodes(PLACES, [1, 1]), STRENGTHS["space"], STRENGTHS["time"])
        causal.advance(sums_of(0))
        empty = NodeSums(np.zeros((6, 5, 5)), np.zeros((6, 5)), np.zeros(6), 0.0)
        spreads.append(np.trace(causal.advance(empty, steps)[1], axis1=1, axis2=2).sum())
    assert spreads[1] > 1.5 * spreads[0]


def test_too_few_events_are_kept_for_the_next_step():
    causal = CausalField(grid_nodes(PLACES, [1, 1]), 4.0, 9.0)
    empty = NodeSums(np.zeros((6, 5, 5)), np.zeros((6, 5)), np.zeros(6), 0.0)
    with pytest.raises(UnusableDataError):
        causal.advance(empty)
    five, _ = causal.advance(sums_of(0))
    np.testing.assert_allclose(five, smoothed(1)[:, 0], atol=0.1)


@pytest.mark.parametrize("strength", [0.0, -1.0, np.nan])
def test_a_strength_that_is_not_over_zero_is_refused(strength: float):
    with pytest.raises(ConfigError):
        CausalField(grid_nodes(PLACES, [1, 1]), 1.0, strength)
