"""How far two sets of SHmax agree: axial differences with their significance.

Axes have a period of 180 degrees, so angles are doubled before they are averaged and every
probability is that of a wrapped distribution (Mardia & Jupp 2000, sect. 3.5.7).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from streamstress.geometry.axes import axial_difference

Array = NDArray[np.float64]

WRAPS = 8
"""Turns of 180 degrees summed over either way: enough for a sigma of 300 degrees."""

FALSE_DISCOVERY_RATE = 0.05
"""Expected share of false ones among the differences called significant."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of n pairs.

    Attributes
    ----------
    mean_deg : float
        Mean axial difference, second minus first, clockwise positive, -90 to 90.
    interval95_deg : tuple or None
        Of the mean (Fisher 1993, eq. 4.22), pairs taken as independent; None where the differences
        scatter too much for one.
    mean_absolute_deg, median_absolute_deg : float
        45 for unrelated axes.
    p_unrelated : float
        Probability of so much agreement if the axes had nothing to do with each other (Rayleigh
        test of the doubled differences, Zar 1999, eq. 27.4).
    n_tested, n_significant : int
        Pairs that state uncertainties, and those that differ by more (`significant`).
    rms_in_sigma : float or None
        About 1 where the stated uncertainties explain the differences.
    """

    n_pairs: int
    mean_deg: float
    interval95_deg: tuple[float, float] | None
    mean_absolute_deg: float
    median_absolute_deg: float
    p_unrelated: float
    n_tested: int
    n_significant: int
    rms_in_sigma: float | None


def agreement(difference_deg: ArrayLike, sigma_deg: ArrayLike) -> Agreement:
    """Summarise differences of at least one pair.

    Parameters
    ----------
    difference_deg
        (n,) axial differences, -90 to 90.
    sigma_deg
        (n,) their standard deviations; not a number where unknown.
    """
    difference, sigma = np.asarray(difference_deg, float), np.asarray(sigma_deg, float)
    doubled = np.exp(2j * np.radians(difference))
    mean = doubled.mean()
    tested = np.isfinite(sigma) & (sigma > 0)
    chance = difference_p_value(difference[tested], sigma[tested])
    in_sigma = difference[tested] / sigma[tested]
    return Agreement(
        n_pairs=difference.size,
        mean_deg=float(np.degrees(np.angle(mean)) / 2.0),
        interval95_deg=_mean_interval(doubled),
        mean_absolute_deg=float(np.abs(difference).mean()),
        median_absolute_deg=float(np.median(np.abs(difference))),
        p_unrelated=_rayleigh(float(np.abs(mean)), difference.size),
        n_tested=int(tested.sum()),
        n_significant=int(significant(chance).sum()),
        rms_in_sigma=float(np.sqrt(np.mean(in_sigma**2))) if tested.any() else None,
    )


def differences(
    first_deg: ArrayLike, second_deg: ArrayLike, first_sigma: ArrayLike, second_sigma: ArrayLike
) -> tuple[Array, Array]:
    """Second minus first, clockwise positive, and standard deviation; NaN where one is unknown."""
    difference = axial_difference(second_deg, first_deg)
    return difference, np.hypot(np.asarray(first_sigma, float), np.asarray(second_sigma, float))


def difference_p_value(difference_deg: ArrayLike, sigma_deg: ArrayLike) -> Array:
    """Probability of a larger difference of equal axes, of a normal wrapped at 180 degrees."""
    size, sigma = np.abs(np.asarray(difference_deg, float)), np.asarray(sigma_deg, float)
    turns = 180.0 * np.arange(-WRAPS, WRAPS + 1)[:, None]
    within = norm.cdf((turns + size) / sigma) - norm.cdf((turns - size) / sigma)
    return np.asarray(np.clip(1.0 - within.sum(axis=0), 0.0, 1.0))


def significant(p_value: ArrayLike, rate: float = FALSE_DISCOVERY_RATE) -> NDArray[np.bool_]:
    """Which differences are told from chance at a false-discovery rate (Benjamini & Hochberg)."""
    p = np.asarray(p_value, float)
    if p.size == 0:
        return np.zeros(0, bool)
    ranked = np.sort(p)
    below = ranked <= rate * np.arange(1, p.size + 1) / p.size
    limit = ranked[below][-1] if below.any() else -1.0
    return np.asarray(p <= limit)


def _mean_interval(doubled: NDArray[np.complex128]) -> tuple[float, float] | None:
    n, mean = doubled.size, doubled.mean()
    length = float(np.abs(mean))
    if n < 2 or length == 0.0:
        return None
    centred = doubled * np.conj(mean) / length
    dispersion = (1.0 - float(np.mean(centred**2).real)) / (2.0 * length**2)
    sine = norm.ppf(0.975) * np.sqrt(max(dispersion, 0.0) / n)
    if sine >= 1.0:
        return None
    half, middle = np.degrees(np.arcsin(sine)) / 2.0, np.degrees(np.angle(mean)) / 2.0
    return float(middle - half), float(middle + half)


def _rayleigh(length: float, n: int) -> float:
    """Probability of a mean resultant so long of n unrelated angles (Zar 1999, eq. 27.4)."""
    return float(np.exp(np.sqrt(1.0 + 4.0 * n + 4.0 * n**2 * (1.0 - length**2)) - (1.0 + 2.0 * n)))
