"""The earthquakes of a scenario: when, where, how large, on which fault, along which rays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame, distance_azimuth
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.simulate.faults import draw_mechanisms
from streamstress.simulate.scenario import Scenario

Array = NDArray[np.float64]

QP_OVER_QS = 1.5

SOFT_LAYER = 0.6
"""Velocity of the layer under a station over that of the model's surface: rays come up steep."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Events (n,), in time order. Times are seconds after the start of the scenario.

    ``fault`` numbers the fault plane: events of a burst share it.
    """

    origin_s: Array
    latitude_deg: Array
    longitude_deg: Array
    depth_km: Array
    magnitude: Array
    strike_deg: Array
    dip_deg: Array
    rake_deg: Array
    fault: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """What happens between every event and every station, arrays (events, stations).

    Distances are hypocentral; angles as in `geometry`; ``p_radiation`` has the sign of the first
    motion.
    """

    distance_km: Array
    azimuth_deg: Array
    travel_p_s: Array
    travel_s_s: Array
    takeoff_p_deg: Array
    takeoff_s_deg: Array
    incidence_p_deg: Array
    incidence_s_deg: Array
    vp_km_s: Array
    vs_km_s: Array
    p_radiation: Array


def make_catalogue(scenario: Scenario, rng: np.random.Generator) -> Catalogue:
    """Draw the events of a scenario."""
    n = scenario.n_events
    fault = _faults(scenario, rng)
    early = np.arange(n) < scenario.n_before
    parts = [
        draw_mechanisms(
            tensor,
            fault[chosen],
            threshold=scenario.instability_threshold,
            scatter_deg=scenario.mechanism_scatter_deg,
            rng=rng,
        )
        for tensor, chosen in (
            (scenario.stress_before(), early),
            (scenario.stress_after(), ~early),
        )
    ]
    latitude, longitude, depth = _hypocentres(scenario, fault, rng)
    return Catalogue(
        origin_s=_origin_times(scenario, rng),
        latitude_deg=latitude,
        longitude_deg=longitude,
        depth_km=depth,
        magnitude=gutenberg_richter(n, scenario.magnitude_range, scenario.b_value, rng),
        strike_deg=np.concatenate([part.strike_deg for part in parts]),
        dip_deg=np.concatenate([part.dip_deg for part in parts]),
        rake_deg=np.concatenate([part.rake_deg for part in parts]),
        fault=fault,
    )


def gutenberg_richter(
    n: int, magnitude_range: tuple[float, float], b_value: float, rng: np.random.Generator
) -> Array:
    """Magnitudes (n,) of the Gutenberg-Richter law, truncated at both ends."""
    low, high = magnitude_range
    span = 1.0 - 10.0 ** (-b_value * (high - low))
    return np.asarray(low - np.log10(1.0 - rng.random(n) * span) / b_value)


def duration_s(scenario: Scenario, catalogue: Catalogue) -> float:
    """Length of the data: to ``tail_s`` after the last event."""
    last = float(catalogue.origin_s[-1]) if len(catalogue.origin_s) else scenario.lead_s
    return last + scenario.tail_s


def trace_rays(scenario: Scenario, catalogue: Catalogue, stations: tuple[Station, ...]) -> Rays:
    """Follow P and S through the scenario's crust from every event to every station."""
    station_latitude = np.array([station.latitude_deg for station in stations])
    station_longitude = np.array([station.longitude_deg for station in stations])
    elevation_km = np.array([station.elevation_m for station in stations]) / 1e3
    epicentral, azimuth = distance_azimuth(
        catalogue.latitude_deg[:, None],
        catalogue.longitude_deg[:, None],
        station_latitude,
        station_longitude,
    )
    depth = np.broadcast_to(catalogue.depth_km[:, None], epicentral.shape)
    time, takeoff, incidence, speed = {}, {}, {}, {}
    for phase in ("P", "S"):
        table = _table(scenario, phase, epicentral)
        time[phase], takeoff[phase] = table.rays(epicentral, depth, elevation_km)
        speed[phase] = scenario.velocity.at(phase, depth)
        surface = SOFT_LAYER * float(scenario.velocity.at(phase, 0.0))
        sine = np.sin(np.radians(takeoff[phase])) / speed[phase] * surface
        incidence[phase] = np.degrees(np.arcsin(np.clip(sine, 0.0, 1.0)))
    tensors = np.sqrt(2.0) * double_couple(
        catalogue.strike_deg, catalogue.dip_deg, catalogue.rake_deg
    )
    p_radiation, _, _ = radiation_pattern(tensors[:, None], azimuth, takeoff["P"])
    return Rays(
        distance_km=np.hypot(epicentral, depth + elevation_km),
        azimuth_deg=azimuth,
        travel_p_s=time["P"],
        travel_s_s=time["S"],
        takeoff_p_deg=takeoff["P"],
        takeoff_s_deg=takeoff["S"],
        incidence_p_deg=incidence["P"],
        incidence_s_deg=incidence["S"],
        vp_km_s=speed["P"],
        vs_km_s=speed["S"],
        p_radiation=p_radiation,
    )


def _table(scenario: Scenario, phase: str, epicentral: Array) -> TravelTimeTable:
    farthest = max(float(epicentral.max(initial=0.0)) + 5.0, 20.0)
    return travel_time_table(scenario.velocity, phase, farthest, scenario.depth_range_km[1] + 5.0)


def _origin_times(scenario: Scenario, rng: np.random.Generator) -> Array:
    """Poissonian with a dead time: events do not hide one another."""
    free = rng.exponential(scenario.mean_spacing_s - scenario.least_spacing_s, scenario.n_events)
    steps = scenario.least_spacing_s + free
    steps[:1] = scenario.lead_s
    return np.cumsum(steps)


def _faults(scenario: Scenario, rng: np.random.Generator) -> NDArray[np.int64]:
    """Fault number of each event: a new one each, but bursts stay on theirs.

    A burst never goes on across the change of stress.
    """
    size = scenario.burst_size
    # Starts at this rate give the wished share of events in bursts.
    share = scenario.burst_fraction
    rate = share / (share + (1.0 - share) * size) if share < 1.0 else 1.0
    fault = np.empty(scenario.n_events, np.int64)
    number, left = -1, 0
    for event in range(scenario.n_events):
        if left == 0 or event == scenario.n_before:
            number += 1
            left = size if rng.random() < rate else 1
        fault[event] = number
        left -= 1
    return fault


def _hypocentres(
    scenario: Scenario, fault: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Even in a vertical cylinder; those of one fault within ``burst_radius_km``."""
    n_faults = int(fault.max(initial=-1)) + 1
    radius = scenario.source_radius_km * np.sqrt(rng.random(n_faults))
    angle = rng.uniform(0.0, 2.0 * np.pi, n_faults)
    top, bottom = scenario.depth_range_km
    centre = np.stack(
        [radius * np.sin(angle), radius * np.cos(angle), rng.uniform(top, bottom, n_faults)]
    )
    shared = np.bincount(fault, minlength=n_faults)[fault] > 1
    spread = rng.normal(0.0, scenario.burst_radius_km / np.sqrt(3.0), (3, len(fault))) * shared
    east, north, depth = centre[:, fault] + spread
    frame = LocalFrame(scenario.latitude_deg, scenario.longitude_deg)
    latitude, longitude = frame.to_degrees(east, north)
    return latitude, longitude, np.clip(depth, 0.5, bottom)
