"""Speed of the stress inversion: bootstraps beside pySATSI.

``python benchmarks/bench.py stress -- [--rounds N] [--no-pysatsi]``. pySATSI 0.2.6 gets an
environment of its own (numpy below 2). It takes one of the two planes at random in each resampling;
planes ``both`` and ``given`` do as much, ``instability`` more. All is CPU time on one thread. The
data are those of MSATSI, read from ``../shared/data``.
"""

import argparse
import csv
import os
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from competitors import environment_of
from numpy.typing import NDArray

from streamstress.geometry.axes import shmax_azimuth, trend_plunge
from streamstress.geometry.tensors import principal_axes, shape_ratio_phi
from streamstress.stress import bootstrap
from streamstress.stress.contribution import PlaneSet, plane_set_of_angles
from streamstress.stress.field import invert_field
from streamstress.stress.field_bootstrap import field_bootstrap
from streamstress.stress.nodes import grid_nodes
from streamstress.stress.smoothing import SATSI_METRIC

Array = NDArray[np.float64]

DATA = Path(__file__).resolve().parents[2] / "shared/data"
RESAMPLINGS = 2000
PRINTED = re.compile(r"[Ss]tress computation runtime\D*([\d.]+)")


def described(tensors: Array) -> None:
    """Axes, SHmax and shape of every tensor, as a user wants them of a bootstrap."""
    trend_plunge(principal_axes(tensors)[1])
    shmax_azimuth(tensors)
    shape_ratio_phi(tensors)


def cpu_s(work: Callable[[], object]) -> float:
    """CPU time of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def one_node() -> PlaneSet:
    """The 150 mechanisms of MSATSI's example 0-D."""
    rows = np.loadtxt(DATA / "msatsi_0d/INPUT_example0D.txt")
    return plane_set_of_angles(rows[:, 2] - 90.0, rows[:, 3], rows[:, 4])


def pysatsi_s(program: Path) -> tuple[float, float]:
    """Runtime that pySATSI prints for the example, and that of the whole process."""
    rows = np.loadtxt(DATA / "msatsi_0d/INPUT_example0D.txt")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "events.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["ddir", "dip", "rake"])
            writer.writerows(rows[:, 2:5].tolist())
        settings = {
            "event_file": folder / "events.csv",
            "project_dir": folder / "out",
            "nboot": RESAMPLINGS,
            "print_runtime": "True",
        }
        text = "".join(f"${key}\n{value}\n\n" for key, value in settings.items())
        (folder / "control.txt").write_text(text)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(  # noqa: S603
            [program, folder / "control.txt"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            cwd=folder,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = PRINTED.search(done.stdout)
    if found is None:
        raise RuntimeError(f"pySATSI printed no runtime: {done.stdout[-2000:]}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(found[1]), used


def beside_pysatsi(program: Path, rounds: int) -> list[str]:
    """Rows of both programs, interleaved."""
    solutions = one_node()
    names = ("both", "given", "instability")
    ours: dict[str, list[float]] = {name: [] for name in names}
    theirs = []
    for mode in names:
        _drawn(solutions, mode, 0)  # loads the compiled loops
    for seed in range(rounds):
        theirs.append(pysatsi_s(program))
        for mode in names:
            ours[mode].append(cpu_s(lambda m=mode, s=seed: described(_drawn(solutions, m, s))))
    printed, process = np.median(theirs, axis=0)
    lines = [
        f"2,000 bootstraps of msatsi_0d with axes and SHmax, medians of {rounds} interleaved runs:",
        "",
        "| program | s | of pySATSI's CPU time |",
        "| --- | --- | --- |",
        f"| pySATSI 0.2.6, as it prints (wall clock of a shared machine) | {printed:.1f} | |",
        f"| pySATSI 0.2.6, CPU of the process | {process:.1f} | 1 |",
    ]
    for mode in names:
        took = float(np.median(ours[mode]))
        lines.append(f"| streamstress, planes {mode} | {took:.4f} | 1 / {process / took:.0f} |")
    return lines


def _drawn(solutions: PlaneSet, mode: str, seed: int) -> Array:
    return bootstrap(solutions, resamplings=RESAMPLINGS, planes=mode, seed=seed).tensors


def damped_geysers(rounds: int) -> list[str]:
    """Rows of the damped bootstrap of the 2-D example."""
    rows = np.loadtxt(DATA / "msatsi_2d/INPUT_example2D.txt")
    solutions = plane_set_of_angles(rows[:, 2] - 90.0, rows[:, 3], rows[:, 4])
    grid = grid_nodes(rows[:, :2], [1, 1])
    lines = [
        "",
        "Damped bootstrap of The Geysers (3,256 mechanisms, 38 nodes, e = 2), each with axes and "
        "SHmax; SATSI in C took 1.6 s each:",
        "",
        "| planes | ms each |",
        "| --- | --- |",
    ]
    for mode in ("given", "both", "instability"):
        field = invert_field(solutions, grid, planes=mode, smoothing=16.0, metric=SATSI_METRIC)
        took = [
            cpu_s(lambda f=field, s=s: described(field_bootstrap(f, 100, s))) for s in range(rounds)
        ]
        lines.append(f"| {mode} | {min(took) * 10:.2f} |")
    return lines


def run(arguments: list[str]) -> str:
    """Markdown of the tables."""
    parser = argparse.ArgumentParser(prog="bench.py stress --")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-pysatsi", action="store_true", help="leave the comparison out")
    options = parser.parse_args(arguments)
    lines = [
        f"`python benchmarks/bench.py stress -- --rounds {options.rounds}`, "
        f"{datetime.now(UTC):%Y-%m-%d}; CPU time, one thread.",
        "",
    ]
    if not options.no_pysatsi:
        program = environment_of("pysatsi", "pySATSI==0.2.6", "numpy<2") / "pySATSI"
        lines += beside_pysatsi(program, options.rounds)
    return "\n".join([*lines, *damped_geysers(options.rounds)])
