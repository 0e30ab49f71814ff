"""``make calibrate``: how often the stated ellipsoids hold the true hypocentre.

``python benchmarks/calibrate.py location -- [--events N] [--seed N]``. Readings of a known crust
are located with that crust, with wrong ones, and beyond the edge of the network.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from document import markdown_table, provenance
from known_hypocentres import (
    CHI2_2,
    CHI2_3,
    GRADIENT,
    N_STATIONS,
    NORMAL,
    RADIUS_KM,
    TRUE_TABLES,
    Array,
    distances2,
    located_from,
    off_km,
    tables_with,
)
from synthetic_arrivals import (
    CENTRE,
    CRUST,
    NS,
    START_NS,
    Origin,
    arrivals,
    epicentre,
    false_picks,
    network,
    scaled,
)

from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.earth.velocity import VelocityModel
from streamstress.location.associate import Association
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.readings import PhaseReading


@dataclass(frozen=True)
class Case:
    """A way to locate."""

    name: str
    model: VelocityModel = CRUST
    ring_km: tuple[float, float] = (0.0, 35.0)
    depth_km: tuple[float, float] = (4.0, 18.0)
    n_stations: int = N_STATIONS
    sigma_s: float = 0.07
    told_sigma: float = 1.0
    """Stated over true sigma of the picks."""
    false_share: float = 0.0


CASES = (
    Case("right model, inside"),
    Case("right model, inside, 10 stations", n_stations=10),
    Case("right model, inside, 10 % false picks", false_share=0.1),
    Case("right model, inside, sigma stated half", told_sigma=0.5),
    Case("right model, inside, sigma stated double", told_sigma=2.0),
    Case("right model, 5-30 km outside", ring_km=(50.0, 75.0)),
    Case("model 3 % fast, inside", scaled(CRUST, 1.03)),
    Case("model 3 % slow, inside", scaled(CRUST, 0.97)),
    Case("model 5 % fast, inside", scaled(CRUST, 1.05)),
    Case("model 5 % slow, inside", scaled(CRUST, 0.95)),
    Case("gradient for layers, inside", GRADIENT),
    Case("model 5 % fast, 5-30 km outside", scaled(CRUST, 1.05), ring_km=(50.0, 75.0)),
)


@dataclass(frozen=True)
class World:
    """The true earth and the model's tables."""

    stations: Mapping[str, Station]
    true: Mapping[str, TravelTimeTable]
    model: Mapping[str, TravelTimeTable]


def readings_of(
    case: Case, world: World, origin: Origin, rng: np.random.Generator
) -> list[PhaseReading]:
    """Readings of an event as the case has them."""
    exact = arrivals(origin, "e", world.stations, world.true, rng, case.sigma_s)
    told = [
        PhaseReading(r.reading_id, r.station, r.phase, r.time_ns, r.sigma_s * case.told_sigma)
        for r in exact
    ]
    count = round(case.false_share * len(told))
    span = (origin.time_ns, origin.time_ns + 20 * NS)
    return told + false_picks(rng, world.stations, count, span)


def located(
    case: Case, world: World, origin: Origin, rng: np.random.Generator
) -> Hypocentre | None:
    """An event's hypocentre from a guess some kilometres off."""
    readings = readings_of(case, world, origin, rng)
    guess = CENTRE.to_degrees(
        0.9 * origin.east_km + rng.normal(0, 3), 0.9 * origin.north_km + rng.normal(0, 3)
    )
    start = Association(float(guess[0]), float(guess[1]), 8.0, origin.time_ns + NS // 2, ())
    return located_from(start, readings, world.stations, world.model)


def row(case: Case, n_events: int, rng: np.random.Generator) -> list[str]:
    """Coverage and errors of one case."""
    found = []
    for number in range(n_events):
        if number % 50 == 0:
            stations = network(case.n_stations, RADIUS_KM, rng)
            world = World(stations, TRUE_TABLES, tables_with(case.model))
        origin = Origin(
            *epicentre(rng, *case.ring_km), float(rng.uniform(*case.depth_km)), START_NS
        )
        hypocentre = located(case, world, origin, rng)
        if hypocentre is not None:
            found.append((off_km(hypocentre, origin), hypocentre))
    return [case.name, *_cells(found)]


def _cells(found: Sequence[tuple[Array, Hypocentre]]) -> list[str]:
    off = np.array([o for o, _ in found])
    covariance = np.array([h.covariance for _, h in found])[:, :3, :3]

    def held(part: slice, limit: float) -> float:
        return float(np.mean(distances2(off[:, part], covariance[:, part, part]) < limit))

    three, two = held(slice(0, 3), CHI2_3), held(slice(0, 2), CHI2_2)
    depth = held(slice(2, 3), NORMAL**2)
    half = NORMAL * float(np.sqrt(three * (1 - three) / len(found)))
    stated = np.median([(h.horizontal_error_km, h.depth_error_km) for _, h in found], axis=0)
    true = np.median(np.hypot(off[:, 0], off[:, 1])), np.median(np.abs(off[:, 2]))
    fixed = np.mean([h.depth_fixed for _, h in found])
    return [
        str(len(found)),
        f"{100 * three:.1f} ± {100 * half:.1f}",
        f"{100 * two:.1f}",
        f"{100 * depth:.1f}",
        f"{stated[0]:.2f}",
        f"{true[0]:.2f}",
        f"{stated[1]:.2f}",
        f"{true[1]:.2f}",
        f"{100 * fixed:.0f}",
    ]


HEADING = [
    "case",
    "events",
    "in ellipsoid %",
    "in ellipse %",
    "in depth interval %",
    "stated horizontal km",
    "true",
    "stated depth km",
    "true",
    "depth fixed %",
]


def run(arguments: list[str]) -> str:
    """Markdown of the coverage of all cases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="cases whose name holds these words")
    options = parser.parse_args(arguments)
    rows = [
        row(case, options.events, np.random.default_rng([options.seed, number]))
        for number, case in enumerate(CASES)
        if options.only in case.name
    ]
    command = " ".join(["python benchmarks/calibrate.py location --", *arguments])
    return "\n\n".join([provenance(command), markdown_table(HEADING, rows)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
