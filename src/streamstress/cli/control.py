"""``streamstress control``: what operators say of stations, and what was proposed to them."""

import asyncio
import getpass
import json
from collections.abc import Container
from pathlib import Path
from typing import Annotated

import typer

from streamstress.errors import InputFileError
from streamstress.outputs.control_words import sentence
from streamstress.outputs.said_controls import StationAction, station_control
from streamstress.records import Control
from streamstress.records.events import EventKind

app = typer.Typer(
    help="Mute a station, say that its polarity is reversed, or list what was said and proposed.",
    no_args_is_help=True,
)

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="the configuration, a TOML file")]

Station = Annotated[str, typer.Argument(help="NET.STA")]
MuteTarget = Annotated[
    str, typer.Argument(help="NET.STA, NET.STA.LOC.CHA, or NET.STA.LOC.HH for a sensor")
]
Start = Annotated[str, typer.Option("--from", help="first moment of it, ISO 8601, UTC")]
Until = Annotated[
    str | None, typer.Option("--until", help="first moment after it; left out: it still is")
]
Reason = Annotated[str, typer.Option(help="why, for those who read it later")]
Withdraw = Annotated[
    bool, typer.Option("--withdraw", help="take back what was said with the same --from")
]


@app.command()
def reversal(
    station: Station,
    config: ConfigFile,
    start: Start,
    until: Until = None,
    reason: Reason = "",
    withdraw: Withdraw = False,
) -> None:
    """Confirm that a station is reversed: its first motions are turned, its events solved anew."""
    _say("reverse-polarity", station, config, start, until, reason, withdraw=withdraw)


@app.command()
def mute(
    target: MuteTarget,
    config: ConfigFile,
    start: Start,
    until: Until = None,
    reason: Reason = "",
    withdraw: Withdraw = False,
) -> None:
    """Leave a station, sensor or channel out at once; a station's events are solved anew."""
    _say("mute", target, config, start, until, reason, withdraw=withdraw)


@app.command()
def eventtype(
    event_id: Annotated[str, typer.Argument(help="id of the event, as the page shows it")],
    kind: Annotated[
        EventKind, typer.Argument(help="earthquake, teleseism, tremor, blast or noise")
    ],
    config: ConfigFile,
    reason: Reason = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="take it back: the classifier's word holds again")
    ] = False,
) -> None:
    """Say what an event is, against the classifier; its mechanism is solved or withdrawn anew."""
    from streamstress.config import load_settings
    from streamstress.outputs.said_controls import kind_control
    from streamstress.outputs.store_reader import StoreReader
    from streamstress.stream.control_topic import send_control

    settings = load_settings(config)
    reader = StoreReader.open(settings.store.url)
    detail = reader.event(event_id)
    reader.close()
    if detail is None:
        raise InputFileError(f"no event {event_id} in the store of {config}, or it was withdrawn")
    control = kind_control(
        event_id,
        kind,
        detail.event.origin.time_ns,
        reason,
        getpass.getuser(),
        withdraw=withdraw,
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


def _is_known(action: StationAction, target: str, stations: Container[str]) -> bool:
    parts = target.split(".")
    is_whole = len(parts) == 2 or (action == "mute" and len(parts) == 4)
    return is_whole and ".".join(parts[:2]) in stations


def _say(
    action: StationAction,
    target: str,
    config: Path,
    start: str,
    until: str | None,
    reason: str,
    *,
    withdraw: bool,
) -> None:
    from streamstress.config import load_settings
    from streamstress.stream.control_topic import send_control
    from streamstress.stream.places import places_of

    settings = load_settings(config)
    control = said_control(action, target, start, until, reason, withdraw=withdraw)
    if not _is_known(action, target, places_of(settings).stations):
        raise InputFileError(
            f"{target} is no station of {settings.network.stations} (NET.STA)"
            + (", nor a sensor or channel of one (NET.STA.LOC.CHA)" if action == "mute" else "")
        )
    asyncio.run(send_control(control, settings))
    typer.echo(sentence(control))


def said_control(
    action: StationAction,
    target: str,
    start: str,
    until: str | None,
    reason: str,
    *,
    withdraw: bool,
) -> Control:
    """The control of a station as it was asked for, by the user of this machine.

    Raises
    ------
    InputFileError
        A time is not ISO 8601, or the end does not come after the start.
    """
    author = getpass.getuser()
    try:
        return station_control(action, target, start, until, reason, author, withdraw=withdraw)
    except ValueError as error:
        raise InputFileError(f"--from and --until: {error}") from error
