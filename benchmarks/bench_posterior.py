"""Speed and memory of the posterior on synthetic events, one thread.

``python benchmarks/bench_posterior.py [--events N] [--repeats R]``: CPU time of `solve_posterior`,
the best of several passes, kernels compiled before.
"""

import argparse
import resource
import sys
import time

import numpy as np
from document import markdown_table, provenance
from synthetic_polarities import draw_event

from streamstress.mechanism import MechanismSettings, PolarityData
from streamstress.mechanism.posterior import solve_posterior

ANY_GAP = MechanismSettings(max_azimuth_gap_deg=360.0, max_takeoff_gap_deg=180.0)


def cpu_s_per_event(events: list[PolarityData], repeats: int) -> float:
    """Least CPU time of a pass, per event."""
    passes = []
    for _ in range(repeats):
        start = time.process_time()
        for data in events:
            solve_posterior(data, ANY_GAP)
        passes.append((time.process_time() - start) / len(events))
    return min(passes)


def run(arguments: list[str]) -> str:
    """Markdown: events a second and peak memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    rows = []
    for name, has_sp in (("without S/P", False), ("with S/P", True)):
        rng = np.random.default_rng(int(has_sp))
        events = [draw_event(rng, has_sp)[0] for _ in range(options.events)]
        solve_posterior(events[0], ANY_GAP)
        cpu_s = cpu_s_per_event(events, options.repeats)
        polarities = np.mean([len(data.azimuth_deg) for data in events])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        rows.append([name, f"{polarities:.0f}", f"{1.0 / cpu_s:.1f}", f"{memory:.0f}"])
    heading = ["events", "mean polarities", "events a second and core", "peak memory MiB"]
    command = " ".join(["python benchmarks/bench_posterior.py", *arguments])
    parts = ["### The posterior of a mechanism", provenance(command)]
    return "\n\n".join([*parts, markdown_table(heading, rows)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
