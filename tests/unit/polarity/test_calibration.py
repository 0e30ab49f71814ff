"""Calibrated probabilities: fitted to labels, or to what the other stations of an event say."""

from pathlib import Path

import numpy as np
import pytest

from streamstress.cli.polarity_mechanisms import calibration_by_mechanisms
from streamstress.errors import UnusableDataError
from streamstress.polarity import load_polarity_model
from streamstress.polarity.calibration import (
    UNCALIBRATED,
    Calibration,
    fit_to_labels,
    logits_of,
    reliability,
)
from streamstress.polarity.weights_file import TrainedNetwork, load_weights, save_weights
from streamstress.simulate.onsets import simulate_onsets


@pytest.mark.parametrize(("temperature", "lapse"), [(1.0, 0.0), (1.8, 0.03), (0.6, 0.0)])
def test_labels_give_back_the_temperature_and_the_lapse(temperature: float, lapse: float):
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 5, 6000)
    up = rng.random(6000) < Calibration(temperature, lapse).apply(logits)
    found = fit_to_labels(logits, up)
    assert found.temperature == pytest.approx(temperature, rel=0.12)
    assert found.lapse == pytest.approx(lapse, abs=0.012)
    assert reliability(found.apply(logits), up).expected_error < 0.015


def test_agreement_within_events_calibrates_without_a_single_label(located_readings):
    events, truth = located_readings(n_events=150, temperature=2.2, seed=5)
    rows = [row for part in events.values() for row in part]
    logits = logits_of([row.up_probability for row in rows])
    up = np.array([truth[row.event_id, row.station_code] for row in rows])
    before = reliability(UNCALIBRATED.apply(logits), up).expected_error
    found = calibration_by_mechanisms(events)
    after = reliability(found.apply(logits), up).expected_error
    assert before > 0.07
    assert after < 0.03
    assert found.temperature == pytest.approx(2.2, rel=0.2)


def test_a_model_that_is_calibrated_stays_as_it_is(located_readings):
    events, truth = located_readings(n_events=100, temperature=1.0, seed=6)
    rows = [row for part in events.values() for row in part]
    found = calibration_by_mechanisms(events)
    logits = logits_of([row.up_probability for row in rows])
    up = np.array([truth[row.event_id, row.station_code] for row in rows])
    assert reliability(found.apply(logits), up).expected_error < 0.035


def test_a_calibrated_model_gives_a_waveform_turned_over_exactly_the_opposite(tmp_path: Path):
    trained = load_weights()
    calibrated = TrainedNetwork(
        trained.network, trained.temperature, trained.card, Calibration(1.7, 0.013, "by hand")
    )
    save_weights(calibrated, tmp_path / "ours.pt")
    model = load_polarity_model(tmp_path / "ours.pt")
    assert model.trained.calibration == Calibration(1.7, 0.013, "by hand")
    onsets = simulate_onsets(200, np.random.default_rng(2), sampling_rate_hz=100.0)
    cut = (onsets.sampling_rate_hz, onsets.pick_index)
    as_is = model.classify(onsets.waveform, *cut).up_probability
    turned = model.classify(-onsets.waveform, *cut).up_probability
    assert np.array_equal(np.round(as_is + turned, 12), np.ones(200))
    assert as_is.max() <= 1 - 0.013 + 1e-9


def test_weights_say_by_their_name_that_they_are_calibrated(tmp_path: Path):
    trained = load_weights()
    save_weights(
        TrainedNetwork(trained.network, trained.temperature, trained.card, Calibration(1.7)),
        tmp_path / "ours.pt",
    )
    save_weights(trained, tmp_path / "same.pt")
    own = load_polarity_model().name
    assert load_polarity_model(tmp_path / "ours.pt").name != own
    assert load_polarity_model(tmp_path / "same.pt").name == own


def test_logits_come_back_from_calibrated_probabilities():
    logits = np.linspace(-9, 9, 31)
    for calibration in (UNCALIBRATED, Calibration(1.6, 0.04)):
        back = logits_of(calibration.apply(logits), calibration)
        assert np.allclose(back, logits, atol=1e-6)
    assert np.isfinite(logits_of([0.0, 1.0])).all()


def test_a_handful_of_labels_is_refused_with_the_number_needed():
    with pytest.raises(UnusableDataError, match="30"):
        fit_to_labels(np.ones(12), np.ones(12, bool))
