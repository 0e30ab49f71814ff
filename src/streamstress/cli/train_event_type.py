"""Trains the classifier of events that comes with the package, on simulated networks.

``python -m streamstress.cli.train_event_type --out weights.json --seed 1`` simulates
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
from streamstress.event_type.model import KINDS, Card, TypeModel, save_model
from streamstress.event_type.training import LabelledEvents, fit
from streamstress.records import Event

DEFAULT_NETWORKS = (
    "0-3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49,51,53,60-68"
)
"""Those of the package's weights: as many as two busy cores gave in an hour."""


def train_event_type(events: Iterable[Event], out: Path, seed: int, origin: Card) -> TypeModel:
    """Fit to labelled events; write the weights, and beside them the events for later trainings.

    Raises
    ------
    UnusableDataError
        Too few events of some kind.
    """
    learning = labelled(list(events))
    model = fit(learning, seed, origin | _card(learning, seed))
    save_model(model, out)
    save_events(learning, out.with_name(SIMULATED.name))
    return model


def _card(events: LabelledEvents, seed: int) -> Card:
    counts = np.bincount(events.kind, minlength=len(KINDS))
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": seed,
        "events": dict(zip(KINDS, counts.tolist(), strict=True)),
        "licence": "that of streamstress",
    }


def network_numbers(text: str) -> list[int]:
    """Numbers of networks, from ``0-3,7``."""
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def main(
    out: Annotated[Path, typer.Option(help="Weights to write, JSON.")],
    seed: Annotated[int, typer.Option(help="Seed of scenes and of what is held back.")] = 1,
    networks: Annotated[
        str, typer.Option(help="Numbers of random networks, as 0-59; 26 scenes each.")
    ] = DEFAULT_NETWORKS,
    scenes: Annotated[Path, typer.Option(help="Where simulated events are kept.")] = Path(
        "runs/event-type"
    ),
) -> None:
    """Train the classifier of events on simulated networks, on one core."""

    def show(number: int) -> None:
        typer.echo(f"network {number}", err=True)

    numbers = network_numbers(networks)
    events = list(simulated_events(seed, numbers, scenes, show))
    card: Card = {
        "command": "python -m streamstress.cli.train_event_type "
        f"--out event_type.json --seed {seed} --networks {networks}",
        "training data": f"{len(numbers)} simulated networks; no recording of an event",
    }
    model = train_event_type(events, out, seed, card)
    for name, value in model.card.items():
        typer.echo(f"{name}: {value}")


if __name__ == "__main__":
    typer.run(main)
