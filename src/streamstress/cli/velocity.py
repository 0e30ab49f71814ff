"""``velocity``: what a model does to times and take-offs, before events are located in it."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look at velocity models, and check them.", no_args_is_help=True)

Models = Annotated[list[str], typer.Argument(help="files of 'depth vp [vs]' or .nd, or iasp91")]
Json = Annotated[bool, typer.Option("--json", help="print as JSON, not as a table")]
Depth = Annotated[float, typer.Option(min=0.1, max=100.0, help="depth of the source, km")]


@app.command()
def show(
    models: Models,
    depth_km: Depth = 10.0,
    figure: Annotated[Path | None, typer.Option(help="to draw: .png, .pdf or .svg")] = None,
    as_json: Json = False,
) -> None:
    """Show P and S times and take-offs (0 is straight down) against distance."""
    from streamstress.cli.velocity_models import run_show

    run_show(models, depth_km, figure, as_json=as_json)


@app.command()
def check(models: Models, depth_km: Depth = 10.0, as_json: Json = False) -> None:
    """Check models, and say how far they differ in take-off. Exit status 1: something is odd."""
    from streamstress.cli.velocity_models import run_check

    raise typer.Exit(run_check(models, depth_km, as_json=as_json))


@app.command()
def volumes(
    grid: Annotated[Path, typer.Argument(help="3-D model: NetCDF or CSV")],
    stations: Annotated[Path, typer.Option(help="CSV or StationXML")],
    out: Annotated[Path, typer.Option("--out", "-o", help="folder to keep them in")],
) -> None:
    """Compute the travel-time volumes of a network in a 3-D model, before they are needed."""
    from streamstress.cli.volumes import run_volumes

    run_volumes(grid, stations, out)
