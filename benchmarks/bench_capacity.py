"""What a station costs in each role: processor time measured, sizes of networks computed from it.

Simulated stations go onto a real Kafka as fast as it takes them, with earthquakes at 60 an hour;
every role runs as a process. Processor time does not depend on how busy the machine is, so the
cost of a second of a station's data is measured; how many cores a network needs is computed.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from document import markdown_table, provenance
from whole_system import Cost, System, whole_system

from streamstress.simulate.archive import write_archive
from streamstress.simulate.scenario import Scenario
from streamstress.stream.archive_feed import feed_archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.roles import BUILDERS

SIZES = (100, 800, 10_000)
EVENTS_AN_HOUR = 60.0
PER_STATION = ("Kafka", "feed", "pick", "polarity", "locate")
"""Roles whose work grows with the stations at one rate of earthquakes; the others' does not."""


def network(stations: int, minutes: float) -> Scenario:
    """Stations of a spacing of some 20 km, an earthquake a minute."""
    events = max(1, round(EVENTS_AN_HOUR * minutes / 60.0))
    return Scenario(
        name=f"capacity-{stations}",
        seed=4,
        n_stations=stations,
        extent_km=20.0 * stations**0.5,
        n_before=events,
        n_after=0,
        mean_spacing_s=60.0,
        least_spacing_s=20.0,
        lead_s=30.0,
        tail_s=60.0,
    )


def costs(system: System) -> dict[str, Cost]:
    """What every process has cost so far."""
    found = {role: system.cost(role) for role in BUILDERS}
    return {"Kafka": system.broker_cost(), **found}


def spent(system: System) -> dict[str, Cost]:
    """Feed the archive, wait until all is final, and tell what each role took for it."""
    before, own_s = costs(system), time.process_time()
    fed = asyncio.run(
        feed_archive(
            system.archive.waveforms,
            system.settings,
            kafka_of(system.settings),
            lambda *_: None,
        )
    )
    own_s = time.process_time() - own_s
    system.wait_until_final(1200.0)
    after = costs(system)
    took = {
        role: Cost(after[role].cpu_s - before[role].cpu_s, after[role].resident_mb)
        for role in after
    }
    print(f"{fed.sent} records", flush=True)
    return {"feed": Cost(own_s, 0.0), **took}


def run(arguments: list[str]) -> str:
    """Measure one network and compute others; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py capacity --", description=__doc__)
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=3.0, help="of data, about")
    parser.add_argument("--step", type=float, default=5.0, help="of the picker's windows, s")
    options = parser.parse_args(arguments)
    scenario = network(options.stations, options.minutes)
    with tempfile.TemporaryDirectory(prefix="streamstress-capacity-") as name:
        folder = Path(name)
        archive = write_archive(scenario, folder / "archive")
        data_s = (archive.end_ns - archive.start_ns) / 1e9
        changes = {"step_s = 10.0": f"step_s = {options.step}"}
        with whole_system(folder / "system", archive, scenario, changes, 10.0) as system:
            took = spent(system)
    command = " ".join(["python benchmarks/bench.py capacity --", *arguments])
    station_s = options.stations * data_s
    return "\n\n".join(
        [
            provenance(command),
            f"Measured: {options.stations} stations of three components at 100 Hz, {data_s:.0f} s "
            f"of data, {scenario.n_events} earthquakes, windows every {options.step:g} s, the "
            "demo's weights of PhaseNet; fed as fast as Kafka took it, processor time of each "
            "process after it was ready, with what it does while it waits and, for Kafka, what "
            "Java compiles meanwhile. The feed reads files; SeedLink is not in it.",
            _measured(took, station_s),
            "Computed from it, not measured: cores kept busy at real time, one earthquake a "
            "minute. Work on a station's data is taken to grow with the stations, that on an "
            "event not. Half of each core should stay free. SeedLink's part is not in it; a "
            "network at the speed of its data is measured by `bench.py realtime`.",
            _computed(took, station_s, data_s),
        ]
    )


def _measured(took: dict[str, Cost], station_s: float) -> str:
    rows = [
        [role, f"{cost.cpu_s:.2f}", f"{1e3 * cost.cpu_s / station_s:.3f}", _memory(cost)]
        for role, cost in took.items()
    ]
    heading = ["role", "CPU s", "CPU ms a station and second of data", "memory, MB"]
    return markdown_table(heading, rows)


def _memory(cost: Cost) -> str:
    return f"{cost.resident_mb:.0f}" if cost.resident_mb else ""


def _computed(took: dict[str, Cost], station_s: float, data_s: float) -> str:
    rows = []
    for size in SIZES:
        cores = {
            role: cost.cpu_s / station_s * size if role in PER_STATION else cost.cpu_s / data_s
            for role, cost in took.items()
        }
        cells = [f"{cores[role]:.2f}" for role in PER_STATION]
        others = sum(value for role, value in cores.items() if role not in PER_STATION)
        rows.append([str(size), *cells, f"{others:.2f}", f"{sum(cores.values()):.2f}"])
    return markdown_table(["stations", *PER_STATION, "all others", "cores in all"], rows)
