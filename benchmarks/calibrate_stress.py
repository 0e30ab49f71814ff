"""How often nominal 95 % intervals of a stress hold the truth, cell by cell.

``python benchmarks/calibrate.py stress -- [--catalogues N] [--resamplings B] [--processes P]
[--store FILE]``. Blocks of 50 catalogues are added to the store as they are done, so a run that is
cut off goes on where it was; ``--minutes`` stops it by itself. 1,000 catalogues of every cell take
25 minutes on two cores.
"""

import argparse
import json
import time
from collections import defaultdict
from dataclasses import asdict
from multiprocessing import Pool
from pathlib import Path
from tempfile import gettempdir
from zlib import crc32

import numpy as np
from document import markdown_table, provenance
from stress_catalogues import FAULTS, NOISE, REGIMES, Catalogue, Cell, catalogue

from streamstress.earth.clusters import cluster_labels
from streamstress.geometry.axes import shmax_azimuth
from streamstress.geometry.tensors import principal_axes
from streamstress.stress.contribution import plane_set_of_angles
from streamstress.stress.dependence import share_weights
from streamstress.stress.event_bootstrap import bootstrap
from streamstress.stress.shape import phi_correction, simpson_a_phi
from streamstress.stress.uncertainty import (
    StressSamples,
    a_phi_interval,
    axis_cones_deg,
    estimate_of,
    phi_interval,
    shmax_interval,
)

EVENTS = (25, 50, 100, 200, 400)
BURST_EVENTS = (50, 100, 200, 400)
BURSTS = (10, 30)
QUANTITIES = ("shmax", "s1", "s2", "s3", "phi", "a_phi")
BLOCK = 50
UNLINKED = 200
"""Catalogues with bursts in which the bootstrap without links is counted too, for comparison."""


Block = tuple[Cell, int, int, int]
"""Cell, number of its first catalogue, seed, resamplings."""


def cells() -> list[Cell]:
    """Every row of the tables."""
    plain = [Cell(n, noise, faults) for n in EVENTS for noise in NOISE for faults in FAULTS]
    regimes = [
        Cell(100, noise, faults, regime)
        for regime in REGIMES
        for noise in ("10", "30")
        for faults in FAULTS
    ]
    bursts = [
        Cell(n, noise, "diverse", burst=burst)
        for burst in BURSTS
        for n in BURST_EVENTS
        for noise in ("10", "20", "30")
    ]
    return plain + regimes + bursts


def measured(cell: Cell, number: int, seed: int, resamplings: int) -> dict[str, float]:
    """Hits and half-widths of one catalogue."""
    drawn = catalogue(cell, number, seed)
    label = cluster_labels(drawn.origin_time_ns, drawn.place, drawn.mechanism)
    events = plane_set_of_angles(*drawn.angles.T)
    samples = bootstrap(
        share_weights(events, label), resamplings=resamplings, seed=number, cluster=label
    )
    row = _hits(samples, drawn)
    if cell.burst and number < UNLINKED:
        alone = bootstrap(events, resamplings=resamplings, seed=number)
        row["shmax_unlinked"] = float(_shmax(alone, drawn)[0])
    return row


def _shmax(samples: StressSamples, drawn: Catalogue) -> tuple[bool, float]:
    low, high = shmax_interval(samples)
    truth = float(shmax_azimuth(drawn.tensor))
    return (truth - low) % 180.0 <= high - low, (high - low) / 2.0


def _hits(samples: StressSamples, drawn: Catalogue) -> dict[str, float]:
    hit, half_width = _shmax(samples, drawn)
    row = {"shmax": float(hit), "shmax_half_width": half_width}
    axes, truth = (principal_axes(one)[1] for one in (estimate_of(samples), drawn.tensor))
    error = np.degrees(np.arccos(np.clip(np.abs(np.sum(axes * truth, axis=1)), 0.0, 1.0)))
    cones = axis_cones_deg(samples)
    row |= {f"s{k + 1}": float(error[k] <= cones[k]) for k in range(3)}
    row |= {"s1_cone": cones[0], "s3_cone": cones[2]}
    for name, interval, value in (
        ("phi", phi_interval(samples), drawn.phi),
        ("a_phi", a_phi_interval(samples), float(simpson_a_phi(drawn.tensor, drawn.phi))),
    ):
        row[name] = float(interval[0] <= value <= interval[1])
        row[f"{name}_half_width"] = (interval[1] - interval[0]) / 2.0
    return row


def block_sums(block: Block) -> dict[str, object]:
    """Sums over the catalogues of a block, with what tells the block."""
    cell, first, seed, resamplings = block
    total: dict[str, float] = defaultdict(float)
    for number in range(first, first + BLOCK):
        for name, value in measured(cell, number, seed, resamplings).items():
            total[name] += value
    key = {"cell": asdict(cell), "first": first, "seed": seed, "resamplings": resamplings}
    return {**key, "correction": correction_in_use(), "sums": dict(total)}


