"""Training of the polarity network on onsets of known sign, simulated or labelled by hand."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import Tensor

from streamstress.errors import UnusableDataError
from streamstress.polarity.network import FirstMotionNetwork, network_logits
from streamstress.polarity.preparation import onset_features
from streamstress.polarity.weights_file import Card, TrainedNetwork

Floats = NDArray[np.float64]
Features = NDArray[np.float32]

_WARM_UP_STEPS = 100
# A step's time is judged on these, after a few that also load code.
_TIMED_STEPS = (8, 72)


@dataclass(frozen=True, slots=True)
class LabelledOnsets:
    """Onsets with known first motion.

    ``waveform`` (n, samples), ``sign`` (n,) +1 up, -1 down, 0 nobody can say.
    """

    waveform: NDArray[np.floating[Any]]
    sign: NDArray[np.integer[Any]]
    sampling_rate_hz: float
    pick_index: int


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How to train. ``steps`` makes it reproducible; with None they follow from ``minutes``."""

    steps: int | None = None
    minutes: float = 4.0
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    check_every: int = 250
    patience: int = 8


@dataclass(frozen=True, slots=True)
class Progress:
    """One check against the held-out onsets."""

    step: int
    steps: int
    training_loss: float
    held_out_loss: float
    held_out_accuracy: float


def train(
    batches: Iterable[LabelledOnsets],
    held_out: Iterable[LabelledOnsets],
    plan: TrainingPlan,
    seed: int,
    report: Callable[[Progress], None] | None = None,
) -> TrainedNetwork:
    """Train, keep the weights that did best on the held-out onsets, and calibrate them.

    Parameters
    ----------
    batches
        Endless, or as many batches as there shall be steps at most; each of one sampling rate.
    held_out
        Onsets never trained on: early stopping and temperature come from them.
    plan
        Steps, learning rate, patience.
    seed
        Of the first weights. Same seed, batches and ``plan.steps`` give the same network.
    report
        Called after each check.

    Raises
    ------
    UnusableDataError
        No batch, or no readable held-out onset of known sign.
    """
    torch.manual_seed(seed)
    network = FirstMotionNetwork()
    test_features, test_target = _all_features(held_out)
    best_loss, best_state, best_step = np.inf, network.state_dict(), 0
    steps, losses = plan.steps or 0, []
    for step, steps, loss in _steps(network, batches, plan):
        losses.append(loss)
        if step % plan.check_every and step != steps:
            continue
        check = _check(network, test_features, test_target, step, steps, losses)
        losses = []
        if report:
            report(check)
        if check.held_out_loss < best_loss:
            best_loss, best_step = check.held_out_loss, step
            best_state = {name: value.clone() for name, value in network.state_dict().items()}
        elif step - best_step >= plan.patience * plan.check_every:
            break
    if best_step == 0:
        raise UnusableDataError("polarity training: there was no batch to train on")
    network.load_state_dict(best_state)
    network.eval()
    temperature = fit_temperature(network_logits(network, test_features), test_target)
    card: Card = {"seed": seed, "steps": steps, "best_step": best_step}
    return TrainedNetwork(network, temperature, card)


def fit_temperature(logits: Floats, target: Floats) -> float:
    """Temperature of least cross-entropy (Guo et al. 2017, ICML, sect. 4.2); targets 0, .5, 1."""

    def loss(log_temperature: float) -> float:
        return _cross_entropy(logits / np.exp(log_temperature), target)

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x))


def _steps(
    network: FirstMotionNetwork, batches: Iterable[LabelledOnsets], plan: TrainingPlan
) -> Iterator[tuple[int, int, float]]:
    """Train batch by batch; yields (step, steps planned, loss)."""
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
    )
    # Without a number of steps, the time of the first ones tells it; the warm-up needs none.
    steps, started = plan.steps or 0, time.monotonic()
    for step, batch in enumerate(batches, start=1):
        network.train()
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * _schedule(step, steps)
        loss = _descend(network, optimiser, batch)
        if not plan.steps and step == _TIMED_STEPS[0]:
            started = time.monotonic()
        if not plan.steps and step == _TIMED_STEPS[1]:
            seconds = (time.monotonic() - started) / (_TIMED_STEPS[1] - _TIMED_STEPS[0])
            steps = max(_WARM_UP_STEPS, round(60.0 * plan.minutes / seconds))
        yield step, steps, loss
        if step == steps:
            return


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine down to a hundredth."""
    if step <= _WARM_UP_STEPS:
        return step / _WARM_UP_STEPS
    done = (step - _WARM_UP_STEPS) / max(1, steps - _WARM_UP_STEPS)
    return float(0.01 + 0.495 * (1.0 + np.cos(np.pi * min(done, 1.0))))


def _descend(
    network: FirstMotionNetwork, optimiser: torch.optim.Optimizer, batch: LabelledOnsets
) -> float:
    features, target = _features_and_target(batch)
    if target.size == 0:
        return float("nan")
    logits = network(torch.from_numpy(features))
    loss: Tensor = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, torch.from_numpy(target.astype(np.float32))
    )
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return float(loss.detach())


def _features_and_target(batch: LabelledOnsets) -> tuple[Features, Floats]:
    """Readable features and their targets: 1 up, 0 down, .5 nobody can say."""
    features, readable = onset_features(batch.waveform, batch.sampling_rate_hz, batch.pick_index)
    target = 0.5 * (1.0 + np.asarray(batch.sign, float))
    return features[readable], target[readable]


def _all_features(batches: Iterable[LabelledOnsets]) -> tuple[Features, Floats]:
    pairs = [_features_and_target(batch) for batch in batches]
    features = np.concatenate([features for features, _ in pairs]) if pairs else np.zeros(0)
    target = np.concatenate([target for _, target in pairs]) if pairs else np.zeros(0)
    if not np.any(target != 0.5):
        raise UnusableDataError("polarity training: no held-out onset of known sign is readable")
    return features.astype(np.float32), target


def _check(
    network: FirstMotionNetwork,
    features: Features,
    target: Floats,
    step: int,
    steps: int,
    losses: list[float],
) -> Progress:
    logits = network_logits(network, features)
    signed = target != 0.5
    right = (logits[signed] > 0) == (target[signed] > 0.5)
    return Progress(
        step=step,
        steps=steps,
        training_loss=float(np.nanmean(losses)) if np.isfinite(losses).any() else float("nan"),
        held_out_loss=_cross_entropy(logits, target),
        held_out_accuracy=float(right.mean()),
    )


def _cross_entropy(logits: Floats, target: Floats) -> float:
    return float(np.mean(np.logaddexp(0.0, logits) - target * logits))
