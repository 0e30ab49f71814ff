"""Azimuth and take-off of rays, with what the location's covariance makes of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.location.design import Network, network_of
from streamstress.location.hypocentre import ArrivalGeometry, Hypocentre, RayGeometry
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]


class AngleErrors(Protocol):
    """The model's part of the sigmas (LocationSettings has it)."""

    @property
    def azimuth_model_sigma_deg(self) -> float:
        """Of the azimuth."""
        ...

    @property
    def takeoff_model_sigma_deg(self) -> float:
        """Of the take-off."""
        ...


def arrival_geometry(
    readings: Sequence[PhaseReading],
    network: Network,
    origin: Array,
    covariance: Array,
    residual_s: Array,
    weight: Array,
    errors: AngleErrors,
) -> tuple[ArrivalGeometry, ...]:
    """Geometry of each reading of a located event."""
    _, *columns = _angles(network, origin, covariance, errors)
    rows = zip(
        readings,
        residual_s.tolist(),
        weight.tolist(),
        *(column.tolist() for column in columns),
        strict=True,
    )
    return tuple(
        ArrivalGeometry(reading.reading_id, reading.station, reading.phase, *values)
        for reading, *values in rows
    )


def rays_to(
    hypocentre: Hypocentre,
    stations: Iterable[Station],
    tables: Mapping[str, TravelTimeTable],
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
    columns = _angles(network, origin, np.array(hypocentre.covariance), errors)
    rows = zip(places, *(column.tolist() for column in columns), strict=True)
    return tuple(RayGeometry(code, phase, *values) for code, *values in rows)


def azimuth_gap_deg(azimuths_deg: Sequence[float]) -> float:
    """Largest angle (degrees) between neighbouring azimuths; 360 for fewer than two."""
    if len(azimuths_deg) < 2:
        return 360.0
    turn = np.sort(np.asarray(azimuths_deg, float) % 360.0)
    return float(np.diff(np.append(turn, turn[0] + 360.0)).max())


def _angles(
    network: Network, origin: Array, covariance: Array, errors: AngleErrors
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Time, distance, azimuth, take-off and the sigmas of the last two, each (n,)."""
    distance, azimuth = network.distance_azimuth(origin[:1], origin[1:2])
    depth = np.full_like(distance, origin[2])
    time, takeoff = network.rays(distance, depth)
    bearing = np.radians(azimuth[0])
    across = np.stack([np.cos(bearing), -np.sin(bearing)], axis=-1)
    along = np.stack([np.sin(bearing), np.cos(bearing)], axis=-1)
    across_km = np.sqrt(np.einsum("ni,ij,nj->n", across, covariance[:2, :2], across))
    along_km = np.sqrt(np.einsum("ni,ij,nj->n", along, covariance[:2, :2], along))
    azimuth_sigma = np.degrees(np.arctan2(across_km, distance[0]))
    takeoff_sigma = _takeoff_sigma(network, distance, depth, covariance, along, along_km)
    return (
        time[0],
        distance[0],
        azimuth[0],
        takeoff[0],
        np.hypot(azimuth_sigma, errors.azimuth_model_sigma_deg),
        np.hypot(takeoff_sigma, errors.takeoff_model_sigma_deg),
    )


def _takeoff_sigma(
    network: Network,
    distance: Array,
    depth: Array,
    covariance: Array,
    along: Array,
    along_km: Array,
) -> Array:
    """Propagate distance and depth errors, with steps as large as the errors themselves.

    So a crossover to another branch within the error shows.
    """
    depth_km = float(np.sqrt(covariance[2, 2]))
    near = np.maximum(distance - along_km, 0.0)
    shallow, deep = np.maximum(depth - depth_km, 0.0), depth + depth_km
    _, angle = network.rays(
        np.vstack([near, distance + along_km, distance, distance]),
        np.vstack([depth, depth, shallow, deep]),
    )
    by_distance, by_depth = (angle[1] - angle[0]) / 2, (angle[3] - angle[2]) / 2
    # The source moving along the ray's azimuth comes nearer: the covariance enters with a minus.
    mixed = -(along @ covariance[:2, 2]) / np.maximum(along_km * depth_km, 1e-9)
    variance = by_distance**2 + by_depth**2 + 2 * mixed * by_distance * by_depth
    return np.asarray(np.sqrt(np.clip(variance, 0.0, None)), float)
