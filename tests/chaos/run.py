"""``make chaos``: faults of every kind against the whole system, into docs/reliability.md.

``python tests/chaos/run.py [NAME…] [-- OPTIONS]`` runs the named groups of faults, all without a
name. Each group has a broker and topics of its own, and ends with the comparison of its final
versions with an undisturbed run of the same archive in one process.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parents[1] / "benchmarks")]

import chaos_faults as faults  # noqa: E402
from chaos_system import ROLES, Chaos, chaos, undisturbed  # noqa: E402
from document import markdown_table, table_rows, write_section  # noqa: E402
from final_versions import FinalVersions, differences, filled  # noqa: E402

from streamstress.broker import Broker, running_broker  # noqa: E402
from streamstress.simulate.archive import Archive, write_archive  # noqa: E402
from streamstress.simulate.scenario import Scenario, named_scenario  # noqa: E402
from streamstress.wire.topics import WAVEFORMS  # noqa: E402

NATION = Scenario(
    name="oracle",
    seed=12,
    n_stations=32,
    turn_deg=30.0,
    n_before=120,
    n_after=120,
    mean_spacing_s=10.0,
    least_spacing_s=5.0,
    lead_s=40.0,
    tail_s=40.0,
)
"""32 stations, 240 earthquakes in 40 minutes; the stress turns in the middle."""

HEADING = [
    "faults", "scenario", "times real time", "seed", "kills", "records", "events", "lost",
    "doubled", "other", "longest outage, s", "kill to ready, s (median, longest)", "took, s",
    "load before", "day",
]  # fmt: skip
WHICH = 4
"""The first columns say which run a row is of."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of the command line."""

    scenario: Scenario
    speed: float
    kills: int
    seed: int


