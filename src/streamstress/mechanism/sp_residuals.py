"""What a solved mechanism leaves unexplained of S/P, reading by reading: what terms learn from."""

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.kernels import AMPLITUDE_FACTOR
from streamstress.mechanism.results import MechanismResult

Array = NDArray[np.float64]

LEARNED_GRADES = frozenset("AB")
"""Grades of mechanisms that stations learn from: a probability above 0.6, planes within 35 degrees
(the table of `quality`)."""

LEAST_FACTOR = 0.25
"""Radiation factors of P and S (1 at the largest) below which a ratio tells of the ray's error
more than of its station: an error of 6 degrees moves the P factor by 0.1 to 0.2."""


def sp_residuals(data: PolarityData, result: MechanismResult) -> Array:
    """log10 S/P (n,) of the readings less that of the answer, in the order of ``data``.

    NaN where there is no ratio or the ray leaves near a node; everywhere where the mechanism is
    none to learn from: grade C or worse, or several solutions.
    """
    ratio = np.full(len(data.azimuth_deg), np.nan)
    if data.sp_log_ratio is None or not teaches(result):
        return ratio
    best = result.solutions[0]
    moment = np.sqrt(2.0) * double_couple(best.strike_deg, best.dip_deg, best.rake_deg)
    p, sv, sh = radiation_pattern(moment, data.azimuth_deg, data.takeoff_deg)
    s = np.hypot(sv, sh)
    clear = (np.abs(p) >= LEAST_FACTOR) & (s >= LEAST_FACTOR)
    expected = np.log10(AMPLITUDE_FACTOR * s[clear] / np.abs(p[clear]))
    ratio[clear] = np.asarray(data.sp_log_ratio, float)[clear] - expected
    return ratio


def teaches(result: MechanismResult) -> bool:
    """Whether stations learn from an answer."""
    return result.grade in LEARNED_GRADES and len(result.solutions) == 1
