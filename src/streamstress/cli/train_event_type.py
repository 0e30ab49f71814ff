"""Trains the classifier of events that comes with the package, on simulated networks.

``python -m streamstress.cli.train_event_type --out weights.json --networks 60 --seed 1`` simulates
what is not in ``--scenes`` yet, fits, and writes weights with their card.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from streamstress.cli.labelled_events import labelled, simulated_events
from streamstress.event_type.labelled import SIMULATED, save_events
from streamstress.event_type.model import KINDS, Card, TypeNetwork, save_network
from streamstress.event_type.training import LabelledEvents, fit
from streamstress.records import Event

DEFAULT_NETWORKS = 60


def train_event_type(events: Iterable[Event], out: Path, seed: int, origin: Card) -> TypeNetwork:
    """Fit to labelled events; write the weights, and beside them the events for later trainings.

    Raises
    ------
    UnusableDataError
        Too few events of some kind.
    """
    learning = labelled(list(events))
    network = fit(learning, seed, origin | _card(learning, seed))
    save_network(network, out)
    save_events(learning, out.with_name(SIMULATED.name))
    return network


def _card(events: LabelledEvents, seed: int) -> Card:
    counts = np.bincount(events.kind, minlength=len(KINDS))
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": seed,
        "events": dict(zip(KINDS, counts.tolist(), strict=True)),
        "licence": "that of streamstress",
    }


def main(
    out: Annotated[Path, typer.Option(help="Weights to write, JSON.")],
    seed: Annotated[int, typer.Option(help="Seed of scenes and weights.")] = 1,
    networks: Annotated[int, typer.Option(help="Random networks, 26 scenes each.")] = (
        DEFAULT_NETWORKS
    ),
    scenes: Annotated[Path, typer.Option(help="Where simulated events are kept.")] = Path(
        "runs/event-type"
    ),
) -> None:
    """Train the classifier of events on simulated networks, on one core."""

    def show(number: int) -> None:
        typer.echo(f"network {number + 1}/{networks}", err=True)

    events = list(simulated_events(seed, range(networks), scenes, show))
    card: Card = {
        "command": "python -m streamstress.cli.train_event_type "
        f"--out event_type.json --seed {seed} --networks {networks}",
        "training data": f"{networks} simulated networks; no recording of an event",
    }
    network = train_event_type(events, out, seed, card)
    for name, value in network.card.items():
        typer.echo(f"{name}: {value}")


if __name__ == "__main__":
    typer.run(main)
