"""Polarities and S/P amplitude ratios to a graded focal mechanism.

The way of one event, file by file:

``inputs``      readings: sorted, signed, weighted; trials with perturbed rays
``grid``        every double couple, 5 degrees apart
``kernels``     the misfit of each node
``accept``      which nodes are acceptable in a trial
``search``      the acceptable nodes of all trials together
``average``     preferred mechanisms of the acceptable set, probability, plane uncertainty
``quality``     misfit, station distribution, gaps, grade A to F
``solve``       all of it: `solve_mechanism`
``alignment``   two double couples held against each other
``posterior``   the other way: `solve_posterior`, the posterior under a uniform prior; its parts:
                ``posterior_priors`` (error rates), ``posterior_kernels`` (likelihood, of polarities
                ``posterior_polarity``, of S/P ``posterior_sp``), ``posterior_cells``,
                ``posterior_density``, ``posterior_summary``
``sp_path``     what path and surface do to S/P; ``sp_stations`` learns the stations' part from
                ``sp_residuals``
``solvers``     the two by name
``results``     what it answers
``settings``    what can be set
``readers``     phase files of HASH and SKHASH, QuakeML
``traced_rays`` picks of a file to the solver's input, rays through velocity models
"""

from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.results import MechanismResult, MechanismSolution
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import solve_mechanism

__all__ = [
    "MechanismResult",
    "MechanismSettings",
    "MechanismSolution",
    "PolarityData",
    "solve_mechanism",
]
