"""The whole way to a stress: phases of a wrong velocity model, mechanisms, intervals.

``python benchmarks/calibrate.py stress_phases -- [--catalogues N] [--events N] [--store FILE]``.
Arrival times, polarities and S/P ratios are made in an earth whose layers differ from the model
of the location and of the rays by 5 % (normal, each layer for itself; a common factor would leave
every ray as it is). Each catalogue has an earth and a network of its own: events of one earth err
together, and eight earths for 100 catalogues held phi in 0.94 of one seed and 0.88 of another.
Catalogues are added to the store as they are done.
"""

import argparse
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

import numpy as np
from document import markdown_table, provenance
from numpy.typing import NDArray
from stress_catalogues import FAULTS, REGIMES, regime_axes
from synthetic_mechanisms import Population, mechanisms

from streamstress.earth.projection import LocalFrame, distance_azimuth
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.errors import UnusableDataError
from streamstress.geometry.axes import shmax_azimuth
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.geometry.tensors import double_couple, principal_axes, stress_tensor
from streamstress.location.associate import Association
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.locate import locate
from streamstress.location.readings import PhaseReading
from streamstress.mechanism import PolarityData, solve_mechanism
from streamstress.mechanism.kernels import AMPLITUDE_FACTOR
from streamstress.simulate.network import make_network
from streamstress.stress import EventContribution, bootstrap, event_contribution
from streamstress.stress.uncertainty import (
    axis_cones_deg,
    estimate_of,
    phi_interval,
    phi_reliable,
    shmax_interval,
)
from streamstress.stress.weights import grade_weight

Array = NDArray[np.float64]

MODEL = VelocityModel(
    "crust",
    (0.0, 3.0, 8.0, 15.0, 25.0, 35.0, 35.0),
    (4.8, 5.6, 6.0, 6.3, 6.6, 6.9, 7.8),
    (2.75, 3.2, 3.45, 3.6, 3.8, 3.95, 4.4),
)
"""A gradient crust, the model that location and rays take for true."""

WRONG = 0.05
STATIONS, EXTENT_KM, REACH_KM = 30, 60.0, 120.0
CENTRE = LocalFrame(36.0, 140.0)
START_NS = 1_700_000_000_000_000_000
PICK_S = {"P": 0.05, "S": 0.10}
WRONG_POLARITIES = 0.03
RATIO_SIGMA = 0.2
"""Scatter of log10 S/P at a station."""

GRADES = "ABC"
SHARES = ("SHmax", "s1", "s2", "s3", "phi", "phi reliable")
"""Shares of catalogues whose interval or cone holds the truth, and whose phi is called reliable."""

FIGURES = ("SHmax ±°", "mechanisms", "mechanism error°")
"""Means over the catalogues."""


@dataclass(frozen=True, slots=True)
class Earth:
    """Tables of the true earth and of the assumed one, and the stations."""

    true: dict[str, TravelTimeTable]
    assumed: dict[str, TravelTimeTable]
    stations: dict[str, Station]


def earth(rng: np.random.Generator) -> Earth:
    """A true earth, with a network of its own."""
    factor = np.exp(rng.normal(scale=WRONG, size=len(MODEL.depth_km)))
    wrong = VelocityModel(
        "true",
        MODEL.depth_km,
        tuple(np.multiply(MODEL.vp_km_s, factor)),
        tuple(np.multiply(MODEL.vs_km_s, factor)),
    )
    tables = [
        {phase: travel_time_table(model, phase, REACH_KM, 40.0) for phase in "PS"}
        for model in (wrong, MODEL)
    ]
    network = make_network(STATIONS, EXTENT_KM, 36.0, 140.0, rng)
    return Earth(tables[0], tables[1], {one.code: one for one in network})


def solved_event(
    angles: Array, world: Earth, rng: np.random.Generator
) -> tuple[EventContribution | None, float]:
    """What an event of these angles gives after location and solution, and its error, degrees."""
    radius, turn = 15.0 * np.sqrt(rng.random()), rng.uniform(0.0, 2.0 * np.pi)
    latitude, longitude = CENTRE.to_degrees(radius * np.sin(turn), radius * np.cos(turn))
    place = (float(latitude), float(longitude), float(rng.uniform(5.0, 14.0)))
    hypocentre = _located(place, world, rng)
    data = _first_motions(angles, place, hypocentre, world, rng)
    result = solve_mechanism(data, seed=int(rng.integers(2**31)))
    if result.grade not in GRADES:
        return None, np.nan
    best = result.solutions
    found = [[one.strike_deg, one.dip_deg, one.rake_deg] for one in best]
    contribution = event_contribution(
        *np.array(found).T,
        probability=[one.probability for one in best],
        weight=grade_weight(result.grade),
    )
    return contribution, float(kagan_angle_deg(angles, np.array(found[0])))


def _rays(
    place: tuple[float, float, float], tables: dict[str, TravelTimeTable], world: Earth
) -> tuple[Array, dict[str, tuple[Array, Array]]]:
    """Azimuths (n,), and of P and S the travel times and take-offs, to all stations."""
    stations = list(world.stations.values())
    distance, azimuth = distance_azimuth(
        place[0],
        place[1],
        [one.latitude_deg for one in stations],
        [one.longitude_deg for one in stations],
    )
    elevation = np.array([one.elevation_m for one in stations]) / 1000.0
    return azimuth, {phase: tables[phase].rays(distance, place[2], elevation) for phase in "PS"}


