"""An event of several solutions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from streamstress.change.events import ChangeEvent, change_event
from streamstress.errors import UnusableDataError
from streamstress.geometry.tensors import five_of, normalised, tensor_of

LEAST_MEAN_NORM = 0.05
"""Norm of the mean tensor under which solutions cancel and tell no direction."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One mechanism that an event may have had: either nodal plane, and its probability."""

    strike_deg: float
    dip_deg: float
    rake_deg: float
    probability: float = 1.0


def event_of_solutions(
    event_id: str,
    origin_time_ns: int,
    solutions: Sequence[Solution],
    *,
    latitude_deg: float | None = None,
    longitude_deg: float | None = None,
    depth_km: float | None = None,
) -> ChangeEvent:
    """One event of all its solutions, in any order: the mean tensor, weighted by probability.

    Raises
    ------
    UnusableDataError
        There is no solution, one is not a number, or they cancel.
    """
    if not solutions or not sum(one.probability for one in solutions) > 0.0:
        raise UnusableDataError(f"event {event_id}: no solution with a probability over 0")
    ordered = sorted(
        solutions, key=lambda one: (-one.probability, one.strike_deg, one.dip_deg, one.rake_deg)
    )
    events = [
        change_event(
            event_id,
            origin_time_ns,
            one.strike_deg,
            one.dip_deg,
            one.rake_deg,
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            depth_km=depth_km,
        )
        for one in ordered
    ]
    if len(events) == 1:
        return events[0]
    share = np.array([one.probability for one in ordered])
    mean = tensor_of(np.average([event.five for event in events], axis=0, weights=share))
    if np.linalg.norm(mean) < LEAST_MEAN_NORM:
        raise UnusableDataError(f"event {event_id}: its solutions cancel")
    ee, en, eu, nn, nu = (float(component) for component in five_of(normalised(mean)))
    return replace(events[0], five=(ee, en, eu, nn, nu))
