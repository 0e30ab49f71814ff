"""How good a mechanism is: misfit, station distribution, gaps, grade."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.planes import plane_vectors, strike_dip_rake
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple_of
from streamstress.mechanism.inputs import Readings
from streamstress.mechanism.kernels import (
    AMPLITUDE_FACTOR,
    LOG_RATIO_AT_P_NODE,
    LOG_RATIO_AT_S_NODE,
)
from streamstress.mechanism.settings import MisfitWeights

Array = NDArray[np.float64]

EMERGENT_WEIGHT = 0.5
"""Weight of an emergent polarity in misfit and station distribution (HASH v1.2 `GET_MISF`)."""


@dataclass(frozen=True, slots=True)
class GradeLimits:
    """What a grade needs: more than a probability, the others at most or at least."""

    grade: str
    probability: float
    plane_uncertainty_deg: float
    misfit: float
    stdr: float


GRADES = (
    GradeLimits("A", 0.8, 25.0, 0.15, 0.5),
    GradeLimits("B", 0.6, 35.0, 0.20, 0.4),
    GradeLimits("C", 0.5, 45.0, 0.30, 0.3),
)
"""Grades A to C of HASH v1.2 (manual, table of mechanism qualities; drivers 1 and 2); D is what
meets none. E (gap too large) and F (too few polarities) have no mechanism."""


def polarity_misfit(
    readings: Readings, normal: Array, slip: Array, weights: MisfitWeights = "hash"
) -> tuple[float, float]:
    """Weighted misfit fraction and station distribution ratio (HASH v1.2 `GET_MISF`).

    Returns
    -------
    misfit
        0 to 1; each polarity counts by the square root of its `nodal_factor`, so that one near
        a nodal plane counts little.
    stdr
        Mean of that square root: low where the readings crowd at the nodal planes.
    """
    p, _, _ = _radiation(readings, normal, slip)
    quality = readings.weight * np.where(readings.impulsive, 1.0, EMERGENT_WEIGHT)
    counted = np.sqrt(np.abs(nodal_factor(readings, normal, slip, weights))) * quality
    wrong = np.where(p < 0, -1, 1) != readings.sign
    total = float(counted.sum())
    if total <= 0:
        return 0.0, 0.0
    return float(counted[wrong].sum()) / total, total / float(quality.sum())


def nodal_factor(readings: Readings, normal: Array, slip: Array, weights: MisfitWeights) -> Array:
    """P factor (n,) by which polarities count in misfit and station distribution.

    Notes
    -----
    "radiation" is the factor of the mechanism itself, as HASH and FPFIT document it. HASH v1.2
    computes another: `GET_MISF` turns strike, dip and rake to radians and hands them to
    `FPCOOR`, which takes degrees, so its factor is that of a plane with ``strike * pi / 180``
    degrees of strike, and so on: almost level, slipping to the north. The misfit and the
    distribution ratio of its example outputs are met only with that plane, and so are its
    grades, so "hash" does the same.
    """
    if weights == "radiation":
        return _radiation(readings, normal, slip)[0]
    angles = (np.radians(angle) for angle in strike_dip_rake(normal, slip))
    return _radiation(readings, *plane_vectors(*angles))[0]


def amplitude_misfit(readings: Readings, normal: Array, slip: Array) -> float | None:
    """Mean ``|observed - predicted|`` of log10 S/P, None without S/P."""
    if readings.n_sp == 0:
        return None
    p, sv, sh = _radiation(readings, normal, slip)
    with np.errstate(divide="ignore"):
        ratio = np.log10(AMPLITUDE_FACTOR * np.hypot(sv, sh)) - np.log10(np.abs(p))
    predicted = np.clip(ratio, LOG_RATIO_AT_S_NODE, LOG_RATIO_AT_P_NODE)
    return float(np.nanmean(np.abs(readings.sp_log_ratio - predicted)))


def _radiation(readings: Readings, normal: Array, slip: Array) -> tuple[Array, Array, Array]:
    moment = np.sqrt(2.0) * double_couple_of(normal, slip)
    return radiation_pattern(moment, readings.azimuth_deg, readings.takeoff_deg)


def ray_gaps(azimuth_deg: Array, takeoff_deg: Array) -> tuple[float, float]:
    """Largest gaps of azimuth and of take-off, degrees (HASH v1.2 `GET_GAP`).

    Parameters
    ----------
    azimuth_deg, takeoff_deg
        (n,); a downward ray counts as the opposite, upward one, since both have one polarity.

    Returns
    -------
    azimuth_gap_deg, takeoff_gap_deg
        360 and 90 without a ray. The gap of take-off includes the edges at vertical and level.
    """
    if len(azimuth_deg) == 0:
        return 360.0, 90.0
    takeoff = np.mod(np.asarray(takeoff_deg, float), 360.0)
    beyond = takeoff > 180.0
    takeoff = np.where(beyond, 360.0 - takeoff, takeoff)
    down = takeoff < 90.0
    turned = np.where(down ^ beyond, 180.0, 0.0)
    azimuth = np.sort((np.asarray(azimuth_deg, float) + turned) % 360.0)
    from_vertical = np.sort(np.where(down, takeoff, 180.0 - takeoff))
    azimuth_gap = np.diff(azimuth, append=azimuth[0] + 360.0).max()
    takeoff_gap = np.diff(from_vertical, prepend=0.0, append=90.0).max()
    return float(azimuth_gap), float(takeoff_gap)


def grade_of(
    probability: float,
    plane_uncertainty_deg: float,
    misfit: float,
    stdr: float,
    grade_c_probability: float = 0.5,
) -> tuple[str, str]:
    """Grade A to D and the sentence that says why.

    Parameters
    ----------
    probability
        0 to 1.
    plane_uncertainty_deg
        Mean of both planes.
    misfit, stdr
        From `polarity_misfit`.
    grade_c_probability
        Probability above which C is given.
    """
    missed = ""
    for limits in GRADES:
        least = grade_c_probability if limits.grade == "C" else limits.probability
        checks = (
            (probability > least, f"probability {probability:.2f} is not above {least:g}"),
            (
                plane_uncertainty_deg <= limits.plane_uncertainty_deg,
                f"plane uncertainty {plane_uncertainty_deg:.1f} degrees is above "
                f"{limits.plane_uncertainty_deg:g}",
            ),
            (misfit <= limits.misfit, f"misfit {misfit:.2f} is above {limits.misfit:g}"),
            (stdr >= limits.stdr, f"station distribution {stdr:.2f} is below {limits.stdr:g}"),
        )
        failed = [reason for holds, reason in checks if not holds]
        if not failed:
            return limits.grade, missed or "Every limit of grade A holds."
        missed = f"Not {limits.grade}: {', '.join(failed)}."
    return "D", missed
