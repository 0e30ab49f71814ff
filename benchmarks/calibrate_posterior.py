"""How often the regions of the posterior hold the truth, and how far its answer is from it.

``python benchmarks/calibrate_posterior.py [--events N] [--first SEED] [--processes P]
[--keep FOLDER]``. Events come from `synthetic_polarities`, every second one with S/P; once with the
errors that the solver knows of, once with others. HASH's grid search solves the same readings,
without limits on the gaps. Seeds below 100,000 were used while the likelihood was written; those
above are reported. What is solved is kept in a folder where asked, so that a run can go on.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from document import markdown_table, provenance
from numpy.typing import NDArray
from synthetic_polarities import AS_STATED, OTHERWISE, Errors, draw_event

from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.mechanism import MechanismSettings, MechanismSolution, solve_mechanism
from streamstress.mechanism.posterior import event_posterior, summary_of

Array = NDArray[np.float64]

FIRST_SEED = 100_000
RESAMPLINGS = 2000
PART = 50
"""Events that a process takes at a time, and that are kept together."""

ANY_GAP = MechanismSettings(max_azimuth_gap_deg=360.0, max_takeoff_gap_deg=180.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One event: its truth, the rank of the truth, errors and stated uncertainties in degrees."""

    n_polarity: float
    wrong_rate: float
    takeoff_error_deg: float
    has_sp: float
    rank: float
    error_deg: float
    region68_deg: float
    region95_deg: float
    hash_error_deg: float
    hash_uncertainty_deg: float


def outcome(seed: int, errors: Errors) -> tuple[float, ...]:
    """Solve the event of a seed by both methods."""
    data, truth = draw_event(np.random.default_rng(seed), bool(seed % 2), errors)
    posterior = event_posterior(data)
    best = summary_of(posterior, ANY_GAP, seed).solutions[0]
    of_hash = solve_mechanism(data, ANY_GAP, seed).solutions[0]
    planes = of_hash.plane_uncertainty_deg + of_hash.plane_uncertainty_aux_deg
    return astuple(
        Outcome(
            truth.n_polarity,
            truth.wrong_rate,
            truth.takeoff_error_deg,
            truth.has_sp,
            posterior.rank_of(truth.mechanism),
            rotation(best, truth.mechanism),
            best.region68_deg or 0.0,
            best.region95_deg or 0.0,
            rotation(of_hash, truth.mechanism),
            planes / 2.0,
        )
    )


def rotation(solution: MechanismSolution, mechanism: Array) -> float:
    """Smallest rotation from a solution to strike, dip, rake."""
    angles = solution.strike_deg, solution.dip_deg, solution.rake_deg
    return float(kagan_angle_deg(angles, mechanism))


def outcomes(
    errors: Errors, events: int, first: int, processes: int, keep: Path | None = None
) -> Outcome:
    """Arrays (n,) of every field, as one `Outcome`."""
    parts = range(first, first + events, PART)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        solve = partial(part_of, errors=errors, end=first + events, keep=keep)
        return Outcome(*np.concatenate(list(pool.map(solve, parts))).T)


def part_of(begin: int, errors: Errors, end: int, keep: Path | None) -> Array:
    """Outcomes (n, n_fields) of up to `PART` seeds; read where they were kept."""
    seeds = range(begin, min(begin + PART, end))
    if keep is None:
        return np.array([outcome(seed, errors) for seed in seeds])
    name = hashlib.sha256(repr((errors, seeds)).encode()).hexdigest()[:16]
    path = keep / f"{name}.npy"
    if not path.exists():
        keep.mkdir(parents=True, exist_ok=True)
        np.save(path, np.array([outcome(seed, errors) for seed in seeds]))
    return np.asarray(np.load(path))


Groups = list[tuple[str, Callable[[Outcome], NDArray[np.bool_]]]]


def between(field: str, low: float, high: float) -> Callable[[Outcome], NDArray[np.bool_]]:
    """Events with a field from low up to, not including, high."""

    def chosen(found: Outcome) -> NDArray[np.bool_]:
        values = np.asarray(getattr(found, field))
        return (values >= low) & (values < high)

    return chosen


