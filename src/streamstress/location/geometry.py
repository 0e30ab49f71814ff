"""Azimuth and take-off of rays, with what the location and the velocity models leave open.

The origin's error moves all rays of an event together: along each of the three principal axes of
its covariance every ray turns by a known angle. What is known of the velocity model's error does
the same to the take-offs (`angle_errors`). These turns are kept (``azimuth_turn_deg``,
``takeoff_turn_deg``: the origin's three, then the models'); the sigma adds what is each ray's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.location.angle_errors import AXES, AngleErrors, ModelPart, model_part
from streamstress.location.design import Network, network_of
from streamstress.location.hypocentre import ArrivalGeometry, Hypocentre, RayGeometry
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """Rays of one origin to n stations; each array (n,), turns (3 or more, n)."""

    time_s: Array
    distance_km: Array
    azimuth_deg: Array
    takeoff_deg: Array
    azimuth_turn_deg: Array
    takeoff_turn_deg: Array
    azimuth_sigma_deg: Array
    takeoff_sigma_deg: Array


def arrival_geometry(
    readings: Sequence[PhaseReading],
    angles: Angles,
    residual_s: Array,
    weight: Array,
) -> tuple[ArrivalGeometry, ...]:
    """Geometry of each reading of a located event."""
    return tuple(
        ArrivalGeometry(
            reading.reading_id,
            reading.station,
            reading.phase,
            float(residual_s[n]),
            float(weight[n]),
            float(angles.distance_km[n]),
            float(angles.azimuth_deg[n]),
            float(angles.takeoff_deg[n]),
            float(angles.azimuth_sigma_deg[n]),
            float(angles.takeoff_sigma_deg[n]),
            _turns(angles.azimuth_turn_deg, n),
            _turns(angles.takeoff_turn_deg, n),
        )
        for n, reading in enumerate(readings)
    )


def rays_to(
    hypocentre: Hypocentre,
    stations: Iterable[Station],
    tables: Mapping[str, TravelTimes],
    errors: AngleErrors,
    phase: str = "P",
) -> tuple[RayGeometry, ...]:
    """First-arrival rays from a hypocentre to any stations, in their order."""
    places = {station.code: station for station in stations}
    if not places:
        return ()
    frame = LocalFrame(hypocentre.latitude_deg, hypocentre.longitude_deg)
    readings = [PhaseReading("", code, phase, 0) for code in places]
    network = network_of(readings, places, tables, frame, 0)
    origin = np.array([0.0, 0.0, hypocentre.depth_km, 0.0])
    part = model_part(network, origin, errors)
    angles = angles_of(network, origin, np.array(hypocentre.covariance), errors, part)
    columns = (
        angles.time_s,
        angles.distance_km,
        angles.azimuth_deg,
        angles.takeoff_deg,
        angles.azimuth_sigma_deg,
        angles.takeoff_sigma_deg,
    )
    rows = zip(places, *(column.tolist() for column in columns), strict=True)
    return tuple(RayGeometry(code, phase, *values) for code, *values in rows)


def azimuth_gap_deg(azimuths_deg: Sequence[float]) -> float:
    """Largest angle (degrees) between neighbouring azimuths; 360 for fewer than two."""
    if len(azimuths_deg) < 2:
        return 360.0
    turn = np.sort(np.asarray(azimuths_deg, float) % 360.0)
    return float(np.diff(np.append(turn, turn[0] + 360.0)).max())


def angles_of(
    network: Network,
    origin: Array,
    covariance: Array,
    errors: AngleErrors,
    part: ModelPart,
) -> Angles:
    """Rays of an origin (4,) with their sigmas.

    Parameters
    ----------
    covariance
        (4, 4) of the origin.
    errors
        The azimuths' own sigma, and how high a source may lie.
    part
        The models' part of the take-offs.
    """
    rays = network.rays(
        np.vstack([origin[:3], _steps(origin[:3], covariance[:3, :3], errors.top_km)])
    )
    azimuth, takeoff = rays.azimuth_deg, rays.takeoff_deg
    azimuth_turn = _half_turn(azimuth[1 : AXES + 1] - azimuth[AXES + 1 :])
    azimuth_turn = np.vstack([azimuth_turn, np.zeros_like(part.turn_deg)])
    takeoff_turn = (takeoff[1 : AXES + 1] - takeoff[AXES + 1 :]) / 2
    takeoff_turn = np.vstack([takeoff_turn, part.turn_deg])
    return Angles(
        rays.time_s[0],
        rays.distance_km[0],
        azimuth[0],
        takeoff[0],
        azimuth_turn,
        takeoff_turn,
        np.hypot(np.linalg.norm(azimuth_turn, axis=0), errors.azimuth_model_sigma_deg),
        np.hypot(np.linalg.norm(takeoff_turn, axis=0), part.own_sigma_deg),
    )


def _steps(place: Array, covariance: Array, top_km: float) -> Array:
    """Places (6, 3) one sigma off along the principal axes, one way and the other.

    The steps are as large as the errors, so that a crossover to another branch within them shows.
    """
    variance, axes = np.linalg.eigh(covariance)
    step = (axes * np.sqrt(np.maximum(variance, 0.0))).T
    moved = np.vstack([place + step, place - step])
    moved[:, 2] = np.maximum(moved[:, 2], top_km)
    return np.asarray(moved)


def _half_turn(difference_deg: Array) -> Array:
    """Half of a difference of azimuths, the short way round."""
    return np.asarray(((difference_deg + 180.0) % 360.0 - 180.0) / 2)


def _turns(turn_deg: Array, n: int) -> tuple[float, ...]:
    return tuple(float(turn) for turn in turn_deg[:, n])
