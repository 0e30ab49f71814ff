"""Where the stations stand."""

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station

Array = NDArray[np.float64]

NETWORK = "XS"
"""Network code of simulated stations (FDSN keeps X for temporary networks)."""

_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
_JITTER = 0.25
_HILLS = 4
_HILL_HEIGHT_M = 350.0


def make_network(
    n_stations: int,
    extent_km: float,
    latitude_deg: float,
    longitude_deg: float,
    rng: np.random.Generator,
) -> tuple[Station, ...]:
    """Stations spread evenly, not regularly, over a disc.

    Parameters
    ----------
    n_stations
        How many.
    extent_km
        Diameter of the disc.
    latitude_deg, longitude_deg
        Centre of the disc.
    rng
        Source of the jitter and of the hills.

    Notes
    -----
    Sunflower layout (Vogel 1979), each station moved by a quarter of the mean spacing.
    """
    order = np.arange(n_stations)
    radius = 0.5 * extent_km * np.sqrt((order + 0.5) / n_stations)
    angle = order * _GOLDEN_ANGLE + rng.uniform(0.0, 2.0 * np.pi)
    spacing_km = extent_km / np.sqrt(max(n_stations, 1))
    offsets = rng.normal(0.0, _JITTER * spacing_km / np.sqrt(2.0), (2, n_stations))
    east_km = radius * np.sin(angle) + offsets[0]
    north_km = radius * np.cos(angle) + offsets[1]
    elevation_m = _hills(east_km, north_km, extent_km, rng)
    latitude, longitude = LocalFrame(latitude_deg, longitude_deg).to_degrees(east_km, north_km)
    return tuple(
        Station(
            network=NETWORK,
            station=f"S{number + 1:03d}",
            latitude_deg=round(float(latitude[number]), 5),
            longitude_deg=round(float(longitude[number]), 5),
            elevation_m=round(float(elevation_m[number]), 1),
        )
        for number in range(n_stations)
    )


def _hills(east_km: Array, north_km: Array, extent_km: float, rng: np.random.Generator) -> Array:
    """Elevations in metres: a plain with a few broad hills."""
    elevation = np.full(east_km.shape, 200.0)
    for east, north in rng.uniform(-0.5 * extent_km, 0.5 * extent_km, (_HILLS, 2)):
        distance2 = (east_km - east) ** 2 + (north_km - north) ** 2
        height = _HILL_HEIGHT_M * rng.uniform(0.5, 1.5)
        elevation += height * np.exp(-distance2 / (2.0 * (0.15 * extent_km) ** 2))
    return np.asarray(elevation)
