"""The result of a location."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArrivalGeometry:
    """One reading as the location used it, with the ray that it belongs to.

    ``residual_s`` is observed minus predicted; ``weight`` 0 (outlier) to 1; azimuth from the
    source; take-off from straight down; sigmas hold the location's covariance and a model term.
    The turns are the part common to the event: how far the ray turns when the origin moves by one
    sigma along each principal axis of its covariance (three), and when the velocity model is off by
    one sigma in each way that is known (`angle_errors`).
    """

    reading_id: str
    station: str
    phase: str
    residual_s: float
    weight: float
    distance_km: float
    azimuth_deg: float
    takeoff_deg: float
    azimuth_sigma_deg: float
    takeoff_sigma_deg: float
    azimuth_turn_deg: tuple[float, ...] = ()
    takeoff_turn_deg: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class RayGeometry:
    """A ray from a hypocentre to a station that need not have a reading."""

    station: str
    phase: str
    time_s: float
    distance_km: float
    azimuth_deg: float
    takeoff_deg: float
    azimuth_sigma_deg: float
    takeoff_sigma_deg: float


@dataclass(frozen=True, slots=True)
class Hypocentre:
    """Origin with its uncertainty.

    ``covariance`` is 4x4, row by row: east, north, depth (km, down), time (s). The horizontal
    error is the larger half axis of the 1-sigma ellipse, the depth error 1 sigma. With
    ``depth_fixed`` the readings did not resolve the depth: it is a default with the default's
    sigma. ``gap_deg`` is the largest azimuth without an inlier station; ``n_p`` and ``n_s``
    count inliers.
    """

    latitude_deg: float
    longitude_deg: float
    depth_km: float
    origin_time_ns: int
    covariance: tuple[tuple[float, ...], ...]
    depth_fixed: bool
    rms_s: float
    gap_deg: float
    horizontal_error_km: float
    depth_error_km: float
    n_p: int
    n_s: int
    arrivals: tuple[ArrivalGeometry, ...]

    @property
    def inlier_ids(self) -> tuple[str, ...]:
        """Ids of the readings that the location kept, sorted."""
        return tuple(sorted(a.reading_id for a in self.arrivals if a.weight >= INLIER_WEIGHT))


TUKEY = 4.685
"""Sigmas beyond which a reading has no weight (Tukey's biweight, 95 % efficient)."""

INLIER_WEIGHT = 0.3
"""Tukey's weight at 3.2 sigma: a reading below is an outlier."""
