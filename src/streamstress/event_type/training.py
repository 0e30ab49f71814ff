"""Fits the network to labelled features, and its temperature to ones held back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from streamstress.errors import UnusableDataError
from streamstress.event_type.model import KINDS, TypeNetwork
from streamstress.event_type.observation import Array

HIDDEN = 12
DECAY = 3e-3
"""Weight of the squared weights in the loss; chosen on held-back seeds of the simulator."""

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


def fit(events: LabelledEvents, seed: int, card: Mapping[str, Any]) -> TypeNetwork:
    """Network of labelled events; the same seed and events give the same weights.

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
    network = _standardised(learning, rng, dict(card))
    network = _fitted(network, learning)
    return _calibrated(network, _blinded(events.part(held), rng))


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


def _standardised(
    events: LabelledEvents, rng: np.random.Generator, card: dict[str, Any]
) -> TypeNetwork:
    d, k = events.features.shape[1], len(KINDS)
    known = np.isfinite(events.features).any(axis=0)
    filled = np.where(known, events.features, 0.0)
    scale = np.nanstd(filled, axis=0)
    share = np.bincount(events.kind, events.weight, minlength=k) / events.weight.sum()
    return TypeNetwork(
        centre=np.nanmedian(filled, axis=0),
        scale=np.where(scale > 1e-6, scale, 1.0),
        hidden_weight=rng.standard_normal((2 * d, HIDDEN)) / np.sqrt(d),
        hidden_bias=np.zeros(HIDDEN),
        weight=rng.standard_normal((HIDDEN, k)) / np.sqrt(HIDDEN),
        bias=np.log(share),
        temperature=1.0,
        shares=share,
        card=card,
    )


_PARTS = ("hidden_weight", "hidden_bias", "weight", "bias")


def _fitted(network: TypeNetwork, events: LabelledEvents) -> TypeNetwork:
    """The network at the least cross entropy, by L-BFGS with the gradient in closed form."""
    inputs = network.inputs(events.features)
    target = np.eye(len(KINDS))[events.kind]
    weight = (events.weight / events.weight.sum())[:, None]

    def loss(flat: Array) -> tuple[float, Array]:
        hidden_weight, hidden_bias, out, bias = _unpacked(flat, network)
        hidden = np.tanh(inputs @ hidden_weight + hidden_bias)
        logits = hidden @ out + bias
        logits -= logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = weight * (np.exp(log_p) - target)
        back = (error @ out.T) * (1.0 - hidden**2)
        gradient = [
            inputs.T @ back + DECAY * hidden_weight,
            back.sum(axis=0),
            hidden.T @ error + DECAY * out,
            error.sum(axis=0),
        ]
        decay = 0.5 * DECAY * (np.sum(hidden_weight**2) + np.sum(out**2))
        value = -float(np.sum(weight * target * log_p)) + decay
        return value, np.concatenate([part.ravel() for part in gradient])

    start = np.concatenate([getattr(network, name).ravel() for name in _PARTS])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 600})
    hidden_weight, hidden_bias, out, bias = _unpacked(found.x, network)
    return replace(
        network, hidden_weight=hidden_weight, hidden_bias=hidden_bias, weight=out, bias=bias
    )


def _unpacked(flat: Array, network: TypeNetwork) -> list[Array]:
    parts, at = [], 0
    for name in _PARTS:
        shape = getattr(network, name).shape
        size = int(np.prod(shape))
        parts.append(flat[at : at + size].reshape(shape))
        at += size
    return parts


def _calibrated(network: TypeNetwork, held: LabelledEvents) -> TypeNetwork:
    """Divide the logits by what makes the held-back events most probable (Guo et al. 2017)."""
    logits = network.log_likelihoods(held.features) + np.log(network.shares)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        log_p = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        own = log_p[np.arange(len(held)), held.kind]
        return -float(np.average(own, weights=held.weight))

    found = minimize_scalar(loss, bounds=(-1.0, 2.0), method="bounded")
    return replace(network, temperature=float(np.exp(found.x)))
