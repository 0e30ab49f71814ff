"""What calibrations of the location share: network, true times, and errors against the truth."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from synthetic_arrivals import CENTRE, CRUST, Origin, tables_of

from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.earth.velocity import VelocityModel
from streamstress.errors import UnusableDataError
from streamstress.location.associate import Association
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.locate import locate
from streamstress.location.readings import PhaseReading

Array = NDArray[np.float64]

RADIUS_KM = 45.0
N_STATIONS = 30

CHI2_3, CHI2_2, NORMAL = 7.815, 5.991, 1.960
"""95 % points: chi-square of 3 and 2 degrees of freedom, and the normal's."""

GRADIENT = VelocityModel("gradient", (0.0, 40.0), (5.35, 7.0), (3.06, 4.02))
"""The same mean times as the crust within 1 %, without its layers."""

TRUE_TABLES = tables_of(CRUST)


def tables_with(model: VelocityModel) -> Mapping[str, TravelTimeTable]:
    """Tables of a model; those of the true crust are made once."""
    return TRUE_TABLES if model is CRUST else tables_of(model)


def located_from(
    start: Association,
    readings: Sequence[PhaseReading],
    stations: Mapping[str, Station],
    tables: Mapping[str, TravelTimeTable],
) -> Hypocentre | None:
    """The hypocentre from a first guess; None where there is none."""
    try:
        return locate(readings, stations, tables, start)
    except UnusableDataError:
        return None


def off_km(found: Hypocentre, origin: Origin) -> Array:
    """East, north and depth of what was found less the truth."""
    x, y = CENTRE.to_km(found.latitude_deg, found.longitude_deg)
    return np.array(
        [x - origin.east_km, y - origin.north_km, found.depth_km - origin.depth_km], float
    )


def distances2(off: Array, covariance: Array) -> Array:
    """Squared distances (n,) of errors (n, m) from the truth, in sigmas of their (n, m, m)."""
    return np.asarray(np.einsum("ni,nij,nj->n", off, np.linalg.inv(covariance), off))
