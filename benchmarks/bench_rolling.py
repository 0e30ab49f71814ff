"""Time of one rolling update of a 200-node region with its intervals, and of one resampling.

``python benchmarks/bench.py rolling -- [--updates N]``. CPU time (user and system) of one thread,
the median and the largest of the updates; the least of five repeats for the bootstrap.
"""

import argparse
import time

import numpy as np
from document import markdown_table, provenance
from numpy.typing import NDArray
from scipy import sparse
from synthetic_mechanisms import Population, mechanisms, strike_slip_stress

from streamstress.geometry.axes import shmax_azimuth
from streamstress.stress import bootstrap, event_contribution, grid_nodes
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.plane_choice import with_chosen_plane
from streamstress.stress.region_field import RegionField
from streamstress.stress.rolling_field import RollingField
from streamstress.stress.uncertainty import axis_cones_deg, shmax_interval

EAST, NORTH = 20, 10
HELD = 1000
STRENGTH = 5.0
LIVE_UPDATES = 30
EVENTS, RESAMPLINGS = 150, 2000


def grid_damping() -> sparse.csr_array:
    """First differences between the neighbours of a grid of 20 by 10 nodes."""
    lines = [_line(count) for count in (EAST, NORTH)]
    nodes = np.kron(lines[0], np.eye(NORTH)) + np.kron(np.eye(EAST), lines[1])
    return sparse.csr_array(sparse.kron(STRENGTH * nodes, np.eye(5)))


def _line(count: int) -> NDArray[np.float64]:
    steps = np.diff(np.eye(count), axis=0)
    return np.asarray(steps.T @ steps)


def updates(count: int) -> list[list[str]]:
    """Rows of the rolling field: an event in, the oldest out, and intervals of all nodes."""
    rng = np.random.default_rng(1)
    stress = strike_slip_stress(30.0)
    events = [event_contribution(*angles) for angles in mechanisms(stress, HELD + count, rng)]
    node = rng.integers(EAST * NORTH, size=len(events))
    field, taken, drift = RollingField(grid_damping(), refresh=10 * count), [], []
    for i in range(HELD):
        field.update(f"e{i}", int(node[i]), events[i])
    began = time.process_time()
    tensors = field.tensors()
    anew = time.process_time() - began
    for i in range(HELD, len(events)):
        began = time.process_time()
        chosen = with_chosen_plane(events[i], tensors[node[i]])
        field.update(f"e{i}", int(node[i]), chosen)
        field.remove(f"e{i - HELD}")
        tensors = field.tensors()
        field.shmax_intervals()
        taken.append(1000.0 * (time.process_time() - began))
        drift.append(field.drift)
    return [
        ["one event in, one out, stresses and SHmax intervals", f"{np.median(taken):.1f} ms"],
        [f"the slowest of {count}", f"{max(taken):.1f} ms"],
        ["the inverse made anew", f"{1000.0 * anew:.0f} ms"],
        [f"largest drift over {count} updates without that", f"{max(drift):.0e}"],
    ]


def live() -> list[list[str]]:
    """Rows of the field that the live monitor keeps: an event, a publication, a whole inversion."""
    rng = np.random.default_rng(2)
    axes = np.meshgrid(np.arange(EAST), np.arange(NORTH), indexing="ij")
    grid = grid_nodes(np.stack([axis.ravel() for axis in axes], axis=-1), [1.0, 1.0])
    angles = mechanisms(strike_slip_stress(30.0), HELD + LIVE_UPDATES, rng)
    events = {
        f"e{k:05d}": (int(rng.integers(EAST * NORTH)), event_contribution(*one))
        for k, one in enumerate(angles)
    }
    names, field, taken = list(events), RegionField(grid), []
    for first in range(LIVE_UPDATES):
        window = {name: events[name] for name in names[first : first + HELD]}
        began = time.process_time()
        field.settle(window)
        taken.append(time.process_time() - began)
    began = time.process_time()
    answered = sum(one.tensor is not None for one in field.nodes())
    told = time.process_time() - began
    return [
        ["live field: one event in, one out", f"{1000.0 * np.median(taken[1:]):.1f} ms"],
        [f"live field: all that is said of {answered} nodes", f"{1000.0 * told:.0f} ms"],
        ["live field: planes, ABIC and shapes anew", f"{taken[0]:.1f} s"],
    ]


def resamplings() -> list[str]:
    """Row of the bootstrap: resampling, plane choice, inversion, correction, axes and SHmax."""
    rng = np.random.default_rng(1)
    events = plane_set_of_angles(
        *mechanisms(strike_slip_stress(), EVENTS, rng, Population(noise_deg=20.0)).T
    )
    taken = []
    for seed in range(6):
        began = time.process_time()
        samples = bootstrap(events, resamplings=RESAMPLINGS, seed=seed)
        shmax_interval(samples), axis_cones_deg(samples), shmax_azimuth(samples.tensors)
        taken.append(time.process_time() - began)
    each = 1e6 * min(taken[1:]) / RESAMPLINGS
    return [f"one resampling of {EVENTS} events, planes by instability", f"{each:.0f} µs"]


def run(arguments: list[str]) -> str:
    """Time both, and give the table."""
    parser = argparse.ArgumentParser(prog="bench.py rolling --")
    parser.add_argument("--updates", type=int, default=2000)
    options = parser.parse_args(arguments)
    rows = [*updates(options.updates), *live(), resamplings()]
    command = f"python benchmarks/bench.py rolling -- --updates {options.updates}"
    nodes = f"A region of {EAST * NORTH} nodes and {HELD} events, one thread:"
    return f"{provenance(command)}\n\n{nodes}\n\n{markdown_table(['', 'CPU time'], rows)}"
