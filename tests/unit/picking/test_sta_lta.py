import numpy as np
import pytest

from streamstress.picking.evaluation import pick_record
from streamstress.picking.picker_stage import PickerStage
from streamstress.picking.sta_lta import StaLtaPicker

P, S = 4_000, 4_450


def record(seed: int = 0, horizontals: bool = True) -> np.ndarray:
    """Noise with an earthquake: P on the vertical, S on the horizontals."""
    rng = np.random.default_rng(seed)
    waveform = rng.standard_normal((3, 9_000))
    fall = np.exp(-np.arange(2_000) / 300.0)
    waveform[0, P : P + 2_000] += 20.0 * fall * rng.standard_normal(2_000)
    waveform[1:, P : P + 2_000] += 4.0 * fall * rng.standard_normal((2, 2_000))
    waveform[1:, S : S + 2_000] += 40.0 * fall * rng.standard_normal((2, 2_000))
    if not horizontals:
        waveform[1:] = 0.0
    return waveform


def times(waveform: np.ndarray, phase: str) -> np.ndarray:
    start_ns = 1_600_000_000_000_000_000
    picks = pick_record(PickerStage(StaLtaPicker()), waveform, start_ns=start_ns)
    found = [(p.time_ns - start_ns) / 1e7 for p in picks if p.phase == phase]
    return np.array(found)


@pytest.mark.parametrize("seed", range(4))
def test_p_and_s_are_timed_to_a_twentieth_of_a_second(seed: int):
    waveform = record(seed)
    assert np.abs(times(waveform, "P") - P).min() <= 5
    assert np.abs(times(waveform, "S") - S).min() <= 5


def test_a_vertical_alone_gives_its_p():
    assert np.abs(times(record(horizontals=False), "P") - P).min() <= 5


def test_an_earlier_bang_does_not_make_the_p_an_s():
    waveform = record()
    waveform[0, P - 800 : P - 780] += 12.0
    assert np.abs(times(waveform, "P") - P).min() <= 5


def test_noise_gives_next_to_nothing():
    noise = np.random.default_rng(5).standard_normal((3, 60_000))
    assert len(times(noise, "P")) + len(times(noise, "S")) <= 1


def test_gain_and_company_change_no_score():
    picker = StaLtaPicker()
    batch = np.stack([record(seed)[:, 2_000:5_001] for seed in range(3)]).astype(np.float32)
    together = picker.probabilities(batch)
    np.testing.assert_array_equal(picker.probabilities(batch[1:2])[0], together[1])
    np.testing.assert_allclose(picker.probabilities(1e-8 * batch), together, atol=1e-4)


def test_nothing_and_a_dead_channel_have_no_onset():
    empty = np.zeros((1, 3, 3001), np.float32)
    assert not StaLtaPicker().probabilities(empty).any()
