"""The options of ``watch``.

What the command does is imported when it runs: no other command pays for its libraries.
"""

from pathlib import Path
from typing import Annotated

import typer


def watch(
    mechanisms: Annotated[
        Path, typer.Argument(help="mechanisms CSV; the columns time, strike, dip, rake are needed")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="JSON lines to write, one a state")],
    false_alarms: Annotated[
        float | None,
        typer.Option(help="wanted false alarms in 10,000 events of a steady stress  [default: 1]"),
    ] = None,
    false_alarms_per_year: Annotated[
        float | None,
        typer.Option(help="the same in a year, at the rate of the learned events"),
    ] = None,
    learn: Annotated[int, typer.Option(min=30, help="events the reference is learned from")] = 500,
    grades: Annotated[
        str, typer.Option(help="grades used; rows without a grade always are")
    ] = "ABC",
    plot: Annotated[
        Path | None, typer.Option(help="figure through time: .png, .pdf or .svg")
    ] = None,
    timeline: Annotated[
        Path | None,
        typer.Option(help="CSV time,end,label,value to draw beside it (injection, drilling)"),
    ] = None,
    cells: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=90.0, help="watch each cell of so many degrees apart, not all as one"
        ),
    ] = None,
    region: Annotated[str, typer.Option(help="name of the region in the lines")] = "catalogue",
    seed: Annotated[int, typer.Option(min=0, help="of the threshold and the intervals")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="print what was found as JSON, not as a table")
    ] = False,
) -> None:
    """Watch a catalogue for changes of stress: the live detector, in the order of time."""
    from streamstress.cli.watch import WatchOptions, run_watch

    options = WatchOptions(grades, learn, false_alarms, false_alarms_per_year, region, seed, cells)
    run_watch(mechanisms, out, options, plot=plot, timeline=timeline, as_json=as_json)
