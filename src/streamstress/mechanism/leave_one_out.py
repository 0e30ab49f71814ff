"""What the other stations of an event say of each station: first motions predicted without it.

All double couples of the grid are weighed by the polarities (a flat prior over orientations,
Walsh et al. 2009, GJI 176, sect. 2), so that taking one station out is a division: no search is
repeated. A station near a nodal plane, or one whose ray is ill known, is predicted at one half.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from streamstress.geometry.rays import ray_vector
from streamstress.mechanism.grid import mechanism_grid
from streamstress.mechanism.inputs import PolarityData

Array = NDArray[np.float64]

WRONG_WHATEVER = 0.05
"""Share of readings that say nothing whatever their probability: false picks, wrong wires. Half of
them are right by chance; HASH's ``badfrac`` allows 10 % wrong ones."""

AMPLITUDE_SIGMA = 0.1
"""What a point source in layers cannot know of the P factor (1 at its largest)."""

MEAN_SQUARE_SLOPE = 0.8
"""Mean square of the P factor's derivative along an arc (a radian): its pattern is a spherical
harmonic of degree 2 with mean square 4/15, so 2 * 3 * (4/15) for both directions together."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Predictions (n,) for each station from all others of the event.

    Attributes
    ----------
    up_probability
        That the first motion is up; 0.5 where the others say nothing.
    amplitude
        Expected P factor, -1 to 1, up positive.
    n_others
        Polarities that the prediction rests on.
    """

    up_probability: Array
    amplitude: Array
    n_others: NDArray[np.int64]


def predict_left_out(
    data: PolarityData, *, grid_step_deg: float = 10.0, min_weight: float = 0.1
) -> LeftOut:
    """Predict each station's first motion from the polarities of the others.

    Parameters
    ----------
    data
        One entry a station, in any order; S/P ratios are not used.
    grid_step_deg
        Spacing of the double couples; 10 gives 4,032.
    min_weight
        Readings with a lower ``|2p - 1|`` say nothing.
    """
    p = np.where(np.isfinite(data.up_probability), data.up_probability, 0.5)
    used = (np.abs(2.0 * p - 1.0) >= min_weight) & _finite(data) & (p >= 0.0) & (p <= 1.0)
    amplitude = _amplitudes(data, grid_step_deg)
    up = ndtr(amplitude / _amplitude_sigma(data))
    seen = np.where(used, p * up + (1.0 - p) * (1.0 - up), 0.5)
    log_seen = np.log((1.0 - WRONG_WHATEVER) * seen + 0.5 * WRONG_WHATEVER)
    without = log_seen.sum(axis=1, keepdims=True) - log_seen
    weight = np.exp(without - without.max(axis=0))
    weight /= weight.sum(axis=0)
    n_others = used.sum() - used
    known = (n_others > 0) & _finite(data)
    return LeftOut(
        np.where(known, np.sum(weight * up, axis=0), 0.5),
        np.where(known, np.sum(weight * amplitude, axis=0), 0.0),
        np.asarray(n_others, np.int64),
    )


def _finite(data: PolarityData) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(data.azimuth_deg) & np.isfinite(data.takeoff_deg))


def _amplitudes(data: PolarityData, grid_step_deg: float) -> Array:
    """P factors (n_nodes, n) of all double couples along the rays."""
    azimuth, takeoff = np.nan_to_num(data.azimuth_deg), np.nan_to_num(data.takeoff_deg)
    rays = ray_vector(azimuth, takeoff).T
    grid = mechanism_grid(grid_step_deg)
    return np.asarray(2.0 * (grid.normal.T @ rays) * (grid.slip.T @ rays), np.float64)


def _amplitude_sigma(data: PolarityData) -> Array:
    """Error (n,) of the P factor from the rays' errors and what a model cannot know."""
    azimuth = np.sin(np.radians(np.nan_to_num(data.takeoff_deg))) * np.radians(
        np.nan_to_num(data.azimuth_sigma_deg)
    )
    takeoff = np.radians(np.nan_to_num(data.takeoff_sigma_deg))
    variance = AMPLITUDE_SIGMA**2 + MEAN_SQUARE_SLOPE * (azimuth**2 + takeoff**2)
    return np.asarray(np.sqrt(variance), np.float64)
