"""The training script: simulator and trainer joined, weights with their card."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from streamstress.cli.train_polarity import simulated_batches, train_polarity
from streamstress.polarity import load_polarity_model


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
