"""Networks that record one event of a kind each: what a classifier of events is trained on.

A scene is 66 s of a whole network: noise, and an earthquake, a teleseism, tremor, a blast, or
local disturbances at many stations at once. Networks, crusts, ground and noise are drawn wide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.velocity import VelocityModel
from streamstress.simulate.catalogue import Catalogue, trace_rays
from streamstress.simulate.continuous import World, path_of
from streamstress.simulate.kind_noise import disturb, network_noise
from streamstress.simulate.kinds import (
    SAMPLING_HZ,
    blast_velocity,
    random_blast,
    random_teleseism,
    random_tremor,
    teleseism_velocity,
    tremor_velocity,
)
from streamstress.simulate.network import make_network
from streamstress.simulate.noise import random_noise_level
from streamstress.simulate.scenario import CRUST, Scenario
from streamstress.simulate.terms import SiteTerm, random_site, source_term
from streamstress.simulate.training_paths import varied_site
from streamstress.simulate.waveforms import ground_velocity

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]

SCENE_S = 66.0
N_SAMPLES = round(SCENE_S * SAMPLING_HZ)
PICKED_S = (20.0, 60.0)
"""Part of a scene in which phases are picked: a picker needs data before and after."""

DAY_HOURS = (8.0, 17.0)
DAY_SHARE = 0.95
"""Of the blasts, fired at these hours; others, and all else, at any."""

_MOST_KM = 110.0
_CENTRE = (36.0, 138.0)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a network recorded: ``records`` (stations, 3, n) m/s at 100 Hz, rows Z, N, E.

    The source, where there is one, is at ``place`` (latitude, longitude, depth in km) and
    ``origin_s`` after the first sample; ``hour`` is mean solar time.
    """

    kind: str
    records: Array32
    place: tuple[float, float, float] | None
    origin_s: float | None
    hour: float


def scenes(
    seed: int, number: int, kinds: Sequence[str], crust: VelocityModel = CRUST
) -> tuple[World, Iterator[Scene]]:
    """A random network, and a scene of each of ``kinds`` on it.

    Parameters
    ----------
    seed, number
        Name the network; the same give the same scenes.
    crust
        Made up to 7 % faster or slower, differently for P and S.
    """
    rng = np.random.default_rng([seed, number])
    world = _world(rng, kinds, crust)
    return world, (_scene(world, event, kind, rng) for event, kind in enumerate(kinds))


def _world(rng: np.random.Generator, kinds: Sequence[str], crust: VelocityModel) -> World:
    """Network, crust, ground, noise, and the places of the sources."""
    count, extent = int(rng.integers(8, 20)), float(np.exp(rng.uniform(np.log(25), np.log(130))))
    scenario = Scenario(
        name="kinds",
        n_stations=count,
        extent_km=extent,
        latitude_deg=_CENTRE[0],
        longitude_deg=_CENTRE[1],
        depth_range_km=(0.05, 45.0),
        velocity=_crust(rng, crust),
        q_s=float(np.exp(rng.uniform(np.log(80), np.log(600)))),
        scattering=float(np.exp(rng.uniform(np.log(0.5), np.log(3.0)))),
        n_before=len(kinds),
        n_after=0,
    )
    stations = make_network(count, extent, *_CENTRE, rng)
    catalogue = _catalogue(rng, kinds, extent)
    rays = trace_rays(scenario, catalogue, stations)
    delay = 0.05 * rng.standard_normal(count)
    factor = float(10.0 ** rng.uniform(-0.6, 0.9))
    return World(
        scenario=scenario,
        stations=stations,
        sites=tuple(_site(rng) for _ in stations),
        noise_levels=tuple(random_noise_level(rng, factor=factor) for _ in stations),
        catalogue=catalogue,
        rays=replace(
            rays,
            travel_p_s=rays.travel_p_s + delay,
            travel_s_s=rays.travel_s_s + 1.7 * delay,
        ),
        n_samples=N_SAMPLES,
    )


def _crust(rng: np.random.Generator, crust: VelocityModel) -> VelocityModel:
    factor, ratio = rng.uniform(0.93, 1.07), rng.uniform(0.97, 1.03)
    return VelocityModel(
        "simulated",
        crust.depth_km,
        tuple(factor * v for v in crust.vp_km_s),
        tuple(factor * ratio * v for v in crust.vs_km_s),
    )


