"""Networks, earthquakes and their arrivals with known truth, for location and association."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.location.readings import PhaseReading

NS = 1_000_000_000
START_NS = 1_700_000_000 * NS
CENTRE = LocalFrame(35.0, 139.0)

CRUST = VelocityModel(
    "layers",
    (0.0, 4.0, 4.0, 15.0, 15.0, 32.0, 32.0),
    (5.0, 5.4, 5.9, 6.1, 6.5, 6.8, 8.0),
    (2.85, 3.08, 3.40, 3.52, 3.75, 3.92, 4.55),
)
"""A crust of three layers with weak gradients."""


@dataclass(frozen=True)
class Origin:
    """True origin: east, north and depth in km, time in ns."""

    east_km: float
    north_km: float
    depth_km: float
    time_ns: int


def scaled(model: VelocityModel, factor: float) -> VelocityModel:
    """A model faster by a factor."""
    return VelocityModel(
        f"{model.name} x {factor:g}",
        model.depth_km,
        tuple(v * factor for v in model.vp_km_s),
        tuple(v * factor for v in model.vs_km_s),
    )


def network(n_stations: int, radius_km: float, rng: np.random.Generator) -> dict[str, Station]:
    """Stations strewn evenly over a circle, up to 800 m high."""
    found = {}
    for number in range(n_stations):
        radius, azimuth = radius_km * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        place = CENTRE.to_degrees(radius * np.sin(azimuth), radius * np.cos(azimuth))
        name = f"S{number:03d}"
        height = float(rng.uniform(0, 800))
        found[f"XX.{name}"] = Station("XX", name, float(place[0]), float(place[1]), height)
    return found


def tables_of(model: VelocityModel, reach_km: float = 220.0) -> dict[str, TravelTimeTable]:
    """Travel times of both phases to 45 km depth."""
    return {phase: travel_time_table(model, phase, reach_km, 45.0) for phase in ("P", "S")}


def epicentre(
    rng: np.random.Generator, nearest_km: float, farthest_km: float
) -> tuple[float, float]:
    """East and north (km), evenly over a ring around the centre."""
    radius = np.sqrt(rng.uniform(nearest_km**2, farthest_km**2))
    azimuth = rng.uniform(0, 2 * np.pi)
    return float(radius * np.sin(azimuth)), float(radius * np.cos(azimuth))


def arrivals(
    origin: Origin,
    name: str,
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimeTable],
    rng: np.random.Generator,
    sigma_s: float = 0.07,
    reach_km: float = 70.0,
    missing: tuple[float, float] = (0.1, 0.3),
    terms_s: Mapping[str, float] | None = None,
) -> list[PhaseReading]:
    """P and S of one event within reach, normal errors (S 1.4 times as large), some missing."""
    codes = list(stations)
    x, y = CENTRE.to_km(
        [stations[c].latitude_deg for c in codes], [stations[c].longitude_deg for c in codes]
    )
    height = np.array([stations[c].elevation_m / 1000.0 for c in codes])
    distance = np.hypot(x - origin.east_km, y - origin.north_km)
    found = []
    for phase, lost, times in (("P", missing[0], 1.0), ("S", missing[1], 1.4)):
        travel, _ = tables[phase].rays(distance, origin.depth_km, height)
        error = rng.normal(0.0, sigma_s * times, len(codes))
        kept = (distance < reach_km) & (rng.random(len(codes)) >= lost)
        for k in np.flatnonzero(kept):
            late = times * terms_s.get(codes[k], 0.0) if terms_s else 0.0
            time_ns = origin.time_ns + round(float(travel[k] + error[k] + late) * NS)
            found.append(
                PhaseReading(
                    f"{name}/{codes[k]}/{phase}", codes[k], phase, time_ns, sigma_s * times, 0.9
                )
            )
    return found


def false_picks(
    rng: np.random.Generator, stations: Mapping[str, Station], count: int, span_ns: tuple[int, int]
) -> list[PhaseReading]:
    """Picks of noise, evenly over stations and time."""
    codes = list(stations)
    return [
        PhaseReading(
            f"false/{number}",
            codes[int(rng.integers(len(codes)))],
            "P" if rng.random() < 0.6 else "S",
            int(rng.integers(*span_ns)),
            0.1,
            float(rng.uniform(0.3, 0.8)),
        )
        for number in range(count)
    ]
