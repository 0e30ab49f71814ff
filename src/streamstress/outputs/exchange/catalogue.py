"""QuakeML of many events: written one at a time, read back as rows of mechanisms."""

import io
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from obspy import UTCDateTime, read_events
from obspy.core import event as qml

from streamstress.errors import InputFileError
from streamstress.geometry.planes import auxiliary_plane
from streamstress.outputs.mechanisms_csv import MechanismLine, RejectedLine
from streamstress.outputs.quakeml_ids import comment, event_id_of, resource_id
from streamstress.outputs.quakeml_mechanisms import nodal_planes, principal_axes
from streamstress.records import MechanismSolution

_EVENT = re.compile(rb"[ \t]*<event publicID=.*</event>\s*\n", re.DOTALL)
_COMMENT = re.compile(r"^(grade|probability|plane uncertainty): ([^ ;]+)")
UNKNOWN_UNCERTAINTY_DEG = 90.0
"""A plane that tells no uncertainty may lie anywhere; it is left out when written."""


def write_catalogue(path: Path, events: Iterable[qml.Event]) -> int:
    """Write events as they come, so that memory does not grow with the catalogue; how many."""
    count = -2
    with path.open("wb") as file:
        for piece in catalogue_pieces(events):
            file.write(piece)
            count += 1
    return count


def catalogue_pieces(events: Iterable[qml.Event]) -> Iterator[bytes]:
    """Pieces of one document: its opening, each event, its end."""
    empty = _document([]).rstrip()
    head = empty[: empty.rindex(b"</q:quakeml>")]
    yield re.sub(rb"<eventParameters([^>]*?)/?>.*", rb"<eventParameters\1>\n", head, flags=re.S)
    for event in events:
        found = _EVENT.search(_document([event]))
        if found is not None:
            yield found.group()
    yield b"  </eventParameters>\n</q:quakeml>\n"


def events_of_rows(rows: Iterable[MechanismLine]) -> Iterator[qml.Event]:
    """Events of rows; neighbouring rows of one event are its solutions."""
    for _, group in groupby(rows, key=lambda row: row.event_id):
        yield event_of_rows(list(group))


def event_of_rows(rows: list[MechanismLine]) -> qml.Event:
    """One event with origin and magnitude where they are known, and every solution."""
    first = rows[0]
    event = qml.Event(resource_id=resource_id("event", first.event_id))
    origin = _origin(first)
    if origin is not None:
        event.origins = [origin]
        event.preferred_origin_id = origin.resource_id
    if first.magnitude is not None:
        name = resource_id("magnitude", first.event_id)
        event.magnitudes = [qml.Magnitude(resource_id=name, mag=first.magnitude)]
        event.preferred_magnitude_id = name
    event.focal_mechanisms = [
        _mechanism(row, origin, number) for number, row in enumerate(rows, start=1)
    ]
    event.preferred_focal_mechanism_id = event.focal_mechanisms[0].resource_id
    return event


def read_catalogue(path: Path) -> tuple[list[MechanismLine], list[RejectedLine]]:
    """Rows of every focal mechanism with nodal planes, the preferred plane of each.

    Events without one are told among those set aside (numbered from 1).

    Raises
    ------
    InputFileError
        The file cannot be read as QuakeML.
    """
    try:
        catalogue = read_events(str(path), format="QUAKEML")
    except (OSError, ValueError, TypeError, SyntaxError) as error:
        raise InputFileError(f"{path}: cannot be read as QuakeML ({error})") from error
    rows, rejected = rows_of_catalogue(catalogue)
    if not rows and not rejected:
        raise InputFileError(f"{path}: no event in it")
    return rows, rejected


def rows_of_catalogue(
    catalogue: Iterable[qml.Event],
) -> tuple[list[MechanismLine], list[RejectedLine]]:
    """Rows of an obspy catalogue, as `read_catalogue`."""
    rows: list[MechanismLine] = []
    rejected = []
    for number, event in enumerate(catalogue, start=1):
        found = list(_rows(event, len(rows) + 1))
        rows.extend(found)
        if not found:
            name = event_id_of(event.resource_id)
            rejected.append(RejectedLine(number, name, "no focal mechanism with nodal planes"))
    return rows, rejected


