"""The posterior density of one event on cells, refined where it lies."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.rays import ray_vector
from streamstress.mechanism.inputs import Readings
from streamstress.mechanism.posterior_cells import (
    N_HALVINGS,
    TOTAL_MEASURE,
    Cells,
    coarse_cells,
    coarse_mechanisms,
)
from streamstress.mechanism.posterior_kernels import RayTable, log_likelihood
from streamstress.mechanism.posterior_polarity import ROOT_HALF
from streamstress.mechanism.posterior_priors import (
    AZIMUTH_SIGMA_RANGE_DEG,
    TAKEOFF_SIGMA_RANGE_DEG,
    UNKNOWN_AZIMUTH_SIGMA_DEG,
    UNKNOWN_TAKEOFF_SIGMA_DEG,
    Unknowns,
    all_unknowns,
    few_unknowns,
)

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
Indices = NDArray[np.intp]

KEPT_MASS = 0.999
"""Part of the mass, by the few unknowns, whose cells are halved."""

MIN_PARENTS = 600
"""Cells that are halved in any case: a ball of 26 degrees of the coarse ones, 13 of the next. The
value at the centre of a cell says little of its corners where the posterior is narrow."""

MAX_CELLS = 5_000
"""Finest cells whose density is computed. Where more are wanted the posterior is wide and smooth,
and every so-manieth stands for its neighbours."""

NEGLIGIBLE_MASS = 1e-9
"""Mechanisms with less probability are left out of the density: half of them, for most events."""

GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


class EventLikelihood:
    """Log likelihood of double couples from the readings of one event."""

    def __init__(self, readings: Readings) -> None:
        self._takeoff_sigma = sane_sigma(
            with_spread(readings.takeoff_sigma_deg, readings.trial_takeoff_deg),
            UNKNOWN_TAKEOFF_SIGMA_DEG,
            TAKEOFF_SIGMA_RANGE_DEG,
        )
        self._azimuth_sigma = sane_sigma(
            with_spread(readings.azimuth_sigma_deg, readings.trial_azimuth_deg),
            UNKNOWN_AZIMUTH_SIGMA_DEG,
            AZIMUTH_SIGMA_RANGE_DEG,
        )
        self._depth_shape = depth_shape(readings.takeoff_deg)
        self._rays = self._ray_table(readings)

    def __call__(self, normal: Array | Array32, slip: Array | Array32, unknowns: Unknowns) -> Array:
        """Log likelihood (2, n) of normal and slip (3, n), and of the slip turned round."""
        size = np.radians(unknowns.shift * np.mean(self._takeoff_sigma))
        table = (
            size[:, None] * np.where(unknowns.depth_like[:, None], self._depth_shape, 1.0),
            unknowns.scale_squared.astype(np.float32),
            unknowns.noise_squared.astype(np.float32),
            unknowns.kept.astype(np.float32),
            unknowns.prior,
            unknowns.sp_scale_squared.astype(np.float32),
            unknowns.sp_ray_scale_squared.astype(np.float32),
            unknowns.sp_prior,
        )
        return np.asarray(
            log_likelihood(
                np.ascontiguousarray(normal, np.float32),
                np.ascontiguousarray(slip, np.float32),
                self._rays,
                table,
            )
        )

    def _ray_table(self, readings: Readings) -> RayTable:
        azimuth, takeoff = readings.azimuth_deg, readings.takeoff_deg
        across = np.radians(self._azimuth_sigma) * np.sin(np.radians(takeoff))
        columns = (
            ray_vector(azimuth, takeoff),
            ray_vector(azimuth, takeoff + 90.0),
            np.radians(self._takeoff_sigma) ** 2,
            across**2,
            readings.sign * readings.weight,
            readings.sp_log_ratio,
        )
        ray, along, takeoff_variance, azimuth_variance, weight, ratio = (
            np.ascontiguousarray(column, np.float32) for column in columns
        )
        return ray, along, takeoff_variance, azimuth_variance, weight, ratio


def depth_shape(takeoff_deg: Array) -> Array:
    """Shift (n,) of each take-off by a wrong depth, of unit mean square.

    Of a straight ray to a fixed place, ``tan t = x / h``: ``dt = sin(2 t) / 2 * dh / h``. A wrong
    gradient of velocity turns rays up and down of the level apart in the same way. Where all rays
    leave level the shape is little more than zero, so that its size is bounded.
    """
    shape = np.sin(2.0 * np.radians(takeoff_deg))
    return np.asarray(shape / max(float(np.sqrt(np.mean(shape**2))), 0.3))


def with_spread(sigma_deg: Array, trial_deg: Array | None) -> Array:
    """Stated sigmas (n,) and the scatter of trial rays (n_trials, n) together."""
    return sigma_deg if trial_deg is None else np.hypot(sigma_deg, np.std(trial_deg, axis=0))


def sane_sigma(sigma_deg: Array, unknown: float, limits: tuple[float, float]) -> Array:
    """Stated sigmas (n,) within limits; a default for 0."""
    return np.where(sigma_deg > 0, np.clip(sigma_deg, *limits), unknown)


@dataclass(frozen=True)
class Density:
    """A posterior on the finest cells, both signs of each, as n mechanisms.

    Attributes
    ----------
    normal, slip
        (3, n) unit vectors.
    log_density
        (n,) natural logarithm of the density, 0 for an even one.
    mass
        (n,) probability that each stands for, sums to 1.
    log_evidence
        Logarithm of the mean likelihood over all double couples.
    """

    normal: Array
    slip: Array
    log_density: Array
    mass: Array
    log_evidence: float

    @cached_property
    def _falling(self) -> tuple[Array, Array]:
        order = np.argsort(-self.log_density, kind="stable")
        return -self.log_density[order], np.cumsum(self.mass[order])

    def mass_above(self, log_density: float) -> float:
        """Posterior probability where the density is higher than this."""
        falling, total = self._falling
        higher = int(np.searchsorted(falling, -log_density, side="left"))
        return float(min(total[higher - 1], 1.0)) if higher else 0.0


def log_odds_against_chance(readings: Readings, density: Density) -> float:
    """Logarithm of how much likelier the polarities are of a double couple than tosses of a coin.

    By the evidence of the polarities alone: that of the density where there is no S/P, else that
    of the few unknowns on the coarse cells. By chance a polarity of weight 1 has probability one
    half, `ROOT_HALF` in the unit of the kernel.
    """
    evidence = density.log_evidence if readings.n_sp == 0 else _polarity_evidence(readings)
    return evidence - readings.n_polarity * float(np.log(ROOT_HALF))


def _polarity_evidence(readings: Readings) -> float:
    without_sp = replace(readings, sp_log_ratio=np.full(len(readings.sign), np.nan))
    cells = coarse_cells()
    found = EventLikelihood(without_sp)(*coarse_mechanisms(), few_unknowns())
    highest = float(found.max())
    mean = float((np.exp(found - highest) @ cells.measure).sum()) / TOTAL_MEASURE
    return highest + float(np.log(mean))


def refined_density(likelihood: EventLikelihood) -> Density:
    """Density of the posterior under the even prior."""
    cells = coarse_cells()
    weight = np.ones(len(cells))
    few = few_unknowns()
    mechanisms: tuple[Array | Array32, Array | Array32] = coarse_mechanisms()
    for _ in range(N_HALVINGS):
        mass = _log_mass(likelihood(*mechanisms, few), cells, weight)
        parents = _holding(mass)
        cells, weight = cells.take(parents).halved(), np.repeat(weight[parents], 8)
        chosen = _evenly(len(cells), MAX_CELLS)
        thinned = len(cells) / len(chosen)
        cells, weight = cells.take(chosen), weight[chosen] * thinned
        mechanisms = cells.normal_and_slip()
    return _density(likelihood(*mechanisms, all_unknowns()), cells, weight)


def _log_mass(log_likelihood: Array, cells: Cells, weight: Array) -> Array:
    """Mass (n,) of each cell, both signs together, up to a factor."""
    likelihood = np.exp(log_likelihood - log_likelihood.max())
    return np.asarray((likelihood[0] + likelihood[1]) * cells.measure * weight)


def _holding(mass: Array) -> Indices:
    """Fewest cells that hold `KEPT_MASS` of the whole, at least `MIN_PARENTS`, in their order."""
    order = np.argsort(-mass)
    total = np.cumsum(mass[order])
    enough = int(np.searchsorted(total, KEPT_MASS * total[-1])) + 1
    return np.sort(order[: max(enough, MIN_PARENTS)])


def _evenly(n: int, most: int) -> Indices:
    """Spread-out indices: about ``most`` of n, all if they are fewer."""
    if n <= most:
        return np.arange(n)
    return np.flatnonzero((np.arange(n) * GOLDEN) % 1.0 < most / n)


def _density(log_likelihood: Array, cells: Cells, weight: Array) -> Density:
    highest = float(log_likelihood.max())
    mass = np.exp(log_likelihood - highest) * (cells.measure * weight)
    evidence = highest + float(np.log(mass.sum() / TOTAL_MEASURE))
    sign, kept = np.nonzero(mass > NEGLIGIBLE_MASS * mass.sum())
    left = mass[sign, kept]
    normal, slip = cells.take(kept).normal_and_slip()
    return Density(
        normal,
        slip * (1.0 - 2.0 * sign),
        log_likelihood[sign, kept] - evidence,
        left / left.sum(),
        evidence,
    )
