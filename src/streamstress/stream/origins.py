"""Hypocentres as records, for the agents that write them."""

from streamstress.location.hypocentre import Hypocentre
from streamstress.records import Origin


def origin_record(hypocentre: Hypocentre, velocity_model: str) -> Origin:
    """The hypocentre as a record."""
    return Origin(
        time_ns=hypocentre.origin_time_ns,
        latitude_deg=hypocentre.latitude_deg,
        longitude_deg=hypocentre.longitude_deg,
        depth_km=hypocentre.depth_km,
        depth_fixed=hypocentre.depth_fixed,
        covariance=hypocentre.covariance,
        horizontal_error_km=hypocentre.horizontal_error_km,
        depth_error_km=hypocentre.depth_error_km,
        rms_s=hypocentre.rms_s,
        gap_deg=hypocentre.gap_deg,
        velocity_model=velocity_model,
    )
