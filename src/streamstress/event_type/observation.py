"""What is looked at of a located event: its readings as columns, and its origin."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

OCTAVES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Edges of the bands in which signal and noise are read at a pick."""


@dataclass(frozen=True, slots=True)
class PhaseTable:
    """Readings (n,) of one phase, one a station; NaN where something is not known.

    ``station`` numbers the stations of the event, so that P and S of one can be joined. ``signal``
    and ``noise`` (n, 6) are root mean squares by octave in one unit, any, of ground velocity;
    ``rise`` is log10 of the peak just after the pick over the root mean square of the window of
    ``signal``, both in the band of the peak. ``whole`` says that all three components were read.
    """

    station: NDArray[np.int64]
    time_s: Array
    """After the origin time."""
    residual_s: Array
    distance_km: Array
    """From the epicentre."""
    azimuth_deg: Array
    snr: Array
    probability: Array
    up_probability: Array
    rise: Array
    signal: Array
    noise: Array
    whole: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Observation:
    """A located event."""

    p: PhaseTable
    s: PhaseTable
    depth_km: float
    depth_error_km: float
    horizontal_error_km: float
    rms_s: float
    gap_deg: float
    latitude_deg: float
    longitude_deg: float
    origin_time_ns: int
    magnitude: float = math.nan
    """A local one; NaN where the responses of the instruments are not known."""