QUARTERS: Groups = [
    ("8 to 21 polarities", between("n_polarity", 8, 22)),
    ("22 to 34", between("n_polarity", 22, 35)),
    ("35 to 47", between("n_polarity", 35, 48)),
    ("48 to 60", between("n_polarity", 48, 61)),
]

GROUPS: Groups = [
    ("all", between("n_polarity", 0, 1e9)),
    *QUARTERS,
    ("wrong 0 to 7 %", between("wrong_rate", 0.0, 0.07)),
    ("wrong 7 to 14 %", between("wrong_rate", 0.07, 0.14)),
    ("wrong 14 to 20 %", between("wrong_rate", 0.14, 1.0)),
    ("take-off error 3° to 5°", between("takeoff_error_deg", 3.0, 5.0)),
    ("take-off error 5° to 7.5°", between("takeoff_error_deg", 5.0, 7.5)),
    ("take-off error 7.5° to 10°", between("takeoff_error_deg", 7.5, 11.0)),
    ("without S/P", between("has_sp", 0, 1)),
    ("with S/P", between("has_sp", 1, 2)),
]


def coverage_table(found: Outcome) -> str:
    """Shares of the events whose truth is in the regions, by group."""
    heading = ["events", "n", "in 68 %", "in 95 %", "within region68", "within region95"]
    heading += ["within HASH's uncertainty", "within twice it"]
    rank, error = np.asarray(found.rank), np.asarray(found.error_deg)
    hash_error, stated = np.asarray(found.hash_error_deg), np.asarray(found.hash_uncertainty_deg)
    tests = [rank <= 0.68, rank <= 0.95, error <= found.region68_deg, error <= found.region95_deg]
    tests += [hash_error <= stated, hash_error <= 2.0 * stated]
    rows = []
    for name, chosen in GROUPS:
        use = chosen(found)
        shares = [f"{test[use].mean():.3f}" for test in tests]
        rows.append([name, str(use.sum()), *shares])
    return markdown_table(heading, rows)


def error_table(found: Outcome, seed: int) -> str:
    """Median rotation errors of both, and the bootstrap interval of the difference, by quarter."""
    rows = []
    for name, chosen in [GROUPS[0], *QUARTERS]:
        use = chosen(found)
        errors = np.stack([found.error_deg, found.hash_error_deg])[:, use]
        low, high = median_difference(errors, seed)
        medians = np.median(errors, axis=1)
        rows.append([name, *(f"{m:.1f}" for m in medians), f"{low:.1f} to {high:.1f}"])
    return markdown_table(["events", "bayes deg", "hash deg", "bayes less hash, 95 %"], rows)


def median_difference(errors: Array, seed: int) -> tuple[float, float]:
    """95 % interval of the difference of medians of errors (2, n), events drawn in pairs."""
    rng = np.random.default_rng(seed)
    n = errors.shape[1]
    draws = [np.median(errors[:, rng.integers(0, n, n)], axis=1) for _ in range(RESAMPLINGS)]
    low, high = np.percentile([bayes - of_hash for bayes, of_hash in draws], [2.5, 97.5])
    return float(low), float(high)


def run(arguments: list[str]) -> str:
    """Markdown: coverage by group and errors by quarter, for both kinds of events."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=None)
    options = parser.parse_args(arguments)
    command = f"python benchmarks/calibrate_posterior.py --events {options.events}"
    parts = ["### The posterior of a mechanism", provenance(command)]
    for title, errors in (
        ("Errors as the solver knows them", AS_STATED),
        ("Errors of other kinds", OTHERWISE),
    ):
        found = outcomes(errors, options.events, options.first, options.processes, options.keep)
        parts += [f"{title}, {options.events} events:", coverage_table(found)]
        parts += ["Median rotation from the truth:", error_table(found, options.first)]
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(run(sys.argv[1:]))
