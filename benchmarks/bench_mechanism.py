"""``make bench``: mechanisms a second beside SKHASH, in turns, one thread each.

``python benchmarks/bench_mechanism.py [--data FOLDER] [--skhash PYTHON] [--events N]
[--repeats N]``. HASH's example 1 (24 events), and the same events again and again under other
names. CPU seconds (user and system) of the whole process with start, reading, grade, multiples and
writing, and of the same work in a process that runs already; the best of the repeats. SKHASH has
an environment of its own (``pip install skhash 'numpy<2'``); without ``--skhash`` it is left out.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from calibrate_hash import DATA, Reference, reference_of
from document import markdown_table, provenance

from streamstress.cli.solve_event import Task
from streamstress.cli.solve_run import SolutionFiles, solve_catalogue
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.mechanism import MechanismSettings
from streamstress.mechanism.readers.select import PhaseFiles, open_events
from streamstress.outputs.mechanisms_csv import read_mechanisms

KIB_A_MIB = 1024
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
SKHASH_SETTINGS = {
    "input_format": "hash1", "npolmin": "8", "max_agap": "90", "max_pgap": "60", "dang": "5",
    "nmc": "30", "maxout": "500", "badfrac": "0.1", "delmax": "120", "cangle": "45",
    "prob_max": "0.25", "azmax": "0", "allow_duplicate_stations": "True", "num_cpus": "1",
}  # fmt: skip
"""Those of example1.inp; ``azmax`` 0 takes every azimuth, ``maxout`` is HASH's internal 500."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds and peak memory of one process."""

    cpu_s: float
    peak_mib: float


def cost_of(command: Sequence[str]) -> Cost:
    """Run a program on one thread to its end."""
    process = subprocess.Popen(  # noqa: S603  # the command is written here
        command,
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(f"exit status {process.returncode} of {' '.join(command)}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / KIB_A_MIB)


def best(costs: Sequence[Cost]) -> Cost:
    """Least CPU and least peak of several runs."""
    return Cost(min(c.cpu_s for c in costs), min(c.peak_mib for c in costs))


def ours(phases: Path, data: Path, out: Path, *options: str) -> list[str]:
    """Command line of our run."""
    reversals = str(data / "scsn.reverse")
    return [
        sys.executable, "-m", "streamstress", "solve", str(phases), "-o", str(out),
        "--format", "hash1", "--reversals", reversals, *options,
    ]  # fmt: skip


def skhash(python: Path, phases: Path, data: Path, out: Path) -> list[str]:
    """Command line of a run of SKHASH; writes its control file beside the output."""
    settings = {
        **SKHASH_SETTINGS,
        "fpfile": str(phases),
        "plfile": str(data / "scsn.reverse"),
        "outfile1": str(out),
    }
    control = out.with_suffix(".control")
    control.write_text("".join(f"${name}\n{value}\n\n" for name, value in settings.items()))
    where = "import SKHASH; print(SKHASH.__path__[0])"
    found = subprocess.run(  # noqa: S603  # the interpreter is the user's own
        [python, "-c", where], capture_output=True, text=True, check=True
    )
    return [str(python), f"{found.stdout.strip()}/SKHASH.py", str(control)]


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


def skhash_read(path: Path) -> dict[str, tuple[list[float], str]]:
    """First solutions of SKHASH's output."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {
        row["event_id"].strip(): (
            [float(row[name]) for name in ("strike", "dip", "rake")],
            row["quality"],
        )
        for row in reversed(rows)
    }


def run(arguments: list[str]) -> str:
    """Markdown table."""
    parser = argparse.ArgumentParser(prog="bench_mechanism")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--skhash", type=Path, default=None)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    phases, reference = options.data / "north1.phase", reference_of(options.data / "example1.out")
    with tempfile.TemporaryDirectory() as folder:
        rows = _rows(options, phases, reference, Path(folder))
    heading = [
        "program", "events", "processes", "CPU s", "mechanisms a CPU second", "peak MiB",
        "rotation to HASH's output, equal grades",
    ]  # fmt: skip
    command = " ".join(["python benchmarks/bench_mechanism.py", *arguments])
    return f"{provenance(command)}\n\n{markdown_table(heading, rows)}"


def _rows(
    options: argparse.Namespace, phases: Path, reference: dict[str, Reference], folder: Path
) -> list[list[str]]:
    programs = {"streamstress": ours(phases, options.data, folder / "ours.csv")}
    if options.skhash is not None:
        theirs = skhash(options.skhash, phases, options.data, folder / "skhash.csv")
        programs["SKHASH"] = theirs
    cost_of(programs["streamstress"])  # compiles the kernels into their cache
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for _ in range(options.repeats):
        for name, command in programs.items():
            costs[name].append(cost_of(command))
    found = {"streamstress": accuracy(ours_read(folder / "ours.csv"), reference)}
    if "SKHASH" in programs:
        found["SKHASH"] = accuracy(skhash_read(folder / "skhash.csv"), reference)
    n = len(reference)
    rows = [_row(name, n, 1, best(costs[name]), found[name]) for name in programs]
    running = Cost(running_cpu_s(phases, options.data, folder / "running.csv", 5), np.nan)
    rows.insert(1, _row("streamstress, without its start", n, 1, running, ""))
    many = repeated(phases, folder / "many.phase", options.events)
    for workers in (1, 2):
        cost = cost_of(ours(many, options.data, folder / "many.csv", "--workers", str(workers)))
        rows.append(_row("streamstress", options.events, workers, cost, ""))
    return rows


def _row(name: str, n_events: int, processes: int, cost: Cost, found: str) -> list[str]:
    return [
        name, f"{n_events:,}", str(processes), f"{cost.cpu_s:.2f}",
        f"{n_events / cost.cpu_s:.1f}", _peak(cost), found,
    ]  # fmt: skip


def _peak(cost: Cost) -> str:
    return "" if np.isnan(cost.peak_mib) else f"{cost.peak_mib:.0f}"


if __name__ == "__main__":
    print(run(sys.argv[1:]))
