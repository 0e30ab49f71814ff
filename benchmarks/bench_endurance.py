"""Whether a worker's memory stays flat over very many records, at the speed that it can take.

Readings of S, which the polarity agent passes on, go onto a real Kafka without a pause; the memory
of its process is read as they pass. What is tested is faust, aiokafka and the runner.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from document import markdown_table, provenance
from whole_system import Cost, System, whole_system

from streamstress.records import Pick
from streamstress.simulate.archive import write_archive
from streamstress.simulate.scenario import named_scenario
from streamstress.stream.kafka import kafka_of
from streamstress.wire.codec import encode
from streamstress.wire.topics import PICKS

ROLE = "polarity"
SENT = ("streamstress_records_sent_total", frozenset({("stage", ROLE)}))
IN_FLIGHT = 20_000
"""Records sent ahead of the worker at most: the topic must not hide what it cannot take."""


def pick(number: int) -> Pick:
    """An S pick of its own name."""
    return Pick(
        pick_id=f"XS.S{number % 800:03d}..HH.S.{number}.0",
        network="XS",
        station=f"S{number % 800:03d}",
        location="",
        channel="HH",
        phase="S",
        time_ns=1_700_000_000_000_000_000 + number * 1_000_000,
        sigma_s=0.1,
        probability=0.9,
        snr=5.0,
        model="none",
        sent_ns=time.time_ns(),
    )


async def send(system: System, first: int, last: int) -> None:
    """Send numbered picks."""
    producer = kafka_of(system.settings).producer(linger_ms=20)
    await producer.start()
    for number in range(first, last):
        one = pick(number)
        name = system.settings.kafka.topic_prefix + PICKS.name
        await producer.send(name, value=encode(one), key=one.pick_id.encode(), partition=0)
    await producer.stop()


def passed(system: System) -> float:
    """Records that the worker has sent on, and the broker acknowledged."""
    return system.samples(ROLE).get(SENT, 0.0)


def watched(system: System, records: int, parts: int) -> list[tuple[int, Cost]]:
    """Cost of the worker after each part."""
    found = [(0, system.cost(ROLE))]
    done = 0
    for part in range(1, parts + 1):
        until = records * part // parts
        while done < until:
            step = min(done + IN_FLIGHT, until)
            asyncio.run(send(system, done, step))
            system.wait(lambda step=step: passed(system) >= step, 600.0, f"{step} records")
            done = step
        found.append((done, system.cost(ROLE)))
        print(f"{done} records, {found[-1][1].resident_mb:.0f} MB", flush=True)
    return found


def run(arguments: list[str]) -> str:
    """Send records and watch the memory; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py endurance --", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--parts", type=int, default=10, help="rows of the table")
    options = parser.parse_args(arguments)
    scenario = named_scenario("smoke")
    with tempfile.TemporaryDirectory(prefix="streamstress-endurance-") as name:
        folder = Path(name)
        archive = write_archive(scenario, folder / "archive")
        with whole_system(folder / "system", archive, scenario, {}, 10.0, (ROLE,)) as system:
            found = watched(system, options.records, options.parts)
    command = " ".join(["python benchmarks/bench.py endurance --", *arguments])
    rows = [
        [f"{count:,}", f"{cost.resident_mb:.0f}", f"{count / (cost.cpu_s - found[0][1].cpu_s):.0f}"]
        for count, cost in found[1:]
    ]
    return "\n\n".join(
        [
            provenance(command),
            f"The polarity agent passes S picks on; {found[0][1].resident_mb:.0f} MB before the "
            "first.",
            markdown_table(["records", "memory, MB", "records a CPU second"], rows),
        ]
    )
