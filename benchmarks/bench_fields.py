"""Time and memory of ``streamstress invert`` on large fields, the whole command.

``python benchmarks/bench.py fields -- [--shapes 100x100,20x20x10]``. A file of 216,528 mechanisms
(as many as Uchide et al. 2022 have for Japan) is read, inverted with planes by instability, ABIC,
and written with everything that is said of a node. CPU time (user and system) of one thread.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from document import markdown_table, provenance
from synthetic_mechanisms import mechanisms, strike_slip_stress

EVENTS = 216_528
STEP_DEG, STEP_KM = 0.1, 2.0


def write_mechanisms(path: Path, shape: tuple[int, ...], events: int) -> None:
    """Mechanisms under a stress that turns by 60 degrees across a full grid."""
    rng = np.random.default_rng(0)
    place = np.stack([rng.integers(0, length, events) for length in shape], axis=1)
    angles = np.zeros((events, 3))
    for k in range(shape[0]):
        here = place[:, 0] == k
        stress = strike_slip_stress(20.0 + 60.0 * k / shape[0])
        angles[here] = mechanisms(stress, int(here.sum()), rng)
    where = [30.0 + STEP_DEG * place[:, 0], 130.0 + STEP_DEG * place[:, 1]]
    depth = STEP_KM * place[:, 2] if len(shape) > 2 else np.full(events, 10.0)
    table = np.column_stack([np.arange(events), *where, depth, angles])
    heading = "event_id,latitude,longitude,depth_km,strike,dip,rake"
    np.savetxt(path, table, "%d,%.4f,%.4f,%.2f,%.1f,%.1f,%.1f", header=heading, comments="")


def whole_command(shape: tuple[int, ...], events: int) -> list[str]:
    """Row of a grid: nodes, CPU seconds, peak memory."""
    columns, steps = ["lat", "lon", "depth"][: len(shape)], [STEP_DEG, STEP_DEG, STEP_KM]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_mechanisms(folder / "m.csv", shape, events)
        command = [sys.executable, "-m", "streamstress", "invert", folder / "m.csv"]
        command += ["-o", folder / "out.json", "--columns", ",".join(columns)]
        command += ["--grid", ",".join(map(str, steps[: len(shape)]))]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=os.environ | threads)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    label = " x ".join(map(str, shape))
    return [f"{label} = {np.prod(shape):,}", f"{used:.0f}", f"{after.ru_maxrss / 1e6:.1f}"]


def run(arguments: list[str]) -> str:
    """Time every grid, and give the table; memory is the largest of the grids so far."""
    parser = argparse.ArgumentParser(prog="bench.py fields --")
    parser.add_argument("--shapes", default="20x20x10,100x100", help="grids, small memory first")
    parser.add_argument("--events", type=int, default=EVENTS)
    options = parser.parse_args(arguments)
    shapes = [tuple(map(int, text.split("x"))) for text in options.shapes.split(",")]
    rows = [whole_command(shape, options.events) for shape in shapes]
    command = f"python benchmarks/bench.py fields -- --shapes {options.shapes}"
    heading = ["nodes", "whole command, CPU s", "peak memory, GB"]
    title = f"`streamstress invert` of {options.events:,} mechanisms, one thread:"
    return f"{provenance(command)}\n\n{title}\n\n{markdown_table(heading, rows)}"
