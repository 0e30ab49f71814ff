"""Compiling the kernels before the first event needs them."""

import numpy as np

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import solve_mechanism


def warm_up(settings: MechanismSettings) -> None:
    """Solve made-up events, with and without amplitudes, so that all kernels are compiled.

    Compiling takes seconds with an empty cache: better at the start than at the first earthquake.
    """
    azimuth_deg = np.arange(0.0, 360.0, 20.0)
    takeoff_deg = np.linspace(60.0, 170.0, azimuth_deg.size)
    p_factor, _, _ = radiation_pattern(double_couple(30.0, 80.0, 10.0), azimuth_deg, takeoff_deg)
    sigma_deg = np.full_like(azimuth_deg, 3.0)
    for ratios in (None, np.full_like(azimuth_deg, 0.5)):
        data = PolarityData(
            azimuth_deg,
            takeoff_deg,
            sigma_deg,
            sigma_deg,
            (p_factor > 0).astype(float),
            sp_log_ratio=ratios,
        )
        solve_mechanism(data, settings)
