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
from streamstress.cli.alerts import app as alerts_app
from streamstress.cli.backfill import backfill
from streamstress.cli.compare import compare
from streamstress.cli.control import app as control_app
from streamstress.cli.eventtype import app as eventtype_app
from streamstress.cli.export_command import export
from streamstress.cli.fill import fill
from streamstress.cli.invert_command import invert
from streamstress.cli.locate_command import locate
from streamstress.cli.pick_command import pick
from streamstress.cli.pick_sigma import pick_sigma
from streamstress.cli.polarity import app as polarity_app
from streamstress.cli.solve_command import solve
from streamstress.cli.store import app as store_app
from streamstress.cli.stress_map import stress_map
from streamstress.cli.topics import app as topics_app
from streamstress.cli.topics import metrics
from streamstress.cli.trace import trace
from streamstress.cli.velocity import app as velocity_app
from streamstress.cli.watch_command import watch
from streamstress.errors import StreamstressError

app = typer.Typer(
    name="streamstress",
    help="A streaming, near-real-time monitor of crustal stress: waveforms in, alarms out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
broker_app = typer.Typer(
    help="Start, stop or look at the embedded Kafka of a configuration ('up' does it by itself).",
    no_args_is_help=True,
)
config_app = typer.Typer(help="Check a configuration, or list every setting.", no_args_is_help=True)
ingest_app = typer.Typer(help="Put waveforms onto Kafka.", no_args_is_help=True)
app.add_typer(broker_app, name="broker")
app.add_typer(ingest_app, name="ingest")
app.add_typer(config_app, name="config")
app.add_typer(polarity_app, name="polarity")
app.add_typer(eventtype_app, name="eventtype")
app.add_typer(control_app, name="control")
app.add_typer(topics_app, name="topics")
app.add_typer(store_app, name="store")
app.add_typer(alerts_app, name="alerts")
app.add_typer(velocity_app, name="velocity")

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="the configuration, a TOML file")]
Seed = Annotated[int, typer.Option(min=0, help="another seed, other earthquakes and noise")]


@app.command()
def demo(
    scenario: Annotated[
        str,
        typer.Option(
            help="rotation (the stress turns by 30 degrees), steady (it does not) or smoke "
            "(7 events, no alarm)"
        ),
    ] = "rotation",
    out: Annotated[
        Path, typer.Option(help="folder of the run and its report; an earlier run in it is erased")
    ] = Path("runs/demo"),
    headless: Annotated[
        bool, typer.Option("--headless", help="end after the report, do not keep the page open")
    ] = False,
    seed: Seed = 1,
    speed: Annotated[float, typer.Option(min=1.0, help="seconds of data a second")] = 25.0,
) -> None:
    """Run the whole system on this machine, from simulated waveforms to the alarm."""
    from streamstress.cli.demo import run_demo

    run_demo(scenario, out, headless=headless, seed=seed, speed=speed)


@app.command()
def up(config: ConfigFile) -> None:
    """Run a monitor: every worker of a configuration, each a process, started again if it ends."""
    from streamstress.cli.system import run_up

    run_up(config)


@app.command()
def doctor(
    config: ConfigFile, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False
) -> None:
    """Compare a running system with its configuration; each problem with what to do. Status 0/1."""
    from streamstress.cli.doctor import run_doctor

    if not run_doctor(config, as_json=as_json):
        raise typer.Exit(1)


@app.command()
def worker(
    role: Annotated[
        str,
        typer.Argument(
            help="ingest, pick, polarity, locate, merge, mechanism, stress, change, store, "
            "exporter or web"
        ),
    ],
    config: ConfigFile,
) -> None:
    """Run one worker until SIGTERM or Ctrl-C; for a supervisor of your own."""
    from streamstress.cli.worker import run

    run(role, config)


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="rotation, steady or smoke, as in 'demo'")],
    out: Annotated[Path, typer.Option("--out", "-o", help="folder to write")],
    seed: Seed = 1,
    workers: Annotated[int, typer.Option(min=1, help="processes that simulate")] = 2,
) -> None:
    """Simulate a network's archive: miniSEED, stations, velocity model; the truth beside it."""
    from streamstress.cli.simulation import run_simulate

    run_simulate(scenario, out, seed, workers)


@app.command()
def replay(
    source: Annotated[Path, typer.Argument(help="miniSEED file, or a folder of any shape")],
    speed: Annotated[float, typer.Option(help="seconds of data a second")] = 1.0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="SeedLink port on loopback")] = 18000,
    jump_gaps: Annotated[
        bool, typer.Option("--jump-gaps", help="pass at once over times when no channel has data")
    ] = False,
    clock: Annotated[
        Path | None,
        typer.Option(help="file to write the replay's clock to; workers read it as clock.replay"),
    ] = None,
    go_on: Annotated[
        bool,
        typer.Option("--go-on", help="go on at the time of an existing clock file, not anew"),
    ] = False,
) -> None:
    """Serve any miniSEED over SeedLink, at its own pace or faster, as if it were recorded now."""
    from streamstress.cli.simulation import run_replay

    run_replay(source, speed, port, jump_gaps=jump_gaps, clock=clock, go_on=go_on)


app.command()(pick)
app.command("pick-sigma")(pick_sigma)
app.command()(locate)
app.command()(solve)
app.command()(invert)
app.command()(watch)
app.command()(trace)
app.command()(metrics)
app.command()(export)
app.command()(backfill)
app.command()(fill)
app.command("map")(stress_map)
app.command()(compare)


@ingest_app.command("seedlink")
def ingest_seedlink(config: ConfigFile) -> None:
    """Receive from the SeedLink server of the configuration until told to stop."""
    from streamstress.cli.worker import run

    run("ingest", config)


@ingest_app.command("archive")
def ingest_archive(
    source: Annotated[Path, typer.Argument(help="miniSEED file, folder or SDS archive")],
    config: ConfigFile,
) -> None:
    """Put an archive onto Kafka as fast as it is taken; the clock is that of the data."""
    from streamstress.cli.simulation import run_ingest_archive

    run_ingest_archive(source, config)


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
    """Tell whether the embedded Kafka runs and answers; exit status 1 where it does not."""
    from streamstress.cli import system

    if not system.broker_tell(config):
        raise typer.Exit(1)


@config_app.command("check")
def config_check(file: Annotated[Path, typer.Argument(help="TOML file")]) -> None:
    """Check a configuration, and read the station and velocity files that it names."""
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


@app.command("dashboards")
def dashboards_command(
    out: Annotated[Path, typer.Argument(help="folder to write")] = Path("dashboards"),
) -> None:
    """Write the Grafana dashboards, one JSON file each."""
    from streamstress.cli.dashboards import write_dashboards

    for path in write_dashboards(out):
        typer.echo(path)


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
    """A streaming, near-real-time monitor of crustal stress: waveforms in, alarms out."""


def main() -> None:
    """Run a command; an error we know ends with its message and status 1, without a traceback."""
    try:
        app()
    except StreamstressError as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        # A folder that cannot be written, a disk that is full: nothing that a traceback explains.
        _fail(f"{error.filename}: {error.strerror}")


def _fail(sentence: str) -> NoReturn:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold red]error:[/] {escape(sentence)}")
    sys.exit(1)
