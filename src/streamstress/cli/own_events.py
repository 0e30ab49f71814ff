"""A user's labelled events: out of a store, into training and test of the classifier."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace as replace_record

from streamstress.cli.labelled_events import labelled, seen
from streamstress.cli.stores import opened_reader
from streamstress.config.stages import EventType
from streamstress.errors import InputFileError
from streamstress.event_type.evaluation import as_json, score
from streamstress.event_type.labelled import read_labels
from streamstress.event_type.model import KINDS, Kind, load_model, probabilities
from streamstress.event_type.verdict import Judgement, log_prior
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Event
from streamstress.stream.roles import judgement_of


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
                found.append(replace_record(detail.event, kind=kind))
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


def evaluated(own: list[Event], weights: Path | None, judgement: Judgement) -> dict[str, Any]:
    """Score of weights on labelled events, as plain values."""
    events = labelled(own)
    priors = np.array([log_prior(seen(event), judgement) for event in own])
    told = probabilities(load_model(weights).log_likelihoods(events.features), priors)
    return as_json(score(told, events.kind, judgement.least_earthquake))


def chosen_judgement(
    settings: EventType,
    earthquake_share: float | None,
    least_earthquake: float | None,
    shares_of: list[Event],
) -> Judgement:
    """What is known beforehand: by the settings, but for what is given; shares of labels."""
    judgement = judgement_of(settings)
    if earthquake_share is not None:
        judgement = replace(judgement, earthquake_share=earthquake_share)
    if least_earthquake is not None:
        judgement = replace(judgement, least_earthquake=least_earthquake)
    if shares_of:
        # A kind without a label is rare, not impossible.
        count = [1 + sum(event.kind == kind for event in shares_of) for kind in KINDS]
        judgement = replace(judgement, shares=tuple(n / sum(count) for n in count))
    return judgement
