"""Several solutions of one event are one event, whatever their order and stated planes."""

import numpy as np
import pytest

from streamstress.change import change_event, joined_solutions
from streamstress.errors import UnusableDataError
from streamstress.geometry.planes import auxiliary_plane


def solution(strike: float, dip: float = 70.0, rake: float = 10.0):
    return change_event("e1", 5, strike, dip, rake, depth_km=7.0)


def test_the_mean_lies_between_and_the_planes_are_of_the_likeliest():
    joined = joined_solutions([solution(20.0), solution(40.0)], [0.3, 0.7])
    assert (joined.strike_deg, joined.depth_km) == (40.0, 7.0)
    even = joined_solutions([solution(20.0), solution(40.0)], [0.5, 0.5])
    middle = np.array(solution(30.0).five)
    assert np.array(even.five) == pytest.approx(middle, abs=0.02)


def test_order_scale_of_probability_and_stated_plane_do_not_matter():
    two = [solution(20.0), solution(60.0, 50.0, 30.0)]
    joined = joined_solutions(two, [0.6, 0.4])
    assert joined_solutions(two[::-1], [0.2, 0.3]).five == pytest.approx(joined.five, abs=1e-12)
    other = [
        solution(*map(float, auxiliary_plane(s.strike_deg, s.dip_deg, s.rake_deg))) for s in two
    ]
    assert joined_solutions(other, [0.6, 0.4]).five == pytest.approx(joined.five, abs=1e-12)


def test_solutions_that_cancel_or_have_no_weight_are_refused():
    opposite = [solution(20.0, 90.0, 0.0), solution(20.0, 90.0, 180.0)]
    with pytest.raises(UnusableDataError, match="cancel"):
        joined_solutions(opposite, [0.5, 0.5])
    with pytest.raises(UnusableDataError, match="probability"):
        joined_solutions([solution(20.0)], [0.0])
    with pytest.raises(UnusableDataError, match="probability"):
        joined_solutions([], [])
