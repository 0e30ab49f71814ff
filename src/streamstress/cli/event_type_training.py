"""What the classifier of events learns from: simulated networks, records, a user's own labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from streamstress.cli.labelled_events import event_of, labelled, seen, simulated_events
from streamstress.errors import InputFileError
from streamstress.event_type.evaluation import score
from streamstress.event_type.features import features
from streamstress.event_type.labelled import SIMULATED, save_events
from streamstress.event_type.model import (
    KINDS,
    Card,
    TypeModel,
    load_model,
    probabilities,
    save_model,
)
from streamstress.event_type.observation import Array
from streamstress.event_type.sensors import GEOPHONES_HZ, as_geophones
from streamstress.event_type.training import LabelledEvents, fit, joined
from streamstress.event_type.verdict import Judgement, log_prior
from streamstress.records import Event

OWN_WEIGHT = 5.0
"""An event of the network itself counts as so many simulated ones, of which there are more."""

PARTS = 5

GEOPHONE_WEIGHT = 0.5
"""Without them half of the earthquakes of a network of geophones look strange: cross entropy 0.89
of the simulated events seen so, with them 0.08 (six parts of 100 networks held back in turn); of
events of broadband sensors 0.041 and 0.045."""

RECORD_SEEDS = 3
"""Ways in which records are put together to earthquakes."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """Random networks to simulate anew, and where their events are kept."""

    networks: str
    seed: int
    folder: Path


def network_numbers(text: str) -> list[int]:
    """Numbers of networks, from ``0-3,7``.

    Raises
    ------
    InputFileError
        It is no such list.
    """
    numbers: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            numbers += range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise InputFileError(
            f"networks '{text}': expected numbers such as 0-67 or 0-3,7"
        ) from error
    return numbers


def simulated(wanted: Simulation, report: Callable[[int], None]) -> LabelledEvents:
    """Features of the events located in simulated networks; what is in the folder is read.

    Each is there a second time as short-period sensors show it, which counts half.
    """
    numbers = network_numbers(wanted.networks)
    events = list(simulated_events(wanted.seed, numbers, wanted.folder, report))
    told, rng = labelled(events), np.random.default_rng(wanted.seed)
    low, high = np.log(GEOPHONES_HZ)
    natural_hz = np.exp(rng.uniform(low, high, len(events)))
    short = [
        features(as_geophones(seen(event), float(hz)))
        for event, hz in zip(events, natural_hz, strict=True)
    ]
    copies = LabelledEvents(np.array(short), told.kind, np.full(len(events), GEOPHONE_WEIGHT))
    return joined(told, copies)


def with_records(general: LabelledEvents, folder: Path, seed: int) -> LabelledEvents:
    """Simulated events and earthquakes put together of every second record of a folder."""
    from streamstress.cli.event_scenes import SceneReader
    from streamstress.cli.recorded_events import (
        composite_events,
        learning_half,
        read_records,
        with_simulated_places,
    )

    reader, records = SceneReader(), learning_half(read_records(folder))
    found = [
        event_of(scene, "")
        for picker in ("demo", "sta-lta")
        for scene in composite_events(reader, picker, records, range(RECORD_SEEDS))
    ]
    return joined(general, with_simulated_places(labelled(found), general, seed))


def trained(
    general: LabelledEvents, own: list[Event], out: Path, seed: int, card: Card
) -> dict[str, Any]:
    """Fit to general events and a user's own, write the weights, and say what the own ones bring.

    Raises
    ------
    UnusableDataError
        Too few events of some kind.
    """
    counts = np.bincount(general.kind[general.weight == 1.0], minlength=len(KINDS))
    about: Card = {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": seed,
        "events": dict(zip(KINDS, counts.tolist(), strict=True)),
    }
    told: dict[str, Any] = {"general": len(general), "own": len(own), "out": str(out)}
    learning = general
    if own:
        events = labelled(own)
        told |= _what_own_events_bring(general, events, _priors(own), seed)
        learning = _with_own(general, events)
        about["own events"] = len(own)
    save_model(fit(learning, seed, about | card), out)
    return told


def keep(events: LabelledEvents, out: Path) -> None:
    """Write simulated events beside the weights, for later trainings."""
    save_events(events, out.with_name(SIMULATED.name))


def _what_own_events_bring(
    general: LabelledEvents, events: LabelledEvents, priors: Array, seed: int
) -> dict[str, Any]:
    """How many are right by the package's weights, and by ones that had not seen them."""
    after = np.zeros((len(events), len(KINDS)))
    part = np.random.default_rng(seed).permutation(len(events)) % PARTS
    for one in range(PARTS):
        if (part == one).any():
            model = fit(_with_own(general, events.part(part != one)), seed, {})
            after[part == one] = _told(model, events.part(part == one), priors[part == one])
    before = _told(load_model(), events, priors)
    return {"before": _summary(before, events), "after": _summary(after, events)}


def _with_own(general: LabelledEvents, own: LabelledEvents) -> LabelledEvents:
    return joined(general, replace(own, weight=OWN_WEIGHT * own.weight))


def _priors(events: list[Event]) -> Array:
    """Log shares (n, kinds) at the events' hours, by the default settings."""
    return np.array([log_prior(seen(event), Judgement()) for event in events])


def _told(model: TypeModel, events: LabelledEvents, priors: Array) -> Array:
    return probabilities(model.log_likelihoods(events.features), priors)


def _summary(probability: Array, events: LabelledEvents) -> dict[str, Any]:
    told = score(probability, events.kind, Judgement().least_earthquake)
    return {
        "right": int(np.trace(told.counts)),
        "earthquakes": told.earthquakes,
        "earthquakes_lost": told.lost,
    }
