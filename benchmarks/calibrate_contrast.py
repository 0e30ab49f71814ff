"""How often a boundary without a contrast of SHmax gets one, and how often one is found.

``python benchmarks/calibrate.py contrast -- [--pairs N] [--seed S]``. Both sides have as many
events; the stress of the right one is turned about the vertical. 200 pairs of every row take two
minutes.
"""

import argparse
from zlib import crc32

import numpy as np
from document import markdown_table, provenance
from stress_catalogues import FAULTS, regime_axes
from synthetic_mechanisms import Population, mechanisms, turned

from streamstress.geometry.axes import axial_difference
from streamstress.geometry.tensors import stress_tensor
from streamstress.stress.contrast import Contrast, shmax_contrast
from streamstress.stress.contribution import plane_set_of_angles

TURNS = (0.0, 10.0, 20.0)
EVENTS = (25, 50, 100, 200)
KINDS = (
    ("strike-slip", "diverse", "diverse"),
    ("strike-slip", "diverse", "optimal"),
    ("oblique", "diverse", "diverse"),
    ("oblique", "diverse", "optimal"),
)
"""Regime, and the faults of the two sides."""

NOISE_DEG = 20.0
LEVEL = 0.05


def contrast_of(kind: tuple[str, str, str], events: int, turn_deg: float, seed: int) -> Contrast:
    """Contrast of one pair of sides."""
    rng = np.random.default_rng([seed, events, crc32("/".join(kind).encode())])
    regime, *faults = kind
    left = stress_tensor(regime_axes(regime, rng), rng.uniform(0.1, 0.9))
    angles = [
        mechanisms(stress, events, rng, Population(FAULTS[name], NOISE_DEG))
        for stress, name in zip((left, turned(left, turn_deg)), faults, strict=True)
    ]
    side = np.repeat([-1.0, 1.0], events)
    return shmax_contrast(plane_set_of_angles(*np.concatenate(angles).T), side, seed=seed)


def _row(kind: tuple[str, str, str], events: int, seeds: range) -> list[str]:
    found = {turn: [contrast_of(kind, events, turn, seed) for seed in seeds] for turn in TURNS}
    told = [np.mean([one.p_value < LEVEL for one in found[turn]]) for turn in TURNS]
    held = [
        abs(axial_difference(turn, one.contrast_deg))
        <= (one.interval95_deg[1] - one.interval95_deg[0]) / 2.0
        for turn in TURNS
        for one in found[turn]
    ]
    width = np.median([one.interval95_deg[1] - one.interval95_deg[0] for one in found[0.0]]) / 2.0
    shares = [f"{value:.3f}" for value in (*told, np.mean(held))]
    return [kind[0], f"{kind[1]}, {kind[2]}", str(events), *shares, f"{width:.1f}"]


def run(arguments: list[str]) -> str:
    """Count, and give the table."""
    parser = argparse.ArgumentParser(prog="calibrate.py contrast --")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=100_000)
    options = parser.parse_args(arguments)
    seeds = range(options.seed, options.seed + options.pairs)
    rows = [_row(kind, events, seeds) for kind in KINDS for events in EVENTS]
    heading = ["stress", "faults left, right", "events a side", "told at 0", "at 10", "at 20"]
    heading += ["interval holds", "interval ±°, median"]
    command = f"python benchmarks/calibrate.py contrast -- --pairs {options.pairs}"
    text = f"p below {LEVEL}, {options.pairs} pairs a row, mechanism errors of {NOISE_DEG:.0f}°:"
    return f"{provenance(command)}\n\n{text}\n\n{markdown_table(heading, rows)}"
