"""Rays of the mechanism's trials, of the arrivals of an event."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.mechanism.turned_rays import turned_trials
from streamstress.records import Arrival

Array = NDArray[np.float64]


def trial_rays_of(
    arrivals: Sequence[Arrival], n_trials: int, seed: int
) -> tuple[Array, Array] | None:
    """Azimuths and take-offs (n_trials, n) of arrivals, the first trial as located.

    None where an arrival does not say how its ray turns (records of an earlier version).
    """

    def column(name: str) -> Array:
        return np.array([getattr(arrival, name) for arrival in arrivals], dtype=np.float64)

    return turned_trials(
        (column("azimuth_deg"), column("takeoff_deg")),
        (column("azimuth_sigma_deg"), column("takeoff_sigma_deg")),
        ([a.azimuth_turn_deg for a in arrivals], [a.takeoff_turn_deg for a in arrivals]),
        n_trials,
        seed,
    )
