"""Arrivals and candidates between records and what locates them."""

import msgspec

from streamstress.location.candidates import Candidate as LocatedCandidate
from streamstress.location.hypocentre import ArrivalGeometry, Hypocentre
from streamstress.location.readings import PhaseReading
from streamstress.records import Arrival, Candidate, Pick


def arrival_record(pick: Pick, ray: ArrivalGeometry, sigma_s: float) -> Arrival:
    """A pick with its ray and the time error that it was located with, as a record."""
    return Arrival(
        pick_id=pick.pick_id,
        station=pick.station_code,
        channel=pick.channel,
        location=pick.location,
        phase=pick.phase,
        time_ns=pick.time_ns,
        sigma_s=sigma_s,
        residual_s=ray.residual_s,
        weight=ray.weight,
        distance_km=ray.distance_km,
        azimuth_deg=ray.azimuth_deg,
        azimuth_sigma_deg=ray.azimuth_sigma_deg,
        takeoff_deg=ray.takeoff_deg,
        takeoff_sigma_deg=ray.takeoff_sigma_deg,
        azimuth_turn_deg=ray.azimuth_turn_deg,
        takeoff_turn_deg=ray.takeoff_turn_deg,
        snr=pick.snr,
        polarity=pick.polarity,
        amplitude=pick.amplitude,
        picker=pick.model,
        probability=pick.probability,
        levels=pick.levels,
    )


def with_ray(arrival: Arrival, ray: ArrivalGeometry) -> Arrival:
    """A pick with the ray of another origin."""
    return msgspec.structs.replace(
        arrival,
        residual_s=ray.residual_s,
        weight=ray.weight,
        distance_km=ray.distance_km,
        azimuth_deg=ray.azimuth_deg,
        azimuth_sigma_deg=ray.azimuth_sigma_deg,
        takeoff_deg=ray.takeoff_deg,
        takeoff_sigma_deg=ray.takeoff_sigma_deg,
        azimuth_turn_deg=ray.azimuth_turn_deg,
        takeoff_turn_deg=ray.takeoff_turn_deg,
    )


def located_candidate(record: Candidate) -> LocatedCandidate:
    """The record as the merger takes it."""
    origin = record.origin
    count = {phase: sum(a.phase == phase for a in record.arrivals) for phase in ("P", "S")}
    hypocentre = Hypocentre(
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
        arrivals=tuple(_ray(arrival) for arrival in record.arrivals),
    )
    readings = tuple(
        PhaseReading(a.pick_id, a.station, a.phase, a.time_ns, a.sigma_s) for a in record.arrivals
    )
    return LocatedCandidate(
        record.candidate_id, record.zone, hypocentre, readings, record.quality, record.complete
    )


def _ray(arrival: Arrival) -> ArrivalGeometry:
    return ArrivalGeometry(
        reading_id=arrival.pick_id,
        station=arrival.station,
        phase=arrival.phase,
        residual_s=arrival.residual_s,
        weight=arrival.weight,
        distance_km=arrival.distance_km,
        azimuth_deg=arrival.azimuth_deg,
        takeoff_deg=arrival.takeoff_deg,
        azimuth_sigma_deg=arrival.azimuth_sigma_deg,
        takeoff_sigma_deg=arrival.takeoff_sigma_deg,
        azimuth_turn_deg=arrival.azimuth_turn_deg,
        takeoff_turn_deg=arrival.takeoff_turn_deg,
    )
