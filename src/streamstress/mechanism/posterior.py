"""One event: readings in, posterior of its double couple out.

`event_posterior` is the posterior itself, `solve_posterior` its summary in the form of
`solve_mechanism`. Prior: every orientation equally likely (Haar measure). What is summed over is in
``posterior_priors``, the likelihood in ``posterior_kernels``, the cells in ``posterior_cells``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.planes import plane_vectors, strike_dip_rake
from streamstress.mechanism.inputs import PolarityData, Readings, usable_readings
from streamstress.mechanism.posterior_density import (
    Density,
    EventLikelihood,
    log_odds_against_chance,
    refined_density,
)
from streamstress.mechanism.posterior_priors import all_unknowns
from streamstress.mechanism.posterior_summary import (
    credible_radius_deg,
    preferred_of_density,
    rotations_deg,
)
from streamstress.mechanism.results import MechanismResult, MechanismSolution
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import (
    doubted,
    one_sided,
    refused_result,
    result_of,
    solution_of,
)

Array = NDArray[np.float64]

CHANCE_ODDS = 10.0
"""An event is doubted where tosses of a coin are this many times likelier to give its polarities
than a double couple. So are 0.4 per cent of 500 synthetic double couples with up to 20 per cent of
wrong polarities, and 85 per cent of random polarities where there are 47 or more."""


@dataclass(frozen=True)
class Posterior:
    """Posterior of the double couple of one event.

    Attributes
    ----------
    readings
        What it was computed from.
    density
        On cells of at most 1.25 degrees.
    likelihood
        Of any double couple.
    """

    readings: Readings
    density: Density
    likelihood: EventLikelihood

    def log_density(self, mechanism: ArrayLike) -> Array:
        """Log density (n,) of strike, dip, rake (n, 3) degrees; 0 where it is that of the prior.

        Both nodal planes of a mechanism give the same.
        """
        angles = np.atleast_2d(np.asarray(mechanism, float))
        normal, slip = plane_vectors(angles[:, 0], angles[:, 1], angles[:, 2])
        log_likelihood = self.likelihood(normal.T, slip.T, all_unknowns())[0]
        return np.asarray(log_likelihood - self.density.log_evidence)

    def rank_of(self, mechanism: ArrayLike) -> float:
        """Posterior probability of all that is denser than strike, dip, rake (3,), 0 to 1.

        The highest-density region of probability q holds a mechanism exactly where this is below
        q. Over many events with true errors as assumed it is even between 0 and 1.
        """
        return self.density.mass_above(float(self.log_density(mechanism)[0]))

    def draws(self, n: int, generator: np.random.Generator) -> Array:
        """Draw strike, dip, rake (n, 3) from the posterior."""
        mass = self.density.mass
        chosen = generator.choice(len(mass), n, p=mass)
        planes = strike_dip_rake(self.density.normal[:, chosen].T, self.density.slip[:, chosen].T)
        return np.stack(planes, axis=-1)


def event_posterior(data: PolarityData, min_weight: float = 0.1) -> Posterior:
    """Posterior of the double couple of one event; no seed, since nothing in it is drawn.

    Parameters
    ----------
    data
        Readings, in any order. Polarities with a weight ``|2p - 1|`` below ``min_weight`` are
        none.
    """
    readings = usable_readings(data, min_weight)
    likelihood = EventLikelihood(readings)
    return Posterior(readings, refined_density(likelihood), likelihood)


def solve_posterior(
    data: PolarityData, settings: MechanismSettings | None = None, seed: int = 0
) -> MechanismResult:
    """Summarise the posterior of one event, in the form of `solve_mechanism`.

    Parameters
    ----------
    data
        Readings, in any order.
    settings
        Of the grid search; its steps, trials and allowed misfits mean nothing here.
    seed
        Of the draws in ``accepted``; nothing else is random.

    Returns
    -------
    MechanismResult
        Solutions have ``region68_deg`` and ``region95_deg``, the rotations from the solution within
        which the posterior has these probabilities. ``probability`` is the posterior within the
        cut-off angle, the plane uncertainties are RMS angles over the posterior, ``accepted`` are
        draws from it. Refused with grade E or F as by `solve_mechanism`.
    """
    settings = settings or MechanismSettings()
    readings = usable_readings(data, settings.min_weight)
    if refused := refused_result(readings, settings):
        return refused
    return summary_of(event_posterior(data, settings.min_weight), settings, seed)


def summary_of(posterior: Posterior, settings: MechanismSettings, seed: int) -> MechanismResult:
    """What `solve_posterior` answers of a posterior, however few or one-sided the readings."""
    readings = posterior.readings
    doubt = not_double_couple(posterior)
    solutions = tuple(doubted(s, doubt) for s in _solutions(posterior, settings))
    draws = posterior.draws(settings.max_returned, np.random.default_rng(seed))
    grade = solutions[0].grade, solutions[0].grade_reason
    result = result_of(solutions, grade, readings, len(posterior.density.mass), draws)
    return replace(result, not_double_couple=doubt)


def not_double_couple(posterior: Posterior) -> str:
    """Why the event may be no double couple; empty where nothing says so."""
    odds = log_odds_against_chance(posterior.readings, posterior.density)
    if odds < -np.log(CHANCE_ODDS):
        return "Chance explains the polarities better than a double couple does."
    return one_sided(posterior.readings)


def _solutions(posterior: Posterior, settings: MechanismSettings) -> Iterator[MechanismSolution]:
    density = posterior.density
    for preferred in preferred_of_density(
        density,
        settings.cutoff_angle_deg,
        settings.min_solution_probability,
        settings.max_solutions,
    ):
        solution = solution_of(preferred, posterior.readings, settings)
        rotation = rotations_deg(density, preferred.normal, preferred.slip)
        yield replace(
            solution,
            region68_deg=credible_radius_deg(rotation, density.mass, 0.68),
            region95_deg=credible_radius_deg(rotation, density.mass, 0.95),
        )
