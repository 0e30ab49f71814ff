"""What the live double-difference refinement costs, and what the merger's messages wait meanwhile.

``python benchmarks/bench.py refinement -- [--events N…] [--stations N…]``. CPU time (user and
system) of one run over the newest final events: the first, and the next an event later, which
remembers the lags of waveforms. Beside each a candidate comes every `EVERY_S`, and the wall time
that the merger takes for it is told, with and without a run in its thread beside the stream.
"""

import argparse
import resource
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import msgspec
import numpy as np
from document import markdown_table, provenance
from numpy.typing import NDArray
from synthetic_arrivals import CENTRE, CRUST, NS, network, tables_of

from streamstress.config.places import Region
from streamstress.earth.paths import Rays, Receivers
from streamstress.earth.stations import Station
from streamstress.earth.travel_times import TravelTimeTable
from streamstress.location.location_settings import LocationSettings
from streamstress.location.refinement import ONSETS, Refiner
from streamstress.records import Arrival, Candidate, Event, Onset, Origin, Progress
from streamstress.stream.agents.merge import MergeRole
from streamstress.stream.places import Places
from streamstress.stream.refinement import EventRefinement, RefinementLimits
from streamstress.stream.role import Deferred, Incoming
from streamstress.wire.codec import encode
from streamstress.wire.topics import CANDIDATES

Array = NDArray[np.float64]

RADIUS_KM = {60: 45.0, 800: 160.0}
"""Of networks as dense as each other, about."""

REACH_KM, LOST = 70.0, (0.1, 0.3)
"""How far P and S are read, and the share of them that is not."""

PICK_S = 0.07
FAULT_EVENTS = 100
"""Earthquakes of one fault of 6 by 3 km."""

TRACES = 30
"""Stations of an event whose onsets come along (`LocateRole`)."""

RATE_HZ = 100.0
EVERY_S = 0.02
DAY_NS = 86_400 * NS
START_NS = 1_700_006_400 * NS


