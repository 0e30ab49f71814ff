"""First motions: what a pipeline may rely on."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamstress.errors import WeightsError
from streamstress.polarity import PolarityModel, load_polarity_model
from streamstress.polarity.classify import decide
from streamstress.polarity.evaluation import calibration_error, score
from streamstress.polarity.grids import Grid, grid_factors, samples_needed
from streamstress.polarity.inference import BATCH, network_logits
from streamstress.polarity.network import FirstMotionNetwork, PlainNetwork
from streamstress.polarity.preparation import onset_features, without_spikes
from streamstress.polarity.weights_file import COMMITTED_WEIGHTS, load_weights, save_weights
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

EASY = OnsetSettings(
    snr_range=(10.0, 60.0), wide_pick_share=0.0, pick_sigma_s=0.02, no_signal_share=0.0
)


@cache
def model() -> PolarityModel:
    return load_polarity_model()


def random_onsets(seed: int, count: int = 8, samples: int = 240) -> np.ndarray:
    """Noise with a step-like motion at sample 160."""
    rng = np.random.default_rng(seed)
    onsets = rng.normal(size=(count, samples)) * np.exp(rng.normal(0.0, 4.0, (count, 1)))
    onsets[:, 160:] += rng.normal(0.0, 10.0, (count, 1)) * np.abs(onsets).max(axis=1)[:, None]
    return onsets


@given(seed=st.integers(0, 2**32 - 1), rate_hz=st.sampled_from([100.0, 150.0, 200.0, 250.0]))
@settings(max_examples=20, deadline=None)
def test_turned_over_waveform_gets_exactly_the_opposite_answer(seed: int, rate_hz: float):
    onsets = random_onsets(seed)
    up = model().classify(onsets, rate_hz, 160)
    down = model().classify(-onsets, rate_hz, 160)
    np.testing.assert_allclose(up.up_probability + down.up_probability, 1.0, rtol=0, atol=1e-15)
    opposite = {"up": "down", "down": "up", "unknown": "unknown"}
    assert [opposite[d] for d in up.decision] == list(down.decision)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_logits_are_odd_to_the_last_bit(seed: int):
    features, _ = onset_features(random_onsets(seed), 100.0, 160)
    turned, _ = onset_features(-random_onsets(seed), 100.0, 160)
    np.testing.assert_array_equal(features, -turned)
    network = model().trained.network
    np.testing.assert_array_equal(
        network_logits(network, features), -network_logits(network, turned)
    )


@pytest.mark.parametrize("make", [FirstMotionNetwork, PlainNetwork])
def test_fast_logits_are_those_of_the_network_that_was_trained(make: type[torch.nn.Module]):
    torch.manual_seed(1)
    network = make()
    features, _ = onset_features(random_onsets(2, count=BATCH + 3), 100.0, 160)
    expected = network(torch.from_numpy(features)).detach().numpy()
    np.testing.assert_allclose(network_logits(network, features), expected, atol=1e-5)


def test_company_and_order_do_not_matter():
    onsets = simulate_onsets(BATCH + 70, 11).waveform
    together = model().classify(onsets, 100.0, 160).up_probability
    backwards = model().classify(onsets[::-1], 100.0, 160).up_probability[::-1]
    np.testing.assert_array_equal(together, backwards)
    for i in (0, BATCH - 1, BATCH, BATCH + 69):
        assert model().classify(onsets[i : i + 1], 100.0, 160).up_probability[0] == together[i]


def test_mixed_rates_and_picks_are_answered_as_alone():
    slow = simulate_onsets(4, 12, sampling_rate_hz=50.0)
    fast = simulate_onsets(4, 13, sampling_rate_hz=500.0)
    rows = [row for pair in zip(slow.waveform, fast.waveform, strict=True) for row in pair]
    rates = np.tile([50.0, 500.0], 4)
    picks = np.tile([slow.pick_index, fast.pick_index], 4)
    mixed = model().classify(rows, rates, picks).up_probability
    alone = [
        model().classify(onsets.waveform, onsets.sampling_rate_hz, onsets.pick_index)
        for onsets in (slow, fast)
    ]
    np.testing.assert_array_equal(mixed[::2], alone[0].up_probability)
    np.testing.assert_array_equal(mixed[1::2], alone[1].up_probability)


@pytest.mark.parametrize("gain", [2.0**-40, 1e-9, 3.7, 1e12])
def test_amplitude_unit_and_offset_do_not_matter(gain: float):
    onsets = simulate_onsets(200, 14).waveform.astype(float)
    counts = model().classify(onsets, 100.0, 160).up_probability
    scaled = model().classify(gain * onsets, 100.0, 160).up_probability
    # The fourth decimal may turn where the gain is not a power of two.
    np.testing.assert_allclose(scaled, counts, rtol=0, atol=1.01e-4)
    raised = model().classify(onsets + 1000.0, 100.0, 160).up_probability
    np.testing.assert_allclose(raised, counts, rtol=0, atol=1.01e-4)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 250.0, 500.0])
def test_clear_onsets_are_read_right(rate_hz: float):
    onsets = simulate_onsets(1000, 15, sampling_rate_hz=rate_hz, settings=EASY)
    result = model().classify(onsets.waveform, rate_hz, onsets.pick_index)
    kept = result.decision != "unknown"
    right = (result.decision == "up") == (onsets.sign > 0)
    assert kept.mean() > 0.9
    assert right[kept].mean() > 0.98
    # Neither direction is preferred.
    assert abs(np.mean(result.up_probability - (onsets.sign > 0))) < 0.02


def spoiled(kind: str, onsets: np.ndarray, pick: int) -> np.ndarray:
    """Clear onsets at 100 Hz as a poor station would have recorded them."""
    rng = np.random.default_rng(30)
    bad = onsets.astype(float)
    largest = np.abs(bad).max(axis=1, keepdims=True)
    if kind == "offset":
        bad += 1e5 * largest
    elif kind == "one-sample spike":
        bad[np.arange(len(bad)), rng.integers(20, pick - 30, len(bad))] += 30.0 * largest[:, 0]
    elif kind == "clipped":
        bad = np.clip(bad, -0.4 * largest, 0.4 * largest)
    elif kind == "50 Hz hum":
        hum = np.sin(
            2 * np.pi * 0.4971 * np.arange(bad.shape[1]) + rng.uniform(0, 6, (len(bad), 1))
        )
        bad += 0.05 * largest * hum
    elif kind == "dead before":
        bad[:, : pick - 40] = bad[:, pick - 40 : pick - 39]
    elif kind == "microseism":
        wave = np.sin(
            2 * np.pi * 0.002 * np.arange(bad.shape[1]) + rng.uniform(0, 6, (len(bad), 1))
        )
        bad += largest * wave
    return bad


@pytest.mark.parametrize(
    "kind", ["offset", "one-sample spike", "clipped", "50 Hz hum", "dead before", "microseism"]
)
def test_poor_records_of_clear_onsets_are_read_right_or_not_at_all(kind: str):
    onsets = simulate_onsets(400, 31, settings=replace(EASY, snr_range=(20.0, 60.0)))
    bad = spoiled(kind, onsets.waveform, onsets.pick_index)
    result = model().classify(bad, 100.0, onsets.pick_index)
    kept = result.decision != "unknown"
    assert kept.mean() > 0.8
    assert np.mean((result.decision == "up")[kept] == (onsets.sign > 0)[kept]) > 0.98


@pytest.mark.parametrize("rate_hz", [100.0, 500.0])
def test_onsets_far_stronger_than_any_in_training_are_still_read(rate_hz: float):
    strong = replace(EASY, snr_range=(500.0, 3000.0))
    onsets = simulate_onsets(500, 35, sampling_rate_hz=rate_hz, settings=strong)
    result = model().classify(onsets.waveform, rate_hz, onsets.pick_index)
    kept = result.decision != "unknown"
    assert kept.mean() > 0.8
    assert np.mean((result.decision == "up")[kept] == (onsets.sign > 0)[kept]) > 0.99


@pytest.mark.parametrize("rate_hz", [100.0, 500.0])
@pytest.mark.parametrize("error_s", [-0.1, 0.1])
def test_a_pick_a_tenth_of_a_second_off_makes_decisions_fewer_but_not_wrong(
    rate_hz: float, error_s: float
):
    settings = replace(EASY, snr_range=(3.0, 60.0), pick_bias_s=error_s, pick_sigma_s=0.0)
    onsets = simulate_onsets(800, 32, sampling_rate_hz=rate_hz, settings=settings)
    result = model().classify(onsets.waveform, rate_hz, onsets.pick_index)
    kept = result.decision != "unknown"
    assert kept.mean() > 0.6
    assert np.mean((result.decision == "up")[kept] == (onsets.sign > 0)[kept]) >= 0.97
    confidence = np.maximum(result.up_probability, 1.0 - result.up_probability)
    right = (result.up_probability > 0.5) == (onsets.sign > 0)
    assert np.mean(confidence - right) <= 0.02


def test_waves_are_no_spikes_and_spikes_leave_no_trace():
    onsets = simulate_onsets(300, 33, settings=EASY).waveform.astype(float)
    clean = onsets - onsets[:, :1]
    np.testing.assert_array_equal(without_spikes(clean), clean)
    smooth = np.sin(0.05 * np.arange(240))[None]
    spiked = smooth.copy()
    spiked[0, 100] += 50.0
    np.testing.assert_allclose(without_spikes(spiked), smooth, atol=2e-3)


@pytest.mark.parametrize(
    ("rate_hz", "highest_hz", "factors"),
    [
        (20.0, 500.0, (10, 1)),
        (50.0, 500.0, (4, 1)),
        (100.0, 500.0, (2, 1)),
        (200.0, 500.0, (1, 1)),
        (500.0, 500.0, (1, 1)),
        (1000.0, 500.0, (1, 2)),
        (1000.0, 1000.0, (1, 1)),
        (4000.0, 4000.0, (1, 1)),
    ],
)
def test_no_bandwidth_is_thrown_away_up_to_the_highest_grid(
    rate_hz: float, highest_hz: float, factors: tuple[int, int]
):
    assert grid_factors(rate_hz, highest_hz) == factors
    grid = Grid.of(rate_hz, highest_hz)
    # Every recorded sample of the window reaches the network.
    assert np.all(np.abs(grid.matrix[-grid.after - grid.before + 1 :]).max(axis=1) > 0)


def test_a_borehole_record_read_at_its_own_rate_is_read_as_its_slower_image():
    onsets = simulate_onsets(500, 34, sampling_rate_hz=500.0, settings=EASY)
    own = load_polarity_model(highest_grid_hz=4000.0)
    slow = model().classify(onsets.waveform, 500.0, onsets.pick_index).up_probability
    fast = own.classify(onsets.waveform, 4000.0, onsets.pick_index).up_probability
    np.testing.assert_allclose(fast, slow, atol=2e-3)
    with pytest.raises(ValueError, match="between 500 and 4000"):
        load_polarity_model(highest_grid_hz=8000.0)


def test_probabilities_mean_what_they_say():
    onsets = simulate_onsets(5000, 16)
    signed = onsets.sign != 0
    result = model().classify(onsets.waveform[signed], 100.0, onsets.pick_index)
    assert calibration_error(result.up_probability, onsets.sign[signed] > 0) < 0.03


def test_windows_without_signal_are_mostly_unknown():
    silent = simulate_onsets(1000, 17, settings=OnsetSettings(no_signal_share=1.0))
    result = model().classify(silent.waveform, 100.0, silent.pick_index)
    assert np.mean(result.decision == "unknown") > 0.95


def test_unreadable_windows_are_unknown_and_harm_no_other():
    good = simulate_onsets(1, 18, settings=EASY)
    clear = good.waveform[0].astype(float)
    nan, infinite = clear.copy(), clear.copy()
    nan[150], infinite[10] = np.nan, np.inf
    before, after = samples_needed(100.0)
    pick = good.pick_index
    rows = [clear, nan, infinite, np.zeros(240), np.full(240, 7.0), clear[: pick + after - 1], []]
    result = model().classify(rows, 100.0, pick)
    assert result.decision[0] == ("up" if good.sign[0] > 0 else "down")
    assert result.up_probability[0] == model().classify([clear], 100.0, pick).up_probability[0]
    assert list(result.decision[1:]) == ["unknown"] * 6
    assert list(result.up_probability[1:]) == [0.5] * 6
    early = model().classify([clear] * 3, [100.0, 5.0, np.nan], [before - 1, pick, pick])
    assert list(early.decision) == ["unknown"] * 3


def test_shortest_window_and_fractional_pick_are_read():
    onsets = simulate_onsets(300, 19, settings=EASY)
    before, after = samples_needed(100.0)
    cut = onsets.waveform[:, onsets.pick_index - before : onsets.pick_index + after]
    result = model().classify(cut, 100.0, before + 0.3)
    kept = result.decision != "unknown"
    assert kept.mean() > 0.8
    assert np.mean((result.decision == "up")[kept] == (onsets.sign > 0)[kept]) > 0.97


def test_no_onsets_no_answers():
    result = model().classify(np.zeros((0, 240)), 100.0, 160)
    assert result.up_probability.shape == (0,)
    assert result.decision.shape == (0,)


def test_threshold_decides_and_one_half_never_does():
    probability = np.array([0.5, 0.6, 0.9, 0.1, 0.8999])
    assert list(decide(probability, 0.8)) == ["unknown", "unknown", "up", "down", "unknown"]
    assert list(decide(probability, 0.0)) == ["unknown", "up", "up", "down", "up"]
    with pytest.raises(ValueError, match="between 0 and 1"):
        load_polarity_model(threshold=1.5)


def test_score_counts_by_hand():
    result = score(np.array([0.95, 0.05, 0.95, 0.6]), np.array([1, -1, -1, 1]), threshold=0.8)
    assert result.accuracy == 0.75
    assert result.kept == 0.75
    assert result.accuracy_of_kept == pytest.approx(2 / 3)
    # Bins: three at .95 of which two are right, one at .6 that is right.
    assert result.calibration_error == pytest.approx((3 * 0.95 - 2 + 0.4) / 4)


def test_committed_weights_are_small_and_carry_their_card():
    assert COMMITTED_WEIGHTS.stat().st_size < 1_000_000
    card = load_weights().card
    assert {"seed", "steps", "date", "command", "training data", "licence"} <= card.keys()
    parameters = sum(p.numel() for p in load_weights().network.parameters())
    assert parameters < 150_000


def test_saved_weights_come_back_under_the_same_name(tmp_path: Path):
    path = tmp_path / "deep" / "own.pt"
    save_weights(model().trained, path)
    assert load_polarity_model(path).name == model().name
    other = FirstMotionNetwork()
    state = {"architecture": "odd-cnn-2", "state": other.state_dict(), "temperature": 1.0}
    torch.save(state | {"card": {}}, path)
    assert load_polarity_model(path).name != model().name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a weight file", "cannot be read"),
        (b"", "cannot be read"),
        (None, "no such weight file"),
        ({"architecture": "other"}, "not weights of a polarity network"),
        ([1, 2], "not weights of a polarity network"),
        ({"architecture": "odd-cnn-2"}, "incomplete"),
        ({"architecture": "odd-cnn-2", "state": {}, "temperature": 1.0, "card": {}}, "incomplete"),
    ],
)
def test_unreadable_weights_say_so(tmp_path: Path, content: object, message: str):
    path = tmp_path / "weights.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(WeightsError, match=message) as caught:
        load_polarity_model(path)
    assert "weights.pt" in str(caught.value)


def test_weights_that_hold_code_are_refused(tmp_path: Path):
    path = tmp_path / "weights.pt"
    torch.save({"architecture": Path("code")}, path)
    with pytest.raises(WeightsError, match="cannot be read"):
        load_polarity_model(path)
