"""Rays of the mechanism's trials, drawn as the location's error really moves them.

The origin's error turns all rays of an event together, what the velocity model has wrong each by
itself. Trials that turn every ray alone (HASH) average the first part away over many stations.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.inputs import stratified_normals
from streamstress.records import Arrival

Array = NDArray[np.float64]


def trial_rays_of(
    arrivals: Sequence[Arrival], n_trials: int, seed: int
) -> tuple[Array, Array] | None:
    """Azimuths and take-offs (n_trials, n) of arrivals, the first trial as located.

    None where an arrival does not say how its ray turns (records of an earlier version, files).
    """
    if not arrivals or not all(a.azimuth_turn_deg and a.takeoff_turn_deg for a in arrivals):
        return None
    generator = np.random.default_rng([seed, len(arrivals)])
    azimuth_turn = np.array([a.azimuth_turn_deg for a in arrivals])
    takeoff_turn = np.array([a.takeoff_turn_deg for a in arrivals])
    n, axes = azimuth_turn.shape
    normals = np.zeros((n_trials, axes + 2 * n))
    normals[1:] = stratified_normals(generator, n_trials - 1, axes + 2 * n)
    together, azimuth_alone, takeoff_alone = np.split(normals, [axes, axes + n], axis=1)
    azimuth_sigma = _own_sigma([a.azimuth_sigma_deg for a in arrivals], azimuth_turn)
    takeoff_sigma = _own_sigma([a.takeoff_sigma_deg for a in arrivals], takeoff_turn)
    azimuth = np.array([a.azimuth_deg for a in arrivals])
    takeoff = np.array([a.takeoff_deg for a in arrivals])
    return (
        azimuth + together @ azimuth_turn.T + azimuth_alone * azimuth_sigma,
        takeoff + together @ takeoff_turn.T + takeoff_alone * takeoff_sigma,
    )


def _own_sigma(sigma_deg: Sequence[float], turn_deg: Array) -> Array:
    """What is left of the sigmas without the part common to the event."""
    variance = np.square(sigma_deg) - np.square(turn_deg).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
