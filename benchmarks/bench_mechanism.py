"""``make bench``: mechanisms a second beside SKHASH, in turns, one thread each.

``python benchmarks/bench_mechanism.py [--data FOLDER] [--skhash PYTHON | --without-skhash]
[--events N] [--sp-events N] [--repeats N]``. HASH's example 1 (24 events), and the same events
again and again under other names, on one process and on two. CPU seconds (user and system) of all
processes with start, reading, grade, multiples and writing, and of the same work in a process that
runs already; the best of the repeats. S/P ratios are those of synthetic events, through the solver
alone. SKHASH is installed into an environment of its own unless one is given.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skhash_program
from calibrate_hash import DATA, Reference, reference_of
from document import markdown_table, provenance
from program_cost import Cost, best, cost_of
from synthetic_polarities import draw_event

from streamstress.cli.solve_event import Task
from streamstress.cli.solve_run import SolutionFiles, solve_catalogue
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.mechanism import MechanismSettings, solve_mechanism
from streamstress.mechanism.readers.select import PhaseFiles, open_events
from streamstress.outputs.mechanisms_csv import read_mechanisms

ANY_GAP = MechanismSettings(max_azimuth_gap_deg=360.0, max_takeoff_gap_deg=180.0)


def ours(phases: Path, data: Path, out: Path, *options: str) -> list[str]:
    """Command line of our run."""
    reversals = str(data / "scsn.reverse")
    return [
        sys.executable, "-m", "streamstress", "solve", str(phases), "-o", str(out),
        "--format", "hash1", "--reversals", reversals, *options,
    ]  # fmt: skip


def running_cpu_s(phases: Path, data: Path, out: Path, repeats: int) -> float:
    """CPU seconds from the phase file to the closed output in a process that runs already."""
    files = PhaseFiles(phases, "hash1", reversals=data / "scsn.reverse")
    task = Task("hash", MechanismSettings(), 0)
    spent = []
    for _ in range(repeats + 1):
        start = time.process_time()
        solutions = SolutionFiles(out, {}, task, resume=False)
        solve_catalogue(open_events(files), solutions, task, 1, lambda *_: None)
        spent.append(time.process_time() - start)
    return min(spent[1:])


def sp_cpu_s(events: int, repeats: int) -> float:
    """CPU seconds of the grid search with S/P on synthetic events of 8 to 60 readings."""
    drawn = [draw_event(np.random.default_rng(seed), True)[0] for seed in range(events)]
    solve_mechanism(drawn[0], ANY_GAP)
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        for seed, data in enumerate(drawn):
            solve_mechanism(data, ANY_GAP, seed)
        spent.append(time.process_time() - start)
    return min(spent)


def repeated(phases: Path, out: Path, n_events: int) -> Path:
    """The events of a phase file again and again under other names."""
    blocks, block = [], []
    for line in phases.read_text().splitlines():
        block.append(line)
        if not line[:4].strip():
            blocks.append(block)
            block = []
    with out.open("w") as file:
        for k in range(n_events):
            head, *rest = blocks[k % len(blocks)]
            name = f"{head[:122]}{k:16d}{head[138:]}"
            file.write("\n".join([name, *rest]) + "\n")
    return out


def accuracy(rows: dict[str, tuple[list[float], str]], reference: dict[str, Reference]) -> str:
    """Median rotation to HASH's output and number of equal grades."""
    rotation = [float(kagan_angle_deg(rows[k][0], r.mechanism)) for k, r in reference.items()]
    same = sum(rows[k][1] == r.grade for k, r in reference.items())
    return f"{np.median(rotation):.1f}°, {same} of {len(reference)}"


def ours_read(path: Path) -> dict[str, tuple[list[float], str]]:
    """First solutions of our output."""
    return {
        row.event_id: ([row.strike_deg, row.dip_deg, row.rake_deg], row.grade or "")
        for row in reversed(read_mechanisms(path).rows)
    }


def run(arguments: list[str]) -> str:
    """Markdown table."""
    parser = argparse.ArgumentParser(prog="bench_mechanism")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--skhash", type=Path, default=None)
    parser.add_argument("--without-skhash", action="store_true")
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--sp-events", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    reference = reference_of(options.data / "example1.out")
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            *_example_rows(options, reference, Path(folder)),
            *_long_rows(options, Path(folder)),
        ]
    heading = [
        "program", "events", "processes", "CPU s", "mechanisms a CPU second", "peak MiB",
        "rotation to HASH's output, equal grades",
    ]  # fmt: skip
    given = f"--events {options.events} --repeats {options.repeats}"
    command = f"python benchmarks/bench_mechanism.py {given}"
    return f"{provenance(command)}\n\n{markdown_table(heading, rows)}"


def _example_rows(
    options: argparse.Namespace, reference: dict[str, Reference], folder: Path
) -> list[list[str]]:
    """HASH's example by both programs in turns, and ours without its start."""
    phases = options.data / "north1.phase"
    programs = {"streamstress": ours(phases, options.data, folder / "ours.csv")}
    if not options.without_skhash:
        programs["SKHASH"] = skhash_program.command(
            options.skhash or skhash_program.interpreter(),
            phases,
            options.data / "scsn.reverse",
            folder / "skhash.csv",
        )
    cost_of(programs["streamstress"])  # compiles the kernels into their cache
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for _ in range(options.repeats):
        for name, command in programs.items():
            costs[name].append(cost_of(command))
    found = {"streamstress": accuracy(ours_read(folder / "ours.csv"), reference)}
    if "SKHASH" in programs:
        found["SKHASH"] = accuracy(skhash_program.solutions(folder / "skhash.csv"), reference)
    n = len(reference)
    rows = [_row(name, n, 1, best(costs[name]), found[name]) for name in programs]
    running = Cost(running_cpu_s(phases, options.data, folder / "running.csv", 5), np.nan)
    rows.insert(1, _row("streamstress, without its start", n, 1, running, ""))
    return rows


def _long_rows(options: argparse.Namespace, folder: Path) -> list[list[str]]:
    """Many events on one process and on two; with S/P."""
    phases = options.data / "north1.phase"
    many = repeated(phases, folder / "many.phase", options.events)
    rows = []
    for workers in (1, 2):
        cost = cost_of(ours(many, options.data, folder / "many.csv", "--workers", str(workers)))
        rows.append(_row("streamstress", options.events, workers, cost, ""))
    sp = Cost(sp_cpu_s(options.sp_events, options.repeats), np.nan)
    return [*rows, _row("streamstress, solver alone, with S/P", options.sp_events, 1, sp, "")]


def _row(name: str, n_events: int, processes: int, cost: Cost, found: str) -> list[str]:
    peak = "" if np.isnan(cost.peak_mib) else f"{cost.peak_mib:.0f}"
    return [
        name, f"{n_events:,}", str(processes), f"{cost.cpu_s:.2f}",
        f"{n_events / cost.cpu_s:.1f}", peak, found,
    ]  # fmt: skip


if __name__ == "__main__":
    print(run(sys.argv[1:]))
