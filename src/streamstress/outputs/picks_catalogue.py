"""Picks of event catalogues that obspy reads: QuakeML, SeisComP ML, Nordic, NonLinLoc and more."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streamstress.errors import InputFileError
from streamstress.outputs.picks_csv import BOUNDS, SIGNS, PickLine, PickTable

if TYPE_CHECKING:
    from obspy.core.event import Event, Pick

NO_LINE = 0
"""Line of what obspy read: it does not tell."""


def read_catalogue_picks(path: Path) -> PickTable:
    """Picks of every event; those of an event belong together.

    Where an event's preferred origin names its arrivals, their phases count and its other picks
    are left to association.

    Raises
    ------
    InputFileError
        No event catalogue that obspy knows.
    """
    # obspy takes half a second to import; a CSV does without.
    from obspy import read_events

    try:
        catalogue = read_events(str(path))
    except (OSError, TypeError, ValueError, LookupError, AttributeError, SyntaxError) as error:
        raise InputFileError(
            f"{path}: no event catalogue that obspy reads, such as QuakeML ({error})"
        ) from error
    rows: list[PickLine] = []
    rejected: list[tuple[int, str]] = []
    for number, event in enumerate(catalogue, start=1):
        for found in _event_picks(event):
            if isinstance(found, PickLine):
                rows.append(found)
            else:
                rejected.append((NO_LINE, f"event {number}: {found}"))
    if not rows and not rejected:
        raise InputFileError(f"{path}: {len(catalogue)} events and no pick; expected events' picks")
    return PickTable(tuple(rows), tuple(rejected), ("event_id",))


def _event_picks(event: "Event") -> Iterator[PickLine | str]:
    event_id = str(event.resource_id).rsplit("/", 1)[-1]
    origin = event.preferred_origin() or (event.origins[0] if event.origins else None)
    phases = {str(a.pick_id): str(a.phase) for a in origin.arrivals} if origin else {}
    for pick in event.picks:
        phase = phases.get(str(pick.resource_id), "" if phases else pick.phase_hint or "")
        kind = (phase or pick.phase_hint or "")[:1].upper()
        belongs = event_id if phase or not phases else None
        lacks = _lacks(pick, kind, phase or pick.phase_hint)
        yield f"pick {pick.resource_id} {lacks}" if lacks else _line(pick, kind, belongs)


def _lacks(pick: "Pick", kind: str, told: str | None) -> str:
    """Why a pick is of no use; nothing where it is."""
    if kind not in ("P", "S"):
        return f"is of phase {told!r}, neither P nor S"
    if pick.time is None:
        return "has no time"
    sigma_s, (low, high) = _sigma_s(pick), BOUNDS["sigma_s"]
    if sigma_s is not None and not low <= sigma_s <= high:
        return f"has a time uncertainty of {sigma_s:g} s, not between {low:g} and {high:g}"
    trace = pick.waveform_id
    return "" if trace is not None and trace.station_code else "has no station (waveformID)"


def _line(pick: "Pick", phase: str, event_id: str | None) -> PickLine:
    trace = pick.waveform_id
    return PickLine(
        line_number=NO_LINE,
        network=trace.network_code or "",
        station=trace.station_code or "",
        location=trace.location_code or "",
        channel=trace.channel_code or "",
        phase=phase,
        time_ns=int(pick.time.ns),
        label=SIGNS.get(pick.polarity) if pick.polarity else None,
        event_id=event_id,
        sigma_s=_sigma_s(pick),
    )


def _sigma_s(pick: "Pick") -> float | None:
    """What the file says of the time's error; some programs write 0 for nothing."""
    uncertainty = pick.time_errors.uncertainty if pick.time_errors else None
    return float(uncertainty) if uncertainty else None