def killing(run: Chaos, options: Options) -> None:
    """Kill each role in turn of chance, and wait for each to be ready again."""
    for _ in range(options.kills // len(ROLES)):
        for role in run.rng.permutation(ROLES):
            run.kill_and_time(str(role))


def killing_all(run: Chaos, options: Options) -> None:
    """Kill every worker at once, twice."""
    for part in (0.3, 0.6):
        _wait_until(run, part, options)
        run.kill_all()


def broker_faults(run: Chaos, options: Options) -> None:
    """Freeze Kafka for a minute, then kill it."""
    faults.stop_broker(run, 60.0)
    faults.kill_broker(run, 5.0)


def full_disk(run: Chaos, options: Options) -> None:
    """Let Kafka's disk run full."""
    faults.fill_disk(run, 15.0)


def feed_faults(run: Chaos, options: Options) -> None:
    """Restart the server, cut and slow the line, kill the ingest."""
    faults.restart_seedlink(run)
    faults.cut_network(run, 10.0)
    faults.slow_network(run, 10.0)
    run.kill("ingest")


def lost_ring(run: Chaos, options: Options) -> None:
    """The server loses its ring and two minutes of data, which the archive has."""
    faults.lose_ring(run, 120.0)


def scaling(run: Chaos, options: Options) -> None:
    """One picker, three, one."""
    faults.scale(run, "pick", 2, 30.0)


def data_faults(run: Chaos, options: Options) -> None:
    """Poison on three topics, and a locked database."""
    faults.poison(run)
    faults.lock_store(run, 40.0)


def two_servers(run: Chaos, options: Options) -> None:
    """Every record from a second server as well, for a while."""
    faults.serve_twice(run, 30.0)


def late_records(run: Chaos, options: Options) -> None:
    """A thousand records of the past again, in any order, three times."""
    for _ in range(3):
        faults.repeat_records(run, 1000)
        run.wait_a_while(5.0)


def clock_steps(run: Chaos, options: Options) -> None:
    """The workers' wall clocks 10 s ahead, 10 s behind, and right again."""
    for step_s in (10.0, -10.0, 0.0):
        faults.step_clock(run, step_s)
        run.wait_a_while(15.0)


def mixed(run: Chaos, options: Options) -> None:
    """Faults of every kind but a full disk and a lost ring, one after the other."""
    faults.poison(run)
    run.kill_all()
    run.wait_a_while(30.0)
    broker_faults(run, options)
    feed_faults(run, options)
    scaling(run, options)
    faults.lock_store(run, 40.0)
    two_servers(run, options)
    late_records(run, options)
    clock_steps(run, options)
    killing(run, options)
    run.kill_all()


def nothing(run: Chaos, options: Options) -> None:
    """No fault: two undisturbed runs are the same."""


GROUPS: dict[str, Callable[[Chaos, Options], None]] = {
    "none": nothing,
    "kill": killing,
    "kill-all": killing_all,
    "broker": broker_faults,
    "disk": full_disk,
    "feed": feed_faults,
    "ring": lost_ring,
    "scale": scaling,
    "data": data_faults,
    "servers": two_servers,
    "late": late_records,
    "clock": clock_steps,
    "mixed": mixed,
}


def _wait_until(run: Chaos, part: float, options: Options) -> None:
    """Wait until a part of the archive has been played."""
    archive = run.system.archive
    length_s = (archive.end_ns - archive.start_ns) / 1e9
    run.system.wait_until_data_time(part * length_s, part * length_s / options.speed + 120.0)


@contextmanager
def broker_for(name: str, folder: Path) -> Iterator[Broker]:
    """A broker; for the full disk on a small file system of its own, which needs root."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    if name == "disk":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", disk], check=True)
    try:
        with running_broker(disk / "broker", heap_mb=256) as broker:
            yield broker
    finally:
        if name == "disk":
            subprocess.run(["umount", "-l", disk], check=True)


def row(
    name: str, archive: Archive, calm: FinalVersions, options: Options, folder: Path
) -> list[str]:
    """Run one group and compare."""
    began_s, load = time.monotonic(), os.getloadavg()[0]
    with (
        broker_for(name, folder) as broker,
        chaos(folder / name, archive, broker, options.seed, options.speed) as run,
    ):
        _wait_until(run, 0.15, options)
        GROUPS[name](run, options)
        got = run.finish(1800.0)
        if name == "ring":
            run.wait_until_filled(1800.0)
            got, calm = filled(run.finish(60.0)), filled(calm)
        n_records = run.count(WAVEFORMS)
        ready_s = sorted(run.first_outputs_s)
        kills, outages_s = run.kills, run.outages_s
    told = differences(calm, got)
    for line in told[:20]:
        print(f"  {name}: {line}", file=sys.stderr, flush=True)
    lost = [line for line in told if ": lost " in line]
    doubled = [line for line in told if line.startswith("doubled") or ": added " in line]
    return [
        name,
        options.scenario.name,
        f"{options.speed:g}",
        str(options.seed),
        str(kills),
        str(n_records),
        str(len(got.events) or len(got.mechanisms)),
        str(len(lost)),
        str(len(doubled)),
        str(len(told) - len(lost) - len(doubled)),
        f"{max(outages_s):.0f}" if outages_s else "",
        f"{ready_s[len(ready_s) // 2]:.0f}, {ready_s[-1]:.0f}" if ready_s else "",
        f"{time.monotonic() - began_s:.0f}",
        f"{load:.0f}",
        f"{datetime.now(UTC):%Y-%m-%d}",
    ]


def written(document: Path, found: list[str]) -> None:
    """Put a run's row into the table, in place of what the same run gave before."""
    rows = {tuple(old[:WHICH]): old for old in table_rows(document, "chaos")}
    rows[tuple(found[:WHICH])] = found
    order = list(GROUPS)
    ordered = sorted(rows.values(), key=lambda one: (order.index(one[0]), one[1:WHICH]))
    command = "`python tests/chaos/run.py FAULTS --scenario SCENARIO --speed TIMES --seed SEED`"
    write_section(document, "chaos", f"{command}\n\n{markdown_table(HEADING, ordered)}")


def main(arguments: Sequence[str]) -> None:
    """Run groups of faults and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}; all without a name")
    parser.add_argument("--scenario", default="oracle", help="oracle, or a named scenario")
    parser.add_argument("--speed", type=float, default=10.0, help="times real time")
    parser.add_argument("--kills", type=int, default=56, help="of single workers, in group kill")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(arguments)
    # So that the workers are stopped by whoever started them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    scenario = NATION if told.scenario == "oracle" else named_scenario(told.scenario)
    options = Options(scenario, told.speed, told.kills, told.seed)
    with tempfile.TemporaryDirectory(prefix="streamstress-chaos-") as name:
        folder = Path(name)
        archive = write_archive(scenario, folder / "archive")
        calm = undisturbed(folder / "calm", archive)
        print(calm.counts(), flush=True)
        for group in told.groups or GROUPS:
            found = row(group, archive, calm, options, folder / f"group-{group}")
            print(" | ".join(found), flush=True)
            written(Path("docs/reliability.md"), found)


if __name__ == "__main__":
    main(sys.argv[1:])
