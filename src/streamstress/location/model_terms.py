"""What a velocity model may have wrong, as few unknowns that are located with the origin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEAR_KM, FAR_KM = 10.0, 60.0
"""Between these the slope term turns from -1 to 1: rays of the upper crust to those below it."""


@dataclass(frozen=True, slots=True)
class ModelErrors:
    """Prior standard deviations of what is common to the readings, as shares of travel time.

    Attributes
    ----------
    slowness
        Of the model as a whole, P and S alike.
    vp_vs
        Of S beyond that.
    slope
        Of near against far paths.
    """

    slowness: float = 0.03
    vp_vs: float = 0.015
    slope: float = 0.015

    @property
    def count(self) -> int:
        """Number of unknowns."""
        return 3


def model_terms(
    travel_s: Array, distance_km: Array, is_s: NDArray[np.bool_], errors: ModelErrors
) -> Array:
    """Delay (s) of readings for one standard deviation of each unknown.

    Parameters
    ----------
    travel_s, distance_km
        (k, n) predicted travel times and epicentral distances.
    is_s
        (n,)

    Returns
    -------
    (k, n, 3)
    """
    middle, half = (NEAR_KM + FAR_KM) / 2, (FAR_KM - NEAR_KM) / 2
    slope = np.clip((distance_km - middle) / half, -1.0, 1.0)
    return np.stack(
        [
            errors.slowness * travel_s,
            errors.vp_vs * travel_s * is_s,
            errors.slope * travel_s * slope,
        ],
        axis=-1,
    )
