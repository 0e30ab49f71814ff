"""A user's labelled events: out of a store, into training and test of the classifier."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from streamstress.cli.labelled_events import labelled
from streamstress.cli.stores import opened_reader
from streamstress.errors import InputFileError
from streamstress.event_type.evaluation import TypeScore, as_json, score
from streamstress.event_type.labelled import load_events, read_labels
from streamstress.event_type.model import KINDS, Kind, TypeModel, load_model, save_model
from streamstress.event_type.model import probabilities as probabilities_of
from streamstress.event_type.observation import Array
from streamstress.event_type.training import LabelledEvents, fit
from streamstress.event_type.verdict import Judgement, log_prior
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Event
from streamstress.stream.event_types import observation_of

OWN_WEIGHT = 5.0
"""An event of the network itself counts as so many simulated ones, of which there are more."""

PARTS = 5


def own_events(labels: Path | None, config: Path | None, store: str | None) -> list[Event]:
    """Events of a store with the kind that the labels, or else operators, gave them.

    Raises
    ------
    InputFileError
        No labelled event is in the store.
    """
    found: list[Event] = []
    with opened_reader(config, store) as reader:
        told = read_labels(labels) if labels is not None else _said(reader)
        for event_id, kind in told.items():
            detail = reader.event(event_id)
            if detail is not None:
                found.append(replace(detail.event, kind=kind))
    if not found:
        where = labels or "what operators said"
        raise InputFileError(f"{where}: none of {len(told)} labelled events is in the store")
    if len(found) < len(told):
        print(f"{len(told) - len(found)} labelled events are not in the store", file=sys.stderr)
    return found


def _said(reader: StoreReader) -> dict[str, Kind]:
    return {
        control.target: control.event_kind
        for control in reader.system.controls()
        if control.action == "event-kind" and control.is_obeyed and control.event_kind is not None
    }


def trained_on(own: list[Event], out: Path, seed: int) -> dict[str, Any]:
    """Fit to own and simulated events, write the weights, and say what the own ones bring."""
    simulated, events = load_events(), labelled(own)
    priors = _priors(own)
    after = np.zeros((len(own), len(KINDS)))
    part = np.random.default_rng(seed).permutation(len(own)) % PARTS
    for one in range(PARTS):
        if (part == one).any():
            model = fit(_joined(simulated, events.part(part != one)), seed, {})
            after[part == one] = _told(model, events.part(part == one), priors[part == one])
    card = {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": seed,
        "training data": f"{len(simulated)} simulated events and {len(own)} labelled ones",
        "licence": "as the labels allow",
    }
    save_model(fit(_joined(simulated, events), seed, card), out)
    before = _told(load_model(), events, priors)
    return {
        "simulated": len(simulated),
        "own": len(own),
        "before": _summary(before, events),
        "after": _summary(after, events),
        "out": str(out),
    }


def evaluated(own: list[Event], weights: Path | None) -> dict[str, Any]:
    """Score of weights on labelled events, as plain values."""
    events = labelled(own)
    return as_json(_score(_told(load_model(weights), events, _priors(own)), events.kind))


def _joined(simulated: LabelledEvents, own: LabelledEvents) -> LabelledEvents:
    return LabelledEvents(
        np.concatenate([simulated.features, own.features]),
        np.concatenate([simulated.kind, own.kind]),
        np.concatenate([simulated.weight, OWN_WEIGHT * own.weight]),
    )


def _priors(events: list[Event]) -> Array:
    """Log shares (n, kinds) at the events' hours, by the default settings."""
    judgement = Judgement()
    return np.array([log_prior(observation_of(e.origin, e.arrivals), judgement) for e in events])


def _told(model: TypeModel, events: LabelledEvents, priors: Array) -> Array:
    return probabilities_of(model.log_likelihoods(events.features), priors)


def _score(probability: Array, kind: NDArray[np.int64]) -> TypeScore:
    return score(probability, kind, Judgement().least_earthquake)


def _summary(probability: Array, events: LabelledEvents) -> dict[str, Any]:
    told = _score(probability, events.kind)
    return {
        "right": int(np.trace(told.counts)),
        "earthquakes": told.earthquakes,
        "earthquakes_lost": told.lost,
    }
