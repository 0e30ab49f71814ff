"""The worker compiles everything before its first earthquake."""

import pytest

from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import solve_mechanism
from streamstress.mechanism.warm_up import made_up_event


@pytest.mark.parametrize("with_amplitudes", [False, True])
def test_the_made_up_events_go_through_the_whole_solver(with_amplitudes: bool):
    event = made_up_event(with_amplitudes=with_amplitudes)
    result = solve_mechanism(event, MechanismSettings())
    assert result.solutions, "a refused event would compile nothing"
    assert bool(result.n_sp) is with_amplitudes
