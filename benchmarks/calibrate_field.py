"""How often the intervals of a smoothed field hold the truth, and how good ABIC's strength is.

``python benchmarks/calibrate_field.py [--fields N] [--first SEED] [--processes P]``. Each field is
drawn from the smoothing prior about a stress of random SHmax, tilted by the draw; its mechanisms
come from `synthetic_mechanisms`. Seeds below 100,000 were used for the choice of
`posterior.MODEL_ERROR`, those above are reported.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from synthetic_fields import (
    Layout,
    field_grid,
    field_mechanisms,
    linear_sums,
    prior_field,
)
from synthetic_mechanisms import DIVERSE, OPTIMAL, Population, strike_slip_stress, tilted, turned

from streamstress.geometry.axes import shmax_azimuth
from streamstress.geometry.tensors import normalised, principal_axes, shape_ratio_phi, tensor_of
from streamstress.stress.abic import choose_smoothing
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.field import invert_field
from streamstress.stress.field_shape import corrected_shape
from streamstress.stress.nodes import NodeGrid
from streamstress.stress.posterior import draw_intervals, posterior_draws
from streamstress.stress.smoothing import FROBENIUS_METRIC, SmoothingProblem

Array = NDArray[np.float64]

FIRST_SEED = 100_000
DRAWS = 300
NOISE = 0.4
"""Noise of a slip vector in the linear fields."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of field: strike-slip mean, tilted about a level axis, and events under it."""

    tilt_deg: float
    phi: float
    step: float
    events_per_node: float
    noise_deg: float
    accepted: float
    shape: tuple[int, ...] = (6, 6)


CELLS = [
    Cell(tilt, phi, step, 25.0, noise, accepted)
    for tilt, phi, step in ((0.0, 0.5, 0.1), (35.0, 0.5, 0.07), (0.0, 0.2, 0.05))
    for noise in (10.0, 20.0, 30.0)
    for accepted in (DIVERSE, OPTIMAL)
]


def field_coverage(cell: Cell, seed: int) -> Array:
    """Hits (6, m) of SHmax, s1, s2, s3, phi (not a number where not reliable), and kind of node.

    The kind is 0 inner, 1 boundary, 2 empty.
    """
    rng = np.random.default_rng(seed)
    grid = field_grid(Layout(cell.shape, cell.events_per_node), rng)
    mean = tilted(strike_slip_stress(0.0, cell.phi), 45.0, cell.tilt_deg)
    mean = turned(mean, rng.uniform(0.0, 180.0))
    five = prior_field(grid, mean, cell.step, rng)
    angles = field_mechanisms(grid, five, rng, Population(cell.accepted, cell.noise_deg))
    field = invert_field(plane_set_of_angles(*angles.T), grid)
    shape = corrected_shape(field)
    draws = shape.of_draws(posterior_draws(field, DRAWS, seed), rng)
    told = draw_intervals(shape.tensors, draws, shape.simulated)
    truth = normalised(tensor_of(five))
    low, high = np.array([one.shmax_deg for one in told]).T
    hits = [(shmax_azimuth(truth) - low) % 180.0 <= high - low]
    axes = [principal_axes(tensors)[1] for tensors in (shape.tensors, truth)]
    cosine = np.clip(np.abs(np.sum(axes[0] * axes[1], axis=-1)), 0.0, 1.0)
    cones = np.array([one.cones95_deg for one in told])
    hits += list((np.degrees(np.arccos(cosine)) <= cones).T)
    least, most = np.array([one.phi for one in told]).T
    phi = shape_ratio_phi(truth)
    reliable = np.array([one.phi_reliable for one in told])
    hits.append(np.where(reliable, (least <= phi) & (phi <= most), np.nan))
    return np.array([*hits, _kind(grid)], float)


def _kind(grid: NodeGrid) -> Array:
    return np.where(grid.events_per_node == 0, 2.0, np.where(grid.on_boundary, 1.0, 0.0))


def strength_and_error(step: float, seed: int) -> tuple[float, float, float]:
    """Strength over the true one, and error over the best possible, of ABIC and of the corner."""
    rng = np.random.default_rng(seed)
    grid = field_grid(Layout((8, 8), 15.0), rng)
    truth = prior_field(grid, strike_slip_stress(rng.uniform(0, 180)), step, rng)
    sums = linear_sums(grid, truth, NOISE, rng)
    problem = SmoothingProblem(grid, FROBENIUS_METRIC)
    true_strength = (NOISE / step) ** 2

    def error(strength: float) -> float:
        difference = problem.solve(sums, {"space": strength}).five - truth
        return float(
            np.sqrt(np.mean(np.einsum("mi,ij,mj->m", difference, problem.metric, difference)))
        )

    found = choose_smoothing(problem, sums)
    best = min(error(true_strength * factor) for factor in np.exp(np.linspace(-3, 3, 25)))
    strength = found.strengths["space"]
    corner = (found.corner or found.strengths)["space"]
    return strength / true_strength, error(strength) / best, error(corner) / best


def run(arguments: list[str]) -> str:
    """Markdown of both tables."""
    parser = argparse.ArgumentParser(prog="calibrate_field")
    parser.add_argument("--fields", type=int, default=1000)
    parser.add_argument("--linear", type=int, default=200)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.fields)
    lines = [
        f"`python benchmarks/calibrate_field.py {' '.join(arguments)}`, "
        f"{datetime.now(UTC):%Y-%m-%d}; {options.fields} fields of 6 by 6 nodes a row.",
        "",
        "| tilt | phi | step | mechanism error | faults | SHmax, all | inner | boundary | empty "
        "| s1 | s2 | s3 | phi | reliable |",
        "| --- " * 14 + "|",
    ]
    for cell in CELLS:
        found = _mapped(partial(field_coverage, cell), seeds, options.processes)
        lines.append(_coverage_row(cell, np.concatenate(found, axis=1)))
        print(lines[-1], file=sys.stderr, flush=True)
    lines += ["", f"Linear fields drawn from the prior, {options.linear} a row:", ""]
    lines += [
        "| step | strength / truth, median | error / oracle, ABIC | corner |",
        "| --- " * 4 + "|",
    ]
    linear_seeds = range(options.first, options.first + options.linear)
    for step in (0.03, 0.1, 0.3):
        got = np.array(_mapped(partial(strength_and_error, step), linear_seeds, options.processes))
        ratio, ours, corner = np.median(got[:, 0]), *got[:, 1:].mean(axis=0)
        lines.append(f"| {step} | {ratio:.2f} | {ours:.3f} | {corner:.3f} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def _coverage_row(cell: Cell, hits: Array) -> str:
    shmax, kind = hits[0], hits[5]
    parts = [shmax.mean(), *(shmax[kind == number].mean() for number in (0, 1, 2))]
    parts += [axis.mean() for axis in hits[1:4]]
    parts += [np.nanmean(hits[4]), np.mean(np.isfinite(hits[4]))]
    faults = "diverse" if cell.accepted == DIVERSE else "well oriented"
    head = f"| {cell.tilt_deg:.0f} | {cell.phi} | {cell.step} | {cell.noise_deg:.0f} | {faults} | "
    return head + " | ".join(f"{part:.3f}" for part in parts) + " |"


def _mapped(work: Callable[[int], Array], seeds: Iterable[int], processes: int) -> list[Array]:
    if processes == 1:
        return [work(seed) for seed in seeds]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, seeds, chunksize=8))


if __name__ == "__main__":
    print(run(sys.argv[1:]))
