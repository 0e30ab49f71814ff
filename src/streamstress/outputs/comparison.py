"""Two stress fields against one another: pairs of the same place, and what they tell together."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from streamstress.earth.nearest import matched_places
from streamstress.errors import UnusableDataError
from streamstress.outputs.exchange.stress_point import StressPoint
from streamstress.stress.agreement import (
    FALSE_DISCOVERY_RATE,
    agreement,
    difference_p_value,
    differences,
    significant,
)


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """SHmax of one place in two fields; differences are second minus first, clockwise positive."""

    a: str
    b: str
    latitude_deg: float
    longitude_deg: float
    distance_km: float
    shmax_a_deg: float
    shmax_b_deg: float
    difference_deg: float
    sigma_deg: float | None
    p_value: float | None
    significant: bool
    a_phi_difference: float | None
    r_difference: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What two fields say of one another."""

    a: str
    b: str
    n_a: int
    """Points with SHmax."""
    n_b: int
    within_km: float
    n_pairs: int
    mean_difference_deg: float
    mean_interval95_deg: tuple[float, float] | None
    mean_absolute_deg: float
    median_absolute_deg: float
    p_unrelated: float
    n_tested: int
    n_significant: int
    false_discovery_rate: float
    rms_in_sigma: float | None
    a_phi_rms: float | None
    r_rms: float | None
    pairs: list[Pair]


def compare(
    first: Sequence[StressPoint],
    second: Sequence[StressPoint],
    within_km: float,
    names: tuple[str, str] = ("A", "B"),
) -> Comparison:
    """Pair points of the same place and compare them.

    Parameters
    ----------
    within_km
        How far apart two points of one place may be; depths count where both files state them.

    Raises
    ------
    UnusableDataError
        A field has no SHmax, or no place is in both.
    """
    fields = [
        [point for point in points if point.shmax_deg is not None] for points in (first, second)
    ]
    for name, field in zip(names, fields, strict=True):
        if not field:
            raise UnusableDataError(f"{name} has no point with SHmax")
    at, to, distance = _matched(fields[0], fields[1], within_km)
    if at.size == 0:
        raise UnusableDataError(
            f"no place of {names[0]} is within {within_km:g} km of one of {names[1]}; "
            "give a larger --within"
        )
    ones, others = [fields[0][k] for k in at], [fields[1][k] for k in to]
    difference, sigma = differences(
        [one.shmax_deg for one in ones],
        [one.shmax_deg for one in others],
        [np.nan if one.shmax_sigma_deg is None else one.shmax_sigma_deg for one in ones],
        [np.nan if one.shmax_sigma_deg is None else one.shmax_sigma_deg for one in others],
    )
    pairs = _pairs(ones, others, distance, difference, sigma)
    told = agreement(difference, sigma)
    return Comparison(
        a=names[0],
        b=names[1],
        n_a=len(fields[0]),
        n_b=len(fields[1]),
        within_km=within_km,
        n_pairs=told.n_pairs,
        mean_difference_deg=told.mean_deg,
        mean_interval95_deg=told.interval95_deg,
        mean_absolute_deg=told.mean_absolute_deg,
        median_absolute_deg=told.median_absolute_deg,
        p_unrelated=told.p_unrelated,
        n_tested=told.n_tested,
        n_significant=told.n_significant,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        rms_in_sigma=told.rms_in_sigma,
        a_phi_rms=_rms([pair.a_phi_difference for pair in pairs]),
        r_rms=_rms([pair.r_difference for pair in pairs]),
        pairs=pairs,
    )


def _matched(
    first: Sequence[StressPoint], second: Sequence[StressPoint], within_km: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    depths = [[point.depth_km for point in points] for points in (first, second)]
    both_deep = all(depth is not None for listed in depths for depth in listed)
    deep = [np.array(listed, float) if both_deep else None for listed in depths]
    return matched_places(
        [point.latitude_deg for point in first],
        [point.longitude_deg for point in first],
        [point.latitude_deg for point in second],
        [point.longitude_deg for point in second],
        within_km,
        *deep,
    )


def _pairs(
    ones: Sequence[StressPoint],
    others: Sequence[StressPoint],
    distance_km: np.ndarray[Any, Any],
    difference_deg: np.ndarray[Any, Any],
    sigma_deg: np.ndarray[Any, Any],
) -> list[Pair]:
    known = np.isfinite(sigma_deg) & (sigma_deg > 0)
    chance = np.full(sigma_deg.shape, np.nan)
    chance[known] = difference_p_value(difference_deg[known], sigma_deg[known])
    told = np.zeros(sigma_deg.shape, bool)
    told[known] = significant(chance[known])
    return [
        Pair(
            a=one.name,
            b=other.name,
            latitude_deg=one.latitude_deg,
            longitude_deg=one.longitude_deg,
            distance_km=float(distance_km[k]),
            shmax_a_deg=float(one.shmax_deg or 0.0),
            shmax_b_deg=float(other.shmax_deg or 0.0),
            difference_deg=float(difference_deg[k]),
            sigma_deg=float(sigma_deg[k]) if known[k] else None,
            p_value=float(chance[k]) if known[k] else None,
            significant=bool(told[k]),
            a_phi_difference=_minus(other.a_phi, one.a_phi),
            r_difference=_minus(other.r, one.r),
        )
        for k, (one, other) in enumerate(zip(ones, others, strict=True))
    ]


def _minus(value: float | None, reference: float | None) -> float | None:
    return None if value is None or reference is None else value - reference


def _rms(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.sqrt(np.mean(np.square(known)))) if known else None
