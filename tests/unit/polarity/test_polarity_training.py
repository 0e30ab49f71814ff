"""Training of the polarity network, on few and easy onsets."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from streamstress.errors import UnusableDataError, WeightsError
from streamstress.polarity import PolarityModel
from streamstress.polarity.finetuning import finetune
from streamstress.polarity.labelled import (
    BatchSource,
    LabelledOnsets,
    shuffled_batches,
    split_onsets,
)
from streamstress.polarity.network import FirstMotionNetwork, PlainNetwork
from streamstress.polarity.training import (
    Progress,
    TrainingPlan,
    fit_temperature,
    train,
    train_part,
)
from streamstress.polarity.training_run import TrainingRun
from streamstress.polarity.weights_file import TrainedNetwork
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

EASY = OnsetSettings(snr_range=(20.0, 60.0), wide_pick_share=0.0, pick_sigma_s=0.01)
PLAN = TrainingPlan(steps=30, check_every=10, learning_rate=1e-2)


def onsets(seed: int, count: int = 64, **changes: Any) -> LabelledOnsets:
    made = simulate_onsets(count, seed, settings=replace(EASY, **changes))
    order = np.random.default_rng(seed).permutation(count)
    return LabelledOnsets(made.waveform, made.sign, made.sampling_rate_hz, made.pick_index).rows(
        order
    )


def batches(seed: int, number: int) -> BatchSource:
    sets = [onsets(1000 * seed + i) for i in range(number)]
    return lambda step: iter(sets[step:])


def accuracy(trained: TrainedNetwork, tested: LabelledOnsets) -> float:
    result = PolarityModel(trained).classify(
        tested.waveform, tested.sampling_rate_hz, tested.pick_index
    )
    return float(np.mean((result.up_probability > 0.5) == (tested.sign > 0)))


def test_training_lowers_the_loss_and_learns_the_sign():
    checks: list[Progress] = []
    trained = train(batches(1, 30), [onsets(2, 256)], PLAN, seed=3, report=checks.append)
    assert [check.step for check in checks] == [10, 20, 30]
    assert all(check.steps == 30 for check in checks)
    assert checks[-1].held_out_loss < 0.6 * np.log(2.0)
    assert checks[-1].held_out_loss < checks[0].held_out_loss
    assert accuracy(trained, onsets(4, 300, no_signal_share=0.0)) > 0.85
    assert trained.card["seed"] == 3
    assert trained.card["steps"] == 30


def test_same_seed_and_batches_give_the_same_network():
    first, again, other = (
        train(batches(1, 5), [onsets(2)], replace(PLAN, steps=5), seed) for seed in (3, 3, 4)
    )
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint


def test_training_in_parts_gives_the_network_of_one_training(tmp_path: Path):
    plan = TrainingPlan(steps=8, check_every=2)
    held_out, checkpoint = [onsets(2)], tmp_path / "made" / "training.checkpoint"
    whole = train(batches(1, 8), held_out, plan, seed=3)
    parts, calls = None, 0
    while parts is None:
        parts = train_part(batches(1, 8), held_out, plan, 3, checkpoint, pause_after_s=0.0)
        calls += 1
    assert calls == 4
    assert parts.fingerprint == whole.fingerprint
    assert not checkpoint.exists()


def test_averaged_weights_are_those_kept_and_survive_a_pause(tmp_path: Path):
    plan = TrainingPlan(steps=8, check_every=2, averaging=0.75)
    held_out, checkpoint = [onsets(2)], tmp_path / "training.checkpoint"
    whole = train(batches(1, 8), held_out, plan, seed=3)
    parts = None
    while parts is None:
        parts = train_part(batches(1, 8), held_out, plan, 3, checkpoint, pause_after_s=0.0)
    assert parts.fingerprint == whole.fingerprint
    last = train(batches(1, 8), held_out, replace(plan, averaging=0.0), seed=3)
    assert whole.fingerprint != last.fingerprint


def test_the_mean_of_the_weights_is_that_of_all_steps_at_first():
    run = TrainingRun.begin(replace(PLAN, averaging=0.9), 3, None, FirstMotionNetwork)
    seen = []
    for batch in batches(1, 4)(0):
        run.advance(batch)
        seen.append([value.detach().clone() for value in run.network.parameters()])
    for place, mean in enumerate(run.averaged.parameters()):
        expected = torch.stack([weights[place] for weights in seen]).mean(0)
        torch.testing.assert_close(mean, expected)


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path):
    plan, checkpoint = TrainingPlan(steps=4, check_every=2), tmp_path / "training.checkpoint"
    assert train_part(batches(1, 4), [onsets(2)], plan, 3, checkpoint, 0.0) is None
    with pytest.raises(WeightsError, match="another training"):
        train_part(batches(1, 4), [onsets(2)], plan, 4, checkpoint, 0.0)


def test_training_stops_when_the_held_out_loss_no_longer_falls():
    # Labels without meaning: nothing can be learnt that holds out.
    rng = np.random.default_rng(5)
    confused = [
        replace(batch, sign=rng.choice([-1, 1], batch.sign.size)) for batch in batches(6, 40)(0)
    ]
    checks: list[Progress] = []
    plan = TrainingPlan(steps=40, check_every=2, patience=3, learning_rate=0.03)
    trained = train(lambda step: iter(confused[step:]), [onsets(7)], plan, 8, checks.append)
    assert checks[-1].step < 40
    assert trained.card["best_step"] == min(checks, key=lambda c: c.held_out_loss).step


def test_a_network_that_is_not_odd_learns_from_turned_over_copies():
    # Only upward onsets: without turned copies "up" would always be right.
    upward = [onsets(20 + i, 128, no_signal_share=0.0) for i in range(40)]
    upward = [
        replace(part, waveform=part.waveform * part.sign[:, None], sign=np.abs(part.sign))
        for part in upward
    ]
    plan = TrainingPlan(steps=40, check_every=20, learning_rate=3e-3)
    held_out = [onsets(9, 200, no_signal_share=0.0)]
    trained = train(lambda step: iter(upward[step:]), held_out, plan, 1, network=PlainNetwork)
    assert accuracy(trained, onsets(10, 300, no_signal_share=0.0)) > 0.85


def test_fine_tuning_gains_where_the_local_onsets_differ():
    start = train(batches(1, 30), [onsets(2, 256)], PLAN, seed=3)
    # A network that reads its picks late, so that the first swing stands before the pick.
    local = onsets(11, 400, pick_bias_s=0.08, snr_range=(5.0, 20.0), no_signal_share=0.0)
    tuned = finetune(start, [local], seed=1, plan=TrainingPlan(40, 1e-3, check_every=10))
    assert tuned.before.count == tuned.after.count == 80
    assert tuned.after.accuracy >= tuned.before.accuracy
    tested = onsets(12, 400, pick_bias_s=0.08, snr_range=(5.0, 20.0), no_signal_share=0.0)
    assert accuracy(tuned.trained, tested) > accuracy(start, tested)
    assert tuned.trained.card["fine-tuned on onsets"] == 240
    assert tuned.trained.card["seed"] == 3


def test_fine_tuning_to_labels_without_meaning_leaves_nothing_to_be_sure_of():
    start = train(batches(1, 30), [onsets(2, 256)], PLAN, seed=3)
    rng = np.random.default_rng(13)
    confused = replace(onsets(14, 400), sign=rng.choice([-1, 1], 400))
    tuned = finetune(start, [confused], seed=1, plan=TrainingPlan(20, 1e-3, check_every=10))
    fresh = onsets(15, 200)
    sure, unsure = (
        PolarityModel(trained).classify(fresh.waveform, 100.0, fresh.pick_index).decision
        for trained in (start, tuned.trained)
    )
    assert np.mean(sure != "unknown") > 0.5
    assert np.mean(unsure != "unknown") < 0.1


def test_a_split_never_parts_an_earthquake():
    event = np.random.default_rng(15).integers(0, 20, 64)
    grouped = [replace(onsets(seed), group=event) for seed in (16, 17)]
    parts = split_onsets(grouped, (0.5, 0.25, 0.25), seed=2)
    groups = [set(np.concatenate([onsets.group for onsets in part])) for part in parts]
    assert set.union(*groups) == set(event)
    assert sum(map(len, groups)) == len(set(event))
    assert sum(onsets.sign.size for part in parts for onsets in part) == 128


def test_each_epoch_holds_every_onset_once_and_can_be_entered_anywhere():
    sets = [onsets(18, 50), replace(onsets(19, 30), sampling_rate_hz=200.0)]
    source = shuffled_batches(sets, 16, seed=4, pick_jitter_s=0.02)
    epoch = list(islice(source(0), 6))
    assert sum(batch.sign.size for batch in epoch) == 80
    largest = sorted(float(row.max()) for batch in epoch for row in batch.waveform)
    assert largest == sorted(float(row.max()) for part in sets for row in part.waveform)
    later = list(islice(source(4), 4))
    np.testing.assert_array_equal(later[0].waveform, epoch[4].waveform)
    np.testing.assert_array_equal(later[0].pick_index, epoch[4].pick_index)
    assert not np.array_equal(later[2].waveform, epoch[0].waveform)


def test_temperature_undoes_overconfidence():
    rng = np.random.default_rng(9)
    logits = rng.normal(0.0, 2.0, 20_000)
    target = (rng.random(20_000) < 1.0 / (1.0 + np.exp(-logits))).astype(float)
    assert fit_temperature(3.0 * logits, target) == pytest.approx(3.0, rel=0.1)


def test_nothing_to_train_or_test_on_is_said():
    some = onsets(10)
    with pytest.raises(UnusableDataError, match="no batch"):
        train(batches(1, 0), [some], PLAN, seed=1)
    unsigned = replace(some, sign=np.zeros_like(some.sign))
    for held_out in ([unsigned], []):
        with pytest.raises(UnusableDataError, match="no held-out onset"):
            train(batches(1, 1), held_out, PLAN, seed=1)
    with pytest.raises(UnusableDataError, match="no labelled onset"):
        shuffled_batches([], 16, seed=1)
