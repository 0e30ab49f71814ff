"""The grid search: nodes that are acceptable in at least one trial."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.rays import ray_vector
from streamstress.mechanism.accept import MisfitLimits, accept_with_amplitudes, misfit_limits
from streamstress.mechanism.grid import MechanismGrid
from streamstress.mechanism.inputs import Readings, trial_rays
from streamstress.mechanism.kernels import add_amplitude_misfit
from streamstress.mechanism.polarity_kernel import (
    ATAN,
    accept_by_polarity,
    polarity_misfit_of_nodes,
    quantised_weight,
)
from streamstress.mechanism.settings import MechanismSettings

Array32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes
    ----------
    nodes
        Acceptable nodes, ascending.
    least_misfit
        Smallest polarity misfit weight of any node in any trial.
    limits
        The allowed misfits.
    """

    nodes: NDArray[np.intp]
    least_misfit: float
    limits: MisfitLimits


def search(
    readings: Readings,
    grid: MechanismGrid,
    settings: MechanismSettings,
    generator: np.random.Generator,
) -> SearchResult:
    """Find the nodes of the grid that fit in at least one trial."""
    azimuth, takeoff = trial_rays(readings, settings.n_trials, generator)
    rays = ray_vector(azimuth, takeoff).astype(np.float32)
    limits = misfit_limits(float(readings.weight.sum()), readings.n_sp, settings)
    if readings.n_sp:
        accepted, least = _by_both(readings, grid, limits, rays)
    else:
        accepted, least = _by_polarity(readings, grid, limits, rays)
    return SearchResult(np.flatnonzero(accepted.T), least, limits)


def _by_polarity(
    readings: Readings, grid: MechanismGrid, limits: MisfitLimits, rays: Array32
) -> tuple[Mask, float]:
    """Mask (n_slips, n_planes) and the least misfit."""
    order = np.argsort(~readings.impulsive, kind="stable")
    accepted = np.zeros((grid.n_slips, grid.planes.shape[2]), bool)
    least = accept_by_polarity(
        grid.planes,
        np.ascontiguousarray(rays[:, order]),
        readings.sign[order].astype(np.float32),
        quantised_weight(readings.weight[order]),
        int(readings.impulsive.sum()),
        limits.of_polarity,
        ATAN,
        accepted,
    )
    return accepted, float(least)


def _by_both(
    readings: Readings, grid: MechanismGrid, limits: MisfitLimits, rays: Array32
) -> tuple[Mask, float]:
    """Mask (n_slips, n_planes) and the least polarity misfit."""
    signed, loud = readings.has_polarity, readings.has_amplitude
    sign, weight = readings.sign[signed], readings.weight[signed]
    vectors = grid.normal.astype(np.float32), grid.slip.astype(np.float32)
    ratios = readings.sp_log_ratio[loud].astype(np.float32)
    shape = (grid.planes.shape[2], grid.n_slips)
    accepted = np.zeros(shape[::-1], bool)
    least = np.inf
    for trial in rays:
        misfit = polarity_misfit_of_nodes(grid.planes, grid.n_slips, trial[signed], sign, weight)
        sp_misfit = np.zeros(grid.n_nodes, np.float32)
        add_amplitude_misfit(*vectors, np.ascontiguousarray(trial[loud]), ratios, sp_misfit)
        accepted |= accept_with_amplitudes(misfit, sp_misfit.reshape(shape).T, limits)
        least = min(least, float(misfit.min()))
    return accepted, least
