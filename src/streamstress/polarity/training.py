"""Training of a polarity network on onsets of known sign, simulated or labelled by hand."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import nn

from streamstress.errors import UnusableDataError
from streamstress.polarity.labelled import BatchSource, LabelledOnsets
from streamstress.polarity.network import FirstMotionNetwork
from streamstress.polarity.training_run import HeldOut, TrainingPlan, TrainingRun, cross_entropy
from streamstress.polarity.weights_file import Card, TrainedNetwork

__all__ = [
    "BatchSource",
    "LabelledOnsets",
    "Progress",
    "TrainingPlan",
    "fit_temperature",
    "train",
    "train_part",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Progress:
    """One check against the held-out onsets."""

    step: int
    steps: int
    training_loss: float
    held_out_loss: float
    held_out_accuracy: float


def train(
    batches: BatchSource,
    held_out: Iterable[LabelledOnsets],
    plan: TrainingPlan,
    seed: int,
    report: Callable[[Progress], None] | None = None,
    *,
    start: TrainedNetwork | None = None,
    network: Callable[[], nn.Module] = FirstMotionNetwork,
) -> TrainedNetwork:
    """Train, keep the weights that did best on the held-out onsets, and calibrate them.

    Parameters
    ----------
    batches
        ``labelled.shuffled_batches`` of a collection, or batches simulated without end.
    held_out
        Onsets never trained on: early stopping and temperature come from them.
    plan
        Steps, learning rate, patience.
    seed
        Of the first weights. Same seed, batches and plan give the same network.
    report
        Called after each check.
    start
        Weights to go on from; random ones where None.
    network
        What to train. One that is not odd by construction gets half of each batch turned over.

    Raises
    ------
    UnusableDataError
        No batch, or no readable held-out onset of known sign.
    """
    run = TrainingRun.begin(plan, seed, start, network)
    _go_on(run, batches, HeldOut.of(held_out), report, None, None)
    return _finished(run, HeldOut.of(held_out))


def train_part(
    batches: BatchSource,
    held_out: Iterable[LabelledOnsets],
    plan: TrainingPlan,
    seed: int,
    checkpoint: Path,
    pause_after_s: float,
    report: Callable[[Progress], None] | None = None,
    *,
    start: TrainedNetwork | None = None,
    network: Callable[[], nn.Module] = FirstMotionNetwork,
) -> TrainedNetwork | None:
    """As :func:`train`, for a while: state is kept in a file, and the next call goes on from it.

    Parameters
    ----------
    checkpoint
        Written at each check; removed when the training is finished. The parts together give
        exactly the network of one training without a pause.
    pause_after_s
        Wall time after which to stop at the next check, in seconds.

    Returns
    -------
    The network, or None where the training is not finished.

    Raises
    ------
    WeightsError
        The checkpoint is of another training (seed, plan, network) or cannot be read.
    UnusableDataError
        As for :func:`train`.
    """
    run = TrainingRun.begin(plan, seed, start, network)
    if checkpoint.exists():
        run.restore(checkpoint)
    until = time.monotonic() + pause_after_s
    data = HeldOut.of(held_out)
    if not _go_on(run, batches, data, report, checkpoint, until):
        return None
    checkpoint.unlink(missing_ok=True)
    return _finished(run, data)


def fit_temperature(logits: Floats, target: Floats) -> float:
    """Temperature of least cross-entropy (Guo et al. 2017, ICML, sect. 4.2); targets 0, .5, 1."""

    def loss(log_temperature: float) -> float:
        return cross_entropy(logits / np.exp(log_temperature), target)

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x))


def _go_on(
    run: TrainingRun,
    batches: BatchSource,
    held_out: HeldOut,
    report: Callable[[Progress], None] | None,
    checkpoint: Path | None,
    until: float | None,
) -> bool:
    """Train to the end (True) or to the first check after ``until`` (False)."""
    if run.is_over:
        return True
    for batch in batches(run.step):
        run.advance(batch)
        if run.step % run.plan.check_every and run.step < run.plan.steps:
            continue
        check = _check(run, held_out)
        if report:
            report(check)
        if checkpoint is not None:
            run.save(checkpoint)
        if run.is_over:
            return True
        if until is not None and time.monotonic() >= until:
            return False
    return True


def _check(run: TrainingRun, held_out: HeldOut) -> Progress:
    training_loss = run.mean_loss()
    loss, accuracy = held_out.judge(run.averaged)
    run.judged(loss)
    return Progress(run.step, run.plan.steps, training_loss, loss, accuracy)


def _finished(run: TrainingRun, held_out: HeldOut) -> TrainedNetwork:
    if run.best_step == 0:
        raise UnusableDataError("polarity training: there was no batch to train on")
    run.network.load_state_dict(run.best_state)
    temperature = fit_temperature(held_out.logits(run.network), held_out.target)
    card: Card = {"seed": run.seed, "steps": run.plan.steps, "best_step": run.best_step}
    return TrainedNetwork(run.network, temperature, card)
