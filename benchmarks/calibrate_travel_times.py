"""``make calibrate``: times and take-offs of the tables against TauP, and what a ray costs.

``python benchmarks/calibrate.py travel_times``. TauP (Crotwell, Owens & Ritsema 1999, SRL 70, 154)
as obspy has it, with each model continued by iasp91 below 210 km. Volumes in three dimensions are
compared as `volume_comparison` says.
"""

import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import obspy.taup
from document import markdown_table, provenance
from numpy.typing import NDArray
from obspy.taup import TauPyModel
from obspy.taup.taup_create import build_taup_model
from synthetic_arrivals import CRUST
from volume_comparison import HEADING
from volume_comparison import rows as volume_rows

from streamstress.earth.projection import KM_PER_DEGREE
from streamstress.earth.travel_times import TravelTimeTable, travel_time_table
from streamstress.earth.velocity import VelocityModel, named_velocity, read_velocity

Array = NDArray[np.float64]

VELOCITY = (Path(__file__).parents[1] / "../shared/data/velocity").resolve()
LOCAL = ("vz.socal", "vz.north", "vz.lab1")
DEPTHS_KM = (0.7, 2.3, 6.1, 9.7, 13.4, 18.3, 26.6)
DISTANCES_KM = (1.0, 4.0, 9.0, 16.0, 25.0, 37.0, 52.0, 70.0, 95.0, 130.0)
NEAR_CROSSOVER_KM = 2.0
STEP_DEG = 1.5
"""Take-offs that change by more over a kilometre either way belong to two branches."""


@dataclass(frozen=True)
class Differences:
    """Largest differences from TauP, and the rays compared."""

    time_s: float
    takeoff_deg: float
    n_times: int
    n_takeoffs: int


def taup_of(model: VelocityModel, folder: Path) -> TauPyModel:
    """TauP's version of a local model."""
    source = Path(obspy.taup.__file__).parent / "data" / "iasp91.tvel"
    below = [line.split()[:3] for line in source.read_text().splitlines()[2:]]
    rows = list(zip(model.depth_km, model.vp_km_s, model.vs_km_s, strict=True))
    rows = [row for row in rows if row[0] < 200.0]
    rows.append((200.0, *rows[-1][1:]))
    rows += [(float(z), float(vp), float(vs)) for z, vp, vs in below if float(z) >= 210.0]
    text = "\n".join(f"{z:.4f} {vp:.4f} {vs:.4f} 3.0" for z, vp, vs in rows)
    file = folder / f"{model.name.replace('.', '_').replace(' ', '_')}.tvel"
    file.write_text(f"{model.name}\n\n{text}\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        build_taup_model(str(file), output_folder=str(folder), verbose=False)
        return TauPyModel(str(file.with_suffix(".npz")))


def models() -> Iterator[VelocityModel]:
    """The model of the whole Earth, and local ones."""
    yield named_velocity("iasp91")
    yield CRUST
    for name in LOCAL:
        if (VELOCITY / name).exists():
            yield read_velocity(VELOCITY / name)


def compared(
    model: VelocityModel,
    taup: TauPyModel,
    phase: str,
    depths_km: tuple[float, ...] = DEPTHS_KM,
    distances_km: tuple[float, ...] = DISTANCES_KM,
) -> Differences:
    """Differences of the table from TauP over a grid; take-offs away from crossovers."""
    table = travel_time_table(model, phase, 200, 40)
    times, takeoffs = [], []
    for depth in depths_km:
        for distance in distances_km:
            first = taup.get_travel_times(depth, distance / KM_PER_DEGREE, [phase.lower(), phase])
            if not first:
                continue
            time_s, takeoff = table.rays(distance, depth)
            times.append(abs(float(time_s) - first[0].time))
            if not near_crossover(table, distance, depth):
                takeoffs.append(abs(float(takeoff) - first[0].takeoff_angle))
    return Differences(max(times), max(takeoffs), len(times), len(takeoffs))


def near_crossover(table: TravelTimeTable, distance_km: float, depth_km: float) -> bool:
    """Whether another branch takes over within `NEAR_CROSSOVER_KM`."""
    reach = min(NEAR_CROSSOVER_KM, 0.5 * distance_km)
    distance = distance_km + np.linspace(-reach, reach, 9)
    slowness, _ = table.slopes(table.rays(distance, depth_km)[1], depth_km)
    jump = np.degrees(np.abs(np.diff(slowness)) * float(table.model.at(table.phase, depth_km)))
    usual = np.degrees(np.diff(distance) / np.hypot(distance[:-1], depth_km))
    return bool((jump > STEP_DEG + usual).any())


def rays_a_second(table: TravelTimeTable, n_rays: int, rounds: int) -> float:
    """Rays a second of processor time, best of some rounds."""
    rng = np.random.default_rng(1)
    distance, depth = rng.uniform(0, 150, n_rays), rng.uniform(0, 30, n_rays)
    best = np.inf
    for _ in range(rounds):
        start = time.process_time()
        table.rays(distance, depth)
        best = min(best, time.process_time() - start)
    return n_rays / best


def run(arguments: list[str]) -> str:
    """Markdown of differences and speed."""
    rows, speeds = [], []
    with TemporaryDirectory() as folder:
        for model in models():
            taup = taup_of(model, Path(folder))
            for phase in ("P", "S"):
                found = compared(model, taup, phase)
                rows.append(
                    [
                        model.name,
                        phase,
                        str(found.n_times),
                        f"{found.time_s:.4f}",
                        str(found.n_takeoffs),
                        f"{found.takeoff_deg:.2f}",
                    ]
                )
            table = travel_time_table(model, "P", 200, 40)
            speed = rays_a_second(table, 200_000, 5)
            speeds.append([model.name, str(len(table.time_s)), f"{speed / 1e6:.1f}"])
    heading = ["model", "phase", "times", "largest s", "take-offs", "largest deg"]
    command = " ".join(["python benchmarks/calibrate.py travel_times", *arguments])
    return "\n\n".join(
        [
            provenance(command),
            markdown_table(heading, rows),
            markdown_table(["model", "branches", "million rays a second and core"], speeds),
            markdown_table(HEADING, volume_rows(1500, 60)),
        ]
    )


if __name__ == "__main__":
    print(run(sys.argv[1:]))
