"""Compiling the kernels before the first event needs them."""

import numpy as np

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solvers import Method, solver_of

N_RAYS = 36
GOLDEN_ANGLE_DEG = 137.5
"""Turn from ray to ray that leaves no gap on the focal sphere."""


def warm_up(settings: MechanismSettings, method: Method = "hash") -> None:
    """Solve made-up events, with and without amplitudes, so that all kernels are compiled.

    Compiling takes seconds with an empty cache: better at the start than at the first earthquake.
    """
    for with_amplitudes in (False, True):
        solver_of(method)(made_up_event(with_amplitudes=with_amplitudes), settings, 0)


def made_up_event(*, with_amplitudes: bool) -> PolarityData:
    """Readings of a strike-slip event on rays all around the source."""
    azimuth_deg = (np.arange(N_RAYS, dtype=np.float64) * GOLDEN_ANGLE_DEG) % 360.0
    takeoff_deg = np.degrees(np.arccos(np.linspace(0.95, -0.95, N_RAYS)))
    p_factor, _, _ = radiation_pattern(double_couple(30.0, 80.0, 10.0), azimuth_deg, takeoff_deg)
    sigma_deg = np.full(N_RAYS, 3.0)
    return PolarityData(
        azimuth_deg,
        takeoff_deg,
        sigma_deg,
        sigma_deg,
        (p_factor > 0).astype(float),
        sp_log_ratio=np.full(N_RAYS, 0.5) if with_amplitudes else None,
    )
