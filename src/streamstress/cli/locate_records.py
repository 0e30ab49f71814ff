"""Located earthquakes as the records that the live agents send, for the writers of files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from streamstress.location.catalogue import Located
from streamstress.location.hypocentre import ArrivalGeometry
from streamstress.outputs.picks_csv import PickLine
from streamstress.records import Amplitude, Arrival, Event, Polarity
from streamstress.stream.arrival_records import ray_fields
from streamstress.stream.event_magnitude import MagnitudeScale
from streamstress.stream.event_readings import ALL_COMPONENTS
from streamstress.stream.origins import origin_record

Picks = Mapping[str, PickLine]

BAND_HZ = (1.0, 15.0)
"""Of the amplitudes of ``streamstress pick`` (`picking.measure`)."""

LABELS = {1: (1.0, "up"), -1: (0.0, "down"), 0: (0.5, "unknown")}
"""Up probability and decision of what an analyst read."""


def event_record(located: Located, picks: Picks, sigma_s: Mapping[str, float], model: str) -> Event:
    """An earthquake with all readings that its location weighed; ``sigma_s`` is by reading."""
    rays = located.hypocentre.arrivals
    return Event(
        event_id=located.event_id,
        version=1,
        status="final",
        region="",
        kind="earthquake",
        origin=origin_record(located.hypocentre, model),
        arrivals=tuple(
            _arrival(ray, picks[ray.reading_id], sigma_s[ray.reading_id]) for ray in rays
        ),
        sent_ns=0,
    )


def arrival_lines(event: Event, picks: Picks) -> list[PickLine]:
    """Picks of an event with their ray, as `outputs.picks_csv` writes them."""
    return [
        replace(
            picks[arrival.pick_id],
            event_id=event.event_id,
            azimuth_deg=round(arrival.azimuth_deg, 2),
            takeoff_deg=round(arrival.takeoff_deg, 2),
            azimuth_sigma_deg=round(arrival.azimuth_sigma_deg, 2),
            takeoff_sigma_deg=round(arrival.takeoff_sigma_deg, 2),
            azimuth_turn_deg=_rounded(arrival.azimuth_turn_deg),
            takeoff_turn_deg=_rounded(arrival.takeoff_turn_deg),
            extra={
                **picks[arrival.pick_id].extra,
                "residual_s": f"{arrival.residual_s:.3f}",
                "weight": f"{arrival.weight:.3f}",
            },
        )
        for arrival in event.arrivals
    ]


def _rounded(turn_deg: Sequence[float]) -> tuple[float, ...]:
    # Without the sign of a zero that -0.001 would leave.
    return tuple(round(turn, 2) + 0.0 for turn in turn_deg)


def _arrival(ray: ArrivalGeometry, pick: PickLine, sigma_s: float) -> Arrival:
    return Arrival(
        pick_id=ray.reading_id,
        station=ray.station,
        channel=pick.channel,
        location=pick.location,
        phase="P" if ray.phase == "P" else "S",
        time_ns=pick.time_ns,
        sigma_s=sigma_s,
        snr=pick.snr or 0.0,
        amplitude=_amplitude(pick),
        polarity=_polarity(pick) if ray.phase == "P" else None,
        **ray_fields(ray),
    )


def with_magnitudes(events: Sequence[Event], scale: MagnitudeScale) -> list[Event]:
    """Events with the magnitude of their S amplitudes, less what the stations read too large."""
    for event in events:
        scale.of(event.origin, event.arrivals, learn=True)
    return [
        msgspec.structs.replace(
            event, magnitude=scale.of(event.origin, event.arrivals, learn=False)
        )
        for event in events
    ]


def _amplitude(pick: PickLine) -> Amplitude | None:
    """Peak of an S as ``streamstress pick`` writes it; its file does not tell the noise apart."""
    if pick.phase != "S" or not pick.amplitude:
        return None
    noise = pick.amplitude / pick.snr if pick.snr else 0.0
    return Amplitude(
        value=pick.amplitude, noise=noise, band_hz=BAND_HZ, component=ALL_COMPONENTS, clipped=False
    )


def _polarity(pick: PickLine) -> Polarity | None:
    if pick.up_probability is not None:
        probability = pick.up_probability
        told = "up" if probability > 0.5 else "down" if probability < 0.5 else "unknown"
        decision = pick.decision if pick.decision in ("up", "down", "unknown") else told
        return Polarity(
            up_probability=probability,
            decision=decision,  # type: ignore[arg-type]
            model=pick.model or "file",
        )
    if pick.label is None:
        return None
    probability, decision = LABELS[pick.label]
    return Polarity(up_probability=probability, decision=decision, model="analyst")  # type: ignore[arg-type]
