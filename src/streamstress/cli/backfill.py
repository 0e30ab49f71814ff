"""``streamstress backfill``: old data through topics of their own, beside the running system."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streamstress.ingest.time_span import TimeSpan

INTERRUPTED = 130
"""Exit status of a run that was told to stop, and goes on when it is started again."""


def backfill(
    config: Annotated[Path, typer.Option("--config", "-c", help="the configuration, a TOML file")],
    run: Annotated[str, typer.Option(help="name of the run; the same name goes on with it")],
    source: Annotated[
        str,
        typer.Argument(
            help="miniSEED file, folder or SDS archive, or 'fdsn:' and the address of a service; "
            "left out: backfill.source"
        ),
    ] = "",
    start: Annotated[str, typer.Option(help="ISO time in UTC; only data from then on")] = "",
    end: Annotated[str, typer.Option(help="ISO time in UTC; only data until then")] = "",
    per_second: Annotated[
        float, typer.Option(min=0.01, help="mechanisms handed over to the live system a second")
    ] = 5.0,
) -> None:
    """Fill in old data beside the live system; its mechanisms enter it flagged, never as news."""
    from rich.console import Console

    from streamstress.cli.backfill_run import BackfillRun
    from streamstress.config import load_settings
    from streamstress.errors import ConfigError

    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    live = load_settings(config)
    chosen = source or live.backfill.source
    if not chosen:
        raise ConfigError("say where the data lie: an archive or fdsn:ADDRESS, or backfill.source")
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stopping.append(got))
    one = BackfillRun(live, config, run, chosen, _span(start, end), per_second)
    told = one.done(lambda: bool(stopping), console.print)
    if told is None:
        console.print(f"interrupted; start it again with --run {run} to go on")
        raise typer.Exit(INTERRUPTED)
    console.print(f"{told.sent} mechanisms handed over, {told.known} known already")
    if told.fuller:
        console.print(
            f"{told.fuller} events that were found from less data have a fuller version; "
            f"{told.withdrawn} that were a part of one of these are withdrawn"
        )


def _span(start: str, end: str) -> "TimeSpan | None":
    """The time between two options; from ever, or for ever, where one is left out."""
    from streamstress.errors import ConfigError
    from streamstress.ingest.time_span import TimeSpan
    from streamstress.outputs.mechanisms_csv import LARGEST_NS, time_ns_of

    if not start and not end:
        return None
    bounds = []
    for option, text, other in (("--start", start, -LARGEST_NS), ("--end", end, LARGEST_NS)):
        try:
            bounds.append(time_ns_of(text) if text else other)
        except ValueError as error:
            raise ConfigError(f"{option}: {error}") from error
    if bounds[0] >= bounds[1]:
        raise ConfigError(f"--end {end} is not after --start {start}")
    return TimeSpan(*bounds)
