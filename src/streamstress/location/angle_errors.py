"""What the velocity models leave open in the rays' take-off: common to the event, and each ray's.

Where other models are given, what their take-offs differ from the first's is their error; else the
stated error of the first (`earth.velocity_errors`); else a fixed figure. The first two turn all
rays of an event together, so they are turns beside those of the origin. What no 1-D model knows
(structure to one side) is each ray's own: a floor. So is a crossover that the model's error reaches
on one side alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import TravelTimes
from streamstress.earth.velocity_errors import WrongModels
from streamstress.location.design import Network
from streamstress.location.hypocentre import ArrivalGeometry

Array = NDArray[np.float64]

AXES = 3
"""Principal axes of the position's covariance: the first turns of a ray."""


class AngleErrors(Protocol):
    """The models' part of the sigmas (LocationSettings has it)."""

    @property
    def azimuth_model_sigma_deg(self) -> float:
        """Of the azimuth."""
        ...

    @property
    def takeoff_model_sigma_deg(self) -> float:
        """Of the take-off, where nothing is known of the model's error."""
        ...

    @property
    def top_km(self) -> float:
        """Shallowest depth of a source; below 0 above sea level."""
        ...

    @property
    def takeoff_floor_deg(self) -> float:
        """Of the take-off, beside what is known of it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ModelPart:
    """The models' part of n take-offs: turns (m, n) common to the event, and sigmas (n,)."""

    turn_deg: Array
    own_sigma_deg: Array


def model_part(
    network: Network,
    origin: Array,
    errors: AngleErrors,
    others: Sequence[Mapping[str, TravelTimes]] = (),
    wrong: WrongModels | None = None,
) -> ModelPart:
    """The models' part of the rays from an origin (3 or more,)."""
    n = network.is_s.size
    if others:
        here = network.rays(origin[None]).takeoff_deg[0]
        told = [network.rays(origin[None], tables).takeoff_deg[0] for tables in others]
        # The variance of normal draws along these is the mean square of the differences.
        turn = (np.array(told) - here) / np.sqrt(len(others))
        return ModelPart(turn, np.full(n, errors.takeoff_floor_deg))
    if wrong is not None:
        turn, uneven = wrong.turns(network.receivers, origin[:3])
        return ModelPart(turn, np.hypot(uneven, errors.takeoff_floor_deg))
    return ModelPart(np.zeros((0, n)), np.full(n, errors.takeoff_model_sigma_deg))


def part_of_rays(arrivals: Sequence[ArrivalGeometry]) -> ModelPart:
    """The models' part that rays which were traced before have in their turns and sigmas."""
    turns = np.array([arrival.takeoff_turn_deg for arrival in arrivals]).reshape(len(arrivals), -1)
    sigma = np.array([arrival.takeoff_sigma_deg for arrival in arrivals])
    own = np.sqrt(np.maximum(sigma**2 - np.square(turns).sum(axis=1), 0.0))
    # Rounded: an event that is moved again has the same to the last bit.
    return ModelPart(turns[:, AXES:].T, np.round(own, 9))
