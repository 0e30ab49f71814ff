"""The training script: simulator and trainer joined, weights with their card."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from streamstress.cli.simulated_batches import (
    FAINT_ONSETS,
    NODAL_ONSETS,
    TRAINING_ONSETS,
    labelled,
    simulated_batches,
)
from streamstress.cli.train_polarity import train_polarity
from streamstress.polarity import load_polarity_model
from streamstress.polarity.weights_file import load_weights, save_weights
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets


@pytest.fixture
def few_held_out(monkeypatch: pytest.MonkeyPatch) -> list[tuple[OnsetSettings, ...]]:
    """A hundred held-out onsets in place of thousands; the crusts that were asked for."""
    asked: list[tuple[OnsetSettings, ...]] = []

    def few(rng: np.random.Generator, _: object, crusts: tuple[OnsetSettings, ...]):
        asked.append(crusts)
        return [labelled(simulate_onsets(100, rng, settings=crusts[0]))]

    monkeypatch.setattr("streamstress.cli.train_polarity.held_out_onsets", few)
    return asked


@pytest.mark.filterwarnings("error")
def test_script_writes_weights_that_load_and_name_their_making(tmp_path: Path):
    path = tmp_path / "own.pt"
    noise = np.random.default_rng(1).normal(size=(2, 500))
    made = train_polarity(path, 5, 2, noise)
    assert made is not None
    loaded = load_polarity_model(path)
    assert loaded.name == made.name
    card = loaded.trained.card
    assert card["seed"] == 5
    assert "--seed 5 --steps 2" in str(card["command"])
    assert "2 recordings" in str(card["training data"])
    assert 0.4 < float(card["accuracy at SNR 10, pick within 0 s"]) <= 1.0


def test_simulated_batches_can_be_entered_anywhere():
    first, _, third = islice(simulated_batches(3, rate_hz=100.0)(6), 3)
    again = next(simulated_batches(3, rate_hz=100.0)(8))
    np.testing.assert_array_equal(third.waveform, again.waveform)
    assert not np.array_equal(first.sign, third.sign)


@pytest.mark.usefixtures("few_held_out")
def test_second_stage_starts_from_the_first_and_its_card_tells_of_it(tmp_path: Path):
    first, second = tmp_path / "first.pt", tmp_path / "second.pt"
    made = train_polarity(first, 5, 1)
    assert made is not None
    train_polarity(second, 6, 1, start=first)
    card = load_polarity_model(second).trained.card
    assert card["started from"] == made.name
    assert card["its command"] == made.trained.card["command"]
    assert str(card["command"]).endswith("--start FIRST.pt")
    weights = [load_polarity_model(path).trained.network.state_dict() for path in (first, second)]
    moved = [
        (one - other).abs().max() for one, other in zip(*(w.values() for w in weights), strict=True)
    ]
    # One step of the warm-up changes no weight by more than a hundredth of the learning rate.
    assert 0 < max(moved) < 2e-5


def test_third_stage_goes_over_three_crusts_and_its_card_names_it(
    tmp_path: Path, few_held_out: list[tuple[OnsetSettings, ...]]
):
    start = tmp_path / "start.pt"
    save_weights(load_weights(), start)
    made = train_polarity(tmp_path / "third.pt", 6, 1, start=start, stage=3)
    assert made is not None
    assert str(made.trained.card["command"]).endswith("--start FIRST.pt --stage 3")
    assert few_held_out == [(TRAINING_ONSETS, NODAL_ONSETS, FAINT_ONSETS)]


def test_crusts_take_turns_block_by_block():
    crusts = (TRAINING_ONSETS, NODAL_ONSETS)
    both = [next(simulated_batches(3, None, crusts, 100.0)(step)) for step in (0, 8)]
    alone = [next(simulated_batches(3, None, [one], 100.0)(8 * i)) for i, one in enumerate(crusts)]
    for mixed, one in zip(both, alone, strict=True):
        np.testing.assert_array_equal(mixed.waveform, one.waveform)
