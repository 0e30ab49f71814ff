"""How long each stage's result takes from the arrival of the last packet it needs, in real time.

A simulated network is replayed at the speed of the recording through SeedLink; every role runs as
a process, and the figures are those of its own metrics.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from document import markdown_table, provenance
from whole_system import Samples, System, replay_workers, whole_system

from streamstress.outputs.stage_status import quantile
from streamstress.simulate.archive import write_archive
from streamstress.simulate.scenario import Scenario, named_scenario

STAGES = ("pick", "polarity", "merge", "mechanism", "stress", "change")
TOLD = {
    "pick": "pick",
    "polarity": "first motion",
    "merge": "first version of an event",
    "mechanism": "final mechanism",
    "stress": "stress estimate",
    "change": "alarm",
}

HEADING = ["result", "number", "after its last packet, s (p50, p95)"]
AFTER_CAUSE = "after what it is made of, s (p50, p95)"


def run(arguments: list[str]) -> str:
    """Replay one scenario at real time, and one that ends in an alarm faster; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py latency --", description=__doc__)
    parser.add_argument("--scenario", default="smoke")
    parser.add_argument("--step", type=float, default=5.0, help="of the picker's windows, s")
    parser.add_argument("--alarm-scenario", default="rotation")
    parser.add_argument("--alarm-speed", type=float, default=10.0, help="times real time")
    options = parser.parse_args(arguments)
    scenario, alarming = named_scenario(options.scenario), named_scenario(options.alarm_scenario)
    load = os.getloadavg()[0]
    step = {"step_s = 10.0": f"step_s = {options.step}"}
    rows = replayed(scenario, 1.0, {**step, "min_events = 20": "min_events = 8"})
    fast = replayed(alarming, options.alarm_speed, step)
    command = " ".join(["python benchmarks/bench.py latency --", *arguments])
    return "\n\n".join(
        [
            provenance(command),
            f"{scenario.n_stations} stations at real time, {scenario.n_events} earthquakes, "
            f"windows every {options.step:g} s; {os.cpu_count()} cores, load {load:.0f} before. "
            "From the arrival of the last packet that a window needs; a packet of 512 "
            "bytes takes some 3.5 s to fill, which comes on top. Quantiles are read off buckets "
            "of histograms.",
            markdown_table([*HEADING, AFTER_CAUSE], rows),
            f"What needs many events, {alarming.n_stations} stations and {alarming.n_events} "
            f"earthquakes {options.alarm_speed:g} times as fast as they came, the stress turned "
            "half-way: wall time all the same.",
            markdown_table(
                ["result", "number", AFTER_CAUSE], [[row[0], row[1], row[3]] for row in fast]
            ),
        ]
    )


def replayed(scenario: Scenario, speed: float, changes: Mapping[str, str]) -> list[list[str]]:
    """Rows of all stages after a replay of a scenario."""
    with tempfile.TemporaryDirectory(prefix="streamstress-latency-") as name:
        folder = Path(name)
        archive = write_archive(scenario, folder / "archive")
        with whole_system(folder / "system", archive, scenario, changes, speed) as system:
            system.supervisor.add(replay_workers(system, speed))
            system.wait_until_final((archive.end_ns - archive.start_ns) / 1e9 / speed + 600.0)
            return [latency_row(system, stage) for stage in STAGES]


def latency_row(system: System, stage: str) -> list[str]:
    """Name, number and quantiles of a stage's results since its worker started."""
    told = system.samples(stage)
    cells = [
        _quantiles(told, stage, f"streamstress_{n}_latency_seconds") for n in ("packet", "answer")
    ]
    own = frozenset({("stage", stage)})
    number = told.get(("streamstress_packet_latency_seconds_count", own), 0.0)
    return [TOLD[stage], f"{number:.0f}", *cells]


def _quantiles(told: Samples, stage: str, name: str) -> str:
    buckets = sorted(
        (float(dict(labels)["le"]), value)
        for (sample, labels), value in told.items()
        if sample == f"{name}_bucket" and dict(labels)["stage"] == stage
    )
    half, most = quantile(buckets, 0.5), quantile(buckets, 0.95)
    return "" if half is None or most is None else f"{half:.1f}, {most:.1f}"
