"""A synthetic network and catalogue with known truth, for all tests of the location."""

from dataclasses import dataclass

import numpy as np
import pytest

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel, named_velocity
from streamstress.location.readings import PhaseReading

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
CENTRE = LocalFrame(35.0, 139.0)


@dataclass
class World:
    stations: dict[str, Station]
    model: VelocityModel
    tables: dict[str, TravelTimeTable]

    def arrivals(
        self,
        rng: np.random.Generator,
        origin: tuple[float, float, float, int],
        name: str,
        sigma_s: float = 0.07,
        missing: float = 0.1,
        reach_km: float = 60.0,
    ) -> list[PhaseReading]:
        """Readings of one event (east, north, depth km, origin ns), ids ``name/station/phase``."""
        east, north, depth, origin_ns = origin
        readings = []
        for code, station in self.stations.items():
            x, y = CENTRE.to_km(station.latitude_deg, station.longitude_deg)
            distance = float(np.hypot(x - east, y - north))
            for phase in "PS":
                sigma = sigma_s if phase == "P" else 1.4 * sigma_s
                time, _ = self.tables[phase].rays(distance, depth, station.elevation_m / 1000)
                lost = rng.random() < missing * (1 if phase == "P" else 2)
                jitter = rng.normal(0, sigma)
                if distance < reach_km and not lost:
                    time_ns = origin_ns + round((float(time) + jitter) * NS)
                    key = f"{name}/{code}/{phase}"
                    readings.append(PhaseReading(key, code, phase, time_ns, sigma, 0.9))
        return readings


def false_picks(
    rng: np.random.Generator, stations: list[str], count: int, start_ns: int, end_ns: int
) -> list[PhaseReading]:
    return [
        PhaseReading(
            f"false/{i}",
            stations[int(rng.integers(len(stations)))],
            "P" if rng.random() < 0.6 else "S",
            int(rng.integers(start_ns, end_ns)),
            0.1,
            0.4,
        )
        for i in range(count)
    ]


@pytest.fixture(scope="session")
def world() -> World:
    rng = np.random.default_rng(7)
    stations = {}
    for i in range(30):
        radius, azimuth = 45 * np.sqrt(rng.random()), rng.random() * 2 * np.pi
        latitude, longitude = CENTRE.to_degrees(radius * np.sin(azimuth), radius * np.cos(azimuth))
        name = f"S{i:02d}"
        stations[f"XX.{name}"] = Station(
            "XX", name, float(latitude), float(longitude), float(rng.uniform(0, 800))
        )
    model = named_velocity("iasp91")
    tables = {phase: travel_time_table(model, phase, 200, 40) for phase in "PS"}
    return World(stations, model, tables)


@dataclass
class Catalogue:
    """Origins (east, north, depth km, origin ns) and all readings, by time."""

    origins: list[tuple[float, float, float, int]]
    readings: list[PhaseReading]


@pytest.fixture(scope="session")
def catalogue(world: World) -> Catalogue:
    """40 events at 20 s mean spacing, 20 % false picks, 10 % missing P and 20 % missing S."""
    return synthetic_catalogue(world, 40, 20.0, 11)


def synthetic_catalogue(world: World, events: int, spacing_s: float, seed: int) -> Catalogue:
    rng = np.random.default_rng(seed)
    time_ns = EPOCH_NS
    origins, readings = [], []
    for i in range(events):
        time_ns += round((4.0 + rng.exponential(spacing_s - 4.0)) * NS)
        radius, azimuth = 35 * np.sqrt(rng.random()), rng.random() * 2 * np.pi
        origin = (
            float(radius * np.sin(azimuth)),
            float(radius * np.cos(azimuth)),
            float(rng.uniform(4, 16)),
            time_ns,
        )
        origins.append(origin)
        reach = float(rng.uniform(30, 70))
        readings += world.arrivals(rng, origin, f"e{i}", rng.uniform(0.05, 0.1), reach_km=reach)
    count = len(readings) // 4
    readings += false_picks(rng, list(world.stations), count, EPOCH_NS, time_ns + 30 * NS)
    return Catalogue(origins, sorted(readings, key=lambda r: (r.time_ns, r.reading_id)))
