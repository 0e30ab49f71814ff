"""Receivers in a local frame, and the rays that reach them: what every kind of Earth answers."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Receivers:
    """Stations of n rays (``NET.STA``, may repeat) in a local frame; each array (n,)."""

    frame: LocalFrame
    codes: tuple[str, ...]
    east_km: Array
    north_km: Array
    elevation_km: Array

    def only(self, mine: NDArray[np.bool_]) -> "Receivers":
        """Some of them, by a mask (n,)."""
        codes = tuple(code for code, is_mine in zip(self.codes, mine, strict=True) if is_mine)
        return Receivers(
            self.frame, codes, self.east_km[mine], self.north_km[mine], self.elevation_km[mine]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """First arrivals from k origins to n receivers, each (k, n).

    ``azimuth_deg`` and ``takeoff_deg`` (from straight down) at the source; ``slopes`` (k, n, 3) is
    how the time changes as the source goes east, north and down (s/km).
    """

    distance_km: Array
    azimuth_deg: Array
    time_s: Array
    takeoff_deg: Array
    slopes: Array


def empty_rays(n_origins: int, n_receivers: int) -> Rays:
    """Rays to be filled in."""
    shape = (n_origins, n_receivers)
    return Rays(
        np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape), np.empty((*shape, 3))
    )


class TravelTimes(Protocol):
    """Times and rays of one phase, of a 1-D table or of volumes."""

    def rays_to(self, receivers: Receivers, origins: Array) -> Rays:
        """Rays from origins (k, 3): east, north, depth (km) in the receivers' frame."""
        ...
