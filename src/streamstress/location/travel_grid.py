"""Travel times from trial origins, even over a network, to all of its stations."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import Receivers, TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.location.associate import AssociationSettings

Array = NDArray[np.float64]

EPICENTRES = 2000
"""About so many: a wide network has a coarser grid, and so bounded cost."""

NEAREST_NODES_KM = 1.0
DEPTHS_KM = (3.0, 9.0, 16.0, 26.0)
"""Down to the deepest source that is looked for; one more half way up to a top above the sea."""

PHASES = ("P", "S")
NEAR_KM = 60.0
"""Stations count less from about here on: a small earthquake is heard by its nearest."""

CHUNK = 500
"""Origins whose rays are made at once, for the memory's sake."""


@dataclass(frozen=True, slots=True, eq=False)
class TravelGrid:
    """Times of n trial origins to m stations.

    Attributes
    ----------
    frame
        Of the coordinates.
    place_km
        (n, 3) east, north, depth.
    travel_s
        (n, m, 2) of P and S, float32.
    worth
        (n, m) weight of a reading, 0 beyond the farthest station that is used, float32.
    spacing_km
        Between neighbouring epicentres.
    """

    frame: LocalFrame
    codes: tuple[str, ...]
    place_km: Array
    travel_s: NDArray[np.float32]
    worth: NDArray[np.float32]
    spacing_km: float


def travel_grid(
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimes],
    settings: AssociationSettings,
) -> TravelGrid:
    """Trial origins over the network and ``margin_km`` beyond, at `DEPTHS_KM`."""
    codes = tuple(stations)
    latitude = np.array([station.latitude_deg for station in stations.values()])
    longitude = np.array([station.longitude_deg for station in stations.values()])
    frame = LocalFrame(float(latitude.mean()), float(longitude.mean()))
    east, north = frame.to_km(latitude, longitude)
    height = np.array([station.elevation_m / 1000.0 for station in stations.values()])
    receivers = Receivers(frame, codes, east, north, height)
    places, spacing_km = _places(east, north, settings)
    travel = np.empty((len(places), len(codes), len(PHASES)), np.float32)
    for start in range(0, len(places), CHUNK):
        part = places[start : start + CHUNK]
        for k, phase in enumerate(PHASES):
            travel[start : start + CHUNK, :, k] = tables[phase].rays_to(receivers, part).time_s
    apart = np.hypot(places[:, 0, None] - east, places[:, 1, None] - north)
    worth = np.where(apart <= settings.max_station_distance_km, 0.2 + np.exp(-apart / NEAR_KM), 0.0)
    return TravelGrid(frame, codes, places, travel, worth.astype(np.float32), spacing_km)


def _places(east: Array, north: Array, settings: AssociationSettings) -> tuple[Array, float]:
    edges = [(side.min() - settings.margin_km, side.max() + settings.margin_km)
             for side in (east, north)]  # fmt: skip
    area = float(np.prod([high - low for low, high in edges]))
    spacing_km = max(NEAREST_NODES_KM, float(np.sqrt(area / EPICENTRES)))
    axes = [
        np.linspace(low, high, max(2, round((high - low) / spacing_km) + 1)) for low, high in edges
    ]
    depths = [depth for depth in DEPTHS_KM if depth <= settings.max_depth_km] or [
        settings.max_depth_km / 2
    ]
    if settings.top_km < 0.0:
        depths = [settings.top_km / 2, *depths]
    grid = np.meshgrid(*axes, np.array(depths), indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1), spacing_km
