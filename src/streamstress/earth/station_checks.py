"""Stations that cannot stand where their coordinates say, or stand high."""

from collections.abc import Iterable, Mapping

import numpy as np

from streamstress.earth.projection import LocalFrame, distance_azimuth
from streamstress.earth.stations import Station

FAR_TIMES, FAR_KM = 10.0, 300.0
"""Farther from the network's middle than both so many times its usual radius and so many km."""

FEWEST = 5
"""Of fewer stations nobody can say which one is wrong."""

FLAT_RATIO = 0.02
"""Width over length of a network that is a line."""


HILLS_M = 1000.0
"""Stations above it want tables of their own elevation: at 1.2 km take-offs are 2 to 3 degrees off
without (docs/methods.md, Location)."""


def misplaced(stations: Mapping[str, Station]) -> dict[str, str]:
    """Why each station is left out that cannot belong to its network, by ``NET.STA``."""
    if len(stations) < FEWEST:
        return {}
    latitude = np.array([s.latitude_deg for s in stations.values()])
    longitude = np.array([s.longitude_deg for s in stations.values()])
    middle = float(np.median(latitude)), float(np.median(longitude))
    away = distance_azimuth(*middle, latitude, longitude)[0]
    limit = max(FAR_TIMES * float(np.median(away)), FAR_KM)
    found = {}
    for code, far in zip(stations, away, strict=True):
        if far > limit:
            found[code] = _reason(stations[code], float(far), middle, limit)
    return found


def _reason(station: Station, far_km: float, middle: tuple[float, float], limit: float) -> str:
    told = f"{station.latitude_deg:g}, {station.longitude_deg:g}"
    if abs(station.longitude_deg) <= 90:
        turned = distance_azimuth(*middle, station.longitude_deg, station.latitude_deg)[0]
        if float(turned) <= limit:
            return f"at {told}: latitude and longitude seem swapped"
    return f"at {told}: {far_km:.0f} km from the middle of the network"


def is_line(stations: Mapping[str, Station]) -> bool:
    """Whether the stations stand on one line, so that sources on both its sides look alike."""
    latitude = np.array([s.latitude_deg for s in stations.values()])
    longitude = np.array([s.longitude_deg for s in stations.values()])
    frame = LocalFrame(float(latitude.mean()), float(longitude.mean()))
    spread = np.linalg.svd(np.stack(frame.to_km(latitude, longitude)), compute_uv=False)
    return bool(spread[-1] < FLAT_RATIO * spread[0])


def on_mountains(stations: Iterable[Station]) -> list[str]:
    """Codes of stations above the hills that a way through the ground at sea level is meant for."""
    return sorted(station.code for station in stations if station.elevation_m > HILLS_M)
