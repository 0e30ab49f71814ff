"""Directions in which rays leave the source."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def ray_vector(azimuth_deg: ArrayLike, takeoff_deg: ArrayLike) -> Array:
    """Unit vectors of rays at the source.

    Parameters
    ----------
    azimuth_deg, takeoff_deg
        Any matching shapes; azimuth clockwise from north, take-off from straight down.

    Returns
    -------
    (..., 3) float, east-north-up.
    """
    azimuth, takeoff = np.broadcast_arrays(
        np.radians(np.asarray(azimuth_deg, float)), np.radians(np.asarray(takeoff_deg, float))
    )
    horizontal = np.sin(takeoff)
    return np.stack(
        [horizontal * np.sin(azimuth), horizontal * np.cos(azimuth), -np.cos(takeoff)], axis=-1
    )


def takeoff_from_up(takeoff_from_up_deg: ArrayLike) -> Array:
    """Take-off from down, of one counted from straight up (HASH's internals, SKHASH's CSV)."""
    return 180.0 - np.asarray(takeoff_from_up_deg, float)


def takeoff_to_up(takeoff_deg: ArrayLike) -> Array:
    """Take-off counted from straight up, of ours counted from straight down."""
    return 180.0 - np.asarray(takeoff_deg, float)
