"""``make bench``: speed and memory of the watch over a long catalogue, and the cost of a revision.

``python benchmarks/bench_watch.py [--events N] [--seed N]``. Steady stress, 20 events a day.
"""

import argparse
import resource
import sys
import time
from dataclasses import replace

import numpy as np
from document import markdown_table, provenance
from synthetic_mechanisms import mechanisms, strike_slip_stress

from streamstress.change import (
    ChangeDetector,
    ChangeEvent,
    ChangeSettings,
    RegionWatch,
    change_event,
)

STEP_NS = 72 * 60 * 10**9
KIB_A_MIB = 1024
BLOCK = 10_000
REVISED_AGES = (10, 1_000, 10_000, 40_000)


def region_watch(settings: ChangeSettings) -> RegionWatch[ChangeDetector]:
    """Watch as the live agent builds it."""
    return RegionWatch(
        lambda: ChangeDetector(settings),
        lambda snapshot: ChangeDetector.restore(snapshot),
    )


def block(first: int, count: int, rng: np.random.Generator) -> list[ChangeEvent]:
    """Steady events from a number on."""
    angles = mechanisms(strike_slip_stress(30.0), count, rng)
    return [
        change_event(f"e{first + k:07d}", (first + k) * STEP_NS, *map(float, angle))
        for k, angle in enumerate(angles)
    ]


def peak_mib() -> float:
    """Largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_A_MIB


def fed(watch: RegionWatch[ChangeDetector], n_events: int, rng: np.random.Generator) -> str:
    """Feed events with progress after each; give table rows of CPU and memory on the way."""
    rows, before = [], peak_mib()
    spent, done = 0.0, 0
    for first in range(0, n_events, BLOCK):
        events = block(first, min(BLOCK, n_events - first), rng)
        start = time.process_time()
        for event in events:
            watch.put(event.event_id, 0, event.origin_time_ns, event)
            watch.advance(event.origin_time_ns + 1)
        spent += time.process_time() - start
        done += len(events)
        rows.append([f"{done:,}", f"{spent / done * 1e3:.2f}", f"{peak_mib() - before:.0f}"])
    shown = sorted({0, len(rows) // 10, len(rows) // 3, len(rows) - 1})
    heading = ["events", "CPU ms an event", "peak MiB"]
    return markdown_table(heading, [rows[k] for k in shown])


def revisions(watch: RegionWatch[ChangeDetector]) -> str:
    """CPU of deciding again after one event of an age was revised."""
    events = list(watch.events())
    rows = []
    for age in (age for age in REVISED_AGES if age < len(events)):
        event = events[-age]
        turned = replace(event, five=events[-age - 1].five)
        decided: list[str] = []
        start = time.process_time()
        watch.put(event.event_id, 1, event.origin_time_ns, turned)
        watch.advance(0, lambda one, _, seen=decided: seen.append(one.event_id))
        rows.append([f"{age:,}", f"{len(decided):,}", f"{time.process_time() - start:.2f}"])
    return markdown_table(["events ago", "decided again", "CPU s"], rows)


def run(arguments: list[str]) -> str:
    """Markdown of both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=660_000)
    parser.add_argument("--learn", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    watch = region_watch(ChangeSettings(learn=options.learn, false_alarms_per_1e4=1.0))
    table = fed(watch, options.events, np.random.default_rng(options.seed))
    command = " ".join(["python benchmarks/bench_watch.py", *arguments])
    return "\n\n".join([provenance(command), table, revisions(watch)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
