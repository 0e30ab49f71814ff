"""Labelled onsets of seisbench data sets."""

from pathlib import Path

import numpy as np
import pytest

from streamstress.errors import InputFileError, UnusableDataError
from streamstress.polarity.datasets import LabelledWindow, labelled_sets, onsets_of_dataset
from streamstress.polarity.preparation import onset_features

seisbench_data = pytest.importorskip("seisbench.data")


def dataset(folder: Path, rows: list[dict[str, object]], rate_hz: float = 100.0) -> object:
    """A data set as seisbench writes it, each trace zero but for one step up on Z at its P."""
    folder.mkdir(exist_ok=True)
    files = folder / "metadata.csv", folder / "waveforms.hdf5"
    with seisbench_data.WaveformDataWriter(*files) as writer:
        writer.data_format = {"dimension_order": "CW", "component_order": "ENZ"}
        for row in rows:
            waveform = np.zeros((3, 1000))
            waveform[2, int(np.nan_to_num(row.get("trace_P_arrival_sample", 500))) :] = 1.0
            writer.add_trace({"trace_sampling_rate_hz": rate_hz, **row}, waveform)
    return seisbench_data.WaveformDataset(folder)


def test_signs_picks_and_earthquakes_come_from_the_columns(tmp_path: Path):
    words = ["positive", "down", "U", "undecidable"]
    rows = [
        {"trace_polarity": word, "trace_P_arrival_sample": 400 + 10 * i, "source_id": f"e{i // 2}"}
        for i, word in enumerate(words)
    ]
    found = onsets_of_dataset(dataset(tmp_path / "set", rows))
    (onsets,) = found.sets
    assert list(onsets.sign) == [1, -1, 1]
    assert list(onsets.group) == [0, 0, 1]
    assert onsets.sampling_rate_hz == 100.0
    assert found.set_aside == {"no polarity": 1}
    for row in onsets.waveform:
        assert row[onsets.pick_index - 1] == 0.0
        assert row[onsets.pick_index] == 1.0
    _, readable = onset_features(onsets.waveform, 100.0, onsets.pick_index)
    assert readable.all()


def test_onsets_nobody_could_read_are_kept_where_asked(tmp_path: Path):
    rows = [{"trace_polarity": word, "trace_P_arrival_sample": 400} for word in ("up", "unknown")]
    found = onsets_of_dataset(dataset(tmp_path / "set", rows), keep_unknown=True)
    assert list(found.sets[0].sign) == [1, 0]


def test_traces_without_arrival_are_set_aside_and_counted(tmp_path: Path):
    rows = [
        {"trace_polarity": "up", "trace_P_arrival_sample": sample} for sample in (400, np.nan, 2000)
    ]
    found = onsets_of_dataset(dataset(tmp_path / "set", rows))
    assert found.sets[0].sign.size == 1
    assert found.set_aside == {"no P arrival inside the trace": 2}


def test_a_missing_column_and_an_empty_answer_say_what_was_expected(tmp_path: Path):
    rows = [{"trace_P_polarity": "x", "trace_P_arrival_sample": 400}]
    made = dataset(tmp_path / "set", rows)
    with pytest.raises(InputFileError, match=r"no column trace_polarity.*trace_P_polarity"):
        onsets_of_dataset(made)
    with pytest.raises(UnusableDataError, match="no trace of 1"):
        onsets_of_dataset(made, polarity_column="trace_P_polarity")
    with pytest.raises(InputFileError, match="trace_p_arrival_sample"):
        onsets_of_dataset(
            dataset(tmp_path / "other", [{"trace_polarity": "up", "trace_S_arrival_sample": 5}])
        )


def test_windows_of_different_rates_become_a_set_each():
    wave = np.arange(400.0)
    windows = [
        LabelledWindow(wave, 100.0, 250.0, 1, "a"),
        LabelledWindow(wave, 50.0, 150.0, -1, "b"),
        LabelledWindow(wave[:260], 100.0, 250.0, -1, "b"),
    ]
    slow, fast = labelled_sets(windows)
    assert (slow.sampling_rate_hz, fast.sampling_rate_hz) == (50.0, 100.0)
    assert list(slow.group) == [1]
    assert list(fast.group) == [0, 1]
    assert fast.waveform[0, fast.pick_index] == 250.0 - fast.waveform[0, 0] - 50.0
    # What was not recorded after the pick is not made up: such an onset cannot be read.
    _, readable = onset_features(fast.waveform, 100.0, fast.pick_index)
    assert list(readable) == [True, False]


def test_signs_as_numbers_are_read_beside_traces_nobody_read(tmp_path: Path):
    rows = [{"trace_polarity": sign, "trace_P_arrival_sample": 400} for sign in (1, -1, np.nan)]
    found = onsets_of_dataset(dataset(tmp_path / "set", rows))
    assert list(found.sets[0].sign) == [1, -1]
    assert found.set_aside == {"no polarity": 1}


def test_onsets_of_no_known_earthquake_are_each_their_own(tmp_path: Path):
    row = {"trace_polarity": "up", "trace_P_arrival_sample": 400}
    rows = [{**row, "source_id": name} for name in ("e0", np.nan, np.nan, "e0")]
    (onsets,) = onsets_of_dataset(dataset(tmp_path / "set", rows)).sets
    assert list(onsets.group) == [0, 1, 2, 0]
