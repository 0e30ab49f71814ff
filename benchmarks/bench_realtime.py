"""Whether the lag stays bounded: a network at the speed of its data, end to end on this machine.

Simulated stations are replayed through SeedLink for as long as their data last, with earthquakes
at 60 an hour; every role runs as a process beside Kafka and the server of the replay. What each
has cost, what waits for each, and how late its results are is taken from their own metrics.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_capacity import network
from bench_latency import AFTER_CAUSE, HEADING, STAGES, latency_row
from document import markdown_table, provenance
from whole_system import Cost, System, process_cost, replay_workers, whole_system

from streamstress.simulate.archive import Archive, write_archive
from streamstress.simulate.scenario import Scenario
from streamstress.stream.roles import BUILDERS

EVERY_S = 15.0
"""As often as the exporter asks the broker for the lag."""

QUARTERS = 4
START_S = 120.0
"""Left out of the costs: the server hands over what is due at once, Java compiles."""

QUEUED = "streamstress_queued_messages"


@dataclass(frozen=True, slots=True)
class Look:
    """The system at one time."""

    since_start_s: float
    costs: dict[str, Cost]
    queued: dict[str, float]
    """Messages not acknowledged, by role."""


def look(system: System, since_start_s: float) -> Look:
    """What every process has cost, and what waits for each."""
    names = (*BUILDERS, "exporter", "ingest", "replay")
    costs = {name: process_cost(system.process(name).pid) for name in names}
    costs["Kafka"] = system.broker_cost()
    told = system.samples("exporter")
    queued = {
        dict(labels)["stage"]: value for (name, labels), value in told.items() if name == QUEUED
    }
    return Look(since_start_s, costs, queued)


def watched(system: System) -> list[Look]:
    """Look at the system until its archive has been played."""
    length_s = (system.archive.end_ns - system.archive.start_ns) / 1e9
    began_s, looks = time.monotonic(), []
    while (since_s := time.monotonic() - began_s) < length_s:
        if since_s >= EVERY_S * len(looks) + 5.0:
            looks.append(look(system, since_s))
            print(_line(looks[-1]), flush=True)
        system.wait_a_while(1.0)
    return looks


def _line(one: Look) -> str:
    waiting = ", ".join(f"{role} {queued:.0f}" for role, queued in one.queued.items() if queued)
    cpu_s = sum(cost.cpu_s for cost in one.costs.values())
    return f"{one.since_start_s:.0f} s: {cpu_s:.0f} s of CPU; waiting: {waiting or 'nothing'}"


@contextmanager
def archive_in(folder: Path | None, scenario: Scenario) -> Iterator[Archive]:
    """The archive of a scenario, made where it is not there; kept where a folder is named."""
    if folder is not None:
        yield write_archive(scenario, folder)
        return
    with tempfile.TemporaryDirectory(prefix="streamstress-realtime-archive-") as name:
        yield write_archive(scenario, Path(name))


def run(arguments: list[str]) -> str:
    """Replay once; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py realtime --", description=__doc__)
    parser.add_argument("--stations", type=int, default=800)
    parser.add_argument("--minutes", type=float, default=20.0, help="of data, about")
    parser.add_argument("--step", type=float, default=5.0, help="of the picker's windows, s")
    parser.add_argument("--archive", type=Path, default=None, help="folder that keeps the data")
    options = parser.parse_args(arguments)
    scenario, load = network(options.stations, options.minutes), os.getloadavg()[0]
    with (
        archive_in(options.archive, scenario) as archive,
        tempfile.TemporaryDirectory(prefix="streamstress-realtime-") as name,
        whole_system(
            Path(name) / "system",
            archive,
            scenario,
            {"step_s = 10.0": f"step_s = {options.step}", "min_events = 20": "min_events = 8"},
            1.0,
        ) as system,
    ):
        system.supervisor.add(replay_workers(system, 1.0))
        looks = watched(system)
        system.wait_until_final(600.0)
        latencies = [latency_row(system, stage) for stage in STAGES]
    length_s = (archive.end_ns - archive.start_ns) / 1e9
    return "\n\n".join(
        [
            provenance(f"python benchmarks/bench.py realtime -- {_said(options)}"),
            f"{options.stations} stations of three components at 100 Hz, {length_s / 60.0:.0f} min "
            f"of data at the speed of the recording through SeedLink, {scenario.n_events} "
            f"earthquakes, windows every {options.step:g} s, the demo's weights of PhaseNet; "
            f"{os.cpu_count()} cores, load {load:.1f} before. Cores kept busy from {START_S:.0f} s "
            "on; memory is resident, shared pages counted in each.",
            _cost_table(looks),
            "Messages that waited for a role, asked of the broker every 15 s (median, most) in "
            "each quarter of the time:",
            _lag_table(looks),
            "From the arrival of the last packet that a window needs; a packet of 512 bytes takes "
            "some 3.5 s to fill, which comes on top:",
            markdown_table([*HEADING, AFTER_CAUSE], latencies),
        ]
    )


def _said(options: argparse.Namespace) -> str:
    return f"--stations {options.stations} --minutes {options.minutes:g} --step {options.step:g}"


def _cost_table(looks: Sequence[Look]) -> str:
    steady = [one for one in looks if one.since_start_s >= START_S] or list(looks)
    first, last = steady[0], steady[-1]
    span_s = max(last.since_start_s - first.since_start_s, 1.0)
    cores = {
        role: (last.costs[role].cpu_s - cost.cpu_s) / span_s for role, cost in first.costs.items()
    }
    rows = [
        [role, f"{cores[role]:.3f}", f"{last.costs[role].resident_mb:.0f}"]
        for role in sorted(cores, key=cores.__getitem__, reverse=True)
    ]
    memory_mb = sum(cost.resident_mb for cost in last.costs.values())
    rows.append(["all", f"{sum(cores.values()):.3f}", f"{memory_mb:.0f}"])
    return markdown_table(["process", "cores", "memory at the end, MB"], rows)


def _lag_table(looks: Sequence[Look]) -> str:
    length_s = looks[-1].since_start_s + 1.0
    roles = sorted({role for one in looks for role in one.queued})
    rows = []
    for role in roles:
        cells = []
        for quarter in range(QUARTERS):
            waiting = [
                one.queued.get(role, 0.0)
                for one in looks
                if int(QUARTERS * one.since_start_s / length_s) == quarter
            ]
            cells.append(f"{statistics.median(waiting):.0f}, {max(waiting):.0f}" if waiting else "")
        rows.append([role, *cells])
    return markdown_table(["role", *(f"quarter {n + 1}" for n in range(QUARTERS))], rows)
