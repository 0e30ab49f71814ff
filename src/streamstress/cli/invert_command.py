"""The options of ``invert``.

What the command does is imported when it runs: no other command pays for its libraries.
"""

from pathlib import Path
from typing import Annotated

import typer


def invert(
    mechanisms: Annotated[Path, typer.Argument(help="mechanisms CSV; needs strike, dip, rake")],
    out: Annotated[Path, typer.Option("--out", "-o", help="JSON file to write")],
    columns: Annotated[
        str, typer.Option(help="coordinates of the nodes: lat,lon[,depth][,time] or x,y[,z][,t]")
    ] = "lat,lon",
    grid: Annotated[
        str | None,
        typer.Option(
            help="distance of the nodes: degrees for lat and lon, or one number a column "
            "(km of depth, days of time); without it lat,lon are one node, x,y step by 1"
        ),
    ] = None,
    smoothing: Annotated[
        str,
        typer.Option(help="abic, a strength (0 for none; two for space,time) or satsi:E"),
    ] = "abic",
    planes: Annotated[
        str, typer.Option(help="which nodal plane slipped: instability, both or given")
    ] = "instability",
    grades: Annotated[
        str, typer.Option(help="grades used; mechanisms without a grade always are")
    ] = "ABC",
    weights: Annotated[
        str, typer.Option(help="weight of an event: grade, uncertainty (of its plane) or equal")
    ] = "grade",
    bootstrap: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="intervals from so many resamplings, 0 for none; without it the posterior of "
            "ABIC, and 1000 resamplings where a node has no neighbours",
        ),
    ] = None,
    min_events: Annotated[
        int, typer.Option(min=1, help="a node with fewer says 'not enough events'")
    ] = 5,
    friction: Annotated[
        float, typer.Option(min=0.0, max=2.0, help="of the faults, for the choice of planes")
    ] = 0.6,
    faults: Annotated[
        Path | None,
        typer.Option(
            help="faults to hold against the stress: CSV name,strike,dip[,latitude,longitude] or "
            "GeoJSON lines with a dip"
        ),
    ] = None,
    boundaries: Annotated[
        Path | None,
        typer.Option(
            help="lines across which SHmax is compared: CSV name,latitude,longitude, a row a "
            "point, or GeoJSON lines"
        ),
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(
            help="events compared lie within this of a boundary (degrees of latitude, or the unit "
            "of x and y); without it two nodes"
        ),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="folder for the figures: map, stereonet, curves (SVG)")
    ] = None,
    causal: Annotated[
        bool,
        typer.Option(
            "--causal", help="with a column of time: each time knows only the events up to it"
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="of draws and resamplings")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="print the summary as JSON, not a table")
    ] = False,
) -> None:
    """Invert a file of mechanisms to a stress field, smoothed as the data ask for."""
    from streamstress.cli.invert import run_invert
    from streamstress.cli.invert_options import InvertOptions

    options = InvertOptions(
        columns=columns,
        grid=grid,
        smoothing=smoothing,
        planes=planes,
        grades=grades,
        weights=weights,
        resamplings=bootstrap,
        min_events=min_events,
        friction=friction,
        faults=faults,
        boundaries=boundaries,
        reach=reach,
        figures=figures,
        causal=causal,
        seed=seed,
    )
    run_invert(mechanisms, out, options, as_json=as_json)
