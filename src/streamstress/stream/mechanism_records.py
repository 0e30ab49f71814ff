"""A solved mechanism as the record that is sent."""

from streamstress.mechanism.results import MechanismResult
from streamstress.outputs.solution_records import solution_record
from streamstress.records import Event, Mechanism


def mechanism_record(event: Event, result: MechanismResult, model: str) -> Mechanism:
    """The result as a record."""
    best = result.solutions[0] if result.solutions else None
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
        sent_ns=0,
    )
