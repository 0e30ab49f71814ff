"""Events of simulated readings, and controls, as messages on their topics."""

from collections.abc import Iterable, Sequence

from streamstress.outputs.picks_csv import PickLine
from streamstress.records import Arrival, Control, Event, Origin, Polarity, Progress
from streamstress.stream.chain import Message
from streamstress.wire.codec import encode
from streamstress.wire.topics import CONTROLS, EVENTS

REGION = "smoke"


def event_of(event_id: str, rows: Sequence[PickLine], version: int = 1) -> Event:
    """A final event with P arrivals alone."""
    origin = Origin(
        time_ns=rows[0].time_ns - 10**9,
        latitude_deg=38.5,
        longitude_deg=140.5,
        depth_km=8.0,
        depth_fixed=False,
        covariance=((1.0, 0.0, 0.0, 0.0),) * 4,
        horizontal_error_km=0.5,
        depth_error_km=1.0,
        rms_s=0.05,
        gap_deg=60.0,
        velocity_model="test",
    )
    arrivals = tuple(_arrival(event_id, row) for row in rows)
    return Event(
        event_id=event_id,
        version=version,
        status="final",
        region=REGION,
        kind="earthquake",
        origin=origin,
        arrivals=arrivals,
        sent_ns=0,
    )


def _arrival(event_id: str, row: PickLine) -> Arrival:
    p = row.up_probability or 0.0
    return Arrival(
        pick_id=f"{row.station_code}.{event_id}",
        station=row.station_code,
        channel="HHZ",
        location="",
        phase="P",
        time_ns=row.time_ns,
        sigma_s=0.05,
        residual_s=0.0,
        weight=1.0,
        distance_km=20.0,
        azimuth_deg=row.azimuth_deg or 0.0,
        azimuth_sigma_deg=row.azimuth_sigma_deg or 0.0,
        takeoff_deg=row.takeoff_deg or 0.0,
        takeoff_sigma_deg=row.takeoff_sigma_deg or 0.0,
        snr=row.snr or 0.0,
        polarity=Polarity(up_probability=p, decision="up" if p > 0.5 else "down", model="test"),
    )


def event_message(event: Event) -> Message:
    return EVENTS.name, 0, event.event_id.encode(), encode(event), {}


def progress_message(done_until_ns: int) -> Message:
    progress = Progress(source="merge", done_until_ns=done_until_ns, sent_ns=0)
    return EVENTS.name, 0, b"~progress", encode(progress), {}


def event_messages(events: dict[str, list[PickLine]]) -> Iterable[Message]:
    for event_id, rows in events.items():
        event = event_of(event_id, rows)
        yield event_message(event)
        yield progress_message(event.origin.time_ns + 1)


def reversal(station: str, from_ns: int, until_ns: int | None = None, **other: str) -> Control:
    """What 'streamstress control reversal' sends."""
    return Control(
        control_id=f"reverse-polarity/{station}/{from_ns}",
        target=station,
        action="reverse-polarity",
        valid_from_ns=from_ns,
        valid_until_ns=until_ns,
        reason="seismometer turned at a visit",
        author="operator",
        sent_ns=0,
        **other,
    )


def control_message(control: Control) -> Message:
    return CONTROLS.name, 0, control.control_id.encode(), encode(control), {}
