"""What a grid search answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MechanismSolution:
    """One preferred mechanism of an event.

    Attributes
    ----------
    strike_deg, dip_deg, rake_deg
        The plane.
    aux_strike_deg, aux_dip_deg, aux_rake_deg
        The auxiliary plane.
    probability
        Part of the acceptable mechanisms near this one, 0 to 1.
    plane_uncertainty_deg, plane_uncertainty_aux_deg
        RMS angle of the acceptable planes to each plane.
    misfit, stdr
        Weighted part of wrong polarities, and station distribution ratio, 0 to 1.
    sp_misfit
        Mean difference of log10 S/P, None without S/P.
    grade, grade_reason
        A to D, and the sentence that says why.
    region68_deg, region95_deg
        Radii of the regions that hold the truth with these probabilities; only of a posterior.
    """

    strike_deg: float
    dip_deg: float
    rake_deg: float
    aux_strike_deg: float
    aux_dip_deg: float
    aux_rake_deg: float
    probability: float
    plane_uncertainty_deg: float
    plane_uncertainty_aux_deg: float
    misfit: float
    stdr: float
    sp_misfit: float | None
    grade: str
    grade_reason: str
    region68_deg: float | None = None
    region95_deg: float | None = None


@dataclass(frozen=True, slots=True)
class MechanismResult:
    """Everything a grid search says of an event.

    Attributes
    ----------
    solutions
        Preferred mechanisms, the first is the answer; none with grade E or F.
    grade, grade_reason
        That of the first solution, or E (gap too large), F (too few polarities).
    n_polarity, n_sp, n_set_aside
        Numbers of polarities and S/P ratios used, and of readings set aside.
    azimuth_gap_deg, takeoff_gap_deg
        Largest gaps of the rays with a polarity.
    n_accepted
        Number of acceptable mechanisms on the grid.
    accepted
        (k, 3) strike, dip, rake of a random part of the acceptable mechanisms.
    not_double_couple
        Why the event may be no double couple, empty where nothing says so. The grade is then D.
    """

    solutions: tuple[MechanismSolution, ...]
    grade: str
    grade_reason: str
    n_polarity: int
    n_sp: int
    n_set_aside: int
    azimuth_gap_deg: float
    takeoff_gap_deg: float
    n_accepted: int
    accepted: Array
    not_double_couple: str = ""
