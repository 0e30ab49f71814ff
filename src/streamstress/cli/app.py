"""The command line: every command with its options, and how errors are said.

What a command does is imported when it runs: a worker must not pay for the libraries of others.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from streamstress import __version__
from streamstress.errors import StreamstressError

app = typer.Typer(
    name="streamstress",
    help="A streaming, near-real-time monitor of crustal stress.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
broker_app = typer.Typer(help="The embedded Kafka of a configuration.", no_args_is_help=True)
config_app = typer.Typer(help="Check and explain the configuration.", no_args_is_help=True)
app.add_typer(broker_app, name="broker")
app.add_typer(config_app, name="config")

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="TOML file")]


@app.command()
def demo(
    scenario: Annotated[str, typer.Option(help="rotation, steady or smoke")] = "rotation",
    out: Annotated[Path, typer.Option(help="folder of the run and its report")] = Path("runs/demo"),
    headless: Annotated[
        bool, typer.Option("--headless", help="end after the report, do not keep the page open")
    ] = False,
    seed: Annotated[int, typer.Option(help="another seed, another catalogue")] = 1,
    speed: Annotated[float, typer.Option(min=1.0, help="times real time")] = 25.0,
) -> None:
    """Run the whole system on this machine, from simulated waveforms to the alarm."""
    from streamstress.cli.demo import run_demo

    run_demo(scenario, out, headless=headless, seed=seed, speed=speed)


@app.command()
def up(config: ConfigFile) -> None:
    """Run every worker of a configuration, each a process, and keep them running."""
    from streamstress.cli.system import run_up

    run_up(config)


@app.command()
def worker(
    role: Annotated[str, typer.Argument(help="ingest, pick, polarity, locate, ... or web")],
    config: ConfigFile,
) -> None:
    """Run one worker until it is told to stop."""
    from streamstress.cli.worker import run

    run(role, config)


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="rotation, steady or smoke")],
    out: Annotated[Path, typer.Option("--out", "-o", help="folder to write")],
    seed: Annotated[int, typer.Option(help="another seed, another catalogue")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = 2,
) -> None:
    """Write a simulated archive: miniSEED, stations, velocity model, and the truth apart."""
    from streamstress.cli.simulation import run_simulate

    run_simulate(scenario, out, seed, workers)


@app.command()
def replay(
    source: Annotated[Path, typer.Argument(help="miniSEED file, folder or SDS archive")],
    speed: Annotated[float, typer.Option(help="seconds of data a second")] = 1.0,
    port: Annotated[int, typer.Option(help="SeedLink port on loopback")] = 18000,
    jump_gaps: Annotated[
        bool, typer.Option("--jump-gaps", help="pass over stretches without any data")
    ] = False,
    clock: Annotated[
        Path | None, typer.Option(help="clock file for the other processes (clock.replay)")
    ] = None,
    go_on: Annotated[
        bool, typer.Option("--go-on", help="go on with the clock file of an earlier start")
    ] = False,
) -> None:
    """Serve any miniSEED over SeedLink, at its own pace or faster, as if it were recorded now."""
    from streamstress.cli.simulation import run_replay

    run_replay(source, speed, port, jump_gaps=jump_gaps, clock=clock, go_on=go_on)


@broker_app.command("start")
def broker_start(config: ConfigFile) -> None:
    """Start the embedded Kafka and make the topics; it stays up until 'broker stop'."""
    from streamstress.cli import system

    system.broker_start(config)


@broker_app.command("stop")
def broker_stop(config: ConfigFile) -> None:
    """Stop the embedded Kafka cleanly."""
    from streamstress.cli import system

    system.broker_stop(config)


@broker_app.command("status")
def broker_status(config: ConfigFile) -> None:
    """Tell whether the embedded Kafka runs and answers; status 1 where it does not."""
    from streamstress.cli import system

    if not system.broker_tell(config):
        raise typer.Exit(1)


@config_app.command("check")
def config_check(file: Annotated[Path, typer.Argument(help="TOML file")]) -> None:
    """Check a configuration with the files that it names."""
    from streamstress.cli.configuration import check_sentence

    typer.echo(check_sentence(file))


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration."""
    import json

    from streamstress.config import Settings

    typer.echo(json.dumps(Settings.model_json_schema(), indent=2))


@config_app.command("reference")
def config_reference() -> None:
    """Print every setting with its default, bounds and meaning, as Markdown."""
    from streamstress.config.reference import reference_lines

    typer.echo("\n".join(reference_lines()))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"streamstress {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A streaming, near-real-time monitor of crustal stress."""


def main() -> None:
    """Run a command; an error we know ends with its message and status 1, without a traceback."""
    try:
        app()
    except StreamstressError as error:
        _fail(error)


def _fail(error: StreamstressError) -> NoReturn:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold red]error:[/] {escape(str(error))}")
    sys.exit(1)
