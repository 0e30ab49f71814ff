"""``make calibrate``: relative errors of clustered earthquakes, single and double-difference.

``python benchmarks/calibrate.py double_difference -- [--clusters N] [--events N] [--seed N]``.
Earthquakes of a known crust on a fault of 2 by 1 km, located one by one with right and wrong
models, then relocated by differential times of picks, and of waveforms with a given timing error.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from calibrate_location import CHI2_3, GRADIENT, off_km
from document import markdown_table, provenance
from numpy.typing import NDArray
from synthetic_arrivals import (
    CENTRE,
    CRUST,
    NS,
    START_NS,
    Origin,
    arrivals,
    epicentre,
    network,
    scaled,
    tables_of,
)

from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.earth.velocity import VelocityModel
from streamstress.location.associate import Association
from streamstress.location.catalogue import Located
from streamstress.location.correlation import Lag
from streamstress.location.differential_times import differential_times
from streamstress.location.double_difference import Relocation, relocate
from streamstress.location.locate import locate
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]
N_STATIONS, RADIUS_KM = 30, 45.0
PICK_S, WAVEFORM_S = 0.07, 0.005
"""Timing errors: of picks (S 1.4 times), and of correlated waveforms."""

ALIKE = 0.7
"""Share of shared readings whose waveforms are alike."""

WRONG = 0.02
"""Share of correlations that are wrong by a period (0.1 s)."""

TRUE_TABLES = tables_of(CRUST)


@dataclass(frozen=True)
class Case:
    """A model to locate with, and whether waveforms are compared."""

    name: str
    model: VelocityModel
    with_waveforms: bool


CASES = tuple(
    Case(f"{name}, {kind}", model, kind == "waveforms")
    for name, model in (
        ("right model", CRUST),
        ("model 5 % fast", scaled(CRUST, 1.05)),
        ("gradient for layers", GRADIENT),
    )
    for kind in ("picks", "waveforms")
)


@dataclass
class Cluster:
    """True origins with their readings, by event name."""

    stations: Mapping[str, Station]
    origins: list[Origin]
    readings: list[list[PhaseReading]]
    late_s: dict[str, float]
    """Error of each pick."""


def cluster(n_events: int, rng: np.random.Generator) -> Cluster:
    """Origins on an upright fault somewhere inside the network."""
    stations = network(N_STATIONS, RADIUS_KM, rng)
    east, north = epicentre(rng, 0.0, 25.0)
    strike, depth = rng.uniform(0, np.pi), rng.uniform(6, 12)
    made = Cluster(stations, [], [], {})
    for n in range(n_events):
        along, down = rng.uniform(-1, 1), rng.uniform(-0.5, 0.5)
        origin = Origin(
            float(east + along * np.sin(strike)),
            float(north + along * np.cos(strike)),
            float(depth + down),
            START_NS + n * 1000 * NS,
        )
        own = arrivals(origin, f"e{n}", stations, TRUE_TABLES, rng, PICK_S)
        exact = arrivals(origin, f"e{n}", stations, TRUE_TABLES, rng, 0.0, missing=(0.0, 0.0))
        due = {reading.reading_id: reading.time_ns for reading in exact}
        made.late_s |= {r.reading_id: (r.time_ns - due[r.reading_id]) / NS for r in own}
        made.origins.append(origin)
        made.readings.append(own)
    return made


def single(made: Cluster, tables: Mapping[str, TravelTimeTable]) -> list[Located]:
    """Each earthquake located alone."""
    found = []
    for n, (origin, readings) in enumerate(zip(made.origins, made.readings, strict=True)):
        place = CENTRE.to_degrees(origin.east_km + 2.0, origin.north_km - 2.0)
        start = Association(float(place[0]), float(place[1]), 8.0, origin.time_ns, ())
        hypocentre = locate(readings, made.stations, tables, start)
        kept = set(hypocentre.inlier_ids)
        inliers = tuple(r for r in readings if r.reading_id in kept)
        found.append(Located(f"e{n}", hypocentre, inliers))
    return found


class Waveforms:
    """Lags as correlation would give them."""

    def __init__(self, made: Cluster, rng: np.random.Generator) -> None:
        self._late, self._rng = made.late_s, rng

    def __call__(self, first: PhaseReading, second: PhaseReading) -> Lag | None:
        """Return the lag that mends both picks, with its error; None where waveforms differ."""
        if self._rng.random() > ALIKE:
            return None
        wrong = 0.1 * self._rng.choice([-1, 1]) if self._rng.random() < WRONG else 0.0
        lag = self._late[first.reading_id] - self._late[second.reading_id]
        return Lag(lag + float(self._rng.normal(0, WAVEFORM_S)) + wrong, WAVEFORM_S, 0.9)


def relative_errors(
    made: Cluster, alone: Sequence[Located], found: Sequence[Relocation]
) -> tuple[Array, Array, Array]:
    """Errors of single and relocated places next to the group's mean.

    Returns
    -------
    (n, 3) each in km, and whether (n,) the relocated one lies within its 95 % ellipsoid.
    """
    before = np.array([off_km(alone[r.event].hypocentre, made.origins[r.event]) for r in found])
    after = np.array([_off_km(r, made.origins[r.event]) for r in found])
    before, after = before - before.mean(axis=0), after - after.mean(axis=0)
    inverse = np.linalg.inv(np.array([r.covariance for r in found])[:, :3, :3])
    held = np.einsum("ni,nij,nj->n", after, inverse, after) < CHI2_3
    return before, after, held


def _off_km(found: Relocation, origin: Origin) -> Array:
    x, y = CENTRE.to_km(found.latitude_deg, found.longitude_deg)
    return np.array([x - origin.east_km, y - origin.north_km, found.depth_km - origin.depth_km])


def row(case: Case, n_clusters: int, n_events: int, seed: int) -> list[str]:
    """Relative errors of one case over all clusters."""
    tables = TRUE_TABLES if case.model is CRUST else tables_of(case.model)
    parts = []
    for number in range(n_clusters):
        rng = np.random.default_rng([seed, number])
        made = cluster(n_events, rng)
        alone = single(made, tables)
        lags = Waveforms(made, rng) if case.with_waveforms else None
        times = differential_times(alone, correlate=lags)
        found = relocate(alone, times, made.stations, tables)
        parts.append(relative_errors(made, alone, found))
    before, after, held = (np.concatenate([part[k] for part in parts]) for k in range(3))
    sizes = [np.hypot(before[:, 0], before[:, 1]), np.hypot(after[:, 0], after[:, 1])]
    depths = [np.abs(before[:, 2]), np.abs(after[:, 2])]
    cells = [f"{1000 * np.median(part):.0f}" for part in (*sizes, *depths)]
    factors = [np.median(a) / np.median(b) for a, b in (sizes, depths)]
    return [
        case.name,
        str(len(after)),
        *cells,
        *(f"{f:.1f}" for f in factors),
        f"{100 * held.mean():.0f}",
    ]


HEADING = [
    "case",
    "events",
    "horizontal error m, single",
    "relocated",
    "depth error m, single",
    "relocated",
    "times smaller, horizontal",
    "depth",
    "in relative ellipsoid %",
]


def run(arguments: list[str]) -> str:
    """Markdown of all cases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clusters", type=int, default=10)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rows = [row(case, options.clusters, options.events, options.seed) for case in CASES]
    command = " ".join(["python benchmarks/calibrate.py double_difference --", *arguments])
    return "\n\n".join([provenance(command), markdown_table(HEADING, rows)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
