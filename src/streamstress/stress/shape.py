"""The shape ratio, corrected for wrong planes, scattered mechanisms and unequal shear.

The linear inversion overrates phi by up to 0.25 even with many events: it takes some auxiliary
planes for faults and calls the shear on all planes equal (Vavryčuk 2014, sect. 5). Symmetry keeps
its axes right, but SHmax of an oblique stress depends on phi (Lund & Townend 2007) and is off by
as much as 10 degrees. The correction is an indirect inference (Gourieroux, Monfort & Renault
1993): what the inversion finds is simulated for known stresses, over faults from diverse to
optimally oriented, mechanism errors of 3 to 35 degrees, normal and heavy-tailed, and frictions of
0.4 to 0.8, and phi is read back from five figures by a cubic polynomial
(``benchmarks/fit_phi_correction.py``).
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamstress.geometry.tensors import principal_axes, shape_ratio_phi, stress_tensor
from streamstress.stress.resampling import ResampledFits

Array = NDArray[np.float64]

FIGURES = ("phi", "mean_instability", "misfit_deg", "phi_of_moment", "homogeneity")
"""What phi is read from. The shape ratio of the mean double couple knows no choice of planes; the
mean cosine of the misfit beside its mean tells heavy tails from a normal scatter, which lowers
the error of phi from 0.037 to 0.026 where either may be."""

DEGREE = 3

FEW_DEGREE = 2
"""Degree in the figures of what few events add: coverage of phi at 20 to 60 events was 0.90 with
none, 0.93 with 1, 0.95 with 2."""


@dataclass(frozen=True, slots=True)
class PhiCorrection:
    """A fitted polynomial; the figures are clipped to the range of the fit.

    Attributes
    ----------
    lowest, highest, mean, scatter : (5,) float
        Of `FIGURES` over the simulations.
    coefficients : (56,) float
    per_event : (21,) float
        What few events add to phi, times their number: products of up to two figures.
    log_error : (6,) float
        Logarithm of the standard error of a phi read back from very many events: a constant, and
        what the standardised figures add.
    """

    lowest: Array
    highest: Array
    mean: Array
    scatter: Array
    coefficients: Array
    per_event: Array
    log_error: Array


@lru_cache(maxsize=1)
def phi_correction() -> PhiCorrection:
    """Read the correction that comes with the package."""
    text = files("streamstress.stress").joinpath("phi_correction.json").read_text(encoding="utf-8")
    fit = json.loads(text)
    names = ("lowest", "highest", "mean", "scatter", "coefficients", "per_event", "log_error")
    return PhiCorrection(*(np.array(fit[name]) for name in names))


def figures(fits: ResampledFits) -> Array:
    """`FIGURES` (r, 5) of inversions."""
    of_moment = shape_ratio_phi(fits.moment)
    of_planes = [fits.phi, fits.mean_instability, fits.misfit_deg]
    return np.stack([*of_planes, of_moment, fits.homogeneity], axis=-1)


def monomials(standardised: Array, highest: int = DEGREE) -> Array:
    """All products (r, 56) of up to ``highest`` (r, 21 of two) standardised figures (r, 5)."""
    columns = [np.ones(len(standardised))]
    for degree in range(1, highest + 1):
        for chosen in combinations_with_replacement(range(len(FIGURES)), degree):
            columns.append(np.prod(standardised[:, chosen], axis=1))
    return np.stack(columns, axis=1)


def corrected_phi(fits: ResampledFits, n_events: float = np.inf) -> Array:
    """Shape ratios (r,) without the bias of the inversion; may pass 0 or 1 by their error.

    Parameters
    ----------
    n_events
        Independent events behind each inversion. Few fit themselves too well and leave phi, once
        corrected, too low: by 0.05 in the mean of catalogues of 25, 0.08 where errors are large.
    """
    fit, standardised = phi_correction(), standardised_figures(fits)
    shift = monomials(standardised, FEW_DEGREE) @ fit.per_event / n_events
    return np.asarray(monomials(standardised) @ fit.coefficients - shift)


def standardised_figures(fits: ResampledFits) -> Array:
    """Figures (r, 5) within the range of the simulations, in their scatter."""
    fit = phi_correction()
    return np.asarray((np.clip(figures(fits), fit.lowest, fit.highest) - fit.mean) / fit.scatter)


def is_simulated(fits: ResampledFits) -> NDArray[np.bool_]:
    """Whether the figures of each inversion lie in the range of the simulations, (r,)."""
    fit, found = phi_correction(), figures(fits)
    return np.asarray(np.all((found >= fit.lowest) & (found <= fit.highest), axis=1))


def correction_error(fits: ResampledFits) -> Array:
    """Standard error of the correction of each inversion, (r,)."""
    log_error = phi_correction().log_error
    return np.asarray(np.exp(log_error[0] + standardised_figures(fits) @ log_error[1:]))


def with_phi(axes: ArrayLike, phi: ArrayLike) -> Array:
    """Tensors of these axes (..., 3, 3) and shape ratios (...), cut to 0 to 1."""
    return stress_tensor(axes, np.clip(np.asarray(phi, float), 0.0, 1.0))


def simpson_a_phi(tensors: ArrayLike, phi: ArrayLike) -> Array:
    """A-phi (...), 0 to 3 (Simpson 1997, J. Geophys. Res. 102, 17909, eq. 3), for this phi.

    ``n`` is the most vertical axis: s1 gives 0 (normal), s2 1 (strike-slip), s3 2 (reverse).
    """
    n = np.argmax(np.abs(principal_axes(tensors)[1][..., 2]), axis=-1)
    return np.asarray(n + 0.5 + (-1.0) ** n * (np.asarray(phi, float) - 0.5))
