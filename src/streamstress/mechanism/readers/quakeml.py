"""QuakeML with arrivals: azimuth and take-off of each, polarity of its pick.

Take-off counts from straight down, as ours. A polarity enters with its probability where a comment
of the pick says ``up probability 0.93``, as in what we export ourselves. What QuakeML has no field
for is in a comment of the arrival: the azimuth's error, and what the rays of an event share.
"""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streamstress.earth.projection import KM_PER_DEGREE, distance_azimuth
from streamstress.errors import InputFileError
from streamstress.mechanism.readers.events import (
    NAN,
    Events,
    Pick,
    RefusedEvent,
    SetAside,
    SourceOrigin,
)
from streamstress.mechanism.readers.hash_origin import DEFAULT_DEPTH_SIGMA_KM
from streamstress.mechanism.readers.lines import FieldError
from streamstress.mechanism.readers.reversals import Reversals, is_reversed
from streamstress.mechanism.readers.screen import MAX_DISTANCE_KM, EventDraft
from streamstress.mechanism.readers.stations import StationBook

if TYPE_CHECKING:
    from obspy.core.event import Arrival, Event, Origin
    from obspy.core.event import Pick as EventPick

UP_PROBABILITY = re.compile(r"up probability ([0-9.]+)")
_NUMBERS = r"((?:-?\d+\.\d+ )+)deg"
RAY = re.compile(
    rf"azimuth sigma (\d+\.\d+) deg; common to the event's rays: azimuth {_NUMBERS}, "
    rf"take-off {_NUMBERS}"
)
POLARITY = {"positive": 1.0, "negative": 0.0}
_METRES_PER_KM = 1000.0
_QUAKEML = "http://quakeml.org/xmlns/quakeml/1.2"
_ONE = "smi:local/one"


def read_quakeml(
    path: Path,
    stations: StationBook | None = None,
    reversals: Reversals | None = None,
    max_distance_km: float = MAX_DISTANCE_KM,
) -> Events:
    """Events of a QuakeML document, one parsed at a time.

    Parameters
    ----------
    stations
        Only for arrivals without azimuth or take-off: these are then traced.

    Raises
    ------
    InputFileError
        The file cannot be read, is no XML or holds no event.
    """
    for text, bytes_read in _event_documents(path):
        try:
            event = _parsed(text)
            origin = _origin(event)
        except FieldError as error:
            yield RefusedEvent(SetAside("", 0, "", error.reason, str(error)), bytes_read)
            continue
        draft = EventDraft(origin, max_distance_km)
        picks = {str(pick.resource_id): pick for pick in event.picks}
        for arrival in _main_origin(event).arrivals:
            _add(draft, arrival, picks.get(str(arrival.pick_id)), stations, reversals or {})
        yield draft.event(bytes_read)


def _event_documents(path: Path) -> Iterator[tuple[bytes, int]]:
    """Each event as a document of its own, so that memory does not grow with the catalogue."""
    found = False
    try:
        with path.open("rb") as file:
            for _, element in ET.iterparse(file):  # noqa: S314  # the user's own file
                if element.tag.endswith("}event"):
                    found = True
                    yield _document(element), file.tell()
                    element.clear()
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error
    except ET.ParseError as error:
        raise InputFileError(f"{path}: no well-formed XML ({error})") from error
    if not found:
        raise InputFileError(f"{path}: no event of QuakeML in it")


def _document(event: ET.Element) -> bytes:
    # obspy looks for the namespace of the events as the default one of the root.
    space = event.tag[1:].partition("}")[0]
    head = f'<q:quakeml xmlns:q="{_QUAKEML}" xmlns="{space}"><eventParameters publicID="{_ONE}">'
    return head.encode() + ET.tostring(event) + b"</eventParameters></q:quakeml>"


def _parsed(document: bytes) -> "Event":
    # obspy takes half a second to import; the other formats do without.
    from obspy import read_events

    try:
        return read_events(io.BytesIO(document), format="QUAKEML")[0]
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise FieldError("unreadable-event", f"no readable event ({error})") from error


