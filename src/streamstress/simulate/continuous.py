"""The continuous record of one station: its noise and every event of the scenario."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.stations import Station
from streamstress.simulate.catalogue import (
    QP_OVER_QS,
    Catalogue,
    Rays,
    duration_s,
    make_catalogue,
    trace_rays,
)
from streamstress.simulate.network import make_network
from streamstress.simulate.noise import (
    SAMPLING_HZ,
    NoiseLevel,
    continuous_noise,
    random_noise_level,
)
from streamstress.simulate.scattering import random_scattering
from streamstress.simulate.scenario import Scenario
from streamstress.simulate.terms import PathTerm, SiteTerm, SourceTerm, random_site, source_term
from streamstress.simulate.waveforms import ground_velocity

Array32 = NDArray[np.float32]

EVENT_S = 45.0
"""Length of the record of one event; its coda has then sunk below any noise."""
_FADE_S = 5.0
_LEAD_SAMPLES = 10
_S_OVER_P_DELAY = 1.7

# One stream of chance for each purpose, so that a change of one leaves the others.
_NETWORK, _CATALOGUE, _SITES, _NOISE, _WAVEFORMS = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """All of a scenario but the waveforms: stations, their ground and noise, events, rays."""

    scenario: Scenario
    stations: tuple[Station, ...]
    sites: tuple[SiteTerm, ...]
    noise_levels: tuple[NoiseLevel, ...]
    catalogue: Catalogue
    rays: Rays
    n_samples: int


def make_world(scenario: Scenario) -> World:
    """Draw the stations, the events and the rays of a scenario."""
    stations = make_network(
        scenario.n_stations,
        scenario.extent_km,
        scenario.latitude_deg,
        scenario.longitude_deg,
        np.random.default_rng([scenario.seed, _NETWORK]),
    )
    catalogue = make_catalogue(scenario, np.random.default_rng([scenario.seed, _CATALOGUE]))
    rng = np.random.default_rng([scenario.seed, _SITES])
    rays = trace_rays(scenario, catalogue, stations)
    delay_s = scenario.site_delay_s * rng.standard_normal(len(stations))
    return World(
        scenario=scenario,
        stations=stations,
        sites=tuple(random_site(rng) for _ in stations),
        noise_levels=tuple(random_noise_level(rng, factor=scenario.noise_factor) for _ in stations),
        catalogue=catalogue,
        rays=replace(
            rays,
            travel_p_s=rays.travel_p_s + delay_s,
            travel_s_s=rays.travel_s_s + _S_OVER_P_DELAY * delay_s,
        ),
        n_samples=round(duration_s(scenario, catalogue) * SAMPLING_HZ),
    )


def source_of(world: World, event: int) -> SourceTerm:
    """Source of one event."""
    catalogue = world.catalogue
    return source_term(
        float(catalogue.magnitude[event]),
        float(catalogue.strike_deg[event]),
        float(catalogue.dip_deg[event]),
        float(catalogue.rake_deg[event]),
        stress_drop_mpa=world.scenario.stress_drop_mpa,
        vs_km_s=float(world.rays.vs_km_s[event, 0]),
    )


def path_of(world: World, event: int, station: int, rng: np.random.Generator) -> PathTerm:
    """Path from one event to one station; ``rng`` draws its scattering."""
    rays, q_s = world.rays, world.scenario.q_s
    at = (event, station)
    return PathTerm(
        distance_km=float(rays.distance_km[at]),
        azimuth_deg=float(rays.azimuth_deg[at]),
        takeoff_p_deg=float(rays.takeoff_p_deg[at]),
        takeoff_s_deg=float(rays.takeoff_s_deg[at]),
        incidence_p_deg=float(rays.incidence_p_deg[at]),
        incidence_s_deg=float(rays.incidence_s_deg[at]),
        travel_p_s=float(rays.travel_p_s[at]),
        travel_s_s=float(rays.travel_s_s[at]),
        t_star_p_s=float(rays.travel_p_s[at]) / (QP_OVER_QS * q_s),
        t_star_s_s=float(rays.travel_s_s[at]) / q_s,
        vp_km_s=float(rays.vp_km_s[at]),
        vs_km_s=float(rays.vs_km_s[at]),
        scattering=random_scattering(rng, strength=world.scenario.scattering),
    )


def event_record(world: World, event: int, station: int) -> tuple[int, Array32]:
    """Noise-free record of one event at one station.

    Returns
    -------
    first : int
        Number of the first sample, counted from the start of the scenario; P comes 0.1 s later.
    record : (3, n) float32
        Ground velocity in m/s, rows Z, N, E.
    """
    rng = np.random.default_rng([world.scenario.seed, _WAVEFORMS, station, event])
    path = path_of(world, event, station, rng)
    origin_s = float(world.catalogue.origin_s[event])
    first = int((origin_s + path.travel_p_s) * SAMPLING_HZ) - _LEAD_SAMPLES
    record = ground_velocity(
        source_of(world, event),
        path,
        world.sites[station],
        first / SAMPLING_HZ - origin_s,
        round(EVENT_S * SAMPLING_HZ),
        rng,
        SAMPLING_HZ,
    )
    fade = round(_FADE_S * SAMPLING_HZ)
    record[:, -fade:] *= np.cos(0.5 * np.pi * np.arange(fade) / fade).astype(np.float32) ** 2
    return first, record


def station_record(
    world: World, station: int, start: int, stop: int, *, with_noise: bool = True
) -> Array32:
    """Cut samples ``start`` to ``stop`` at one station: (3, n) float32 in m/s, rows Z, N, E."""
    if with_noise:
        seed = (world.scenario.seed, _NOISE, station)
        out = continuous_noise(world.noise_levels[station], seed, start, stop)
    else:
        out = np.zeros((3, stop - start), np.float32)
    arrival = world.catalogue.origin_s + world.rays.travel_p_s[:, station]
    first_sample = arrival * SAMPLING_HZ - 2 * _LEAD_SAMPLES
    touches = (first_sample < stop) & (first_sample + (EVENT_S + 1) * SAMPLING_HZ > start)
    for event in np.flatnonzero(touches):
        first, record = event_record(world, int(event), station)
        low, high = max(start, first), min(stop, first + record.shape[1])
        if high > low:
            out[:, low - start : high - start] += record[:, low - first : high - first]
    return out