def _located(
    place: tuple[float, float, float], world: Earth, rng: np.random.Generator
) -> Hypocentre:
    _, rays = _rays(place, world.true, world)
    readings = [
        PhaseReading(
            f"{code}/{phase}",
            code,
            phase,
            START_NS + round(1e9 * (rays[phase][0][index] + rng.normal(scale=PICK_S[phase]))),
            PICK_S[phase],
        )
        for index, code in enumerate(world.stations)
        for phase in "PS"
    ]
    start = Association(place[0] + 0.02, place[1] - 0.02, 10.0, START_NS, ())
    return locate(readings, world.stations, world.assumed, start)


def _first_motions(
    angles: Array,
    place: tuple[float, float, float],
    hypocentre: Hypocentre,
    world: Earth,
    rng: np.random.Generator,
) -> PolarityData:
    azimuth, rays = _rays(place, world.true, world)
    moment = np.sqrt(2.0) * double_couple(*angles)
    p, sv, sh = radiation_pattern(moment, azimuth, rays["P"][1])
    up = np.where((p > 0) ^ (rng.random(p.size) < WRONG_POLARITIES), 0.95, 0.05)
    ratio = np.log10(AMPLITUDE_FACTOR * np.hypot(sv, sh) / np.maximum(np.abs(p), 1e-3))
    ratio += rng.normal(scale=RATIO_SIGMA, size=p.size)
    ray = {one.station: one for one in hypocentre.arrivals if one.phase == "P"}
    used = [ray[code] for code in world.stations]
    return PolarityData(
        np.array([one.azimuth_deg for one in used]),
        np.array([one.takeoff_deg for one in used]),
        np.array([one.azimuth_sigma_deg for one in used]),
        np.array([one.takeoff_sigma_deg for one in used]),
        up,
        sp_log_ratio=ratio,
    )


def measured(number: int, events: int, seed: int) -> dict[str, float]:
    """Hits of one catalogue, its mean mechanism error and its events."""
    rng = np.random.default_rng([seed, number])
    phi = rng.uniform(0.1, 0.9)
    truth = stress_tensor(regime_axes(REGIMES[number % len(REGIMES)], rng), phi)
    drawn = mechanisms(truth, events, rng, Population(FAULTS["diverse"], 0.0))
    world = earth(rng)
    solved = [solved_event(angles, world, rng) for angles in drawn]
    kept = [event for event, _ in solved if event is not None]
    samples = bootstrap(kept, resamplings=400, seed=number)
    low, high = shmax_interval(samples)
    axes = [principal_axes(one)[1] for one in (estimate_of(samples), truth)]
    error = np.degrees(np.arccos(np.clip(np.abs(np.sum(axes[0] * axes[1], axis=1)), 0.0, 1.0)))
    cones, phi95 = axis_cones_deg(samples), phi_interval(samples)
    return {
        "SHmax": float((float(shmax_azimuth(truth)) - low) % 180.0 <= high - low),
        **{f"s{k + 1}": float(error[k] <= cones[k]) for k in range(3)},
        "phi": float(phi95[0] <= phi <= phi95[1]),
        "phi reliable": float(phi_reliable(samples)),
        "SHmax ±°": (high - low) / 2.0,
        "mechanisms": float(len(kept)),
        "mechanism error°": float(np.nanmedian([one for _, one in solved])),
    }


def run(arguments: list[str]) -> str:
    """Count what is missing from the store, and give the row."""
    parser = argparse.ArgumentParser(prog="calibrate.py stress_phases --")
    parser.add_argument("--catalogues", type=int, default=200)
    parser.add_argument("--events", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    default = Path(gettempdir()) / "streamstress_calibrate_stress_phases.jsonl"
    parser.add_argument("--store", type=Path, default=default)
    options = parser.parse_args(arguments)
    done = {row["number"] for row in _stored(options)}
    end = time.monotonic() + 60.0 * options.minutes
    with options.store.open("a", encoding="utf-8") as store:
        for number in sorted(set(range(options.catalogues)) - done):
            if time.monotonic() > end:
                break
            key = {"events": options.events, "seed": options.seed, "number": number}
            row = measured(number, options.events, options.seed)
            store.write(json.dumps({**key, **row}) + "\n")
            store.flush()
    return _table(_stored(options), options)


def _stored(options: argparse.Namespace) -> list[dict[str, float]]:
    if not options.store.exists():
        return []
    rows = map(json.loads, options.store.read_text(encoding="utf-8").splitlines())
    wanted = (options.events, options.seed)
    found = [row for row in rows if (row["events"], row["seed"]) == wanted]
    return [row for row in found if row["number"] < options.catalogues]


def _table(rows: list[dict[str, float]], options: argparse.Namespace) -> str:
    if not rows:
        raise UnusableDataError("no catalogue was counted")
    columns: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for name in row.keys() - {"events", "seed", "number"}:
            columns[name].append(row[name])
    command = f"python benchmarks/calibrate.py stress_phases -- --catalogues {len(rows)}"
    shares = [f"{np.mean(columns[name]):.3f}" for name in SHARES]
    others = [f"{np.mean(columns[name]):.1f}" for name in FIGURES]
    table = markdown_table(["catalogues", *SHARES, *FIGURES], [[str(len(rows)), *shares, *others]])
    return f"{provenance(f'{command} --events {options.events} --seed {options.seed}')}\n\n{table}"
