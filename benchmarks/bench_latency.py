"""How long each stage's result takes from the arrival of the last packet it needs, in real time.

A simulated network is replayed at the speed of the recording through SeedLink; every role runs as
a process, and the figures are those of its own metrics.
"""

import argparse
import os
import tempfile
from pathlib import Path

from document import markdown_table, provenance
from whole_system import Samples, System, replay_workers, whole_system

from streamstress.outputs.stage_status import quantile
from streamstress.simulate.archive import write_archive
from streamstress.simulate.scenario import named_scenario

STAGES = ("pick", "polarity", "merge", "mechanism", "stress", "change")
TOLD = {
    "pick": "pick",
    "polarity": "first motion",
    "merge": "first version of an event",
    "mechanism": "final mechanism",
    "stress": "stress estimate",
    "change": "alarm",
}


def run(arguments: list[str]) -> str:
    """Replay once; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py latency --", description=__doc__)
    parser.add_argument("--scenario", default="smoke")
    parser.add_argument("--step", type=float, default=5.0, help="of the picker's windows, s")
    options = parser.parse_args(arguments)
    scenario = named_scenario(options.scenario)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="streamstress-latency-") as name:
        folder = Path(name)
        archive = write_archive(scenario, folder / "archive")
        changes = {"step_s = 10.0": f"step_s = {options.step}", "min_events = 20": "min_events = 8"}
        with whole_system(folder / "system", archive, scenario, changes, 1.0) as system:
            system.supervisor.add(replay_workers(system, 1.0))
            system.wait_until_final((archive.end_ns - archive.start_ns) / 1e9 + 600.0)
            rows = [_row(system, stage) for stage in STAGES]
    command = " ".join(["python benchmarks/bench.py latency --", *arguments])
    return "\n\n".join(
        [
            provenance(command),
            f"{scenario.n_stations} stations at real time, {scenario.n_events} earthquakes, "
            f"windows every {options.step:g} s, on two cores with a load of {load:.0f} before. "
            "From the arrival of the last packet that a window needs; a packet of 512 bytes takes "
            "some 3.5 s to fill, which comes on top. Quantiles are read off buckets of histograms.",
            markdown_table(
                [
                    "result",
                    "number",
                    "after its last packet, s (p50, p95)",
                    "after what it is made of, s (p50, p95)",
                ],
                rows,
            ),
        ]
    )


def _row(system: System, stage: str) -> list[str]:
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
