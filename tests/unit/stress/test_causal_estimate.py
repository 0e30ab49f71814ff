"""A field in time that knows the past alone."""

import numpy as np
import pytest
from synthetic_mechanisms import mechanisms, strike_slip_stress

from streamstress.errors import ConfigError
from streamstress.stress.causal_estimate import estimate_causal
from streamstress.stress.contribution import PlaneSet, plane_set_of_angles
from streamstress.stress.estimate import FieldEstimate, IntervalOptions, estimate_field
from streamstress.stress.field import Smoothing
from streamstress.stress.nodes import NodeGrid, grid_nodes

TIMES, PER_NODE = 4, 20
STRENGTHS = {"space": 5.0, "time": 5.0}
RNG = np.random.default_rng(12)
PLACE = np.array([(x, t) for t in range(TIMES) for x in range(3) for _ in range(PER_NODE)], float)
ANGLES = mechanisms(strike_slip_stress(30.0), len(PLACE), RNG)
GRID = grid_nodes(PLACE, [1.0, 1.0], time_axis=1)


def estimator(
    solutions: PlaneSet, grid: NodeGrid, smoothing: Smoothing, intervals: IntervalOptions
) -> FieldEstimate:
    return estimate_field(solutions, grid, smoothing=smoothing, intervals=intervals)


def causal(angles: np.ndarray) -> FieldEstimate:
    options = IntervalOptions(cluster=np.arange(len(angles)))
    return estimate_causal(estimator, plane_set_of_angles(*angles.T), GRID, STRENGTHS, options)


def test_no_time_knows_of_later_events():
    last = PLACE[:, 1] == TIMES - 1
    other = ANGLES.copy()
    other[last] = mechanisms(strike_slip_stress(100.0), int(last.sum()), RNG)
    before, after = causal(ANGLES), causal(other)
    early = GRID.cell[:, 1] < TIMES - 1
    for node, is_early in enumerate(early):
        pair = [one.nodes[node].tensor for one in (before, after)]
        assert np.allclose(*pair) == is_early


def test_the_newest_time_is_that_of_the_whole_field():
    whole = estimator(plane_set_of_angles(*ANGLES.T), GRID, STRENGTHS, IntervalOptions(0))
    found = causal(ANGLES)
    for node in np.flatnonzero(GRID.cell[:, 1] == TIMES - 1):
        np.testing.assert_allclose(found.nodes[node].tensor, whole.nodes[node].tensor, atol=1e-9)
    assert found.interval_method == "posterior"


def test_a_grid_without_time_is_refused():
    with pytest.raises(ConfigError, match="time"):
        estimate_causal(
            estimator,
            plane_set_of_angles(*ANGLES.T),
            grid_nodes(PLACE, [1.0, 1.0]),
            "abic",
            IntervalOptions(0),
        )
