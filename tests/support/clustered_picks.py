"""Picks of earthquakes on one small fault, with onsets whose waveforms are alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from streamstress.config.places import Region
from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.records import Event, Onset, Pick, Progress
from streamstress.stream.chain import Message
from streamstress.stream.places import Places
from streamstress.wire.codec import encode
from streamstress.wire.topics import READINGS

NS = 1_000_000_000
START_NS = 1_700_006_400 * NS
"""A full hour."""
CENTRE = LocalFrame(38.5, 140.5)
CRUST = VelocityModel("gradient", (0.0, 30.0), (5.2, 7.0), (3.0, 4.05))
RATE_HZ = 100.0
PICK_S = 0.06
EVERY_S = 400
"""Between two earthquakes."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """True places (n, 3) east, north and depth (km), and what pickers say of them."""

    stations: dict[str, Station]
    tables: dict[str, TravelTimeTable]
    places_km: np.ndarray
    picks: list[Pick]

    def messages(self) -> Iterator[Message]:
        """Readings of one zone in the order of time, each two minutes with their progress."""
        waiting = sorted(self.picks, key=lambda pick: pick.time_ns)
        end_ns = waiting[-1].time_ns + 7_200 * NS
        for until_ns in range(START_NS, end_ns, 120 * NS):
            while waiting and waiting[0].time_ns < until_ns:
                pick = waiting.pop(0)
                yield READINGS.name, 0, pick.pick_id.encode(), encode(pick), {}
            passed = Progress(source="waveforms/0", done_until_ns=until_ns, sent_ns=0)
            yield READINGS.name, 0, b"~progress/waveforms/0", encode(passed), {}

    def places(self) -> Places:
        """One zone, and a region around it all."""
        region = Region(name="all", south_deg=37, north_deg=40, west_deg=139, east_deg=142)
        return Places(self.stations, ("all",), {"all": frozenset(self.stations)}, (region,))

    def relative_errors_km(self, events: list[Event]) -> np.ndarray:
        """How far (n,) each lies from its true place, next to the group's mean."""
        ordered = sorted(events, key=lambda event: event.origin.time_ns)
        east, north = CENTRE.to_km(
            [e.origin.latitude_deg for e in ordered], [e.origin.longitude_deg for e in ordered]
        )
        found = np.stack([east, north, [e.origin.depth_km for e in ordered]], axis=1)
        off = found - self.places_km
        return np.linalg.norm(off - off.mean(axis=0), axis=1)


def cluster(n_events: int, seed: int, n_stations: int = 14) -> Cluster:
    """Earthquakes within a kilometre, at stations within 30 km."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, n_stations, endpoint=False)
    radius = rng.uniform(6, 30, n_stations)
    east_km, north_km = radius * np.sin(angle), radius * np.cos(angle)
    degrees = np.transpose(CENTRE.to_degrees(east_km, north_km))
    stations = {
        f"XX.S{k:02d}": Station("XX", f"S{k:02d}", float(lat), float(lon), 0.0)
        for k, (lat, lon) in enumerate(degrees)
    }
    tables = {p: travel_time_table(CRUST, p, 120.0, 45.0) for p in ("P", "S")}
    places_km = rng.uniform(-0.5, 0.5, (n_events, 3)) + np.array([0.0, 0.0, 8.0])
    made = Cluster(stations, tables, places_km, [])
    shapes = rng.normal(size=(n_stations, 12))
    for number, (x, y, depth) in enumerate(places_km):
        origin_ns = START_NS + (60 + EVERY_S * number) * NS
        distance = np.hypot(east_km - x, north_km - y)
        for phase, error in (("P", PICK_S), ("S", 1.4 * PICK_S)):
            travel, _ = made.tables[phase].rays(distance, float(depth), np.zeros(n_stations))
            for k, code in enumerate(stations):
                late_s = float(rng.normal(0.0, error))
                time_ns = origin_ns + round((float(travel[k]) + late_s) * NS)
                pick = _pick(code, phase, number, time_ns)
                if phase == "P":
                    pick = replace(pick, onset=_onset(shapes[k], late_s, rng))
                made.picks.append(pick)
    return made


def _pick(code: str, phase: str, number: int, time_ns: int) -> Pick:
    return Pick(
        pick_id=f"{code}..HH.{phase}.{number}.0",
        network="XX",
        station=code.removeprefix("XX."),
        location="",
        channel="HH",
        phase=phase,
        time_ns=time_ns,
        sigma_s=PICK_S if phase == "P" else 1.4 * PICK_S,
        probability=0.9,
        snr=20.0,
        model="made",
        sent_ns=0,
    )


def _onset(shape: np.ndarray, late_s: float, rng: np.random.Generator) -> Onset:
    """Two seconds around a pick that comes ``late_s`` after the onset of the station's waveform."""
    after_s = np.arange(-100, 101) / RATE_HZ + late_s
    rising = np.clip(after_s, 0.0, None)
    samples = sum(
        size * rising * np.exp(-5.0 * rising) * np.sin(2 * np.pi * (2.0 + 0.7 * k) * rising)
        for k, size in enumerate(shape)
    )
    samples = samples + rng.normal(0.0, 0.005, after_s.size)
    return Onset(
        sampling_rate_hz=RATE_HZ, pick_index=100.0, samples=samples.astype("<f4").tobytes()
    )
