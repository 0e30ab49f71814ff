"""Training of the polarity network, on few and easy onsets."""

from dataclasses import replace

import numpy as np
import pytest

from streamstress.errors import UnusableDataError
from streamstress.polarity import PolarityModel
from streamstress.polarity.training import (
    LabelledOnsets,
    Progress,
    TrainingPlan,
    fit_temperature,
    train,
)
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

EASY = OnsetSettings(snr_range=(20.0, 60.0), wide_pick_share=0.0, pick_sigma_s=0.01)
PLAN = TrainingPlan(steps=30, check_every=10, learning_rate=2e-2)


def batches(seed: int, number: int, count: int = 64) -> list[LabelledOnsets]:
    rng = np.random.default_rng(seed)
    simulated = [simulate_onsets(count, rng, settings=EASY) for _ in range(number)]
    return [LabelledOnsets(s.waveform, s.sign, s.sampling_rate_hz, s.pick_index) for s in simulated]


def test_training_lowers_the_loss_and_learns_the_sign():
    checks: list[Progress] = []
    trained = train(batches(1, 30), batches(2, 4), PLAN, seed=3, report=checks.append)
    assert [check.step for check in checks] == [10, 20, 30]
    assert all(check.steps == 30 for check in checks)
    assert checks[-1].held_out_loss < 0.6 * np.log(2.0)
    assert checks[-1].held_out_loss < checks[0].held_out_loss
    fresh = simulate_onsets(300, 4, settings=replace(EASY, no_signal_share=0.0))
    result = PolarityModel(trained).classify(fresh.waveform, 100.0, fresh.pick_index)
    assert np.mean((result.up_probability > 0.5) == (fresh.sign > 0)) > 0.85
    assert trained.card["seed"] == 3
    assert trained.card["steps"] == 30


def test_same_seed_and_batches_give_the_same_network():
    first, again, other = (
        train(batches(1, 5), batches(2, 1), replace(PLAN, steps=5), seed) for seed in (3, 3, 4)
    )
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint


def test_training_stops_when_the_held_out_loss_no_longer_falls():
    # Labels without meaning: nothing can be learnt that holds out.
    rng = np.random.default_rng(5)
    confused = [
        replace(batch, sign=rng.choice([-1, 1], batch.sign.size)) for batch in batches(6, 40)
    ]
    checks: list[Progress] = []
    plan = TrainingPlan(steps=40, check_every=2, patience=3, learning_rate=0.1)
    trained = train(confused, batches(7, 1), plan, seed=8, report=checks.append)
    assert checks[-1].step < 40
    assert trained.card["best_step"] == min(checks, key=lambda c: c.held_out_loss).step


def test_temperature_undoes_overconfidence():
    rng = np.random.default_rng(9)
    logits = rng.normal(0.0, 2.0, 20_000)
    target = (rng.random(20_000) < 1.0 / (1.0 + np.exp(-logits))).astype(float)
    assert fit_temperature(3.0 * logits, target) == pytest.approx(3.0, rel=0.1)


def test_nothing_to_train_or_test_on_is_said():
    some = batches(10, 1)
    with pytest.raises(UnusableDataError, match="no batch"):
        train([], some, PLAN, seed=1)
    unsigned = replace(some[0], sign=np.zeros_like(some[0].sign))
    with pytest.raises(UnusableDataError, match="no held-out onset"):
        train(some, [unsigned], PLAN, seed=1)
    with pytest.raises(UnusableDataError, match="no held-out onset"):
        train(some, [], PLAN, seed=1)
