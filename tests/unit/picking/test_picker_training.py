import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from streamstress.picking.augmentation import AugmentationSettings, Augmenter, LabelledRecord
from streamstress.picking.evaluation import score
from streamstress.picking.models import DEMO_WEIGHTS, load_picker
from streamstress.picking.picker_stage import PickerStage
from streamstress.picking.training import (
    TrainedPicker,
    TrainingSettings,
    save_picker,
    train_phasenet,
)
from streamstress.simulate.training import training_record

PLAIN = AugmentationSettings(0.0, 0.0, 1.5, 0.0, 0.0, 0.0, 0.0, (0.3, 3.0), 0.0)


def spike_record(rng: np.random.Generator, n: int = 5000) -> LabelledRecord:
    waveform = rng.standard_normal((3, n)).astype(np.float32)
    if rng.random() < 0.2:
        return LabelledRecord(waveform)
    p = int(rng.integers(500, n - 1000))
    s = p + int(rng.integers(100, 400))
    decay = np.exp(-np.arange(100) / 30)
    waveform[0, p : p + 100] += 30 * decay
    waveform[1:, s : s + 100] += 30 * decay
    return LabelledRecord(waveform, (float(p),), (float(s),))


def spike_records(part: int) -> Iterator[LabelledRecord]:
    rng = np.random.default_rng([1, part])
    while True:
        yield spike_record(rng)


def test_labels_lie_on_the_arrivals_of_the_crop():
    record = spike_record(np.random.default_rng(8))
    augmenter = Augmenter(np.random.default_rng(1), settings=PLAIN)
    seen = 0
    for _ in range(20):
        waveform, labels = augmenter.window(record)
        assert waveform.shape == labels.shape == (3, 3001)
        np.testing.assert_allclose(labels.sum(axis=0), 1.0, atol=1e-6)
        if labels[0].max() > 0.999:
            seen += 1
            assert abs(np.argmax(np.abs(waveform[0])) - np.argmax(labels[0])) <= 3
    assert seen > 5


def test_arrivals_outside_and_noise_have_no_labels():
    augmenter = Augmenter(np.random.default_rng(1), settings=PLAIN)
    noise = np.random.default_rng(2).standard_normal((3, 4000)).astype(np.float32)
    for record in (LabelledRecord(noise), LabelledRecord(noise, (np.nan,), (np.nan,))):
        assert not augmenter.window(record)[1][:2].any()


def test_louder_noise_reaches_the_asked_signal_to_noise_ratio():
    settings = AugmentationSettings(0.0, 1.0, 1.5, 0.0, 0.0, 0.0, 0.0, (0.3, 3.0), 0.0)
    augmenter = Augmenter(np.random.default_rng(1), settings=settings)
    rng = np.random.default_rng(4)
    quiet = spike_record(np.random.default_rng(8), 3001)
    augmenter.window(LabelledRecord(rng.standard_normal((3, 3001)).astype(np.float32)))
    waveform, _ = augmenter.window(quiet)
    noise = waveform[0, : int(quiet.p_sample[0]) - 10].std()
    # From 1.5 to 30, the peak of the spike being 30.
    assert 1.0 < noise < 25.0


def test_training_learns_and_repeats_itself(tmp_path: Path):
    losses: list[float] = []
    settings = TrainingSettings(windows=48, batch_size=4, learning_rate=1e-2, part_steps=1)
    first = train_phasenet(spike_records, 5, settings, progress=lambda _, loss: losses.append(loss))
    assert losses[-1] < 0.7 * losses[0]
    assert_same_weights(first, train_phasenet(spike_records, 5, settings))
    save_picker(first, tmp_path / "new", {"summary": "a trial"})
    picker = load_picker(f"phasenet:{tmp_path / 'new'}")
    batch = np.random.default_rng(2).standard_normal((2, 3, 3001)).astype(np.float32)
    assert np.isfinite(picker.probabilities(batch)).all()
    card = json.loads((tmp_path / "new.json").read_text())["card"]
    assert (card["summary"], card["training_windows"]) == ("a trial", 48)


def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path: Path):
    settings = TrainingSettings(windows=24, batch_size=4, part_steps=2)
    checkpoint = tmp_path / "training.ckpt"

    def interrupt(done: int, _loss: float) -> None:
        if done == 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_phasenet(spike_records, 5, settings, progress=interrupt, checkpoint=checkpoint)
    resumed = train_phasenet(spike_records, 5, settings, checkpoint=checkpoint)
    assert_same_weights(resumed, train_phasenet(spike_records, 5, settings))


def assert_same_weights(one: TrainedPicker, other: TrainedPicker) -> None:
    mine, theirs = one.model.state_dict(), other.model.state_dict()
    for name in mine:
        np.testing.assert_array_equal(mine[name].numpy(), theirs[name].numpy())


def test_the_demo_weights_are_small_and_carry_their_card():
    weights = DEMO_WEIGHTS.with_name(DEMO_WEIGHTS.name + ".pt")
    assert weights.stat().st_size < 1_200_000
    card = json.loads(DEMO_WEIGHTS.with_name(DEMO_WEIGHTS.name + ".json").read_text())["card"]
    assert card["test"]["P"]["found"] >= 0.95


def test_the_demo_picker_finds_simulated_arrivals_it_never_saw():
    rng = np.random.default_rng(20_240_611)
    records: list[LabelledRecord] = []
    while len(records) < 25:
        made = training_record(rng, n_samples=6001, noise_share=0.0, pair_share=0.0)
        if made.snr[0] >= 5 and made.p_sample[0] > 300 and made.s_sample[0] < 5500:
            records.append(LabelledRecord(made.waveform, made.p_sample, made.s_sample))
    stage = PickerStage(load_picker("demo"))
    scores = score(stage, records)
    p, s = scores["P"], scores["S"]
    assert p.found >= 0.92
    assert p.within_100_ms >= 0.88
    assert s.found >= 0.7


@pytest.mark.parametrize("seed", [1, 2])
def test_the_demo_picker_is_quiet_in_noise(seed: int):
    rng = np.random.default_rng([99, seed])
    records = []
    for _ in range(6):
        made = training_record(rng, n_samples=6001, noise_share=1.0)
        records.append(LabelledRecord(made.waveform))
    stage = PickerStage(load_picker("demo"))
    assert sum(found.extra_per_record for found in score(stage, records).values()) <= 0.5
