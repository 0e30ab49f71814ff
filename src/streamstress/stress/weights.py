"""How much an event counts: by the grade of its mechanism or its plane uncertainty."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

GRADE_WEIGHT = {"A": 1.0, "B": 0.75, "C": 0.5, "D": 0.25, "E": 0.25, "F": 0.25}
"""Weight of an event by grade: a choice, falling as plane uncertainty grows by grade."""

INTRINSIC_SCATTER_DEG = 20.0
"""Scatter of slip about the shear where mechanisms are exact: shear is not of one size, and faults
do not slip along it exactly. Near the misfit of well-recorded sets (West Bohemia: 9 degrees with
the better plane, 21 with both)."""


def grade_weight(grade: str | None) -> float:
    """Weight of a grade; mechanisms without a grade count in full."""
    return 1.0 if grade is None else GRADE_WEIGHT.get(grade, min(GRADE_WEIGHT.values()))


def uncertainty_weight(plane_uncertainty_deg: ArrayLike) -> Array:
    """Weights of plane uncertainties: variance of a sure event over that of this one."""
    own = np.asarray(plane_uncertainty_deg, float)
    return np.asarray(1.0 / (1.0 + (own / INTRINSIC_SCATTER_DEG) ** 2))
