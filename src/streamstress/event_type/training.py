"""Fits the model to labelled features, and its temperature to ones held back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from streamstress.errors import UnusableDataError
from streamstress.event_type.model import KINDS, TypeModel
from streamstress.event_type.observation import Array

DECAY = 1e-3
"""Weight of the squared weights in the loss; chosen by cross-validation over the networks of the
training set."""

LEAST_SCALE = 1e-6

HELD_SHARE = 0.2
"""Of the labelled events: what the temperature is fitted to."""

BLIND_COPIES = 2
BLIND_SHARE = 0.25
"""Each event is seen again with this share of its features taken away: an event of a poor network
must not look like what poor networks record."""

FEWEST_A_KIND = 5

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelledEvents:
    """Features (n, d), their kinds (n,) as places in `KINDS`, and what each event counts (n,)."""

    features: Array
    kind: Labels
    weight: Array

    def __len__(self) -> int:
        return len(self.kind)

    def part(self, chosen: NDArray[Any]) -> "LabelledEvents":
        """Some of them."""
        return LabelledEvents(self.features[chosen], self.kind[chosen], self.weight[chosen])


def joined(one: LabelledEvents, other: LabelledEvents) -> LabelledEvents:
    """Both, one after the other."""
    columns = ("features", "kind", "weight")
    return LabelledEvents(
        *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in columns)
    )


def fit(events: LabelledEvents, seed: int, card: Mapping[str, Any]) -> TypeModel:
    """Model of labelled events; the same seed and events give the same weights.

    Raises
    ------
    UnusableDataError
        Fewer than `FEWEST_A_KIND` events of some kind.
    """
    counts = np.bincount(events.kind, minlength=len(KINDS))
    if counts.min() < FEWEST_A_KIND:
        few = [f"{n} of {kind}" for kind, n in zip(KINDS, counts, strict=True)]
        raise UnusableDataError(f"need {FEWEST_A_KIND} events of each kind, got {', '.join(few)}")
    rng = np.random.default_rng(seed)
    held = _held_back(events.kind, rng)
    learning = _blinded(events.part(~held), rng)
    model = _standardised(learning, dict(card))
    model = _fitted(model, learning)
    return _calibrated(model, _blinded(events.part(held), rng))


def _held_back(kind: Labels, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The same share of each kind."""
    held = np.zeros(len(kind), bool)
    for k in range(len(KINDS)):
        own = rng.permutation(np.flatnonzero(kind == k))
        held[own[: max(1, round(HELD_SHARE * len(own)))]] = True
    return held


def _blinded(events: LabelledEvents, rng: np.random.Generator) -> LabelledEvents:
    copies = [events.features]
    for _ in range(BLIND_COPIES):
        lost = rng.random(events.features.shape) < BLIND_SHARE
        copies.append(np.where(lost, np.nan, events.features))
    n = len(copies)
    return LabelledEvents(
        np.concatenate(copies), np.tile(events.kind, n), np.tile(events.weight / n, n)
    )


def _standardised(events: LabelledEvents, card: dict[str, Any]) -> TypeModel:
    d, k = events.features.shape[1], len(KINDS)
    known = np.isfinite(events.features).any(axis=0)
    filled = np.where(known, events.features, 0.0)
    scale = np.nanstd(filled, axis=0)
    share = np.bincount(events.kind, events.weight, minlength=k) / events.weight.sum()
    return TypeModel(
        centre=np.nanmedian(filled, axis=0),
        scale=np.where(scale > LEAST_SCALE, scale, 1.0),
        weight=np.zeros((3 * d, k)),
        bias=np.log(share),
        temperature=1.0,
        shares=share,
        card=card,
    )


def _fitted(model: TypeModel, events: LabelledEvents) -> TypeModel:
    """The model at the least cross entropy: convex, so there is one, whatever the start."""
    inputs = model.inputs(events.features)
    target = np.eye(len(KINDS))[events.kind]
    share = (events.weight / events.weight.sum())[:, None]
    shape = model.weight.shape

    def loss(flat: Array) -> tuple[float, Array]:
        weight, bias = flat[: -len(KINDS)].reshape(shape), flat[-len(KINDS) :]
        logits = inputs @ weight + bias
        logits -= logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = share * (np.exp(log_p) - target)
        gradient = [(inputs.T @ error + DECAY * weight).ravel(), error.sum(axis=0)]
        value = -float(np.sum(share * target * log_p)) + 0.5 * DECAY * float(np.sum(weight**2))
        return value, np.concatenate(gradient)

    start = np.concatenate([model.weight.ravel(), model.bias])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000}).x
    return replace(model, weight=found[: -len(KINDS)].reshape(shape), bias=found[-len(KINDS) :])


def _calibrated(model: TypeModel, held: LabelledEvents) -> TypeModel:
    """Divide the logits by what makes the held-back events most probable (Guo et al. 2017)."""
    logits = model.log_likelihoods(held.features) + np.log(model.shares)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        log_p = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        own = log_p[np.arange(len(held)), held.kind]
        return -float(np.average(own, weights=held.weight))

    found = minimize_scalar(loss, bounds=(-1.0, 2.0), method="bounded")
    return replace(model, temperature=float(np.exp(found.x)))
