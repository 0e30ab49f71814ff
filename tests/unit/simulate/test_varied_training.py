import numpy as np
import pytest

from streamstress.simulate.training_ground import rough_ground
from streamstress.simulate.training_noise import VariedNoise
from streamstress.simulate.training_sensors import recorded
from streamstress.simulate.training_varied import varied_record

N = 3001


def records(seed: int, count: int, **shares: float):
    rng = np.random.default_rng(seed)
    noise = VariedNoise(rng, N)
    return [varied_record(rng, noise, N, **shares) for _ in range(count)]


def test_records_are_finite_and_no_larger_than_one():
    for record in records(1, 60):
        assert np.isfinite(record.waveform).all()
        assert 0.0 < np.abs(record.waveform).max() <= 1.0
        assert len(record.p_sample) == len(record.s_sample) == len(record.snr)


def test_the_same_seed_gives_the_same_records():
    for one, other in zip(records(3, 5), records(3, 5), strict=True):
        np.testing.assert_array_equal(one.waveform, other.waveform)
        assert one.p_sample == other.p_sample


def test_noise_has_no_arrivals():
    assert all(record.p_sample == () for record in records(2, 10, noise_share=1.0))


def test_single_components_and_pairs_of_events_are_among_them():
    made = records(4, 120, pair_share=0.4)
    assert sum(not record.waveform[1:].any() for record in made) > 5
    assert sum(len(record.p_sample) == 2 for record in made) > 20


@pytest.mark.parametrize("seed", range(12))
def test_rough_ground_moves_nothing_ahead_of_the_onset(seed: int):
    smooth = np.zeros((3, 1000), np.float32)
    smooth[:, 400:] = np.random.default_rng(seed).standard_normal((3, 600))
    rough = rough_ground(smooth, 400.0, 700.0, np.random.default_rng(seed))
    assert not rough[:, :400].any()
    assert rough[:, 400:].any()


def test_sensors_keep_a_strong_onset_where_it_is():
    ground = 1e-3 * np.random.default_rng(0).standard_normal((3, 2000)).astype(np.float32)
    ground[:, 1000:1100] += np.hanning(200)[100:].astype(np.float32)
    for seed in range(40):
        trace = recorded(ground, np.random.default_rng(seed))[0].astype(float)
        steps = np.abs(np.diff(trace))
        # An anti-alias filter of 8 Hz spreads it over a few hundredths of a second.
        assert abs(int(np.argmax(steps)) - 1000) <= 25
