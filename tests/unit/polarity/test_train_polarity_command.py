"""The training command: simulator and trainer joined, weights with their card."""

from pathlib import Path

import numpy as np

from streamstress.cli.train_polarity import train_polarity
from streamstress.polarity import load_polarity_model


def test_command_writes_weights_that_load_and_name_their_making(tmp_path: Path):
    path = tmp_path / "own.pt"
    noise = np.random.default_rng(1).normal(size=(2, 500))
    made = train_polarity(path, seed=5, minutes=0.0, noise_bank=noise, steps=2)
    loaded = load_polarity_model(path)
    assert loaded.name == made.name
    card = loaded.trained.card
    assert card["seed"] == 5
    assert "--seed 5 --steps 2" in str(card["command"])
    assert "2 recordings" in str(card["training data"])
    assert 0.4 < float(card["accuracy at SNR 10, pick within 0 s"]) <= 1.0
