"""Simulated first motions: what the truth that comes with them is worth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from streamstress.simulate.onset_spectra import OnsetGrid, draw_coda
from streamstress.simulate.onsets import (
    OnsetSettings,
    SimulatedOnsets,
    draw_sampling_rate,
    simulate_onsets,
)

EXACT = OnsetSettings(
    snr_range=(1e4, 1e4), pick_sigma_s=0.0, wide_pick_share=0.0, no_signal_share=0.0
)


def above_1_hz(waveform: np.ndarray, rate_hz: float) -> np.ndarray:
    high_pass = signal.butter(2, 1.0, "highpass", fs=rate_hz, output="sos")
    return signal.sosfilt(high_pass, waveform, axis=1)


def test_same_seed_same_windows_other_seed_others():
    first, again, other = (simulate_onsets(50, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.waveform, again.waveform)
    np.testing.assert_array_equal(first.sign, again.sign)
    assert not np.array_equal(first.waveform, other.waveform)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 500.0])
def test_window_has_the_asked_length_and_pick(rate_hz: float):
    onsets = simulate_onsets(20, 1, sampling_rate_hz=rate_hz)
    assert onsets.waveform.shape == (20, round(2.4 * rate_hz))
    assert onsets.pick_index == round(1.6 * rate_hz)
    assert np.isfinite(onsets.waveform).all()


@pytest.mark.parametrize("rate_hz", [100.0, 250.0])
def test_motion_starts_at_the_onset_in_the_direction_of_the_sign(rate_hz: float):
    settings = replace(EXACT, zero_phase_share=0.0)
    onsets = simulate_onsets(1000, 3, sampling_rate_hz=rate_hz, settings=settings)
    motion = onsets.waveform * onsets.sign[:, None]
    first_peak = np.abs(motion[:, onsets.pick_index :][:, : round(0.2 * rate_hz)]).max(axis=1)
    before = np.abs(motion[:, : onsets.pick_index - 2]).max(axis=1) / first_peak
    # Noise and the ringing of a band-limited record stay below a few percent.
    assert np.quantile(before, 0.9) < 0.05
    # The direction of the motion where it first exceeds a tenth of its first peak.
    strong = np.abs(motion) > 0.1 * first_peak[:, None]
    strong[:, : onsets.pick_index - 2] = False
    assert np.mean(motion[np.arange(1000), strong.argmax(axis=1)] > 0) > 0.97


def test_zero_phase_filters_ring_before_the_onset():
    ringing = simulate_onsets(300, 4, settings=replace(EXACT, zero_phase_share=1.0))
    causal = simulate_onsets(300, 4, settings=replace(EXACT, zero_phase_share=0.0))
    just_before = slice(causal.pick_index - 8, causal.pick_index - 2)

    def leak(onsets: SimulatedOnsets) -> float:
        motion = np.abs(onsets.waveform)
        return float(np.median(motion[:, just_before].max(axis=1) / motion.max(axis=1)))

    assert leak(ringing) > 2.0 * leak(causal)


def test_signs_are_balanced_and_some_windows_hold_no_signal():
    onsets = simulate_onsets(4000, 5)
    assert abs(onsets.sign.mean()) < 0.05
    assert 0.03 < np.mean(onsets.sign == 0) < 0.07
    assert np.array_equal(onsets.snr == 0.0, onsets.sign == 0)
    signed = onsets.snr[onsets.sign != 0]
    assert 0.7 <= signed.min() < 1.0
    assert 40.0 < signed.max() <= 60.0


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 250.0])
def test_noise_has_unit_deviation_above_1_hz(rate_hz: float):
    silent = OnsetSettings(no_signal_share=1.0)
    onsets = simulate_onsets(800, 6, sampling_rate_hz=rate_hz, settings=silent)
    settled = above_1_hz(onsets.waveform, rate_hz)[:, round(0.8 * rate_hz) :]
    assert np.sqrt(np.mean(settled**2)) == pytest.approx(1.0, abs=0.15)


def test_snr_is_the_first_peak_over_the_noise():
    settings = replace(EXACT, snr_range=(50.0, 50.0))
    onsets = simulate_onsets(500, 7, settings=settings)
    banded = above_1_hz(onsets.waveform, 100.0)[:, onsets.pick_index :][:, :21]
    assert np.median(np.abs(banded).max(axis=1)) == pytest.approx(50.0, rel=0.1)


def test_pick_offset_is_pick_minus_onset():
    late = simulate_onsets(300, 8, settings=replace(EXACT, pick_bias_s=0.1, zero_phase_share=0.0))
    np.testing.assert_allclose(late.pick_offset_s, 0.1)
    at_pick = np.abs(late.waveform[:, late.pick_index - 12 : late.pick_index]).max(axis=1)
    earlier = np.abs(late.waveform[:, : late.pick_index - 12]).max(axis=1)
    assert np.median(earlier / at_pick) < 0.05


def test_pick_errors_follow_the_settings():
    offsets = simulate_onsets(5000, 9).pick_offset_s
    expected = np.hypot(0.04, np.sqrt(0.3 / 3.0) * 0.1)
    assert offsets.std() == pytest.approx(expected, rel=0.1)
    assert abs(offsets.mean()) < 0.005


def test_noise_bank_gives_the_noise():
    wave = np.sin(2 * np.pi * 7.0 * np.arange(1000) / 100.0)
    settings = OnsetSettings(no_signal_share=1.0, noise_bank_share=1.0)
    onsets = simulate_onsets(40, 10, settings=settings, noise_bank=wave[None, :])
    spectra = np.abs(np.fft.rfft(onsets.waveform, axis=1))
    frequency = np.fft.rfftfreq(onsets.waveform.shape[1], 0.01)
    assert np.all(np.abs(frequency[spectra.argmax(axis=1)] - 7.0) < 0.5)


def test_dead_stretch_of_the_noise_bank_gives_no_noise():
    settings = OnsetSettings(no_signal_share=1.0, noise_bank_share=1.0)
    onsets = simulate_onsets(5, 1, settings=settings, noise_bank=np.full((2, 400), 3.0))
    assert not onsets.waveform.any()


def test_short_noise_bank_is_refused():
    with pytest.raises(ValueError, match="rows of 240 samples"):
        simulate_onsets(5, 1, noise_bank=np.ones((3, 100)))


def test_sampling_rates_are_mostly_100_hz():
    rng = np.random.default_rng(1)
    rates = np.array([draw_sampling_rate(rng) for _ in range(500)])
    assert np.mean(rates == 100.0) > 0.4
    assert rates.min() == 50.0
    assert rates.max() == 500.0


def test_coda_that_sets_in_slowly_leaves_the_direct_arrival_alone_at_first():
    plain = OnsetSettings(coda_amplitude=(1.0, 1.0))
    grid = OnsetGrid.of(100.0, plain)
    sudden = draw_coda(50, np.random.default_rng(2), grid, plain)
    slow = draw_coda(50, np.random.default_rng(2), grid, replace(plain, coda_rise_s=(0.3, 0.3)))
    share = slow.amplitude / sudden.amplitude
    np.testing.assert_allclose(share[:, 0], 0.0)
    np.testing.assert_allclose(share[:, 30], 1.0 - np.exp(-1.0))
    np.testing.assert_array_equal(slow.probability, sudden.probability)
