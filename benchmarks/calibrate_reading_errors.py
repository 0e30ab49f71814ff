"""What learning the picks' errors from residuals does to stated and true errors of hypocentres.

``python benchmarks/calibrate.py reading_errors -- [--events N] [--networks N] [--seed N]``. Each
network locates its earthquakes in turn, once with the sigmas as stated and once as learned.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from document import markdown_table, provenance
from known_hypocentres import (
    CHI2_3,
    N_STATIONS,
    RADIUS_KM,
    TRUE_TABLES,
    Array,
    distances2,
    located_from,
    off_km,
    tables_with,
)
from synthetic_arrivals import (
    CRUST,
    NS,
    START_NS,
    Origin,
    arrivals,
    epicentre,
    network,
    scaled,
)

from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.location.associate import Association
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.location_settings import LocationSettings
from streamstress.location.reading_errors import ReadingErrors
from streamstress.location.readings import PhaseReading

START = Association(35.0, 139.0, 8.0, START_NS + NS // 2, ())
"""First guess: the middle."""

SIGMA_S = 0.05
FAINT_SHARE = 0.4
LEARN_EVENTS = 100
"""Events of a network before those that count."""


@dataclass(frozen=True)
class Case:
    """True over stated sigma of clear and of faint picks, and the model's speed over the true."""

    name: str
    clear: float = 1.0
    faint: float = 1.0
    speed: float = 1.0


CASES = (
    Case("stated right"),
    Case("stated half the truth", 2.0, 2.0),
    Case("stated twice the truth", 0.5, 0.5),
    Case("faint picks 4 times as wrong as stated", 1.0, 4.0),
    Case("stated right, model 5 % fast", speed=1.05),
    Case("faint picks 4 times as wrong, model 5 % fast", 1.0, 4.0, 1.05),
)


def readings_of(
    case: Case, stations: Mapping[str, Station], origin: Origin, rng: np.random.Generator
) -> list[PhaseReading]:
    """Readings of one event; two in five are faint."""
    found = []
    for exact in arrivals(origin, "e", stations, TRUE_TABLES, rng, 0.0):
        faint = rng.random() < FAINT_SHARE
        sigma_s = SIGMA_S * (1.4 if exact.phase == "S" else 1.0) * (2.0 if faint else 1.0)
        error_s = rng.normal(0.0, sigma_s * (case.faint if faint else case.clear))
        found.append(
            replace(
                exact,
                time_ns=exact.time_ns + round(error_s * NS),
                sigma_s=sigma_s,
                probability=0.4 if faint else 0.9,
                snr=2.0 if faint else 20.0,
            )
        )
    return found


def one_network(
    case: Case, n_events: int, rng: np.random.Generator, tables: Mapping[str, TravelTimeTable]
) -> tuple[list[tuple[Array, Hypocentre]], list[tuple[Array, Hypocentre]], ReadingErrors]:
    """Errors and hypocentres of the events that count, as stated and as learned."""
    stations, errors = network(N_STATIONS, RADIUS_KM, rng), ReadingErrors()
    stated: list[tuple[Array, Hypocentre]] = []
    learned: list[tuple[Array, Hypocentre]] = []
    for number in range(LEARN_EVENTS + n_events):
        place = epicentre(rng, 0.0, 35.0)
        origin = Origin(*place, float(rng.uniform(4.0, 18.0)), START_NS)
        readings = readings_of(case, stations, origin, rng)
        counts = number >= LEARN_EVENTS
        plain = located_from(START, readings, stations, tables) if counts else None
        found = located_from(START, errors.told(readings), stations, tables)
        if found is not None:
            kept = set(found.inlier_ids)
            errors.learn(found, [r for r in readings if r.reading_id in kept], LocationSettings())
        if counts and plain is not None and found is not None:
            stated.append((off_km(plain, origin), plain))
            learned.append((off_km(found, origin), found))
    return stated, learned, errors


def _cells(found: Sequence[tuple[Array, Hypocentre]]) -> list[str]:
    off = np.array([o for o, _ in found])
    covariance = np.array([h.covariance for _, h in found])[:, :3, :3]
    across, down = np.hypot(off[:, 0], off[:, 1]), np.abs(off[:, 2])
    return [
        f"{100 * np.mean(distances2(off, covariance) < CHI2_3):.1f}",
        f"{np.sqrt(np.mean(across**2)):.2f}",
        f"{np.sqrt(np.mean(down**2)):.2f}",
    ]


def row(case: Case, n_events: int, n_networks: int, seed: int) -> list[str]:
    """Factors learned, coverage and errors of one case."""
    tables = tables_with(CRUST if case.speed == 1.0 else scaled(CRUST, case.speed))
    runs = [
        one_network(case, n_events, np.random.default_rng([seed, number]), tables)
        for number in range(n_networks)
    ]
    clear, faint = (
        np.mean([errors.factor(PhaseReading("", "", "P", 0, 0.1, p, snr)) for *_, errors in runs])
        for p, snr in ((0.9, 20.0), (0.4, 2.0))
    )
    stated, learned = ([one for run in runs for one in run[part]] for part in (0, 1))
    cells = [f"{case.clear:g}, {case.faint:g}", f"{clear:.2f}, {faint:.2f}", str(len(stated))]
    return [case.name, *cells, *_cells(stated), *_cells(learned)]


def run(arguments: list[str]) -> str:
    """Markdown of all cases."""
    parser = argparse.ArgumentParser(prog="calibrate.py reading_errors --")
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--networks", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rows = [row(case, options.events, options.networks, options.seed) for case in CASES]
    heading = ["case", "true over stated (clear, faint)", "learned, P", "events"]
    for how in ("as stated", "learned"):
        heading += [f"in ellipsoid %, {how}", "rms epicentre km", "rms depth km"]
    command = " ".join(["python benchmarks/calibrate.py reading_errors --", *arguments])
    return "\n\n".join([provenance(command), markdown_table(heading, rows)])
