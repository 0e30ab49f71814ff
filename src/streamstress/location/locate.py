"""Origin, covariance and rays of one earthquake from its readings."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.velocity_errors import WrongModels
from streamstress.errors import UnknownStationError, UnusableDataError
from streamstress.location.angle_errors import ModelPart, model_part
from streamstress.location.associate import Association
from streamstress.location.design import Terms, network_of
from streamstress.location.geiger import LocationProblem
from streamstress.location.geometry import angles_of, arrival_geometry, azimuth_gap_deg
from streamstress.location.hypocentre import INLIER_WEIGHT, Hypocentre
from streamstress.location.location_settings import LocationSettings
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]
NS = 1_000_000_000


def locate(
    readings: Sequence[PhaseReading],
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimes],
    start: Association | Hypocentre,
    settings: LocationSettings | None = None,
    terms: Terms | None = None,
    others: Sequence[Mapping[str, TravelTimes]] = (),
    wrong: WrongModels | None = None,
) -> Hypocentre:
    """Locate one earthquake from its readings.

    Parameters
    ----------
    readings
        P and S readings, 4 or more.
    stations
        By ``NET.STA``, one for each reading.
    tables
        Travel times by phase.
    start
        First guess. Of an association, the depth is one of several starts; a hypocentre is only
        polished.
    settings
        Limits and model errors.
    terms
        What the stations' picks come late by.
    others
        Travel times of further velocity models, for the sigma of the take-offs.
    wrong
        Models off by the first one's error: the same, where no others are given.

    Returns
    -------
    Hypocentre with one ArrivalGeometry a reading, in the order of ``readings`` by id.

    Raises
    ------
    UnusableDataError
        Fewer than 4 readings, or no stable origin.
    UnknownStationError
        A reading's station is not in ``stations``.
    """
    settings = settings or LocationSettings()
    readings = sorted(readings, key=lambda reading: reading.reading_id)
    if len(readings) < 4:
        raise UnusableDataError(f"location from {len(readings)} readings; expected 4 or more")
    unknown = sorted({r.station for r in readings} - set(stations))
    if unknown:
        raise UnknownStationError(f"no coordinates for {', '.join(unknown)}; add them to the list")
    frame = LocalFrame(start.latitude_deg, start.longitude_deg)
    network = network_of(readings, stations, tables, frame, start.origin_time_ns, terms)
    problem = LocationProblem(network, settings)
    if isinstance(start, Hypocentre):
        state = problem.polish(problem.state_at(start.depth_km))
    else:
        state = problem.polish(problem.search(start.depth_km))
    part = model_part(network, state[:4], settings, others, wrong)
    return _result(problem, state, readings, start.origin_time_ns, part)


def _result(
    problem: LocationProblem,
    state: Array,
    readings: Sequence[PhaseReading],
    zero_ns: int,
    part: ModelPart,
) -> Hypocentre:
    residual, weight, sigma = problem.weights(state)
    covariance, origin = problem.covariance(state), state[:4]
    inlier = weight >= INLIER_WEIGHT
    angles = angles_of(problem.network, origin, covariance, problem.settings, part)
    arrivals = arrival_geometry(readings, angles, residual, weight)
    latitude, longitude = problem.network.receivers.frame.to_degrees(origin[0], origin[1])
    share = (weight / sigma**2)[inlier]
    return Hypocentre(
        latitude_deg=float(latitude),
        longitude_deg=float(longitude),
        depth_km=float(origin[2]),
        origin_time_ns=zero_ns + round(float(origin[3]) * NS),
        covariance=tuple(tuple(float(x) for x in row) for row in covariance),
        depth_fixed=problem.depth_fixed,
        rms_s=float(np.sqrt((share * residual[inlier] ** 2).sum() / share.sum())),
        gap_deg=azimuth_gap_deg([a.azimuth_deg for a in arrivals if a.weight >= INLIER_WEIGHT]),
        horizontal_error_km=float(np.sqrt(np.linalg.eigvalsh(covariance[:2, :2])[-1])),
        depth_error_km=float(np.sqrt(covariance[2, 2])),
        n_p=int((inlier & ~problem.network.is_s).sum()),
        n_s=int((inlier & problem.network.is_s).sum()),
        arrivals=arrivals,
    )
