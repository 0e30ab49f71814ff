"""A solved event of a catalogue as QuakeML 1.2: origin, magnitude and every focal mechanism."""

from pathlib import Path

from obspy import UTCDateTime
from obspy.core import event as qml

from streamstress.mechanism.readers.events import SourceOrigin
from streamstress.mechanism.results import MechanismResult, MechanismSolution
from streamstress.outputs.quakeml_ids import comment, resource_id
from streamstress.outputs.quakeml_mechanisms import nodal_planes, principal_axes
from streamstress.outputs.solution_records import solution_record


def write_quakeml(path: Path, origin: SourceOrigin, result: MechanismResult) -> None:
    """Write one event; without a solution it holds no focal mechanism, and the comment says why."""
    event = _event(origin, result)
    catalogue = qml.Catalog([event], resource_id=resource_id("catalog", origin.event_id))
    catalogue.write(str(path), format="QUAKEML")


def _event(origin: SourceOrigin, result: MechanismResult) -> qml.Event:
    event = qml.Event(
        resource_id=resource_id("event", origin.event_id),
        comments=[comment(f"grade: {result.grade}; {result.grade_reason}")],
    )
    place = _origin(origin)
    if place is not None:
        event.origins = [place]
        event.preferred_origin_id = place.resource_id
    if origin.magnitude is not None:
        event.magnitudes = [
            qml.Magnitude(
                resource_id=resource_id("magnitude", origin.event_id), mag=origin.magnitude
            )
        ]
    event.focal_mechanisms = [
        _mechanism(origin, place, result, solution, number)
        for number, solution in enumerate(result.solutions, start=1)
    ]
    if event.focal_mechanisms:
        event.preferred_focal_mechanism_id = event.focal_mechanisms[0].resource_id
    return event


def _origin(origin: SourceOrigin) -> qml.Origin | None:
    """QuakeML asks for time and place; an origin without them is left out."""
    if origin.time_ns is None or origin.latitude_deg != origin.latitude_deg:
        return None
    return qml.Origin(
        resource_id=resource_id("origin", origin.event_id),
        time=UTCDateTime(ns=origin.time_ns),
        latitude=origin.latitude_deg,
        longitude=origin.longitude_deg,
        depth=origin.depth_km * 1000.0 if origin.depth_km == origin.depth_km else None,
    )


def _mechanism(
    origin: SourceOrigin,
    place: qml.Origin | None,
    result: MechanismResult,
    solution: MechanismSolution,
    number: int,
) -> qml.FocalMechanism:
    planes = solution_record(solution)
    texts = [
        f"grade: {solution.grade}",
        f"probability: {solution.probability:.3f}",
        f"S/P ratios: {result.n_sp}",
        *([f"possibly no double couple: {doubt}"] if (doubt := result.not_double_couple) else []),
    ]
    return qml.FocalMechanism(
        resource_id=resource_id("mechanism", origin.event_id, str(number)),
        triggering_origin_id=None if place is None else place.resource_id,
        nodal_planes=nodal_planes(planes),
        principal_axes=principal_axes(planes),
        azimuthal_gap=result.azimuth_gap_deg,
        station_polarity_count=result.n_polarity,
        misfit=solution.misfit,
        station_distribution_ratio=solution.stdr,
        evaluation_mode="automatic",
        comments=[comment(text) for text in texts],
    )
