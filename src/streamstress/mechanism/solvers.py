"""The two solvers by name; both take readings, settings and a seed, and answer in one form."""

from collections.abc import Callable
from typing import Literal

from streamstress.errors import ConfigError
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.results import MechanismResult
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import solve_mechanism

Method = Literal["hash", "bayes"]
Solver = Callable[[PolarityData, MechanismSettings, int], MechanismResult]


def solver_of(method: Method) -> Solver:
    """Grid search or posterior; the kernels of the posterior load only where it is asked for.

    Raises
    ------
    ConfigError
        There is none of this name.
    """
    if method == "hash":
        return solve_mechanism
    if method == "bayes":
        from streamstress.mechanism.posterior import solve_posterior

        return solve_posterior
    raise ConfigError(f"method {method!r} is unknown; expected hash or bayes")
