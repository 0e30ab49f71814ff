"""``make calibrate``: whether rays scatter by the sigmas that are stated, alone and together.

``python benchmarks/calibrate.py rays -- [--events N] [--earths N] [--seed N]``. First the origin is
drawn from its covariance and the velocity model with its stated error, and the rays are traced
again. Then earthquakes of such an Earth are located with the model, and the stated rays are held
against the true ones.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
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
    tables_of,
)

from streamstress.earth.paths import Receivers, TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.earth.velocity import VelocityModel, named_velocity
from streamstress.earth.velocity_errors import KNOTS_KM, WrongModels, wrong_model
from streamstress.errors import UnusableDataError
from streamstress.location.associate import Association
from streamstress.location.geometry import AXES
from streamstress.location.hypocentre import ArrivalGeometry, Hypocentre
from streamstress.location.locate import locate
from streamstress.location.location_settings import LocationSettings

Array = NDArray[np.float64]

SETTINGS = LocationSettings()
SHARE = SETTINGS.model_errors.slowness
DRAWS = 400
"""Origins and Earths drawn of each event."""

CLASSES = ((0.0, 10.0), (10.0, 20.0), (20.0, 40.0), (40.0, 70.0))
"""Epicentral distances (km)."""

RADIUS_KM, N_STATIONS = 45.0, 30


@dataclass(frozen=True)
class Earth:
    """A model, and Earths that are off by its stated error."""

    model: VelocityModel
    tables: Mapping[str, TravelTimeTable]
    wrong: WrongModels
    drawn: Sequence[Mapping[str, TravelTimeTable]]


def earth_of(model: VelocityModel, n_earths: int, rng: np.random.Generator) -> Earth:
    """Tables of a model and of Earths drawn about it."""
    errors = rng.normal(size=(n_earths, len(KNOTS_KM)))
    # Few as they are, their own variance must not be what is compared.
    errors -= errors.mean(axis=0)
    errors = np.linalg.solve(np.linalg.cholesky(np.cov(errors.T)), errors.T).T
    drawn = [tables_of(wrong_model(model, SHARE, error), 110.0) for error in errors.tolist()]
    return Earth(model, tables_of(model, 110.0), WrongModels(model, SHARE, 110.0, 45.0), drawn)


def located(
    origin: Origin,
    stations: Mapping[str, Station],
    earth: Earth,
    true: Mapping[str, TravelTimeTable],
    rng: np.random.Generator,
) -> Hypocentre | None:
    """An event of one Earth located with the model."""
    readings = arrivals(origin, "e", stations, true, rng)
    place = CENTRE.to_degrees(0.9 * origin.east_km, 0.9 * origin.north_km)
    start = Association(float(place[0]), float(place[1]), 8.0, origin.time_ns + NS // 2, ())
    try:
        return locate(readings, stations, earth.tables, start, SETTINGS, wrong=earth.wrong)
    except UnusableDataError:
        return None


def receivers_of(
    rays: Sequence[ArrivalGeometry], stations: Mapping[str, Station], frame: LocalFrame
) -> Receivers:
    """Where rays end, in a frame."""
    places = [stations[ray.station] for ray in rays]
    east, north = frame.to_km([p.latitude_deg for p in places], [p.longitude_deg for p in places])
    height = np.array([p.elevation_m / 1000.0 for p in places])
    return Receivers(frame, tuple(ray.station for ray in rays), east, north, height)


def p_rays(found: Hypocentre) -> list[ArrivalGeometry]:
    """First motions are read on these."""
    return [ray for ray in found.arrivals if ray.phase == "P"]


def redrawn(
    found: Hypocentre, stations: Mapping[str, Station], earth: Earth, rng: np.random.Generator
) -> tuple[Array, Array]:
    """How far azimuths and take-offs (DRAWS, n) turn for origins and Earths as they may be."""
    frame = LocalFrame(found.latitude_deg, found.longitude_deg)
    rays = p_rays(found)
    receivers = receivers_of(rays, stations, frame)
    covariance = np.array(found.covariance)[:3, :3]
    origins = rng.multivariate_normal([0.0, 0.0, found.depth_km], covariance, DRAWS)
    origins[:, 2] = np.maximum(origins[:, 2], 0.0)
    tables: list[TravelTimes] = [drawn["P"] for drawn in earth.drawn]
    azimuth, takeoff = np.empty((DRAWS, len(rays))), np.empty((DRAWS, len(rays)))
    for k, table in enumerate(tables):
        traced = table.rays_to(receivers, origins[k :: len(tables)])
        azimuth[k :: len(tables)] = traced.azimuth_deg
        takeoff[k :: len(tables)] = traced.takeoff_deg
    return (
        half_turn(azimuth - [ray.azimuth_deg for ray in rays]),
        takeoff - [ray.takeoff_deg for ray in rays],
    )


def half_turn(difference_deg: Array) -> Array:
    """Differences of azimuths, the short way round."""
    return np.asarray((difference_deg + 180.0) % 360.0 - 180.0)


def errors_of(
    found: Hypocentre, origin: Origin, stations: Mapping[str, Station], true: TravelTimeTable
) -> tuple[Array, Array]:
    """Stated less true azimuths and take-offs (n,)."""
    rays = p_rays(found)
    receivers = receivers_of(rays, stations, CENTRE)
    place = np.array([[origin.east_km, origin.north_km, origin.depth_km]])
    traced = true.rays_to(receivers, place)
    return (
        half_turn(np.array([ray.azimuth_deg for ray in rays]) - traced.azimuth_deg[0]),
        np.array([ray.takeoff_deg for ray in rays]) - traced.takeoff_deg[0],
    )


@dataclass
class Sample:
    """Rays of many events; each list one entry a ray, pairs one a pair of rays of an event."""

    distance_km: list[float]
    stated: list[tuple[float, float, float, float]]
    """Common part of the azimuth; of the take-off all but the floor, the origin's, all of it."""
    spread: list[tuple[float, float]]
    error: list[tuple[float, float]]
    pairs: list[tuple[float, float, float]]
    """Stated and drawn covariance of two take-offs, and the product of two errors."""


