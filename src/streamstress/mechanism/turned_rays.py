"""Rays of the mechanism's trials, drawn as the location's error really moves them.

The errors of origin and velocity model turn all rays of an event together; what is left of each
sigma is the ray's own. Trials that turn every ray alone (HASH) average the first part away over
many stations.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.inputs import stratified_normals

Array = NDArray[np.float64]
Turns = Sequence[Sequence[float]]


def turned_trials(
    angle_deg: tuple[Array, Array],
    sigma_deg: tuple[Array, Array],
    turn_deg: tuple[Turns, Turns],
    n_trials: int,
    seed: int,
) -> tuple[Array, Array] | None:
    """Azimuths and take-offs (n_trials, n) of n rays, the first trial as located.

    Parameters
    ----------
    angle_deg, sigma_deg
        Of azimuth and take-off, each (n,); the sigmas hold the common part.
    turn_deg
        Of azimuth and take-off: how far each ray turns for one sigma of each common error.
    seed
        The same rays in the same order with the same seed draw the same.

    Returns
    -------
    None where a ray does not say how it turns, or the rays of an event do not agree in the number
    of common errors.
    """
    turns = [tuple(turn) for part in turn_deg for turn in part]
    if not turns or len({len(turn) for turn in turns}) > 1 or not turns[0]:
        return None
    common = [np.array(part, float) for part in turn_deg]
    n, axes = common[0].shape
    normals = np.zeros((n_trials, axes + 2 * n))
    normals[1:] = stratified_normals(np.random.default_rng([seed, n]), n_trials - 1, axes + 2 * n)
    together, *alone = np.split(normals, [axes, axes + n], axis=1)
    azimuth, takeoff = (
        angle + together @ turn.T + own * _own_sigma(sigma, turn)
        for angle, sigma, turn, own in zip(angle_deg, sigma_deg, common, alone, strict=True)
    )
    return azimuth, takeoff


def _own_sigma(sigma_deg: Array, turn_deg: Array) -> Array:
    """What is left of the sigmas without the part common to the event."""
    variance = np.square(sigma_deg) - np.square(turn_deg).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
