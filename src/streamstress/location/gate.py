"""What is no earthquake: chance alignments of picks, and origins made of another event's coda."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from streamstress.earth.projection import distance_azimuth
from streamstress.earth.stations import Station
from streamstress.location.hypocentre import INLIER_WEIGHT, Hypocentre


class Rejection(StrEnum):
    """Why a located group of picks is not taken for an earthquake."""

    TOO_FEW_P = "too-few-p"
    TOO_FEW_INLIERS = "too-few-inliers"
    TOO_MANY_OUTLIERS = "too-many-outliers"
    LARGE_RESIDUALS = "large-residuals"
    LARGE_ERROR = "large-error"
    NEAR_STATIONS_SILENT = "near-stations-silent"
    CHANCE = "could-be-chance"
    UNLOCATABLE = "unlocatable"


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Bounds of what passes."""

    min_p: int = 4
    min_inliers: int = 6
    max_outlier_share: float = 0.5
    max_rms_s: float = 0.5
    max_horizontal_error_km: float = 10.0
    # Of the nearest stations this share must have an inlier P.
    nearest: int = 6
    min_nearest_share: float = 0.3


def judge(
    hypocentre: Hypocentre,
    stations: Mapping[str, Station],
    settings: GateSettings | None = None,
) -> Rejection | None:
    """Return the first reason to reject, or None for an earthquake.

    ``stations`` are those that could have had a pick; leave out the ones that are down.
    """
    settings = settings or GateSettings()
    inliers = hypocentre.n_p + hypocentre.n_s
    outliers = len(hypocentre.arrivals) - inliers
    checks = (
        (Rejection.TOO_FEW_P, hypocentre.n_p < settings.min_p),
        (Rejection.TOO_FEW_INLIERS, inliers < settings.min_inliers),
        (
            Rejection.TOO_MANY_OUTLIERS,
            outliers > settings.max_outlier_share * len(hypocentre.arrivals),
        ),
        (Rejection.LARGE_RESIDUALS, hypocentre.rms_s > settings.max_rms_s),
        (Rejection.LARGE_ERROR, hypocentre.horizontal_error_km > settings.max_horizontal_error_km),
        (
            Rejection.NEAR_STATIONS_SILENT,
            nearest_share(hypocentre, stations, settings.nearest) < settings.min_nearest_share,
        ),
    )
    return next((reason for reason, failed in checks if failed), None)


def nearest_share(hypocentre: Hypocentre, stations: Mapping[str, Station], nearest: int) -> float:
    """Share of the ``nearest`` stations that have an inlier P."""
    codes = sorted(stations)
    distance, _ = distance_azimuth(
        hypocentre.latitude_deg,
        hypocentre.longitude_deg,
        [stations[code].latitude_deg for code in codes],
        [stations[code].longitude_deg for code in codes],
    )
    heard = {a.station for a in hypocentre.arrivals if a.phase == "P" and a.weight >= INLIER_WEIGHT}
    near = [codes[i] for i in np.argsort(distance, kind="stable")[:nearest]]
    return sum(code in heard for code in near) / max(len(near), 1)
