"""Noise is the same however it is cut, and as strong as its spectrum says."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import welch

from streamstress.simulate.noise import (
    BLOCK,
    NoiseLevel,
    amplitude_density,
    continuous_noise,
    noise_record,
)


def test_pieces_join_to_the_whole():
    level, seed = NoiseLevel(), (3, 1, 4)
    whole = continuous_noise(level, seed, 0, 2 * BLOCK + 500)
    cuts = [0, 1, 999, BLOCK - 1, BLOCK + 2000, 2 * BLOCK + 500]
    pieces = [continuous_noise(level, seed, a, b) for a, b in pairwise(cuts)]
    assert np.array_equal(np.concatenate(pieces, axis=1), whole)


def test_stations_differ():
    a, b = (continuous_noise(NoiseLevel(), (1, station), 0, 1000) for station in (0, 1))
    assert abs(np.corrcoef(a[0], b[0])[0, 1]) < 0.9
    assert not np.array_equal(a, b)


@pytest.mark.parametrize("kind", ["continuous", "record"])
def test_the_spectrum_is_the_stated_one(kind: str):
    level = NoiseLevel()
    if kind == "continuous":
        noise = continuous_noise(level, (7,), 0, 8 * BLOCK)
    else:
        noise = noise_record(level, 8 * BLOCK, np.random.default_rng(7))
    frequency, power = welch(noise[0].astype(float), 100.0, nperseg=8192)
    stated = amplitude_density(level, frequency)
    for low, high in ((0.15, 0.25), (1.0, 3.0), (5.0, 8.0), (15.0, 30.0)):
        band = (frequency > low) & (frequency < high)
        measured = np.sqrt(power[band].mean())
        assert measured == pytest.approx(np.sqrt(np.mean(stated[band] ** 2)), rel=0.15)


def test_blocks_join_without_a_seam():
    noise = continuous_noise(NoiseLevel(), (5,), BLOCK - 5000, BLOCK + 8000)[0].astype(float)
    step = np.abs(np.diff(noise))
    assert step[4500:8500].max() < 1.5 * np.delete(step, np.s_[4500:8500]).max()
    power = [np.mean(part**2) for part in np.split(np.diff(noise)[: 13_000 - 1][:12_000], 12)]
    assert max(power) < 1.5 * min(power)