def _site(rng: np.random.Generator) -> SiteTerm:
    return varied_site(rng) if rng.random() < 0.3 else random_site(rng)


def _catalogue(rng: np.random.Generator, kinds: Sequence[str], extent_km: float) -> Catalogue:
    """Hypocentres, inside the network and a little beyond; blasts at the surface."""
    n = len(kinds)
    radius = np.minimum(0.65 * extent_km, _MOST_KM) * np.sqrt(rng.random(n))
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    frame = LocalFrame(*_CENTRE)
    latitude, longitude = frame.to_degrees(radius * np.sin(angle), radius * np.cos(angle))
    depth = 0.5 + 29.5 * rng.beta(1.3, 2.5, n)
    deep = np.array([kind == "tremor" for kind in kinds]) & (rng.random(n) < 0.6)
    depth = np.where(deep, rng.uniform(15.0, 40.0, n), depth)
    depth = np.where([kind == "blast" for kind in kinds], rng.uniform(0.05, 0.3, n), depth)
    return Catalogue(
        origin_s=np.zeros(n),
        latitude_deg=latitude,
        longitude_deg=longitude,
        depth_km=depth,
        magnitude=np.clip(1.0 + rng.exponential(1.0, n), 1.0, 6.0),
        strike_deg=rng.uniform(0.0, 360.0, n),
        dip_deg=np.degrees(np.arccos(rng.random(n))),
        rake_deg=rng.uniform(-180.0, 180.0, n),
        fault=np.arange(n),
    )


def _scene(world: World, event: int, kind: str, rng: np.random.Generator) -> Scene:
    records = network_noise(world.noise_levels, N_SAMPLES, rng)
    place, origin_s = None, None
    if kind == "noise":
        disturb(records, world.stations, rng)
    elif kind == "teleseism":
        _add_teleseism(records, world, rng)
    else:
        origin_s = rng.uniform(28.0, 38.0) - float(world.rays.travel_p_s[event].min())
        _add_local(records, world, event, kind, origin_s, rng)
        at = world.catalogue
        place = (
            float(at.latitude_deg[event]),
            float(at.longitude_deg[event]),
            float(at.depth_km[event]),
        )
    by_day = kind == "blast" and rng.random() < DAY_SHARE
    hour = rng.uniform(*DAY_HOURS) if by_day else rng.uniform(0.0, 24.0)
    return Scene(kind, records, place, origin_s, float(hour))


def _add_local(
    records: Array32, world: World, event: int, kind: str, origin_s: float, rng: np.random.Generator
) -> None:
    """Add a source near the network to the records of all stations."""
    start_s, catalogue = -origin_s, world.catalogue
    blast, tremor = random_blast(rng), random_tremor(rng)
    source = source_term(
        float(catalogue.magnitude[event]),
        float(catalogue.strike_deg[event]),
        float(catalogue.dip_deg[event]),
        float(catalogue.rake_deg[event]),
        stress_drop_mpa=float(np.exp(rng.uniform(np.log(0.1), np.log(30.0)))),
        vs_km_s=float(world.rays.vs_km_s[event, 0]),
    )
    for number, site in enumerate(world.sites):
        path = path_of(world, event, number, rng)
        if kind == "blast":
            wave = blast_velocity(blast, path, site, start_s, N_SAMPLES, rng)
        elif kind == "tremor":
            wave = tremor_velocity(tremor, path, site, start_s, N_SAMPLES, rng)
        else:
            wave = ground_velocity(source, path, site, start_s, N_SAMPLES, rng)
        records[number] += wave


def _add_teleseism(records: Array32, world: World, rng: np.random.Generator) -> None:
    wave, p_s = random_teleseism(rng), rng.uniform(34.0, 44.0)
    east, north = positions_km(world.stations)
    for number, site in enumerate(world.sites):
        records[number] += teleseism_velocity(
            wave, float(east[number]), float(north[number]), site, p_s, N_SAMPLES, rng
        )


def positions_km(stations: Sequence[Station]) -> tuple[Array, Array]:
    """East and north of the scenes' centre."""
    return LocalFrame(*_CENTRE).to_km(
        [station.latitude_deg for station in stations],
        [station.longitude_deg for station in stations],
    )
