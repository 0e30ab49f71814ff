"""Predicted arrival times of readings, and how they change with the origin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The stations of n readings, in a local frame; each array (n,)."""

    tables: Mapping[str, TravelTimeTable]
    east_km: Array
    north_km: Array
    elevation_km: Array
    is_s: NDArray[np.bool_]
    time_s: Array
    sigma_s: Array

    def distance_azimuth(self, east_km: Array, north_km: Array) -> tuple[Array, Array]:
        """Distance (km) and azimuth (degrees) from origins (k,) to the stations: (k, n)."""
        east = self.east_km - east_km[:, None]
        north = self.north_km - north_km[:, None]
        return np.hypot(east, north), np.degrees(np.arctan2(east, north)) % 360.0

    def rays(self, distance_km: Array, depth_km: Array) -> tuple[Array, Array]:
        """Time (s) and take-off (degrees) of each reading's phase, for (k, n) distances."""
        time, takeoff = np.empty_like(distance_km), np.empty_like(distance_km)
        for phase, mine in (("P", ~self.is_s), ("S", self.is_s)):
            if mine.any():
                time[:, mine], takeoff[:, mine] = self.tables[phase].rays(
                    distance_km[:, mine], depth_km[:, mine], self.elevation_km[mine]
                )
        return time, takeoff


def network_of(
    readings: Sequence[PhaseReading],
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimeTable],
    frame: LocalFrame,
    zero_ns: int,
) -> Network:
    """Put the readings' stations into a frame, and their times from ``zero_ns``."""
    places = [stations[reading.station] for reading in readings]
    east, north = frame.to_km(
        [place.latitude_deg for place in places], [place.longitude_deg for place in places]
    )
    return Network(
        tables,
        east,
        north,
        np.array([place.elevation_m / 1000.0 for place in places]),
        np.array([reading.phase == "S" for reading in readings]),
        np.array([(reading.time_ns - zero_ns) * 1e-9 for reading in readings]),
        np.array([reading.sigma_s for reading in readings]),
    )


def linearise(network: Network, origins: Array) -> tuple[Array, Array]:
    """Predicted times (k, n) of origins (k, 4), and their slopes (k, n, 4)."""
    distance, azimuth = network.distance_azimuth(origins[:, 0], origins[:, 1])
    depth = np.broadcast_to(origins[:, 2, None], distance.shape)
    time, takeoff = network.rays(distance, depth)
    slopes = np.ones((*distance.shape, 4))
    for phase, mine in (("P", ~network.is_s), ("S", network.is_s)):
        if mine.any():
            table = network.tables[phase]
            away, down = table.slopes(takeoff[:, mine], depth[:, mine])
            bearing = np.radians(azimuth[:, mine])
            slopes[:, mine, 0] = -away * np.sin(bearing)
            slopes[:, mine, 1] = -away * np.cos(bearing)
            slopes[:, mine, 2] = down
    return time + origins[:, 3, None], slopes
