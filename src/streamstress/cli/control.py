"""``streamstress control``: what operators say of stations, and what was proposed to them."""

import asyncio
import getpass
import json
from pathlib import Path
from typing import Annotated

import typer

from streamstress.errors import InputFileError
from streamstress.outputs.control_words import sentence
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.records import Control

app = typer.Typer(
    help="Say that a station's polarity is reversed, or list what was said and proposed.",
    no_args_is_help=True,
)

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="the configuration, a TOML file")]


@app.command()
def reversal(
    station: Annotated[str, typer.Argument(help="NET.STA")],
    config: ConfigFile,
    start: Annotated[str, typer.Option("--from", help="first moment of it, ISO 8601, UTC")],
    until: Annotated[
        str | None, typer.Option("--until", help="first moment after it; left out: it still is")
    ] = None,
    reason: Annotated[str, typer.Option(help="why, for those who read it later")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="take back what was said with the same --from")
    ] = False,
) -> None:
    """Confirm that a station is reversed: its first motions are turned, its events solved anew."""
    from streamstress.config import load_settings
    from streamstress.stream.control_topic import send_control
    from streamstress.stream.places import places_of

    settings = load_settings(config)
    control = reversal_control(station, start, until, reason, withdraw=withdraw)
    if station not in places_of(settings).stations:
        raise InputFileError(
            f"{station} is no station of {settings.network.stations}; it is written NET.STA"
        )
    asyncio.run(send_control(control, settings))
    typer.echo(sentence(control))


@app.command("list")
def list_controls(
    config: ConfigFile, as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False
) -> None:
    """List what was said and proposed; proposals wait for 'streamstress control reversal'."""
    from streamstress.config import load_settings
    from streamstress.outputs.json_view import json_view
    from streamstress.stream.control_topic import held_controls

    controls = asyncio.run(held_controls(load_settings(config)))
    if as_json:
        typer.echo(json.dumps(json_view(controls), indent=2))
        return
    for control in controls:
        typer.echo(sentence(control))
    if not controls:
        typer.echo("nothing was said or proposed")


def reversal_control(
    station: str, start: str, until: str | None, reason: str, *, withdraw: bool
) -> Control:
    """The control of a reversal; its start is part of its id, so that its end can be told later.

    Raises
    ------
    InputFileError
        A time is not ISO 8601, or the end does not come after the start.
    """
    try:
        from_ns = time_ns_of(start)
        until_ns = None if until is None else time_ns_of(until)
    except ValueError as error:
        raise InputFileError(f"--from and --until: {error}") from error
    if until_ns is not None and until_ns <= from_ns:
        raise InputFileError(f"--until {until} does not come after --from {start}")
    return Control(
        control_id=f"reverse-polarity/{station}/{from_ns}",
        target=station,
        action="reverse-polarity",
        valid_from_ns=from_ns,
        valid_until_ns=until_ns,
        reason=reason,
        author=getpass.getuser(),
        sent_ns=0,
        state="withdrawn" if withdraw else "confirmed",
    )
