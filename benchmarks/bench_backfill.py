"""How much a backfill of hours costs the live latency, and whether it finds what live finds.

A simulated network is replayed at the speed of the recording; after some minutes undisturbed,
``streamstress backfill`` fills in copies of the same data, shifted to the hours before.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench_capacity import network
from bench_latency import STAGES, TOLD
from document import markdown_table, provenance
from shifted_archive import period_s, write_copies
from whole_system import Samples, System, replay_workers, whole_system

from streamstress.config import Settings
from streamstress.outputs.stage_status import quantile
from streamstress.records import Event
from streamstress.simulate.archive import write_archive
from streamstress.stream.backfill import prefix_of, records_of
from streamstress.stream.kafka import kafka_of
from streamstress.wire.topics import EVENTS

RUN = "bench"
WARM_S = 60.0
"""Live data before anything is measured."""
KINDS = ("packet", "answer")
PHASES = ("undisturbed", "beside")

Histograms = Mapping[str, Samples]
Reading = frozenset[tuple[str, str, int]]
"""Station, phase and time after the start of its copy (10 ms) of each arrival of an event."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run gave."""

    phases: Mapping[str, tuple[Histograms, Histograms]]
    backfill_s: float
    filled_s: float
    said: str
    live: Counter[Reading]
    filled: tuple[Counter[Reading], ...]
    """One a copy."""


def run(arguments: list[str]) -> str:
    """Measure once; markdown."""
    parser = argparse.ArgumentParser(prog="bench.py backfill --", description=__doc__)
    parser.add_argument("--stations", type=int, default=30)
    parser.add_argument("--hours", type=float, default=24.0, help="of archive, filled in")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each live phase")
    parser.add_argument("--step", type=float, default=5.0, help="of the picker's windows, s")
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    told = _measured(options)
    command = " ".join(["python benchmarks/bench.py backfill --", *arguments])
    same = sum((told.live & one).total() for one in told.filled)
    of = len(told.filled) * told.live.total()
    other = sum(one.total() for one in told.filled) - same
    return "\n\n".join(
        [
            provenance(command),
            f"{options.stations} stations at real time, an earthquake a minute, windows every "
            f"{options.step:g} s, a load of {load:.0f} before; {options.minutes:g} minutes "
            "undisturbed, then as many beside `streamstress backfill` of "
            f"{told.filled_s / 3600:.2f} h of the same stations, which took "
            f"{told.backfill_s:.0f} s in all "
            f"({told.filled_s / told.backfill_s:.1f} times real time). Seconds after the last "
            "packet needed, and after what a result is made of; of both phases, read off buckets.",
            markdown_table(
                ["result", "number, undisturbed and beside"]
                + [f"{kind} p{q}, s: undisturbed, beside" for kind in KINDS for q in (50, 95)]
                + ["ratio of the means, packet and answer"],
                [_row(told, stage) for stage in STAGES],
            ),
            f"Of {of} events of a live run of the same data the backfill has {same} with the same "
            f"arrivals (station, phase, time to 10 ms), and {other} others. It said: {told.said}",
        ]
    )


