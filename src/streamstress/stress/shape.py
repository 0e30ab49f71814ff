"""The shape ratio, corrected for wrong planes, scattered mechanisms and unequal shear.

The linear inversion overrates phi by up to 0.25 even with many events: it takes some auxiliary
planes for faults and calls the shear on all planes equal (Vavryčuk 2014, sect. 5). Symmetry keeps
its axes right, but SHmax of an oblique stress depends on phi (Lund & Townend 2007) and is off by
as much as 10 degrees. The correction is an indirect inference (Gourieroux, Monfort & Renault
1993): what the inversion finds is simulated for known stresses, over faults from diverse to
optimally oriented, mechanism errors of 3 to 35 degrees and frictions of 0.4 to 0.8, and phi is
read back from four figures by a cubic polynomial (``benchmarks/fit_phi_correction.py``).
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

FIGURES = ("phi", "mean_instability", "misfit_deg", "phi_of_moment")
"""What phi is read from; the last is the shape ratio of the mean double couple, in which no plane
is chosen."""

DEGREE = 3


@dataclass(frozen=True, slots=True)
class PhiCorrection:
    """A fitted polynomial; the figures are clipped to the range of the fit.

    Attributes
    ----------
    lowest, highest, mean, scatter : (4,) float
        Of `FIGURES` over the simulations.
    coefficients : (35,) float
    error : (2,) float
        Standard error of a phi read back from very many events, at phi 0 and at phi 1; linear
        between.
    """

    lowest: Array
    highest: Array
    mean: Array
    scatter: Array
    coefficients: Array
    error: Array


@lru_cache(maxsize=1)
def phi_correction() -> PhiCorrection:
    """Read the correction that comes with the package."""
    text = files("streamstress.stress").joinpath("phi_correction.json").read_text(encoding="utf-8")
    fit = json.loads(text)
    names = ("lowest", "highest", "mean", "scatter", "coefficients", "error")
    return PhiCorrection(*(np.array(fit[name]) for name in names))


def figures(fits: ResampledFits) -> Array:
    """`FIGURES` (r, 4) of inversions."""
    of_moment = shape_ratio_phi(fits.moment)
    return np.stack([fits.phi, fits.mean_instability, fits.misfit_deg, of_moment], axis=-1)


def monomials(standardised: Array) -> Array:
    """All products (r, 35) of up to `DEGREE` of the standardised figures (r, 4)."""
    columns = [np.ones(len(standardised))]
    for degree in range(1, DEGREE + 1):
        for chosen in combinations_with_replacement(range(len(FIGURES)), degree):
            columns.append(np.prod(standardised[:, chosen], axis=1))
    return np.stack(columns, axis=1)


def corrected_phi(fits: ResampledFits) -> Array:
    """Shape ratios (r,) without the bias of the inversion; may pass 0 or 1 by their error."""
    fit = phi_correction()
    clipped = np.clip(figures(fits), fit.lowest, fit.highest)
    return np.asarray(monomials((clipped - fit.mean) / fit.scatter) @ fit.coefficients)


def is_simulated(fits: ResampledFits) -> bool:
    """Whether the first inversion's figures lie in the range of the simulations."""
    fit, found = phi_correction(), figures(fits)[0]
    return bool(np.all(found >= fit.lowest) and np.all(found <= fit.highest))


def correction_error(phi: float) -> float:
    """Standard error of the correction where it gives this phi."""
    return float(np.interp(phi, [0.0, 1.0], phi_correction().error))


def with_phi(axes: ArrayLike, phi: ArrayLike) -> Array:
    """Tensors of these axes (..., 3, 3) and shape ratios (...), cut to 0 to 1."""
    return stress_tensor(axes, np.clip(np.asarray(phi, float), 0.0, 1.0))


def simpson_a_phi(tensors: ArrayLike, phi: ArrayLike) -> Array:
    """A-phi (...), 0 to 3 (Simpson 1997, J. Geophys. Res. 102, 17909, eq. 3), for this phi.

    ``n`` is the most vertical axis: s1 gives 0 (normal), s2 1 (strike-slip), s3 2 (reverse).
    """
    n = np.argmax(np.abs(principal_axes(tensors)[1][..., 2]), axis=-1)
    return np.asarray(n + 0.5 + (-1.0) ** n * (np.asarray(phi, float) - 0.5))