def _document(events: list[qml.Event]) -> bytes:
    target = io.BytesIO()
    qml.Catalog(events, resource_id=resource_id("catalog", "export")).write(
        target, format="QUAKEML"
    )
    return target.getvalue()


def _origin(row: MechanismLine) -> qml.Origin | None:
    """QuakeML asks for time and place; an origin without them is left out."""
    if row.time_ns is None or row.latitude_deg is None or row.longitude_deg is None:
        return None
    return qml.Origin(
        resource_id=resource_id("origin", row.event_id),
        time=UTCDateTime(ns=row.time_ns),
        latitude=row.latitude_deg,
        longitude=row.longitude_deg,
        depth=None if row.depth_km is None else row.depth_km * 1000.0,
    )


def _mechanism(row: MechanismLine, origin: qml.Origin | None, number: int) -> qml.FocalMechanism:
    planes = _planes(row)
    told = {
        "grade": row.grade,
        "probability": None if row.probability is None else f"{row.probability:.9g}",
    }
    made = nodal_planes(planes)
    if row.plane_uncertainty_deg is None:
        for plane in (made.nodal_plane_1, made.nodal_plane_2):
            plane.strike_errors = plane.dip_errors = qml.QuantityError()
    return qml.FocalMechanism(
        resource_id=resource_id("mechanism", row.event_id, str(number)),
        triggering_origin_id=None if origin is None else origin.resource_id,
        nodal_planes=made,
        principal_axes=principal_axes(planes),
        comments=[comment(f"{name}: {value}") for name, value in told.items() if value is not None],
    )


def _planes(row: MechanismLine) -> MechanismSolution:
    strike, dip, rake = auxiliary_plane(row.strike_deg, row.dip_deg, row.rake_deg)
    uncertainty = row.plane_uncertainty_deg
    auxiliary = row.extra.get("plane_uncertainty_aux_deg") or uncertainty
    return MechanismSolution(
        strike_deg=row.strike_deg,
        dip_deg=row.dip_deg,
        rake_deg=row.rake_deg,
        auxiliary_strike_deg=float(strike),
        auxiliary_dip_deg=float(dip),
        auxiliary_rake_deg=float(rake),
        probability=1.0 if row.probability is None else row.probability,
        plane_uncertainty_deg=UNKNOWN_UNCERTAINTY_DEG if uncertainty is None else uncertainty,
        plane_uncertainty_aux_deg=float(
            UNKNOWN_UNCERTAINTY_DEG if auxiliary is None else auxiliary
        ),
    )


def _rows(event: qml.Event, first_number: int) -> Iterator[MechanismLine]:
    origin = event.preferred_origin() or (event.origins[0] if event.origins else None)
    magnitude = event.preferred_magnitude() or (event.magnitudes[0] if event.magnitudes else None)
    for mechanism in event.focal_mechanisms:
        planes = mechanism.nodal_planes
        if planes is None or (planes.nodal_plane_1 or planes.nodal_plane_2) is None:
            continue
        second = planes.preferred_plane == 2 and planes.nodal_plane_2 is not None
        plane = planes.nodal_plane_2 if second else planes.nodal_plane_1 or planes.nodal_plane_2
        if None in (plane.strike, plane.dip, plane.rake):
            continue
        told = _told(mechanism)
        depth_m = None if origin is None else origin.depth
        probability = told.get("probability")
        yield MechanismLine(
            first_number,
            event_id_of(event.resource_id),
            None if origin is None else origin.time.ns,
            None if origin is None else origin.latitude,
            None if origin is None else origin.longitude,
            None if depth_m is None else depth_m / 1000.0,
            None if magnitude is None else magnitude.mag,
            plane.strike % 360.0,
            plane.dip,
            plane.rake,
            told.get("grade"),
            plane.strike_errors.uncertainty if plane.strike_errors else None,
            None if probability is None else float(probability),
        )
        first_number += 1


def _told(mechanism: qml.FocalMechanism) -> dict[str, str]:
    found = (_COMMENT.match(comment.text or "") for comment in mechanism.comments)
    return {match[1]: match[2] for match in found if match is not None}