def gather(earth: Earth, n_events: int, rng: np.random.Generator) -> Sample:
    """Locate events, each in another Earth, and draw their rays again."""
    sample = Sample([], [], [], [], [])
    for number in range(n_events):
        if number % 20 == 0:
            stations = network(N_STATIONS, RADIUS_KM, rng)
        true = earth.drawn[number % len(earth.drawn)]
        origin = Origin(*epicentre(rng, 0.0, 35.0), float(rng.uniform(3, 18)), START_NS)
        found = located(origin, stations, earth, true, rng)
        if found is not None:
            drawn = redrawn(found, stations, earth, rng)
            _enter(sample, found, drawn, errors_of(found, origin, stations, true["P"]))
    return sample


def _enter(
    sample: Sample, found: Hypocentre, drawn: tuple[Array, Array], error: tuple[Array, Array]
) -> None:
    rays = p_rays(found)
    turn = np.array([ray.takeoff_turn_deg for ray in rays])
    for n, ray in enumerate(rays):
        sample.distance_km.append(ray.distance_km)
        azimuth, origin_part = (
            float(np.linalg.norm(part)) for part in (ray.azimuth_turn_deg, turn[n, :AXES])
        )
        all_but_floor = float(np.sqrt(ray.takeoff_sigma_deg**2 - SETTINGS.takeoff_floor_deg**2))
        sample.stated.append((azimuth, all_but_floor, origin_part, ray.takeoff_sigma_deg))
        sample.spread.append((float(drawn[0][:, n].std()), float(drawn[1][:, n].std())))
        sample.error.append((float(error[0][n]), float(error[1][n])))
    first, second = np.triu_indices(len(rays), 1)
    told, seen = turn @ turn.T, np.cov(drawn[1].T)
    product = np.outer(error[1], error[1])
    sample.pairs += zip(
        *(matrix[first, second].tolist() for matrix in (told, seen, product)), strict=True
    )


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def rows_of(name: str, sample: Sample) -> list[list[str]]:
    """A row for each class of distance."""
    distance = np.array(sample.distance_km)
    stated, spread, error = (np.array(x) for x in (sample.stated, sample.spread, sample.error))
    rows = []
    for nearest, farthest in CLASSES:
        mine = (distance >= nearest) & (distance < farthest)
        ratio = spread[mine, 1] / stated[mine, 1]
        low, middle, high = np.quantile(ratio, (0.1, 0.5, 0.9))
        inside = np.abs(error[mine, 1]) < stated[mine, 3]
        rows.append(
            [
                name,
                f"{nearest:g}-{farthest:g}",
                str(int(mine.sum())),
                f"{_rms(stated[mine, 0]):.2f}",
                f"{_rms(spread[mine, 0]):.2f}",
                f"{_rms(error[mine, 0]):.2f}",
                f"{_rms(stated[mine, 2]):.2f}",
                f"{_rms(stated[mine, 1]):.2f}",
                f"{_rms(spread[mine, 1]):.2f}",
                f"{low:.2f} {middle:.2f} {high:.2f}",
                f"{_rms(error[mine, 1]):.2f}",
                f"{_rms(stated[mine, 3]):.2f}",
                f"{100 * inside.mean():.0f}",
            ]
        )
    return rows


def pair_row(name: str, sample: Sample) -> list[str]:
    """Covariances of the take-offs of two rays of one event: stated, drawn, and of the errors."""
    told, seen, product = np.array(sample.pairs).T
    largest = np.abs(told) >= np.quantile(np.abs(told), 0.5)
    sign = np.sign(told[largest])
    return [
        name,
        str(len(told)),
        f"{np.corrcoef(told, seen)[0, 1]:.3f}",
        f"{(sign * told[largest]).mean():.1f}",
        f"{(sign * seen[largest]).mean():.1f}",
        f"{(sign * product[largest]).mean():.1f}",
    ]


HEADING = [
    "model",
    "distance km",
    "rays",
    "azimuth common °",
    "drawn",
    "true error",
    "take-off by origin °",
    "all but the floor",
    "drawn",
    "drawn / stated, 10 50 90 %",
    "true error",
    "sigma",
    "errors in 1 sigma %",
]
PAIRS = [
    "model",
    "pairs of rays",
    "correlation of stated and drawn",
    "stated °²",
    "drawn",
    "of errors",
]


def run(arguments: list[str]) -> str:
    """Markdown of sigmas and spreads, and of what rays share."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--earths", type=int, default=60)
    parser.add_argument("--model", default="", help="models whose name holds these words")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rows, pairs = [], []
    for number, model in enumerate((CRUST, named_velocity("iasp91"))):
        if options.model not in model.name:
            continue
        rng = np.random.default_rng([options.seed, number])
        sample = gather(earth_of(model, options.earths, rng), options.events, rng)
        rows += rows_of(model.name, sample)
        pairs.append(pair_row(model.name, sample))
    command = " ".join(["python benchmarks/calibrate.py rays --", *arguments])
    return "\n\n".join(
        [provenance(command), markdown_table(HEADING, rows), markdown_table(PAIRS, pairs)]
    )


if __name__ == "__main__":
    print(run(sys.argv[1:]))
