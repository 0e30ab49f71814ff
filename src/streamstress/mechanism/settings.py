"""What can be set in a grid search; defaults are HASH's where nothing else is said."""

from dataclasses import dataclass
from typing import Literal

MisfitWeights = Literal["hash", "radiation"]
"""How polarities count in misfit and station distribution; see `quality.nodal_factor`."""


@dataclass(frozen=True, slots=True)
class MechanismSettings:
    """Settings of `solve_mechanism`; names of HASH v1.2 in brackets.

    Attributes
    ----------
    grid_step_deg
        Spacing of the grid [dang].
    n_trials
        Trials with perturbed rays, the first unperturbed [nmc].
    max_averaged
        Acceptable mechanisms that are averaged; a larger set is sampled [nmax0, there 500: the
        result then scatters more from seed to seed].
    max_returned
        Acceptable mechanisms that the result carries [maxout of the examples].
    bad_fraction, bad_minimum
        Part of the polarity weight, and weight, that may be wrong [badfrac].
    sp_bad_fraction, sp_bad_minimum
        Allowed mean and least allowed sum of log10 S/P misfit [qbadfrac].
    cutoff_angle_deg
        A mechanism farther than this from the average is an outlier [cangle].
    min_solution_probability
        Least probability of a second and later solution [prob_max].
    max_solutions
        Most solutions of an event.
    min_polarities
        Fewer give grade F [npolmin].
    min_weight
        A polarity with a lower weight ``|2p - 1|`` is no polarity (SKHASH's default).
    max_azimuth_gap_deg, max_takeoff_gap_deg
        A larger gap gives grade E [max_agap, max_pgap].
    grade_c_probability
        Probability above which grade C is given: 0.5 in the code of HASH v1.2; slides on the
        catalogue of Uchide et al. (2022) print another value.
    misfit_weights
        "hash" gives the misfit, station distribution and so the grades of HASH v1.2,
        "radiation" the definition that HASH documents. They differ, see `quality`.
    """

    grid_step_deg: float = 5.0
    n_trials: int = 30
    max_averaged: int = 2000
    max_returned: int = 300
    bad_fraction: float = 0.1
    bad_minimum: float = 2.0
    sp_bad_fraction: float = 0.3
    sp_bad_minimum: float = 2.0
    cutoff_angle_deg: float = 45.0
    min_solution_probability: float = 0.25
    max_solutions: int = 5
    min_polarities: int = 8
    min_weight: float = 0.1
    max_azimuth_gap_deg: float = 90.0
    max_takeoff_gap_deg: float = 60.0
    grade_c_probability: float = 0.5
    misfit_weights: MisfitWeights = "hash"
