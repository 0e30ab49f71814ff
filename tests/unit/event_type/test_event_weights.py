"""Labels, training and weight files of the classifier of events."""

from pathlib import Path

import numpy as np
import pytest

from streamstress.cli.recorded_events import (
    Record,
    learning_half,
    read_records,
    with_simulated_places,
)
from streamstress.errors import InputFileError, UnusableDataError, WeightsError
from streamstress.event_type.evaluation import score
from streamstress.event_type.features import NAMES, REAL_IN_COMPOSITES
from streamstress.event_type.labelled import load_events, read_labels
from streamstress.event_type.model import KINDS, load_model, probabilities, save_model
from streamstress.event_type.training import LabelledEvents, fit


def events(seed: int, each: int = 60) -> LabelledEvents:
    """Kinds that differ in one feature each."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(len(KINDS)), each)
    features = rng.standard_normal((len(kind), len(NAMES)))
    features[np.arange(len(kind)), kind] += 6.0
    features[rng.random(features.shape) < 0.05] = np.nan
    return LabelledEvents(features, kind, np.ones(len(kind)))


def test_a_training_learns_what_tells_the_kinds_apart_and_is_calibrated():
    model = fit(events(1), 1, {})
    fresh = events(2)
    equal = np.log(np.full(len(KINDS), 1.0 / len(KINDS)))
    told = score(probabilities(model.log_likelihoods(fresh.features), equal), fresh.kind, 0.5)
    assert all(told.recall(kind) > 0.8 for kind in KINDS)
    assert told.calibration_error < 0.05


def test_the_same_seed_gives_the_same_weights_and_a_file_gives_them_back(tmp_path: Path):
    one, other = fit(events(1), 3, {"seed": 3}), fit(events(1), 3, {"seed": 3})
    np.testing.assert_array_equal(one.weight, other.weight)
    save_model(one, tmp_path / "weights.json")
    back = load_model(tmp_path / "weights.json")
    fresh = events(2).features
    np.testing.assert_allclose(
        back.log_likelihoods(fresh), one.log_likelihoods(fresh), rtol=1e-3, atol=1e-3
    )
    assert back.card == {"seed": 3}


def test_too_few_events_of_a_kind_are_named():
    with pytest.raises(UnusableDataError, match="2 of teleseism"):
        fit(events(1).part(np.r_[0:62, 120:300]), 1, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("event_id,kind\na,earthquake\nb,explosion\n", "line 3: kind 'explosion' is unknown"),
        ("event_id,kind\n,noise\n", "line 2: no event_id"),
        ("event_id,kind\na,noise\na,blast\n", "line 3: event a is noise here|and noise above"),
        ("id,kind\na,noise\n", "line 1: no column event_id"),
        ("event_id,kind\n", "no label in it"),
    ],
)
def test_a_bad_label_file_is_named_with_its_line(tmp_path: Path, text: str, said: str):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(InputFileError, match=said):
        read_labels(path)


def test_labels_keep_their_other_columns_out(tmp_path: Path):
    path = tmp_path / "labels.csv"
    path.write_text("who,event_id,kind\nme,a,blast\nme,b,earthquake\nyou,a,blast\n")
    assert read_labels(path) == {"a": "blast", "b": "earthquake"}


@pytest.mark.parametrize("text", ["{}", "[1]", "no json", '{"features": [], "kinds": []}'])
def test_a_file_that_is_no_weights_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "weights.json"
    path.write_text(text)
    with pytest.raises(WeightsError, match=r"weights\.json"):
        load_model(path)


def test_the_packages_weights_say_where_they_come_from_and_fit_its_events():
    model, simulated = load_model(), load_events()
    assert {"command", "date", "seed", "events", "training data"} <= model.card.keys()
    assert sum(model.card["events"].values()) == np.sum(simulated.weight == 1.0)


def test_composites_of_records_keep_their_waves_and_take_places_of_simulated_earthquakes():
    simulated, rng = events(1), np.random.default_rng(4)
    features = 100.0 + rng.standard_normal((8, len(NAMES)))
    composites = LabelledEvents(features, np.zeros(8, int), np.ones(8))
    mixed = with_simulated_places(composites, simulated, 1)
    real = np.array([name in REAL_IN_COMPOSITES for name in NAMES])
    np.testing.assert_array_equal(mixed.features[:, real], features[:, real])
    earthquakes = simulated.features[simulated.kind == KINDS.index("earthquake")]
    known = np.nan_to_num(earthquakes[:, ~real])
    rows = np.nan_to_num(mixed.features[:, ~real])
    assert all((known == row).all(axis=1).any() for row in rows)


def test_the_two_halves_of_records_have_none_in_common():
    records = [Record(number, Path(f"{number}.npz"), 30.0, 33.0) for number in range(9)]
    learned = learning_half(records)
    assert [record.number for record in learned] == [0, 2, 4, 6, 8]


def test_a_folder_without_a_table_of_records_is_named(tmp_path: Path):
    with pytest.raises(InputFileError, match=r"waveform\.csv: no table of records"):
        read_records(tmp_path)
