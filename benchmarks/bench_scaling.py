"""What more workers of one role bring: the picker with one, two and four processes.

Data of many stations go onto a real Kafka at once, on partitions enough for every process; what
counts is the wall time until all is acknowledged, on as many cores as the machine has.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_capacity import network
from document import markdown_table, provenance
from whole_system import System, process_cost, twin_of, whole_system

from streamstress.simulate.archive import Archive, write_archive
from streamstress.simulate.scenario import Scenario
from streamstress.stream.archive_feed import feed_archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.lag import group_of, lags

ROLE = "pick"
STEP_S = 5.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What a number of workers took for all data."""

    workers: int
    partitions: int
    wall_s: float
    cpu_s: float


def measured(archive: Archive, scenario: Scenario, workers: int, partitions: int) -> Taken:
    """Feed the archive to so many workers, and wait until nothing waits for them."""
    changes = {
        "step_s = 10.0": f"step_s = {STEP_S}",
        "waveform_partitions = 1": f"waveform_partitions = {partitions}",
    }
    with (
        tempfile.TemporaryDirectory(prefix="streamstress-scaling-") as name,
        whole_system(Path(name), archive, scenario, changes, 10.0, (ROLE,)) as system,
    ):
        twins = [twin_of(system, ROLE, number) for number in range(1, workers)]
        system.supervisor.add([twin.worker for twin in twins])
        system.wait(lambda: all(twin.is_ready() for twin in twins), 180.0, "all ready")
        before_s, began_s = cpu_s(system), time.monotonic()
        asyncio.run(_feed(system))
        system.wait(lambda: asyncio.run(_waiting(system)) == 0, 900.0, "nothing waits")
        wall_s = time.monotonic() - began_s
        return Taken(workers, partitions, wall_s, cpu_s(system) - before_s)


async def _feed(system: System) -> None:
    kafka = kafka_of(system.settings)
    await feed_archive(system.archive.waveforms, system.settings, kafka, lambda *_: None)


async def _waiting(system: System) -> int | None:
    group = group_of(system.settings.kafka.topic_prefix, ROLE)
    return (await lags(kafka_of(system.settings), {ROLE: group})).get(ROLE)


def cpu_s(system: System) -> float:
    """Processor time of all workers."""
    processes = [one.process for one in system.supervisor.workers]
    return sum(process_cost(process.pid).cpu_s for process in processes if process is not None)


def run(arguments: list[str]) -> str:
    """Measure each number of workers; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py scaling --", description=__doc__)
    parser.add_argument("--stations", type=int, default=400)
    parser.add_argument("--minutes", type=float, default=2.0, help="of data, about")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args(arguments)
    scenario, load = network(options.stations, options.minutes), os.getloadavg()[0]
    partitions = max(options.workers)
    found = []
    with tempfile.TemporaryDirectory(prefix="streamstress-scaling-archive-") as name:
        archive = write_archive(scenario, Path(name))
        data_s = (archive.end_ns - archive.start_ns) / 1e9
        for workers in options.workers:
            found.append(measured(archive, scenario, workers, partitions))
            print(found[-1], flush=True)
    command = " ".join(["python benchmarks/bench.py scaling --", *arguments])
    return "\n\n".join(
        [
            provenance(command),
            f"{options.stations} stations, {data_s:.0f} s of data on {partitions} partitions, "
            f"windows every {STEP_S:g} s, fed at once; {os.cpu_count()} cores, which the feed and "
            f"Kafka use too; load {load:.1f} before.",
            _table(found, options.stations * data_s),
        ]
    )


def _table(found: Sequence[Taken], station_s: float) -> str:
    rows = [
        [
            str(one.workers),
            f"{one.wall_s:.1f}",
            f"{one.cpu_s:.1f}",
            f"{station_s / one.wall_s:.0f}",
            f"{found[0].wall_s / one.wall_s:.2f}",
        ]
        for one in found
    ]
    heading = ["workers", "wall s", "their CPU s", "stations at real time", "times the first"]
    return markdown_table(heading, rows)
