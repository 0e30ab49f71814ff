"""A solver's solution as the record that topics, store and QuakeML take."""

from streamstress.mechanism.results import MechanismSolution
from streamstress.records import MechanismSolution as SolutionRecord


def solution_record(solution: MechanismSolution) -> SolutionRecord:
    """Planes, probability and uncertainties of one solution."""
    return SolutionRecord(
        strike_deg=solution.strike_deg,
        dip_deg=solution.dip_deg,
        rake_deg=solution.rake_deg,
        auxiliary_strike_deg=solution.aux_strike_deg,
        auxiliary_dip_deg=solution.aux_dip_deg,
        auxiliary_rake_deg=solution.aux_rake_deg,
        probability=solution.probability,
        plane_uncertainty_deg=solution.plane_uncertainty_deg,
        plane_uncertainty_aux_deg=solution.plane_uncertainty_aux_deg,
        region68_deg=solution.region68_deg,
        region95_deg=solution.region95_deg,
    )
