"""How long after ``kill -9`` a role works again: cold, and where a standby holds the models.

A simulated network runs at real time with every role a process. A role is killed at a random
moment; what counts is the time until its consumer group has acknowledged a message that it had not
before, hence until the broker holds the results of it, not until the worker says that it is ready.
"""

import argparse
import asyncio
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from aiokafka import TopicPartition
from bench_capacity import network
from document import markdown_table, provenance
from whole_system import System, replay_workers, twin_of, whole_system

from streamstress.simulate.archive import write_archive
from streamstress.stream.kafka import kafka_of
from streamstress.stream.lag import group_of

ROLES = ("pick", "polarity", "locate", "merge", "mechanism", "stress", "change", "store")
STATIONS = 12
SETTLE_S = 12.0
"""Between two kills at least: all partitions are worked on again."""
ASK_EVERY_S = 0.25

Offsets = Mapping[TopicPartition, int]


async def _acknowledged(system: System, role: str) -> Offsets:
    admin = kafka_of(system.settings).admin()
    try:
        await admin.start()
        group = group_of(system.settings.kafka.topic_prefix, role)
        found = await admin.list_consumer_group_offsets(group)
        return {partition: told.offset for partition, told in found.items()}
    finally:
        await admin.close()


def acknowledged(system: System, role: str) -> Offsets:
    """What a role's group has acknowledged, by partition."""
    return asyncio.run(_acknowledged(system, role))


def wait_for_more(system: System, role: str, before: Offsets, every: bool) -> None:
    """Wait until one partition, or every one, is acknowledged further than before."""
    enough = all if every else any

    def is_further() -> bool:
        now = acknowledged(system, role)
        time.sleep(ASK_EVERY_S)
        return enough(now.get(partition, 0) > offset for partition, offset in before.items())

    system.wait(is_further, 180.0, f"{role} acknowledges again")


def killed(system: System, role: str) -> float:
    """Kill the worker of a role; seconds until its group acknowledges again."""
    process = system.process(role)
    os.kill(process.pid, signal.SIGKILL)
    began_s = time.monotonic()
    wait_for_more(system, role, acknowledged(system, role), every=False)
    return time.monotonic() - began_s


def killed_beside_standby(system: System, number: int) -> float:
    """Kill one of two pickers for good; seconds until every partition is acknowledged again."""
    standby = twin_of(system, "pick", number)
    system.supervisor.add([standby.worker])
    system.wait(standby.is_ready, 120.0, "standby ready")
    first = next(one for one in system.supervisor.workers if one.name == "pick")
    system.wait_a_while(SETTLE_S)
    system.supervisor.workers.remove(first)
    assert first.process is not None  # noqa: S101 - it was started here
    first.process.kill()
    first.process.wait()
    began_s = time.monotonic()
    wait_for_more(system, "pick", acknowledged(system, "pick"), every=True)
    return time.monotonic() - began_s


def run(arguments: list[str]) -> str:
    """Kill every role a few times; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py restart --", description=__doc__)
    parser.add_argument("--kills", type=int, default=5, help="of each role")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    rng, load = np.random.default_rng(options.seed), os.getloadavg()[0]
    # A kill and what follows takes half a minute.
    scenario = network(STATIONS, (len(ROLES) + 1) * options.kills * 0.75 + 3.0)
    changes = {
        "step_s = 10.0": "step_s = 5.0",
        "waveform_partitions = 1": "waveform_partitions = 2",
    }
    cold: dict[str, list[float]] = {role: [] for role in ROLES}
    warm = []
    with tempfile.TemporaryDirectory(prefix="streamstress-restart-") as name:
        archive = write_archive(scenario, Path(name) / "archive")
        with whole_system(Path(name) / "system", archive, scenario, changes, 1.0) as system:
            system.supervisor.add(replay_workers(system, 1.0))
            system.wait_a_while(60.0)
            for _ in range(options.kills):
                for role in rng.permutation(ROLES):
                    system.wait_a_while(SETTLE_S + rng.uniform(0.0, 5.0))
                    cold[role].append(killed(system, str(role)))
                    print(f"{role} {cold[role][-1]:.1f} s", flush=True)
            for number in range(options.kills):
                warm.append(killed_beside_standby(system, number))
                print(f"pick beside a standby {warm[-1]:.1f} s", flush=True)
    command = " ".join(["python benchmarks/bench.py restart --", *arguments])
    rows = [[role, "cold", *_cells(found)] for role, found in cold.items()]
    rows.append(["pick", "a second picker runs, the first stays away", *_cells(warm)])
    return "\n\n".join(
        [
            provenance(command),
            f"{STATIONS} stations at real time, {os.cpu_count()} cores, load {load:.1f} before. "
            "From `kill -9` to the first new acknowledgement of the role's group, beside a standby "
            "on every partition; windows come every 5 s, so up to 5 s of it is waiting for work. "
            "Kafka notices a dead worker after 10 s (`kafka.session_timeout_s`).",
            markdown_table(["role", "start", "kills", "median, s", "longest, s"], rows),
        ]
    )


def _cells(found: list[float]) -> list[str]:
    return [str(len(found)), f"{statistics.median(found):.1f}", f"{max(found):.1f}"]