def _main_origin(event: "Event") -> "Origin":
    return event.preferred_origin() or event.origins[0]


def _origin(event: "Event") -> SourceOrigin:
    if not event.origins:
        raise FieldError("unreadable-event", f"{event.resource_id} has no origin")
    origin = _main_origin(event)
    if None in (origin.time, origin.latitude, origin.longitude):
        raise FieldError("unreadable-event", f"{event.resource_id}: origin without time or place")
    magnitude = event.preferred_magnitude() or (event.magnitudes or [None])[0]
    depth_sigma = origin.depth_errors.uncertainty if origin.depth_errors else None
    return SourceOrigin(
        str(event.resource_id).rpartition("/")[2],
        int(origin.time.ns),
        float(origin.latitude),
        float(origin.longitude),
        NAN if origin.depth is None else origin.depth / _METRES_PER_KM,
        depth_sigma / _METRES_PER_KM if depth_sigma else DEFAULT_DEPTH_SIGMA_KM,
        None if magnitude is None else float(magnitude.mag),
    )


def _add(
    draft: EventDraft,
    arrival: "Arrival",
    pick: "EventPick | None",
    stations: StationBook | None,
    reversals: Reversals,
) -> None:
    if pick is None or not (arrival.phase or pick.phase_hint or "P").upper().startswith("P"):
        return
    code = pick.waveform_id
    name = f"{code.network_code or ''}.{code.station_code}.{code.channel_code or ''}"
    try:
        up = _up_probability(pick)
        if is_reversed(reversals, code.station_code, draft.origin.time_ns):
            up = 1.0 - up
        draft.add(_pick(draft, arrival, name, up, pick.onset != "emergent", stations))
    except FieldError as error:
        draft.refuse(0, name, error.reason, str(error))


def _up_probability(pick: "EventPick") -> float:
    for comment in pick.comments:
        told = UP_PROBABILITY.search(comment.text or "")
        if told:
            return min(max(float(told[1]), 0.0), 1.0)
    if pick.polarity not in POLARITY:
        raise FieldError("no-polarity", f"polarity {pick.polarity} is neither up nor down")
    return POLARITY[pick.polarity]


def _told_of_ray(arrival: "Arrival") -> tuple[float, tuple[float, ...], tuple[float, ...]]:
    """Sigma of the azimuth, and the turns of azimuth and take-off, as a comment tells them."""
    for comment in arrival.comments:
        told = RAY.search(comment.text or "")
        if told:
            azimuth, takeoff = (tuple(map(float, numbers.split())) for numbers in told.groups()[1:])
            return float(told[1]), azimuth, takeoff
    return 0.0, (), ()


def _pick(
    draft: EventDraft,
    arrival: "Arrival",
    name: str,
    up: float,
    impulsive: bool,
    stations: StationBook | None,
) -> Pick:
    distance = NAN if arrival.distance is None else arrival.distance * KM_PER_DEGREE
    if arrival.azimuth is not None and arrival.takeoff_angle is not None:
        sigma = arrival.takeoff_angle_errors.uncertainty if arrival.takeoff_angle_errors else None
        azimuth, takeoff = float(arrival.azimuth), float(arrival.takeoff_angle)
        azimuth_sigma, *turns = _told_of_ray(arrival)
        return Pick(
            name, up, impulsive, azimuth, takeoff, azimuth_sigma, sigma or 0.0, distance, NAN, 0,
            *turns,
        )  # fmt: skip
    place = stations.find(name) if stations else None
    if place is None:
        reason = "unknown-station" if stations else "blank-angle"
        raise FieldError(reason, f"{name} has no azimuth and take-off, and no known place")
    origin = draft.origin
    far, azimuth_there = distance_azimuth(origin.latitude_deg, origin.longitude_deg, *place)
    return Pick(name, up, impulsive, float(azimuth_there), distance_km=float(far))
