"""The grid search: nodes that are acceptable in at least one trial."""

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.rays import ray_vector
from streamstress.mechanism.accept import (
    MisfitLimits,
    accept_polarity,
    accept_with_amplitudes,
    misfit_limits,
)
from streamstress.mechanism.grid import MechanismGrid
from streamstress.mechanism.inputs import Readings, trial_rays
from streamstress.mechanism.kernels import (
    add_amplitude_misfit,
    add_polarity_misfit,
    quantised_weight,
    ray_fives,
)
from streamstress.mechanism.settings import MechanismSettings

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


def acceptable_nodes(
    readings: Readings,
    grid: MechanismGrid,
    settings: MechanismSettings,
    generator: np.random.Generator,
) -> NDArray[np.intp]:
    """Nodes of the grid that fit in at least one trial, ascending."""
    azimuth, takeoff = trial_rays(readings, settings.n_trials, generator)
    limits = misfit_limits(float(readings.weight.sum()), readings.n_sp, settings)
    accepted = np.zeros(grid.n_nodes, bool)
    if readings.n_sp:
        vectors = grid.normal.astype(np.float32), grid.slip.astype(np.float32)
        for trial in zip(azimuth, takeoff, strict=True):
            accepted |= _by_both(readings, grid, vectors, limits, *trial)
    else:
        for trial in zip(azimuth, takeoff, strict=True):
            accepted |= _by_polarity(readings, grid, limits, *trial)
    return np.flatnonzero(accepted)


def _by_polarity(
    readings: Readings, grid: MechanismGrid, limits: MisfitLimits, azimuth: Array, takeoff: Array
) -> Mask:
    impulsive, emergent = readings.impulsive, ~readings.impulsive
    misfit = np.zeros(grid.n_nodes, np.float32)
    _add_polarities(readings, grid, azimuth, takeoff, impulsive, misfit)
    if not emergent.any():
        return accept_polarity(misfit, misfit, limits)
    impulsive_misfit = misfit.copy()
    _add_polarities(readings, grid, azimuth, takeoff, emergent, misfit)
    return accept_polarity(impulsive_misfit, misfit, limits)


def _by_both(
    readings: Readings,
    grid: MechanismGrid,
    vectors: tuple[Array32, Array32],
    limits: MisfitLimits,
    azimuth: Array,
    takeoff: Array,
) -> Mask:
    misfit = np.zeros(grid.n_nodes, np.float32)
    _add_polarities(readings, grid, azimuth, takeoff, readings.has_polarity, misfit)
    sp_misfit = np.zeros(grid.n_nodes, np.float32)
    use = readings.has_amplitude
    rays = ray_vector(azimuth[use], takeoff[use]).astype(np.float32)
    ratios = readings.sp_log_ratio[use].astype(np.float32)
    add_amplitude_misfit(*vectors, rays, ratios, sp_misfit)
    return accept_with_amplitudes(misfit, sp_misfit, limits)


def _add_polarities(
    readings: Readings,
    grid: MechanismGrid,
    azimuth: Array,
    takeoff: Array,
    use: Mask,
    misfit: Array32,
) -> None:
    use = use & readings.has_polarity
    signed = ray_fives(azimuth[use], takeoff[use]) * readings.sign[use, None].astype(np.float32)
    add_polarity_misfit(grid.five, signed, quantised_weight(readings.weight[use]), misfit)