@dataclass(slots=True)
class Made:
    """A network and what it makes of earthquakes."""

    stations: Mapping[str, Station]
    tables: Mapping[str, TravelTimeTable]
    radius_km: float
    rng: np.random.Generator
    shapes: Array = field(init=False)

    def __post_init__(self) -> None:
        """Give each station a waveform of its own, 3 s of it."""
        after_s = np.clip(np.arange(-150, 151) / RATE_HZ, 0.0, None)
        waves = np.sin(np.outer(2 * np.pi * np.arange(2.0, 10.0, 0.7), after_s))
        size = self.rng.normal(size=(len(self.stations), len(waves)))
        self.shapes = size @ waves * after_s * np.exp(-5.0 * after_s)

    def events(self, wanted: int) -> Iterator[tuple[Event, dict[str, Onset]]]:
        """Final events over two days, fault after fault, each with its traces."""
        codes = tuple(self.stations)
        east, north = CENTRE.to_km(
            [self.stations[c].latitude_deg for c in codes],
            [self.stations[c].longitude_deg for c in codes],
        )
        receivers = Receivers(CENTRE, codes, east, north, np.zeros(len(codes)))
        for number in range(wanted):
            if number % FAULT_EVENTS == 0:
                middle = self.rng.uniform(-0.5, 0.5, 2) * self.radius_km
                strike = self.rng.uniform(0, np.pi)
            along, down = self.rng.uniform(-3, 3), self.rng.uniform(-1.5, 1.5)
            x, y = middle + along * np.array([np.sin(strike), np.cos(strike)])
            time_ns = START_NS + number * (2 * DAY_NS // wanted)
            yield self._event(receivers, number, np.array([x, y, 9.0 + down]), time_ns)

    def _event(
        self, receivers: Receivers, number: int, place: Array, time_ns: int
    ) -> tuple[Event, dict[str, Onset]]:
        off = self.rng.normal(0.0, 1.0, 3) * (0.3, 0.3, 0.6)
        arrivals: list[Arrival] = []
        onsets: dict[str, Onset] = {}
        for phase, lost, times in (("P", LOST[0], 1.0), ("S", LOST[1], 1.4)):
            rays = self.tables[phase].rays_to(receivers, np.stack([place, place + off]))
            late_s = self.rng.normal(0.0, PICK_S * times, len(receivers.codes))
            heard = (rays.distance_km[0] < REACH_KM) & (self.rng.random(late_s.size) >= lost)
            near = np.flatnonzero(heard)[np.argsort(rays.distance_km[0, heard])]
            for k in near.tolist():
                one = _arrival(f"{number}.{k}.{phase}", receivers.codes[k], phase, k, rays)
                late_ns = round((float(rays.time_s[0, k]) + float(late_s[k])) * NS)
                arrivals.append(msgspec.structs.replace(one, time_ns=time_ns + late_ns))
                if phase == "P" and len(onsets) < TRACES:
                    onsets[one.pick_id] = self._onset(k, float(late_s[k]))
        latitude, longitude = CENTRE.to_degrees(*(place + off)[:2])
        covariance = tuple(map(tuple, (np.diag([0.3, 0.3, 0.6, 0.1]) ** 2).tolist()))
        origin = Origin(
            time_ns=time_ns, latitude_deg=float(latitude), longitude_deg=float(longitude),
            depth_km=float((place + off)[2]), depth_fixed=False, covariance=covariance,
            horizontal_error_km=0.3, depth_error_km=0.6, rms_s=0.1, gap_deg=60.0,
            velocity_model=CRUST.name,
        )  # fmt: skip
        event = Event(
            event_id=f"e{number:05d}", version=3, status="final", region="all", kind="earthquake",
            origin=origin, arrivals=tuple(arrivals), sent_ns=0,
        )  # fmt: skip
        return event, onsets

    def _onset(self, station: int, late_s: float) -> Onset:
        at = np.arange(-100, 101) / RATE_HZ + late_s
        samples = np.interp(at, np.arange(-150, 151) / RATE_HZ, self.shapes[station])
        samples += self.rng.normal(0.0, 0.02 * self.shapes[station].std(), at.size)
        return Onset(
            sampling_rate_hz=RATE_HZ, pick_index=100.0, samples=samples.astype("<f4").tobytes()
        )


def _arrival(name: str, code: str, phase: str, k: int, rays: Rays) -> Arrival:
    turns = (0.5, 0.5, 0.5, 0.2)
    return Arrival(
        pick_id=name, station=code, channel="HH", location="", phase=phase, time_ns=0,
        sigma_s=PICK_S if phase == "P" else 1.4 * PICK_S, residual_s=0.0, weight=1.0,
        distance_km=float(rays.distance_km[1, k]), azimuth_deg=float(rays.azimuth_deg[1, k]),
        azimuth_sigma_deg=3.0, takeoff_deg=float(rays.takeoff_deg[1, k]), takeoff_sigma_deg=3.0,
        azimuth_turn_deg=turns, takeoff_turn_deg=turns, snr=20.0, picker="made", probability=0.9,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waits:
    """Wall times (s) that the merger took for single candidates."""

    taken_s: Sequence[float]

    def words(self) -> str:
        """Median and longest, in ms."""
        if not self.taken_s:
            return "-"
        return f"{1000 * np.median(self.taken_s):.1f}, {1000 * max(self.taken_s):.0f}"


def waits_until(is_over: Callable[[], bool], merge: MergeRole, event: Event) -> Waits:
    """Give a merger a candidate now and then, and the progress that makes the one before final."""
    taken = []
    for candidate, progress in candidates(event):
        if is_over():
            break
        began = time.perf_counter()
        merge.process(candidate, candidate.record())
        taken.append(time.perf_counter() - began)
        merge.process(progress, progress.record())
        time.sleep(EVERY_S)
    return Waits(taken)


def candidates(event: Event) -> Iterator[tuple[Incoming, Incoming]]:
    """The same earthquake each ten minutes of data, with picks of its own; and progress."""
    for n in count(1):
        later_ns = 600 * n * NS
        arrivals = tuple(
            msgspec.structs.replace(a, pick_id=f"c{n}.{a.pick_id}", time_ns=a.time_ns + later_ns)
            for a in event.arrivals
        )
        origin = msgspec.structs.replace(event.origin, time_ns=event.origin.time_ns + later_ns)
        record = Candidate(
            candidate_id=f"all.{n}.0", zone="all", origin=origin, arrivals=arrivals, quality=50.0,
            complete=True, sent_ns=0,
        )  # fmt: skip
        done = Progress(source="zone/all", done_until_ns=origin.time_ns - 300 * NS, sent_ns=0)
        yield (
            Incoming(CANDIDATES.name, 0, 2 * n, record.candidate_id.encode(), encode(record)),
            Incoming(CANDIDATES.name, 0, 2 * n + 1, b"~progress", encode(done)),
        )


def beside(work: Deferred, merge: MergeRole, event: Event) -> tuple[float, float, Waits]:
    """CPU (s) of the work's thread, its wall time (s), and the merger's waits."""
    cpu_s = []

    def done() -> None:
        began = time.thread_time()
        work()
        cpu_s.append(time.thread_time() - began)

    began = time.perf_counter()
    thread = threading.Thread(target=done)
    thread.start()
    waits = waits_until(lambda: not thread.is_alive(), merge, event)
    thread.join()
    return cpu_s[0], time.perf_counter() - began, waits


def row(n_events: int, n_stations: int, seed: int) -> list[str]:
    """One number of events at one number of stations."""
    rng = np.random.default_rng([seed, n_events, n_stations])
    stations = network(n_stations, RADIUS_KM[n_stations], rng)
    made = Made(stations, tables_of(CRUST), RADIUS_KM[n_stations], rng)
    region = Region(name="all", south_deg=30, north_deg=40, west_deg=130, east_deg=150)
    places = Places(stations, ("all",), {"all": frozenset(stations)}, (region,))
    refiner = Refiner(stations, lambda: made.tables, LocationSettings(), ONSETS)
    refinement = EventRefinement(refiner, places, RefinementLimits(60, 3.0, n_events))
    readings = []
    for event, onsets in made.events(n_events):
        refinement.hear(
            msgspec.structs.replace(a, onset=onsets.get(a.pick_id)) for a in event.arrivals
        )
        readings.append(len(event.arrivals))
        refinement.note(event.event_id, {0: event})
    stop_at = time.perf_counter() + 3.0
    alone = waits_until(lambda: time.perf_counter() > stop_at, MergeRole(places, CRUST.name), event)
    refinement.due(event.origin.time_ns, lambda _: False)
    cells = []
    for later in (1, 2):
        until_ns = event.origin.time_ns + later * 3600 * NS
        work = refinement.due(until_ns, lambda _: False).popitem()[1]
        cpu_s, wall_s, waits = beside(work, MergeRole(places, CRUST.name), event)
        cells += [f"{cpu_s:.1f}", f"{wall_s:.1f}", waits.words()]
        refinement.note(event.event_id, {0: event})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    numbers = [str(n_stations), str(n_events), f"{np.mean(readings):.0f}"]
    return [*numbers, *cells, alone.words(), f"{peak:.1f}"]


HEADING = [
    "stations",
    "events",
    "readings an event",
    "first run, CPU s",
    "wall s",
    "a candidate meanwhile, ms (median, longest)",
    "next run, CPU s",
    "wall s",
    "a candidate meanwhile",
    "a candidate without",
    "memory GiB",
]


def run(arguments: list[str]) -> str:
    """Measure all, and give the table."""
    parser = argparse.ArgumentParser(prog="bench.py refinement --")
    parser.add_argument("--events", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--stations", type=int, nargs="+", default=[60, 800])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rows = [row(e, s, options.seed) for s in options.stations for e in options.events]
    command = " ".join(["python benchmarks/bench.py refinement --", *arguments])
    return "\n\n".join([provenance(command), markdown_table(HEADING, rows)])
