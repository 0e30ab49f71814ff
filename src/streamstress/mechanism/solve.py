"""One event: readings in, graded mechanism with its uncertainty out."""

import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from streamstress.geometry.planes import strike_dip_rake
from streamstress.mechanism.average import PreferredMechanism, preferred_mechanisms
from streamstress.mechanism.grid import mechanism_grid
from streamstress.mechanism.inputs import PolarityData, Readings, usable_readings
from streamstress.mechanism.quality import amplitude_misfit, grade_of, polarity_misfit, ray_gaps
from streamstress.mechanism.results import MechanismResult, MechanismSolution
from streamstress.mechanism.search import SearchResult, search
from streamstress.mechanism.settings import MechanismSettings

Array = NDArray[np.float64]

CHANCE = 0.01
"""Events that are double couples and are doubted nevertheless: at most this part."""


def event_seed(event_id: str, seed: int) -> int:
    """Seed of one event: its answer is then the same in any order and company."""
    return zlib.crc32(event_id.encode()) ^ seed


def solve_mechanism(
    data: PolarityData, settings: MechanismSettings | None = None, seed: int = 0
) -> MechanismResult:
    """Find the mechanism of one event by HASH's grid search.

    Parameters
    ----------
    data
        Readings, in any order.
    settings
        The defaults of `MechanismSettings` where None.
    seed
        Two calls with one seed give the same result, whatever the order of the readings.

    Returns
    -------
    MechanismResult
        Too few or badly spread readings give grade F or E, no exception.

    References
    ----------
    Hardebeck & Shearer (2002), BSSA 92, 2264; with S/P (2003), BSSA 93, 2434.
    """
    settings = settings or MechanismSettings()
    readings = usable_readings(data, settings.min_weight)
    if refused := refused_result(readings, settings):
        return refused
    generator = np.random.default_rng(seed)
    grid = mechanism_grid(settings.grid_step_deg)
    found = search(readings, grid, settings, generator)
    nodes = found.nodes
    averaged = generator.permutation(nodes)[: settings.max_averaged]
    normal, slip = grid.normal[:, averaged], grid.slip[:, averaged]
    preferred = preferred_mechanisms(
        normal,
        slip,
        settings.cutoff_angle_deg,
        settings.min_solution_probability,
        settings.max_solutions,
    )
    doubt = not_double_couple(readings, found, settings.bad_fraction)
    solutions = tuple(
        doubted(solution_of(mechanism, readings, settings), doubt) for mechanism in preferred
    )
    kept = slice(settings.max_returned)
    accepted = np.stack(strike_dip_rake(normal[:, kept].T, slip[:, kept].T), axis=-1)
    grade = (solutions[0].grade, solutions[0].grade_reason)
    result = result_of(solutions, grade, readings, len(nodes), accepted)
    return replace(result, not_double_couple=doubt)


def not_double_couple(readings: Readings, found: SearchResult, bad_fraction: float) -> str:
    """Why the event may be no double couple; empty where nothing says so.

    First motions that are all up (an explosion, an opening crack) or all down (a collapse), on
    rays that surround the source; or more wrong polarities in the best of all mechanisms and
    trials than the stated rate of wrong ones gives by chance: a binomial probability below
    `CHANCE`. The true mechanism cannot fit better than the best, so this is on the safe side.
    """
    if found_one_sided := one_sided(readings):
        return found_one_sided
    n, wrong = found.limits.polarity_weight, found.least_misfit
    if 0.0 < wrong <= n and betainc(wrong, n - wrong + 1.0, bad_fraction) < CHANCE:
        return f"Every double couple leaves {wrong:.1f} of {n:.1f} polarities wrong, or more."
    return ""


def one_sided(readings: Readings) -> str:
    """Sentence on first motions that are all up or all down; empty where they are not."""
    signs = readings.sign[readings.has_polarity]
    if (signs == signs[0]).all():
        return f"All {len(signs)} polarities are {'up' if signs[0] > 0 else 'down'}."
    return ""


def doubted(solution: MechanismSolution, doubt: str) -> MechanismSolution:
    """The solution with grade D and the doubt for its reason, as it is where there is none."""
    if not doubt:
        return solution
    return replace(solution, grade="D", grade_reason=f"Possibly no double couple: {doubt}")


def refused_result(readings: Readings, settings: MechanismSettings) -> MechanismResult | None:
    """Answer of grade F or E to readings that are too few or leave too large gaps; else None."""
    refused = refusal(readings.n_polarity, gaps_of(readings), settings)
    return result_of((), refused, readings, 0, np.empty((0, 3))) if refused else None


def gaps_of(readings: Readings) -> tuple[float, float]:
    """Largest gaps of azimuth and take-off of the rays with a polarity, degrees."""
    polarity = readings.has_polarity
    return ray_gaps(readings.azimuth_deg[polarity], readings.takeoff_deg[polarity])


def refusal(
    n_polarity: int, gaps: tuple[float, float], settings: MechanismSettings
) -> tuple[str, str] | None:
    """Grade F or E with its sentence where the readings are too few or their gaps too large."""
    if n_polarity < settings.min_polarities:
        return "F", f"{n_polarity} polarities are fewer than {settings.min_polarities}."
    if gaps[0] > settings.max_azimuth_gap_deg:
        limit = settings.max_azimuth_gap_deg
        return "E", f"The azimuth gap of {gaps[0]:.0f} degrees is above {limit:g}."
    if gaps[1] > settings.max_takeoff_gap_deg:
        limit = settings.max_takeoff_gap_deg
        return "E", f"The take-off gap of {gaps[1]:.0f} degrees is above {limit:g}."
    return None


def solution_of(
    mechanism: PreferredMechanism, readings: Readings, settings: MechanismSettings
) -> MechanismSolution:
    """Both planes of a preferred mechanism with what they leave unexplained, and its grade."""
    normal, slip = mechanism.normal, mechanism.slip
    misfit, stdr = polarity_misfit(readings, normal, slip, settings.misfit_weights)
    rms = (mechanism.plane_uncertainty_deg + mechanism.plane_uncertainty_aux_deg) / 2.0
    grade, reason = grade_of(mechanism.probability, rms, misfit, stdr, settings.grade_c_probability)
    strike, dip, rake = (float(angle) for angle in strike_dip_rake(normal, slip))
    aux_strike, aux_dip, aux_rake = (float(angle) for angle in strike_dip_rake(slip, normal))
    return MechanismSolution(
        strike,
        dip,
        rake,
        aux_strike,
        aux_dip,
        aux_rake,
        mechanism.probability,
        mechanism.plane_uncertainty_deg,
        mechanism.plane_uncertainty_aux_deg,
        misfit,
        stdr,
        amplitude_misfit(readings, normal, slip),
        grade,
        reason,
    )


def result_of(
    solutions: tuple[MechanismSolution, ...],
    grade: tuple[str, str],
    readings: Readings,
    n_accepted: int,
    accepted: Array,
) -> MechanismResult:
    """Solutions and grade with what the readings alone say."""
    return MechanismResult(
        solutions,
        *grade,
        readings.n_polarity,
        readings.n_sp,
        readings.n_set_aside,
        *gaps_of(readings),
        n_accepted,
        accepted,
    )
