"""The options of ``locate``.

What the command does is imported when it runs: no other command pays for its libraries.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer


def locate(
    picks: Annotated[Path, typer.Argument(help="picks of any picker, or a catalogue with picks")],
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV to write, a row an earthquake")],
    stations: Annotated[Path, typer.Option(help="CSV or StationXML")],
    velocity: Annotated[
        str, typer.Option(help="file of 'depth vp [vs]', a TauP .nd file, or iasp91")
    ],
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="csv (ours, SeisBench, PhaseNet, GaMMA), quakeml (or what else obspy reads), "
            "scedc, hypoinverse; auto: by the file's name",
        ),
    ] = "auto",
    arrivals: Annotated[
        Path | None, typer.Option(help="picks CSV to write, with event, azimuth and take-off")
    ] = None,
    quakeml: Annotated[
        Path | None, typer.Option(help="QuakeML to write: for 'solve --format quakeml'")
    ] = None,
    associate: Annotated[
        bool, typer.Option("--associate", help="pass over the events that the file names")
    ] = False,
    search: Annotated[
        Literal["stack", "pyocto"],
        typer.Option(help="stack: origin times peeled event by event; pyocto: PyOcto"),
    ] = "stack",
    p_sigma_s: Annotated[
        float, typer.Option(min=0.001, help="error of a P time, where no column sigma_s tells it")
    ] = 0.1,
    s_sigma_s: Annotated[float, typer.Option(min=0.001, help="the same of S")] = 0.15,
    min_picks: Annotated[int, typer.Option(min=4, help="fewer make no earthquake")] = 6,
    max_depth_km: Annotated[float, typer.Option(min=1.0, max=300.0)] = 30.0,
    above_sea_level: Annotated[
        bool,
        typer.Option("--above-sea-level", help="seek sources up to the height of the top station"),
    ] = False,
    max_distance_km: Annotated[float, typer.Option(min=5.0, help="farther is not used")] = 120.0,
    other_velocity: Annotated[
        list[str] | None,
        typer.Option(help="a further model, for the sigma of the take-offs; may be repeated"),
    ] = None,
    velocity_grid: Annotated[
        Path | None,
        typer.Option(help="3-D model, NetCDF or CSV; --velocity is then used outside it"),
    ] = None,
    volumes: Annotated[
        Path, typer.Option(help="folder of the stations' travel-time volumes, kept")
    ] = Path("volumes"),
    magnitude_geometric: Annotated[
        float,
        typer.Option(
            min=0.01, max=3.0, help="a of a log10(r/100) + b (r - 100) + 3, of the region"
        ),
    ] = 1.11,
    magnitude_per_km: Annotated[
        float, typer.Option(min=0.0, max=0.05, help="b of the same, 1/km")
    ] = 0.00189,
    double_difference: Annotated[
        bool, typer.Option(help="relocate neighbours next to one another by differential times")
    ] = False,
    waveforms: Annotated[
        Path | None,
        typer.Option(help="miniSEED file or folder to correlate, for --double-difference"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
) -> None:
    """Associate and locate the picks of a file. Exit status 3: some input was set aside."""
    from dataclasses import replace

    from streamstress.cli.locate import LocateRequest, run_locate
    from streamstress.location.finder import FinderSettings
    from streamstress.location.magnitude import MagnitudeSettings

    base = FinderSettings()
    settings = replace(
        base,
        association=replace(
            base.association,
            method=search,
            min_picks=min_picks,
            max_depth_km=max_depth_km,
            max_station_distance_km=max_distance_km,
        ),
        location=replace(base.location, max_depth_km=max_depth_km + 10.0),
    )
    request = LocateRequest(
        picks, out, stations, velocity, file_format, arrivals, quakeml, not associate,
        {"P": p_sigma_s, "S": s_sigma_s}, settings, as_json, other_velocity or (),
        velocity_grid, volumes, MagnitudeSettings(magnitude_geometric, magnitude_per_km),
        double_difference or waveforms is not None, waveforms, above_sea_level,
    )  # fmt: skip
    raise typer.Exit(run_locate(request))
