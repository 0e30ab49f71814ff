"""``streamstress fill``: gaps of the whole feed, filled from ``backfill.source`` by themselves."""

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streamstress.cli.gap_filler import GapFiller

LOOK_EVERY_S = 30.0


def fill(
    config: Annotated[Path, typer.Option("--config", "-c", help="the configuration, a TOML file")],
    watch: Annotated[
        bool, typer.Option("--watch", help="go on, and fill what is told later; 'up' does this")
    ] = False,
) -> None:
    """Fill in the times when the whole feed had gaps; each is tried until its data are there."""
    from streamstress.cli.gap_filler import GapFiller
    from streamstress.config import load_settings

    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stopping.append(got))
    filler = GapFiller.of(load_settings(config), config, lambda: bool(stopping))
    filler.look()
    while watch and not stopping:
        _pause(filler)
        filler.look()


def _pause(filler: "GapFiller") -> None:
    until_s = time.monotonic() + LOOK_EVERY_S
    while time.monotonic() < until_s and not filler.stopped():
        time.sleep(0.5)
