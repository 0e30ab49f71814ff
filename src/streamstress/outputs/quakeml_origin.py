"""Origin, magnitude, picks and arrivals of an event as parts of a QuakeML document."""

import numpy as np
from obspy import UTCDateTime
from obspy.core import event as qml

from streamstress.earth.projection import KM_PER_DEGREE
from streamstress.outputs.quakeml_ids import comment, evaluation, resource_id
from streamstress.records import Arrival, Event, Magnitude, Relocation

_POLARITIES = {"up": "positive", "down": "negative", "unknown": "undecidable"}


def _time(time_ns: int) -> UTCDateTime:
    return UTCDateTime(ns=time_ns)


def quakeml_origin(event: Event) -> qml.Origin:
    """Origin with its uncertainties, quality and arrivals."""
    at, covariance = event.origin, np.asarray(event.origin.covariance, float)
    time_sigma_s = float(np.sqrt(covariance[3, 3]))
    north_sigma_deg = float(np.sqrt(covariance[1, 1])) / KM_PER_DEGREE
    east_scale = KM_PER_DEGREE * max(np.cos(np.radians(at.latitude_deg)), 1e-6)
    east_sigma_deg = float(np.sqrt(covariance[0, 0])) / east_scale
    return qml.Origin(
        resource_id=resource_id("origin", event.event_id, str(event.version)),
        time=_time(at.time_ns),
        time_errors=qml.QuantityError(uncertainty=time_sigma_s),
        latitude=at.latitude_deg,
        latitude_errors=qml.QuantityError(uncertainty=north_sigma_deg),
        longitude=at.longitude_deg,
        longitude_errors=qml.QuantityError(uncertainty=east_sigma_deg),
        depth=at.depth_km * 1000.0,
        depth_errors=qml.QuantityError(uncertainty=at.depth_error_km * 1000.0),
        depth_type="operator assigned" if at.depth_fixed else "from location",
        method_id=resource_id("method", at.relocation.method) if at.relocation else None,
        comments=[comment(_relocation_words(at.relocation))] if at.relocation else [],
        earth_model_id=resource_id("velocity", at.velocity_model),
        origin_uncertainty=qml.OriginUncertainty(
            horizontal_uncertainty=at.horizontal_error_km * 1000.0,
            preferred_description="horizontal uncertainty",
        ),
        quality=_origin_quality(event),
        arrivals=[_arrival(arrival) for arrival in event.arrivals],
        evaluation_mode="automatic",
        evaluation_status=evaluation(event.status),
    )


def _relocation_words(told: Relocation) -> str:
    """What QuakeML has no field for: errors next to the neighbours."""
    return (
        f"{told.method}: {1000 * told.horizontal_error_km:.0f} m horizontally and "
        f"{1000 * told.depth_error_km:.0f} m in depth next to its neighbours; "
        f"{told.n_differences} differences of travel times, {told.n_correlated} of waveforms"
    )


def _origin_quality(event: Event) -> qml.OriginQuality:
    used = [arrival for arrival in event.arrivals if arrival.weight > 0]
    distances = sorted(arrival.distance_km / KM_PER_DEGREE for arrival in event.arrivals)
    return qml.OriginQuality(
        associated_phase_count=len(event.arrivals),
        used_phase_count=len(used),
        used_station_count=len({arrival.station for arrival in used}),
        standard_error=event.origin.rms_s,
        azimuthal_gap=event.origin.gap_deg,
        minimum_distance=distances[0] if distances else None,
        maximum_distance=distances[-1] if distances else None,
    )


def quakeml_pick(arrival: Arrival) -> qml.Pick:
    """Pick of an arrival, with its first motion."""
    network, _, station = arrival.station.partition(".")
    comments = []
    if arrival.polarity is not None:
        probability, model = arrival.polarity.up_probability, arrival.polarity.model
        comments.append(comment(f"up probability {probability:.3f} ({model})"))
    return qml.Pick(
        resource_id=resource_id("pick", arrival.pick_id),
        time=_time(arrival.time_ns),
        time_errors=qml.QuantityError(uncertainty=arrival.sigma_s),
        waveform_id=qml.WaveformStreamID(
            network_code=network,
            station_code=station,
            location_code=arrival.location or None,
            channel_code=_vertical_or_band(arrival.channel),
        ),
        phase_hint=arrival.phase,
        polarity=_POLARITIES[arrival.polarity.decision] if arrival.polarity else None,
        evaluation_mode="automatic",
        comments=comments,
    )


def _vertical_or_band(channel: str) -> str:
    # Picks name band and instrument ("HH"); a first motion is read on the vertical.
    return f"{channel}Z" if len(channel) == 2 else channel


def _arrival(arrival: Arrival) -> qml.Arrival:
    return qml.Arrival(
        resource_id=resource_id("arrival", arrival.pick_id),
        pick_id=resource_id("pick", arrival.pick_id),
        phase=arrival.phase,
        azimuth=arrival.azimuth_deg,
        distance=arrival.distance_km / KM_PER_DEGREE,
        takeoff_angle=arrival.takeoff_deg,
        takeoff_angle_errors=qml.QuantityError(uncertainty=arrival.takeoff_sigma_deg),
        time_residual=arrival.residual_s,
        time_weight=arrival.weight,
        comments=[comment(_ray_words(arrival))] if arrival.takeoff_turn_deg else [],
    )


def _ray_words(arrival: Arrival) -> str:
    """What QuakeML has no field for: the azimuth's error, and what the event's rays share."""
    azimuth, takeoff = (
        " ".join(f"{turn:.2f}" for turn in turns)
        for turns in (arrival.azimuth_turn_deg, arrival.takeoff_turn_deg)
    )
    return (
        f"azimuth sigma {arrival.azimuth_sigma_deg:.2f} deg; common to the event's rays: "
        f"azimuth {azimuth} deg, take-off {takeoff} deg"
    )


def quakeml_magnitude(event: Event, magnitude: Magnitude, origin: qml.Origin) -> qml.Magnitude:
    """Magnitude that belongs to an origin."""
    return qml.Magnitude(
        resource_id=resource_id("magnitude", event.event_id, str(event.version)),
        mag=magnitude.value,
        mag_errors=qml.QuantityError(uncertainty=magnitude.sigma),
        magnitude_type=magnitude.kind,
        station_count=magnitude.n_stations,
        origin_id=origin.resource_id,
        evaluation_mode="automatic",
    )
