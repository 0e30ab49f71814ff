"""How often the intervals of a smoothed field hold the truth, and how good ABIC's strength is.

``python benchmarks/calibrate.py field -- [--fields N] [--minutes M] [--store FILE]``. Each field is
drawn from the smoothing prior about a stress of random SHmax, tilted by the draw; its mechanisms
come from `synthetic_mechanisms`. Seeds below 100,000 were used for the choice of
`posterior.MODEL_ERROR` and `field_bootstrap.MODEL_ERROR`, those above are reported. Fields are
added to the store as they are done, so a run that is cut off goes on where it was.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from zlib import crc32

import numpy as np
from document import markdown_table, provenance
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
from streamstress.stress.field_bootstrap import MODEL_ERROR as BOOTSTRAP_ERROR
from streamstress.stress.field_bootstrap import bootstrap_draws
from streamstress.stress.field_shape import corrected_shape
from streamstress.stress.nodes import NodeGrid
from streamstress.stress.posterior import MODEL_ERROR, draw_intervals, posterior_draws
from streamstress.stress.shape import phi_correction, simpson_a_phi
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


def field_coverage(cell: Cell, seed: int, method: str) -> Array:
    """Hits (7, m) of SHmax, s1, s2, s3, phi, A-phi and kind of node.

    Hits of phi and A-phi are not numbers where phi is not reliable.

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
    draw = posterior_draws if method == "posterior" else bootstrap_draws
    draws = shape.of_draws(draw(field, DRAWS, seed), rng)
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
    least, most = np.array([one.a_phi for one in told]).T
    a_phi = simpson_a_phi(truth, phi)
    hits.append(np.where(reliable, (least <= a_phi) & (a_phi <= most), np.nan))
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
    """Count what is missing from the store, and give both tables."""
    options = _options(arguments)
    _fill(options)
    heading = ["tilt", "phi", "step", "mechanism error", "faults", "fields", "SHmax, all", "inner"]
    heading += ["boundary", "empty", "s1", "s2", "s3", "phi", "A-phi", "reliable"]
    stored = _stored(options)
    rows = []
    for number, cell in enumerate(CELLS):
        found = [hits for (index, _), hits in stored.items() if index == number]
        if found:
            rows.append(_coverage_row(cell, len(found), np.concatenate(found, axis=1)))
    command = f"python benchmarks/calibrate.py field -- --fields {options.fields}"
    asked = f"--method {options.method} --first {options.first}"
    parts = [provenance(f"{command} {asked}"), markdown_table(heading, rows)]
    means = np.array([[float(value) for value in row[6:15]] for row in rows]).mean(axis=0)
    named = zip(heading[6:15], means, strict=True)
    parts.append(f"Mean of the rows: {', '.join(f'{name} {mean:.3f}' for name, mean in named)}.")
    return "\n\n".join([*parts, *_linear_tables(options)])


def _linear_tables(options: argparse.Namespace) -> list[str]:
    """Strength and error of ABIC and of the corner on linear fields, or nothing where none."""
    if not options.linear:
        return []
    rows = []
    for step in (0.03, 0.1, 0.3):
        seeds = range(options.first, options.first + options.linear)
        got = np.array([strength_and_error(step, seed) for seed in seeds])
        ratio, ours, corner = np.median(got[:, 0]), *got[:, 1:].mean(axis=0)
        rows.append([f"{step}", f"{ratio:.2f}", f"{ours:.3f}", f"{corner:.3f}"])
    names = ["step", "strength / truth, median", "error / oracle, ABIC", "corner"]
    title = f"Linear fields drawn from the prior, {options.linear} a row:"
    return [title, markdown_table(names, rows)]


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="calibrate.py field --")
    parser.add_argument("--fields", type=int, default=150)
    parser.add_argument("--linear", type=int, default=200)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--method", choices=["posterior", "bootstrap"], default="posterior")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    default = Path(gettempdir()) / "streamstress_calibrate_field.jsonl"
    parser.add_argument("--store", type=Path, default=default)
    return parser.parse_args(arguments)


def _in_use(method: str) -> int:
    """Checksum of what intervals depend on: fields of other figures are not counted."""
    fit, error = phi_correction(), {"posterior": MODEL_ERROR, "bootstrap": -BOOTSTRAP_ERROR}
    return crc32(np.concatenate([fit.coefficients, fit.log_error, [error[method]]]).tobytes())


def _stored(options: argparse.Namespace) -> dict[tuple[int, int], Array]:
    if not options.store.exists():
        return {}
    lines = map(json.loads, options.store.read_text(encoding="utf-8").splitlines())
    seeds = range(options.first, options.first + options.fields)
    return {
        (line["cell"], line["seed"]): np.array(line["hits"], float)
        for line in lines
        if line["in_use"] == _in_use(options.method) and line["seed"] in seeds
    }


def _fill(options: argparse.Namespace) -> None:
    """Add the fields that are missing, one of every kind in turn, until the time is over."""
    end, done = time.monotonic() + 60.0 * options.minutes, _stored(options)
    with options.store.open("a", encoding="utf-8") as store:
        for seed in range(options.first, options.first + options.fields):
            for number, cell in enumerate(CELLS):
                if (number, seed) in done:
                    continue
                if time.monotonic() > end:
                    return
                hits = field_coverage(cell, seed, options.method)
                shown = [[None if np.isnan(one) else int(one) for one in row] for row in hits]
                used = _in_use(options.method)
                line = {"cell": number, "seed": seed, "in_use": used, "hits": shown}
                store.write(json.dumps(line) + "\n")
                store.flush()


def _coverage_row(cell: Cell, fields: int, hits: Array) -> list[str]:
    shmax, kind = hits[0], hits[6]
    parts = [shmax.mean(), *(shmax[kind == number].mean() for number in (0, 1, 2))]
    parts += [axis.mean() for axis in hits[1:4]]
    parts += [np.nanmean(hits[4]), np.nanmean(hits[5]), np.mean(np.isfinite(hits[4]))]
    faults = "diverse" if cell.accepted == DIVERSE else "well oriented"
    head = [f"{cell.tilt_deg:.0f}", str(cell.phi), str(cell.step), f"{cell.noise_deg:.0f}", faults]
    return [*head, str(fields), *(f"{part:.3f}" for part in parts)]
