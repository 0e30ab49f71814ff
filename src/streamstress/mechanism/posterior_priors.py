"""What is believed of the error rates before an event is seen, and summed over.

None of the rates is known for an event: how many labels are wrong, how far rays are off, how much
of that is common to the event, how noisy S/P is. Each gets a few values with prior weights that
span what has been published, and the likelihood is summed over all of them. None of the numbers
is fitted to the synthetic events of `benchmarks/calibrate_posterior.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Softness:
    """One belief of how far polarities can be trusted near nodal planes.

    Attributes
    ----------
    single, common
        Errors of single rays, and of all take-offs of the event together, in stated sigmas.
    amplitude_noise
        Noise at which labels go wrong, in parts of the largest P amplitude on the sphere.
    """

    single: float
    common: float
    amplitude_noise: float


SOFTNESS = (
    Softness(0.4, 0.5, 0.03),
    Softness(0.4, 0.9, 0.15),
    Softness(0.7, 0.4, 0.06),
    Softness(0.7, 0.9, 0.20),
    Softness(1.2, 0.6, 0.12),
    Softness(1.2, 1.2, 0.04),
)
"""Equally likely; spread over the three, each about even in its logarithm.

A stated sigma is that of the whole error and trusted within a factor of 1.7: unknown velocity
structure and depth move take-offs by 10 degrees and more where 3 to 5 are stated (Hardebeck &
Shearer 2002 vary both for this reason). Such errors are alike for all rays, so about half of the
variance is taken for common: 0.6, 1 and 1.7 times the root of a half for the single part, and the
same range for the common one. Amplitude noise: an arrival is picked at a signal-to-noise ratio of
2 to 15; at a mean P factor, 0.4 to 0.5, that is noise of 0.2 to 0.03."""

SHIFTS = (0.0, 0.8, 1.8)
"""Common shifts of the take-offs that are tried, both signs, in stated sigmas. Each is tried in two
shapes, equal for all rays and that of a wrong depth (`posterior_density.depth_shape`): which of the
two it is shows little, and a region that knows one only is too small where it is the other."""

WRONG_RATES = (0.02, 0.08, 0.18)
"""Labels wrong whatever the amplitude: analysts disagree in 10 to 20 per cent of the polarities of
routine catalogues (Hardebeck & Shearer 2002), networks in 2 to 5 (Ross et al. 2018)."""

WRONG_RATE_PRIOR = (0.4, 0.35, 0.25)
"""Beliefs in `WRONG_RATES`; the mean is 0.08."""

SP_SCATTER = ((0.18, 0.4), (0.25, 1.2), (0.36, 0.7), (0.52, 1.2))
"""Scale of Student's t (4 degrees of freedom, standard deviation 1.4 times the scale) of log10
S/P, and errors of single rays in stated sigmas as in `SOFTNESS`; equally likely. Observed S/P
scatters by a factor of two and more about a good mechanism (Hardebeck & Shearer 2003)."""

UNKNOWN_TAKEOFF_SIGMA_DEG, UNKNOWN_AZIMUTH_SIGMA_DEG = 6.0, 3.0
"""Taken where a sigma of 0 or none is stated."""

TAKEOFF_SIGMA_RANGE_DEG, AZIMUTH_SIGMA_RANGE_DEG = (3.0, 20.0), (1.0, 20.0)
"""Stated sigmas are brought to this range: no velocity model gives take-offs to 1 degree."""


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Values of what is summed over, and the prior of each combination.

    Attributes
    ----------
    shift, depth_like
        (k,) common shift, in stated take-off sigmas, and whether it has the shape of a wrong depth.
    scale_squared, noise_squared
        (h,) of `Softness`: squares of ``single`` and ``amplitude_noise``.
    kept
        (e,) one less twice the wrong rate.
    prior
        (k, h, e), sums to 1.
    sp_scale_squared, sp_ray_scale_squared, sp_prior
        (j,) squares of `SP_SCATTER`, and prior.
    """

    shift: Array
    depth_like: NDArray[np.bool_]
    scale_squared: Array
    noise_squared: Array
    kept: Array
    prior: Array
    sp_scale_squared: Array
    sp_ray_scale_squared: Array
    sp_prior: Array


def all_unknowns() -> Unknowns:
    """Every combination, for the density that is answered."""
    return _unknowns(SHIFTS, SOFTNESS, WRONG_RATES, WRONG_RATE_PRIOR, SP_SCATTER)


def few_unknowns() -> Unknowns:
    """A few combinations, for the choice of cells: a softer likelihood at a tenth of the work."""
    return _unknowns(
        (0.0, 0.9), SOFTNESS[3:4], WRONG_RATES[1:], WRONG_RATE_PRIOR[1:], SP_SCATTER[2:3]
    )


def _unknowns(
    shifts: tuple[float, ...],
    softness: tuple[Softness, ...],
    wrong_rates: tuple[float, ...],
    wrong_rate_prior: tuple[float, ...],
    sp_scatter: tuple[tuple[float, float], ...],
) -> Unknowns:
    one = np.concatenate([-np.array(shifts[:0:-1]), shifts])
    rates = np.array(wrong_rate_prior) / np.sum(wrong_rate_prior)
    of_one = np.stack([_shift_prior(one, s.common) for s in softness], axis=1)
    shift, depth_like, of_shift = _in_both_shapes(one, of_one)
    return Unknowns(
        shift,
        depth_like,
        np.array([s.single for s in softness]) ** 2,
        np.array([s.amplitude_noise for s in softness]) ** 2,
        1.0 - 2.0 * np.array(wrong_rates),
        of_shift[:, :, None] * rates / len(softness),
        np.array([scale for scale, _ in sp_scatter]) ** 2,
        np.array([rays for _, rays in sp_scatter]) ** 2,
        np.full(len(sp_scatter), 1.0 / len(sp_scatter)),
    )


def _in_both_shapes(shift: Array, prior: Array) -> tuple[Array, NDArray[np.bool_], Array]:
    """Shifts (k,), whether each is depth-like, and priors (k, h) halved; no shift stands once."""
    moved = shift != 0.0
    depth_like = np.concatenate([np.zeros(len(shift), bool), np.ones(int(moved.sum()), bool)])
    halved = np.where(moved[:, None], prior / 2.0, prior)
    return (
        np.concatenate([shift, shift[moved]]),
        depth_like,
        np.concatenate([halved, halved[moved]]),
    )


def _shift_prior(shift: Array, sigma: float) -> Array:
    """Weights (k,) of shifts under a normal prior: density times the width that each stands for."""
    density = np.exp(-0.5 * (shift / sigma) ** 2) * np.gradient(shift)
    return np.asarray(density / density.sum())
