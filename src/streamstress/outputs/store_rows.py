"""Columns of the records that the store keeps."""

import time
from typing import Any

from streamstress.records import Arrival, Event, Mechanism, Pick, StressEstimate

Row = dict[str, Any]


def event_row(event: Event, record: bytes) -> Row:
    """Columns of an event."""
    origin, magnitude = event.origin, event.magnitude
    decided = [a for a in event.arrivals if a.polarity and a.polarity.decision != "unknown"]
    return {
        "event_id": event.event_id,
        "version": event.version,
        "status": event.status,
        "region": event.region,
        "kind": event.kind,
        "time_ns": origin.time_ns,
        "latitude_deg": origin.latitude_deg,
        "longitude_deg": origin.longitude_deg,
        "depth_km": origin.depth_km,
        "horizontal_error_km": origin.horizontal_error_km,
        "depth_error_km": origin.depth_error_km,
        "rms_s": origin.rms_s,
        "gap_deg": origin.gap_deg,
        "n_p": sum(arrival.phase == "P" for arrival in event.arrivals),
        "n_s": sum(arrival.phase == "S" for arrival in event.arrivals),
        "n_polarity": len(decided),
        "magnitude": magnitude.value if magnitude else None,
        "magnitude_kind": magnitude.kind if magnitude else None,
        "sent_ns": event.sent_ns,
        "record": record,
    }


def arrival_row(event_id: str, arrival: Arrival) -> Row:
    """Columns of an arrival of an event."""
    polarity = arrival.polarity
    return {
        "event_id": event_id,
        "pick_id": arrival.pick_id,
        "station": arrival.station,
        "phase": arrival.phase,
        "time_ns": arrival.time_ns,
        "residual_s": arrival.residual_s,
        "weight": arrival.weight,
        "distance_km": arrival.distance_km,
        "azimuth_deg": arrival.azimuth_deg,
        "takeoff_deg": arrival.takeoff_deg,
        "decision": polarity.decision if polarity else None,
        "up_probability": polarity.up_probability if polarity else None,
    }


def mechanism_row(mechanism: Mechanism, record: bytes) -> Row:
    """Columns of a mechanism, its best solution among them."""
    best = mechanism.solutions[0] if mechanism.solutions else None
    return {
        "event_id": mechanism.event_id,
        "version": mechanism.version,
        "model": mechanism.model,
        "status": mechanism.status,
        "region": mechanism.region,
        "grade": mechanism.grade,
        "time_ns": mechanism.origin_time_ns,
        "latitude_deg": mechanism.latitude_deg,
        "longitude_deg": mechanism.longitude_deg,
        "depth_km": mechanism.depth_km,
        "magnitude": mechanism.magnitude,
        "strike_deg": best.strike_deg if best else None,
        "dip_deg": best.dip_deg if best else None,
        "rake_deg": best.rake_deg if best else None,
        "plane_uncertainty_deg": best.plane_uncertainty_deg if best else None,
        "probability": best.probability if best else None,
        "misfit": mechanism.misfit,
        "n_polarity": mechanism.n_polarity,
        "sent_ns": mechanism.sent_ns,
        "record": record,
    }


def cell_row(estimate: StressEstimate) -> Row:
    """Where the cell of an estimate lies."""
    return {
        "cell": estimate.cell,
        "region": estimate.region,
        "latitude_deg": estimate.latitude_deg,
        "longitude_deg": estimate.longitude_deg,
        "version": estimate.version,
    }


def onset_row(pick: Pick) -> Row | None:
    """Trace around a P pick; None of a pick that has none."""
    onset = pick.onset
    if pick.phase != "P" or onset is None:
        return None
    return {
        "pick_id": pick.pick_id,
        "sampling_rate_hz": onset.sampling_rate_hz,
        "pick_index": onset.pick_index,
        "samples": onset.samples,
        "stored_ns": time.time_ns(),
    }
