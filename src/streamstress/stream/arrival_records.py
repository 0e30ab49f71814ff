"""Arrivals, candidates and events between records and what locates them."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import msgspec

from streamstress.location.candidates import Candidate as LocatedCandidate
from streamstress.location.catalogue import Located
from streamstress.location.hypocentre import ArrivalGeometry, Hypocentre
from streamstress.location.readings import PhaseReading
from streamstress.records import Arrival, Candidate, Event, Origin, Pick

LARGEST_TRACE = 2048
"""Bytes of an onset's samples that go along with an arrival: 2 s of 250 Hz. Correlation ends at
12 Hz, and recordings of some kHz would fill messages."""


RAY_FIELDS = tuple(
    one.name
    for one in fields(ArrivalGeometry)
    if one.name not in ("reading_id", "station", "phase")
)
"""What a located ray and the record of its arrival have in common, under one name."""


def ray_fields(ray: ArrivalGeometry | Arrival) -> dict[str, Any]:
    """The values of `RAY_FIELDS`, of either."""
    return {name: getattr(ray, name) for name in RAY_FIELDS}


def has_small_trace(pick: Pick) -> bool:
    """Whether a pick has an onset that an arrival may bring along."""
    return pick.onset is not None and len(pick.onset.samples) <= LARGEST_TRACE


def arrival_record(
    pick: Pick, ray: ArrivalGeometry, sigma_s: float, *, with_trace: bool = False
) -> Arrival:
    """A pick with its ray and the time error that it was located with, as a record."""
    return Arrival(
        pick_id=pick.pick_id,
        station=pick.station_code,
        channel=pick.channel,
        location=pick.location,
        phase=pick.phase,
        time_ns=pick.time_ns,
        sigma_s=sigma_s,
        snr=pick.snr,
        polarity=pick.polarity,
        amplitude=pick.amplitude,
        picker=pick.model,
        probability=pick.probability,
        levels=pick.levels,
        onset=pick.onset if with_trace else None,
        **ray_fields(ray),
    )


def with_ray(arrival: Arrival, ray: ArrivalGeometry) -> Arrival:
    """A pick with the ray of another origin."""
    return msgspec.structs.replace(arrival, **ray_fields(ray))


def located_candidate(record: Candidate) -> LocatedCandidate:
    """The record as the merger takes it."""
    return LocatedCandidate(
        record.candidate_id,
        record.zone,
        hypocentre_of(record.origin, record.arrivals),
        readings_of(record.arrivals),
        record.quality,
        record.complete,
    )


def located_event(record: Event) -> Located:
    """The record as it is relocated."""
    hypocentre = hypocentre_of(record.origin, record.arrivals)
    return Located(record.event_id, hypocentre, readings_of(record.arrivals))


def readings_of(arrivals: Sequence[Arrival]) -> tuple[PhaseReading, ...]:
    """The picks of arrivals."""
    return tuple(
        PhaseReading(a.pick_id, a.station, a.phase, a.time_ns, a.sigma_s) for a in arrivals
    )


def hypocentre_of(origin: Origin, arrivals: Sequence[Arrival]) -> Hypocentre:
    """The origin as it was located, with the rays of its arrivals."""
    count = {phase: sum(a.phase == phase for a in arrivals) for phase in ("P", "S")}
    return Hypocentre(
        latitude_deg=origin.latitude_deg,
        longitude_deg=origin.longitude_deg,
        depth_km=origin.depth_km,
        origin_time_ns=origin.time_ns,
        covariance=origin.covariance,
        depth_fixed=origin.depth_fixed,
        rms_s=origin.rms_s,
        gap_deg=origin.gap_deg,
        horizontal_error_km=origin.horizontal_error_km,
        depth_error_km=origin.depth_error_km,
        n_p=count["P"],
        n_s=count["S"],
        arrivals=tuple(_ray(arrival) for arrival in arrivals),
    )


def _ray(arrival: Arrival) -> ArrivalGeometry:
    return ArrivalGeometry(
        reading_id=arrival.pick_id,
        station=arrival.station,
        phase=arrival.phase,
        **ray_fields(arrival),
    )
