"""Predicted arrival times of readings, and how they change with the origin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import Rays, Receivers, TravelTimes, empty_rays
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]

Terms = Mapping[tuple[str, str], float]
"""Delay (s) of a station (``NET.STA``) and phase against the model."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The stations of n readings, in a local frame; each array (n,).

    ``time_s`` are freed of the stations' terms.
    """

    tables: Mapping[str, TravelTimes]
    receivers: Receivers
    is_s: NDArray[np.bool_]
    time_s: Array
    sigma_s: Array

    def rays(self, origins: Array, tables: Mapping[str, TravelTimes] | None = None) -> Rays:
        """Rays of each reading's phase from origins (k, 3 or more), in these tables or others."""
        rays = empty_rays(len(origins), self.is_s.size)
        for phase, mine in (("P", ~self.is_s), ("S", self.is_s)):
            if mine.any():
                table = (tables or self.tables)[phase]
                part = table.rays_to(self.receivers.only(mine), origins[:, :3])
                rays.distance_km[:, mine] = part.distance_km
                rays.azimuth_deg[:, mine] = part.azimuth_deg
                rays.time_s[:, mine] = part.time_s
                rays.takeoff_deg[:, mine] = part.takeoff_deg
                rays.slopes[:, mine] = part.slopes
        return rays


def network_of(
    readings: Sequence[PhaseReading],
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimes],
    frame: LocalFrame,
    zero_ns: int,
    terms: Terms | None = None,
) -> Network:
    """Put the readings' stations into a frame, and their times from ``zero_ns``."""
    places = [stations[reading.station] for reading in readings]
    east, north = frame.to_km(
        [place.latitude_deg for place in places], [place.longitude_deg for place in places]
    )
    elevation = np.array([place.elevation_m / 1000.0 for place in places])
    codes = tuple(reading.station for reading in readings)
    delays = [(terms or {}).get((reading.station, reading.phase), 0.0) for reading in readings]
    return Network(
        tables,
        Receivers(frame, codes, east, north, elevation),
        np.array([reading.phase == "S" for reading in readings]),
        np.array([(reading.time_ns - zero_ns) * 1e-9 for reading in readings]) - delays,
        np.array([reading.sigma_s for reading in readings]),
    )


def linearise(network: Network, origins: Array) -> tuple[Rays, Array]:
    """Rays (k, n) of origins (k, 4), and the slopes (k, n, 4) of the arrival times."""
    rays = network.rays(origins)
    return rays, np.concatenate([rays.slopes, np.ones((*rays.time_s.shape, 1))], axis=2)
