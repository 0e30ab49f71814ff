"""Fine-tuning: weights of a large set go on learning from a network's own small earthquakes.

The second of the two steps of Uchide (2020, Geophys. J. Int. 223, 1658-1671): first a large set of
onsets, then few of the small local ones that the weights will be used on.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from streamstress.polarity.classify import DEFAULT_THRESHOLD, PolarityModel
from streamstress.polarity.evaluation import PolarityScore, score
from streamstress.polarity.labelled import LabelledOnsets, shuffled_batches, split_onsets
from streamstress.polarity.training import Progress, TrainingPlan, fit_temperature, train
from streamstress.polarity.training_run import HeldOut, cross_entropy
from streamstress.polarity.weights_file import Card, TrainedNetwork

DEFAULT_PLAN = TrainingPlan(steps=300, learning_rate=3e-4, check_every=25, patience=6)
"""A seventh of the first step's learning rate: few onsets would soon be learnt by heart."""

BATCH = 128
SHARES = (0.6, 0.2, 0.2)
"""Of the local earthquakes: to learn from, to stop and calibrate by, to state the gain on."""


@dataclass(frozen=True, slots=True)
class FineTuned:
    """Weights after the second step, and the same held-back onsets scored before and after.

    ``recalibrated`` is what a new temperature alone gives.
    """

    trained: TrainedNetwork
    before: PolarityScore
    recalibrated: PolarityScore
    after: PolarityScore

    def as_json(self) -> dict[str, object]:
        """Scores and model card as plain values."""
        return {
            "before": asdict(self.before),
            "recalibrated": asdict(self.recalibrated),
            "after": asdict(self.after),
            "card": self.trained.card,
        }


def finetune(
    start: TrainedNetwork,
    local: Sequence[LabelledOnsets],
    seed: int,
    plan: TrainingPlan = DEFAULT_PLAN,
    *,
    pick_jitter_s: float = 0.02,
    shares: Sequence[float] = SHARES,
    report: Callable[[Progress], None] | None = None,
) -> FineTuned:
    """Go on training with a network's own labelled onsets, and tell what it gained.

    Parameters
    ----------
    start
        Weights of the first step.
    local
        Labelled onsets of the network, one set a sampling rate; with ``group`` the split is by
        earthquake. A few hundred help; under about fifty there is too little to stop by.
    seed
        Of the split and of the order.
    plan
        Steps and learning rate; early stopping ends most trainings sooner.
    pick_jitter_s
        Error given to each pick anew in each epoch, 1 sigma.
    shares
        Of the onsets to learn from, to stop and calibrate by, and to score on.

    Returns
    -------
    The weights with their card, and the scores of the held-back part. The first weights with a new
    temperature are kept where none of the second step were better on the part to stop by.

    Raises
    ------
    UnusableDataError
        A part has no readable onset of known sign.
    """
    learning, stopping, testing = split_onsets(local, shares, seed)
    held_out = HeldOut.of(stopping)
    batches = shuffled_batches(learning, BATCH, seed, pick_jitter_s)
    recalibrated = _calibrated(start, held_out)
    network = type(start.network)
    tuned = train(batches, stopping, plan, seed, report, start=start, network=network)
    if _loss(recalibrated, held_out) <= _loss(tuned, held_out):
        tuned = recalibrated
    before, middle, after = (_score(trained, testing) for trained in (start, recalibrated, tuned))
    card = start.card | _second_step(learning, seed, before, after)
    return FineTuned(TrainedNetwork(tuned.network, tuned.temperature, card), before, middle, after)


def _calibrated(start: TrainedNetwork, held_out: HeldOut) -> TrainedNetwork:
    temperature = fit_temperature(held_out.logits(start.network), held_out.target)
    return TrainedNetwork(start.network, temperature, start.card)


def _loss(trained: TrainedNetwork, held_out: HeldOut) -> float:
    return cross_entropy(held_out.logits(trained.network) / trained.temperature, held_out.target)


def _score(trained: TrainedNetwork, sets: Sequence[LabelledOnsets]) -> PolarityScore:
    """Score several sets together; onsets of sign 0 are left out."""
    answers = [
        PolarityModel(trained, highest_grid_hz=onsets.highest_grid_hz).classify(
            onsets.waveform, onsets.sampling_rate_hz, onsets.pick_index
        )
        for onsets in sets
    ]
    sign = np.concatenate([np.asarray(onsets.sign, np.int64) for onsets in sets])
    probability = np.concatenate([answer.up_probability for answer in answers])
    return score(probability[sign != 0], sign[sign != 0], DEFAULT_THRESHOLD)


def _second_step(
    learning: Sequence[LabelledOnsets], seed: int, before: PolarityScore, after: PolarityScore
) -> Card:
    return {
        "fine-tuned on onsets": sum(onsets.sign.size for onsets in learning),
        "fine-tuned with seed": seed,
        "held-back onsets": after.count,
        "accuracy before fine-tuning": round(before.accuracy, 4),
        "accuracy after fine-tuning": round(after.accuracy, 4),
        "calibration error before": round(before.calibration_error, 4),
        "calibration error after": round(after.calibration_error, 4),
    }
