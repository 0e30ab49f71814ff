"""What the ``velocity`` commands do."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from streamstress.cli.locate import check_folder, velocity_model
from streamstress.earth.velocity import VelocityModel
from streamstress.earth.velocity_checks import oddities, takeoffs_deg
from streamstress.outputs.velocity_figure import draw_velocity
from streamstress.outputs.watch_plot import check_suffix

DISTANCES_KM = (1.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0)

console = Console(highlight=False, markup=False, soft_wrap=True)


def run_show(
    names: Sequence[str], depth_km: float, figure: Path | None, *, as_json: bool = False
) -> None:
    """Print times and take-offs of each model, and draw them."""
    if figure is not None:
        check_suffix(figure)
        check_folder(figure)
    models = [velocity_model(name) for name in names]
    time, takeoff = takeoffs_deg(models, np.array(DISTANCES_KM), depth_km)
    if as_json:
        print(json.dumps([_json(*row) for row in zip(models, time, takeoff, strict=True)]))
    else:
        console.print(f"source at {depth_km:g} km; take-off 0 is straight down")
        console.print(_table(models, time, takeoff))
    if figure is not None:
        draw_velocity(figure, models, depth_km)
        console.print(f"figure: {figure}")


def run_check(names: Sequence[str], depth_km: float, *, as_json: bool = False) -> int:
    """Say what is odd about each model, and how far they differ; the exit status."""
    models = [velocity_model(name) for name in names]
    odd = {model.name: oddities(model, depth_km) for model in models}
    _, takeoff = takeoffs_deg(models, np.array(DISTANCES_KM), depth_km)
    spread = takeoff.std(axis=0, ddof=1) if len(models) > 1 else None
    if as_json:
        shares = None if spread is None else dict(zip(DISTANCES_KM, spread.round(2), strict=True))
        print(json.dumps({"models": odd, "takeoff_sigma_deg": shares}))
        return int(any(odd.values()))
    for model in models:
        count = len(model.depth_km)
        console.print(f"{model.name}: {count} nodes to {model.depth_km[-1]:g} km")
        for sentence in odd[model.name]:
            console.print(f"  {sentence}")
    if spread is not None:
        console.print(
            f"take-off of P from {depth_km:g} km, 1 sigma among these models: "
            + ", ".join(f"{d:g} km {s:.1f}°" for d, s in zip(DISTANCES_KM, spread, strict=True))
        )
    return int(any(odd.values()))


def _json(
    model: VelocityModel, time: np.ndarray[tuple[int], np.dtype[np.float64]],
    takeoff: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> dict[str, object]:  # fmt: skip
    return {
        "model": model.name,
        "distance_km": list(DISTANCES_KM),
        "p_time_s": time.round(3).tolist(),
        "p_takeoff_deg": takeoff.round(2).tolist(),
    }


def _table(
    models: Sequence[VelocityModel],
    time: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    takeoff: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("distance\nkm", justify="right")
    for model in models:
        table.add_column(f"{model.name}\nP, s", justify="right")
        table.add_column("\ntake-off", justify="right")
    for k, distance in enumerate(DISTANCES_KM):
        cells = [
            text
            for row in range(len(models))
            for text in (f"{time[row, k]:.2f}", f"{takeoff[row, k]:.1f}°")
        ]
        table.add_row(f"{distance:g}", *cells)
    return table