def _measured(options: argparse.Namespace) -> Measured:
    scenario = network(options.stations, 2 * options.minutes + WARM_S / 60.0)
    with tempfile.TemporaryDirectory(prefix="streamstress-backfill-") as name:
        folder = Path(name)
        archive = write_archive(scenario, folder / "archive", workers=2)
        copies = max(1, round(3600.0 * options.hours / period_s(archive)))
        write_copies(archive, folder / "past", copies)
        changes = {"step_s = 10.0": f"step_s = {options.step}", "min_events = 20": "min_events = 8"}
        with whole_system(folder / "system", archive, scenario, changes, 1.0) as system:
            system.supervisor.add(replay_workers(system, 1.0))
            system.wait_a_while(WARM_S)
            phases, begun_s = {}, 0.0
            for phase in PHASES:
                before = _histograms(system)
                if phase == "beside":
                    filling, begun_s = _backfill(system, folder / "past"), time.monotonic()
                system.wait_a_while(60.0 * options.minutes)
                phases[phase] = (before, _histograms(system))
            while filling.poll() is None:
                system.wait_a_while(0.5)
            took_s, said = time.monotonic() - begun_s, (folder / "system/said").read_text()
            system.wait_until_final((archive.end_ns - archive.start_ns) / 1e9 + 600.0)
            own = system.settings
            kafka = own.kafka.model_copy(update={"topic_prefix": prefix_of(own, RUN)})
            place = archive.start_ns, period_s(archive) * 10**9
            live = _readings(own, *place)
            filled = _readings(own.model_copy(update={"kafka": kafka}), *place)
    return Measured(
        phases,
        took_s,
        float(copies * period_s(archive)),
        said.strip(),
        live.get(0, Counter()),
        tuple(filled.get(-number, Counter()) for number in range(1, copies + 1)),
    )


def _backfill(system: System, past: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streamstress", "backfill", str(past), "--run", RUN]
    with (system.config.parent / "said").open("wb") as said:
        return subprocess.Popen(  # noqa: S603 - our own command line
            [*command, "-c", str(system.config)], stderr=said, start_new_session=True
        )


def _histograms(system: System) -> Histograms:
    return {stage: system.samples(stage) for stage in STAGES}


def _readings(settings: Settings, start_ns: int, period_ns: int) -> dict[int, Counter[Reading]]:
    """Final events of a system by the copy that they lie in; 0 is the live data."""
    records = asyncio.run(records_of(settings, kafka_of(settings), EVENTS, 0))
    final = {r.event_id: r for r in records if isinstance(r, Event) and r.status == "final"}
    found: dict[int, Counter[Reading]] = {}
    for event in final.values():
        copy = (event.origin.time_ns - start_ns) // period_ns
        zero_ns = start_ns + copy * period_ns
        reading = frozenset(
            (a.station, a.phase, round((a.time_ns - zero_ns) / 1e7)) for a in event.arrivals
        )
        found.setdefault(copy, Counter())[reading] += 1
    return found


def _row(told: Measured, stage: str) -> list[str]:
    phases = [_difference(told, phase, stage) for phase in PHASES]
    counts = [_count(one, stage, "packet") for one in phases]
    cells = [
        ", ".join(_quantile(one, stage, kind, share) for one in phases)
        for kind in KINDS
        for share in (0.5, 0.95)
    ]
    ratios = ", ".join(_ratio(*phases, stage, kind) for kind in KINDS)
    return [TOLD[stage], ", ".join(f"{count:.0f}" for count in counts), *cells, ratios]


def _difference(told: Measured, phase: str, stage: str) -> Samples:
    """What a phase added to a stage's histograms."""
    before, after = (one[stage] for one in told.phases[phase])
    return {key: value - before.get(key, 0.0) for key, value in after.items()}


def _count(one: Samples, stage: str, kind: str, what: str = "count") -> float:
    name = f"streamstress_{kind}_latency_seconds_{what}"
    return one.get((name, frozenset({("stage", stage)})), 0.0)


def _quantile(one: Samples, stage: str, kind: str, share: float) -> str:
    buckets = sorted(
        (float(dict(labels)["le"]), value)
        for (sample, labels), value in one.items()
        if sample == f"streamstress_{kind}_latency_seconds_bucket"
        and dict(labels)["stage"] == stage
    )
    found = quantile(buckets, share)
    return "-" if found is None else f"{found:.1f}"


def _ratio(undisturbed: Samples, beside: Samples, stage: str, kind: str) -> str:
    means = []
    for one in (undisturbed, beside):
        count = _count(one, stage, kind)
        means.append(_count(one, stage, kind, "sum") / count if count else 0.0)
    return f"{means[1] / means[0]:.2f}" if all(means) else "-"
