"""A solved mechanism as the record that is sent."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.results import MechanismResult
from streamstress.outputs.solution_records import solution_record
from streamstress.records import Arrival, Event, Mechanism


def mechanism_record(
    event: Event,
    result: MechanismResult,
    model: str,
    used: Sequence[Arrival] = (),
    signs: NDArray[np.int64] | None = None,
) -> Mechanism:
    """The result as a record.

    Parameters
    ----------
    used, signs
        Arrivals with a first motion, one a station, and those as the ground moved: 1 up, -1 down,
        0 not used.
    """
    best = result.solutions[0] if result.solutions else None
    told = np.zeros(len(used), np.int64) if signs is None else signs
    return Mechanism(
        event_id=event.event_id,
        version=event.version,
        model=model,
        status=event.status,
        region=event.region,
        grade=result.grade,  # type: ignore[arg-type]  # one of six letters
        grade_reason=result.grade_reason,
        origin_time_ns=event.origin.time_ns,
        latitude_deg=event.origin.latitude_deg,
        longitude_deg=event.origin.longitude_deg,
        depth_km=event.origin.depth_km,
        magnitude=event.magnitude.value if event.magnitude else None,
        solutions=tuple(solution_record(solution) for solution in result.solutions),
        misfit=best.misfit if best else None,
        stdr=best.stdr if best else None,
        n_polarity=result.n_polarity,
        n_sp=result.n_sp,
        azimuth_gap_deg=result.azimuth_gap_deg,
        takeoff_gap_deg=result.takeoff_gap_deg,
        sp_misfit=best.sp_misfit if best else None,
        possibly_not_double_couple=result.not_double_couple,
        flagged_backfill=event.flagged_backfill,
        picker=next((arrival.picker for arrival in used if arrival.picker), ""),
        stations=_names(used, told != 0),
        stations_against=_names(used, told * _motions(used, result) < 0.0),
        sent_ns=0,
    )


def _motions(used: Sequence[Arrival], result: MechanismResult) -> NDArray[np.float64]:
    """P factor (n,) of the answer along the rays; 0 without an answer."""
    if not result.solutions:
        return np.zeros(len(used))
    best = result.solutions[0]
    tensor = double_couple(best.strike_deg, best.dip_deg, best.rake_deg)
    azimuth, takeoff = (
        np.array([getattr(arrival, name) for arrival in used], float)
        for name in ("azimuth_deg", "takeoff_deg")
    )
    return radiation_pattern(tensor, azimuth, takeoff)[0]


def _names(used: Sequence[Arrival], chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(a.station for a, wanted in zip(used, chosen, strict=True) if wanted)
