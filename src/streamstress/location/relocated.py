"""A located earthquake moved to where its neighbours say it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.paths import TravelTimes
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.location.angle_errors import part_of_rays
from streamstress.location.catalogue import Located
from streamstress.location.design import Network, network_of
from streamstress.location.double_difference import Relocation
from streamstress.location.geometry import angles_of, azimuth_gap_deg
from streamstress.location.hypocentre import INLIER_WEIGHT, ArrivalGeometry, Hypocentre
from streamstress.location.location_settings import LocationSettings
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]
NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class RelativeError:
    """Errors (1 sigma, km) of a place next to its neighbours.

    The horizontal one is the larger half axis of the ellipse.
    """

    horizontal_km: float
    depth_km: float
    n_differences: int
    n_correlated: int


def relative_error(relocation: Relocation) -> RelativeError:
    """Errors of a relocation's covariance."""
    ellipse = np.linalg.eigvalsh(relocation.covariance[:2, :2])
    return RelativeError(
        float(np.sqrt(ellipse[-1])),
        float(np.sqrt(relocation.covariance[2, 2])),
        relocation.n_differences,
        relocation.n_correlated,
    )


def moved(
    located: Located,
    relocation: Relocation,
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimes],
    settings: LocationSettings,
) -> Located:
    """Put an earthquake at its new origin, with rays and residuals from there.

    The covariance stays that of the single location: where the group is as a whole is known no
    better than before; so does the models' part of the rays' errors. A depth that was fixed is not
    any more: its neighbours resolve it.
    """
    before = located.hypocentre
    origin_ns = before.origin_time_ns + round(relocation.shift_s * NS)
    frame = LocalFrame(relocation.latitude_deg, relocation.longitude_deg)
    readings = [PhaseReading(a.reading_id, a.station, a.phase, 0) for a in before.arrivals]
    network = network_of(readings, stations, tables, frame, 0)
    origin = np.array([0.0, 0.0, relocation.depth_km, 0.0])
    part = part_of_rays(before.arrivals)
    angles = angles_of(network, origin, np.array(before.covariance), settings, part)
    later_s = angles.time_s - _times_s(network, before) + relocation.shift_s
    arrivals = tuple(
        replace(
            arrival,
            residual_s=arrival.residual_s - float(later_s[n]),
            distance_km=float(angles.distance_km[n]),
            azimuth_deg=float(angles.azimuth_deg[n]),
            takeoff_deg=float(angles.takeoff_deg[n]),
            azimuth_sigma_deg=float(angles.azimuth_sigma_deg[n]),
            takeoff_sigma_deg=float(angles.takeoff_sigma_deg[n]),
            azimuth_turn_deg=tuple(angles.azimuth_turn_deg[:, n].tolist()),
            takeoff_turn_deg=tuple(angles.takeoff_turn_deg[:, n].tolist()),
        )
        for n, arrival in enumerate(before.arrivals)
    )
    used = [a for a in arrivals if a.weight >= INLIER_WEIGHT]
    hypocentre = replace(
        before,
        latitude_deg=relocation.latitude_deg,
        longitude_deg=relocation.longitude_deg,
        depth_km=relocation.depth_km,
        origin_time_ns=origin_ns,
        depth_fixed=False,
        rms_s=_rms_s(used),
        gap_deg=azimuth_gap_deg([a.azimuth_deg for a in used]),
        arrivals=arrivals,
    )
    return replace(located, hypocentre=hypocentre)


def _times_s(network: Network, before: Hypocentre) -> Array:
    """Travel times (n,) from where it was."""
    east, north = network.receivers.frame.to_km(before.latitude_deg, before.longitude_deg)
    place = np.array([[float(east), float(north), before.depth_km]])
    return np.asarray(network.rays(place).time_s[0], float)


def _rms_s(arrivals: list[ArrivalGeometry]) -> float:
    return float(np.sqrt(np.mean([a.residual_s**2 for a in arrivals]))) if arrivals else 0.0