def correction_in_use() -> int:
    """Checksum of the fitted correction of phi: blocks of another one are not counted."""
    fit = phi_correction()
    return crc32(np.concatenate([fit.coefficients, fit.per_event, fit.log_error]).tobytes())


def run(arguments: list[str]) -> str:
    """Count, and give the tables."""
    options = _options(arguments)
    done = _stored(options)
    wanted = [
        (cell, first, options.seed, options.resamplings)
        for first in range(options.first, options.catalogues, BLOCK)
        for cell in cells()
        if (cell.name, first) not in done
    ]
    _fill(wanted, options)
    sums: dict[str, list[dict[str, float]]] = defaultdict(list)
    for (name, first), total in sorted(_stored(options).items()):
        if first < options.catalogues:
            sums[name].append(total)
    return _tables(sums, options)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="calibrate.py stress --")
    parser.add_argument("--catalogues", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="to share the work between stores")
    parser.add_argument("--resamplings", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    default = Path(gettempdir()) / "streamstress_calibrate_stress.jsonl"
    parser.add_argument("--store", type=Path, default=default)
    return parser.parse_args(arguments)


def _stored(options: argparse.Namespace) -> dict[tuple[str, int], dict[str, float]]:
    if not options.store.exists():
        return {}
    wanted = (options.seed, options.resamplings, correction_in_use())
    lines = map(json.loads, options.store.read_text(encoding="utf-8").splitlines())
    return {
        (Cell(**line["cell"]).name, line["first"]): line["sums"]
        for line in lines
        if (line["seed"], line["resamplings"], line["correction"]) == wanted
    }


def _fill(wanted: list[Block], options: argparse.Namespace) -> None:
    """Count blocks, a few a process at a time, so that a time limit holds."""
    end = time.monotonic() + 60.0 * options.minutes
    step = 4 * options.processes
    with options.store.open("a", encoding="utf-8") as store, Pool(options.processes) as pool:
        for first in range(0, len(wanted), step):
            if time.monotonic() > end:
                return
            for line in pool.imap_unordered(block_sums, wanted[first : first + step]):
                store.write(json.dumps(line) + "\n")
                store.flush()


def _tables(sums: dict[str, list[dict[str, float]]], options: argparse.Namespace) -> str:
    command = f"python benchmarks/calibrate.py stress -- --catalogues {options.catalogues}"
    parts = [provenance(f"{command} --resamplings {options.resamplings} --seed {options.seed}")]
    groups: dict[str, list[Cell]] = {"Independent events": [], "One regime": [], "Bursts": []}
    for cell in cells():
        kind = (
            "Bursts"
            if cell.burst
            else "One regime"
            if cell.regime != "all"
            else "Independent events"
        )
        groups[kind].append(cell)
    for title, rows in groups.items():
        found = [_row(cell, sums[cell.name]) for cell in rows if sums.get(cell.name)]
        if found:
            parts += [f"{title}:", markdown_table(_heading(title), found), _summary(rows, sums)]
    return "\n\n".join(parts)


def _heading(title: str) -> list[str]:
    widths = ["SHmax ±°", "s1 cone°", "s3 cone°", "phi ±"]
    unlinked = ["SHmax unlinked"] if title == "Bursts" else []
    return ["cell", "n", "SHmax", "s1", "s2", "s3", "phi", "A-phi", *widths, *unlinked]


def _row(cell: Cell, blocks: list[dict[str, float]]) -> list[str]:
    count = len(blocks) * BLOCK
    mean = {
        name: sum(block.get(name, 0.0) for block in blocks)
        / (BLOCK * sum(name in block for block in blocks))
        for name in blocks[0]
    }
    label = f"{cell.events} events, noise {cell.noise}, {cell.faults}"
    label += f", {cell.regime}" if cell.regime != "all" else ""
    label += f", bursts of {cell.burst}" if cell.burst else ""
    shares = [f"{mean[name]:.3f}" for name in QUANTITIES]
    widths = [f"{mean[name]:.1f}" for name in ("shmax_half_width", "s1_cone", "s3_cone")]
    unlinked = [f"{mean['shmax_unlinked']:.3f}"] if cell.burst else []
    return [label, str(count), *shares, *widths, f"{mean['phi_half_width']:.2f}", *unlinked]


def _summary(rows: list[Cell], sums: dict[str, list[dict[str, float]]]) -> str:
    """Mean over the cells, and how many lie within the goals, for each quantity."""
    counted = [cell for cell in rows if sums.get(cell.name)]
    parts = []
    for name in QUANTITIES:
        low, high = (0.90, 0.98) if name.endswith("phi") else (0.93, 0.97)
        shares = [
            sum(block[name] for block in sums[cell.name]) / (len(sums[cell.name]) * BLOCK)
            for cell in counted
        ]
        inside = sum(low <= share <= high for share in shares)
        parts.append(
            f"{name} {np.mean(shares):.3f}, {inside} of {len(shares)} cells within {low:.2f} to "
            f"{high:.2f} ({min(shares):.3f} to {max(shares):.3f})"
        )
    return f"Mean of the cells: {'; '.join(parts)}."
