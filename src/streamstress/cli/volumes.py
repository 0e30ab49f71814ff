"""Travel-time volumes of a 3-D model: built with progress, and what they take."""

import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streamstress.earth.grid import read_grid
from streamstress.earth.stations import Station, read_stations
from streamstress.earth.volumes import VolumeStore, place_of

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

MIB = 1024**2


def built_volumes(grid: Path, folder: Path, stations: Mapping[str, Station]) -> VolumeStore:
    """Volumes of all stations in a grid; those that are in the folder are not computed again."""
    store = VolumeStore(read_grid(grid), folder)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("volumes", total=len(stations))
        store.build(stations.values(), lambda done, _: progress.update(task, completed=done))
    return store


def run_volumes(grid: Path, stations_file: Path, folder: Path) -> None:
    """Build all volumes, and say what they take and which stations have none."""
    stations = read_stations(stations_file)
    started = time.monotonic()
    store = built_volumes(grid, folder, stations)
    outside = [code for code, one in stations.items() if place_of(store.grid, one) is None]
    nodes = store.nodes.shape
    count = 2 * (len(stations) - len(outside))
    size = 4 * nodes[0] * nodes[1] * nodes[2]
    console.print(
        f"{folder}: {count} volumes of {nodes[0]} x {nodes[1]} x {nodes[2]} nodes, "
        f"{count * size / MIB:.0f} MiB; {time.monotonic() - started:.0f} s"
    )
    if outside:
        console.print(f"outside the grid, with the 1-D model: {', '.join(outside)}")
