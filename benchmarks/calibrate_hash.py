"""``make calibrate``: agreement with HASH's own outputs over consecutive seeds.

``python benchmarks/calibrate_hash.py [--data FOLDER] [--seeds N]``. The folder holds HASH v1.2's
examples 1 and 2 (24 aftershocks of Northridge 1994) and beside it ``velocity``.
"""

import argparse
import gzip
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from document import markdown_table, provenance
from numpy.typing import NDArray

from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.mechanism import MechanismResult, MechanismSettings, solve_mechanism
from streamstress.mechanism.readers.events import PickedEvent
from streamstress.mechanism.readers.select import PhaseFiles, open_events
from streamstress.mechanism.solve import event_seed
from streamstress.mechanism.traced_rays import RayTables, polarity_data, ray_tables

DATA = Path("../shared/data/hash_northridge")
MODELS = ("socal", "north", "lab1", "sgm1", "vb1")
"""Velocity models in the order of example2.inp."""

HASH_WITH_ITSELF = {1: ("2.9", "8.1", "131 of 144"), 2: ("1.0", "2.2", "138 of 144")}
"""Median and 90 % rotation and equal grades between four seeds of HASH v1.2, built with gfortran:
both of its generators, that of the perturbations and that of the subset, were seeded anew."""


@dataclass(frozen=True, slots=True)
class Reference:
    """HASH's first solution."""

    mechanism: tuple[float, float, float]
    grade: str


def reference_of(path: Path) -> dict[str, Reference]:
    """First solutions of an output of HASH by event."""
    found: dict[str, Reference] = {}
    for line in path.read_text().splitlines():
        if line.strip():
            *_, strike, dip, rake, _, _, _, _, grade, _, _ = line.rstrip(" *").split()
            entry = Reference((float(strike), float(dip), float(rake)), grade)
            found.setdefault(line[:16].strip(), entry)
    return found


def events_of(data: Path, example: int, folder: Path) -> tuple[list[PickedEvent], RayTables | None]:
    """Events of an example, and the tables that trace their rays."""
    reversals = data / "scsn.reverse"
    if example == 1:
        files, tables = PhaseFiles(data / "north1.phase", "hash1", reversals=reversals), None
    else:
        stations = folder / "scsn.stations"
        stations.write_bytes(gzip.decompress((data / "scsn.stations.gz").read_bytes()))
        files = PhaseFiles(data / "north2.phase", "hash2", stations, reversals)
        tables = ray_tables([data.parent / f"velocity/vz.{name}" for name in MODELS], 120.0)
    return [event for event in open_events(files) if isinstance(event, PickedEvent)], tables


def solved(event: PickedEvent, tables: RayTables | None, seed: int) -> MechanismResult:
    """Solve as the command does."""
    own = event_seed(event.event_id, seed)
    settings = MechanismSettings()
    generator = np.random.default_rng([own, 1])
    return solve_mechanism(
        polarity_data(event, tables, settings.n_trials, generator), settings, own
    )


def agreement(
    reference: Mapping[str, Reference], results: Mapping[str, list[MechanismResult]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation, degrees, and whether the grade is equal; both (n_events, n_seeds)."""
    rotation = [
        [float(kagan_angle_deg(plane_of(r), reference[name].mechanism)) for r in of_event]
        for name, of_event in results.items()
    ]
    same = [
        [float(r.grade == reference[name].grade) for r in of_event]
        for name, of_event in results.items()
    ]
    return np.array(rotation), np.array(same)


def scatter_deg(results: Mapping[str, list[MechanismResult]]) -> NDArray[np.float64]:
    """Rotations between the seeds of an event, all events together."""
    return np.concatenate(
        [
            kagan_angle_deg(
                np.array([plane_of(r) for r in of_event])[:, None],
                np.array([plane_of(r) for r in of_event])[None],
            )[np.triu_indices(len(of_event), 1)]
            for of_event in results.values()
        ]
    )


def plane_of(result: MechanismResult) -> tuple[float, float, float]:
    """The first solution."""
    best = result.solutions[0]
    return best.strike_deg, best.dip_deg, best.rake_deg


def run(arguments: list[str]) -> str:
    """Markdown table of both examples."""
    parser = argparse.ArgumentParser(prog="calibrate_hash")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args(arguments)
    rows = []
    for example in (1, 2):
        reference = reference_of(options.data / f"example{example}.out")
        with tempfile.TemporaryDirectory() as folder:
            events, tables = events_of(options.data, example, Path(folder))
        results = {
            event.event_id: [solved(event, tables, seed) for seed in range(options.seeds)]
            for event in events
        }
        rotation, same = agreement(reference, results)
        own = scatter_deg(results)
        median, tail, grades = HASH_WITH_ITSELF[example]
        rows.append(
            [
                str(example),
                f"{np.median(np.median(rotation, axis=0)):.2f}",
                f"{np.median(np.percentile(rotation, 90, axis=0)):.1f}",
                f"{np.median(same.sum(axis=0)):g} of {len(events)} "
                f"({same.sum(axis=0).min():.0f} to {same.sum(axis=0).max():.0f})",
                f"{median} / {tail}, {grades}",
                f"{np.median(own):.1f} / {np.percentile(own, 90):.1f}",
            ]
        )
    heading = [
        "example", "rotation to HASH's output, median °", "90 % °", "equal grades (over seeds)",
        "HASH with itself: median / 90 % °, grades", "ours with ourselves: median / 90 % °",
    ]  # fmt: skip
    command = " ".join(["python benchmarks/calibrate_hash.py", *arguments])
    return f"{provenance(command)}; medians over {options.seeds} consecutive seeds\n\n" + (
        markdown_table(heading, rows)
    )


if __name__ == "__main__":
    print(run(sys.argv[1:]))
