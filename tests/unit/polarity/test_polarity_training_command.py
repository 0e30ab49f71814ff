"""``streamstress polarity train`` and ``finetune`` on manual readings and data sets."""

import csv
import json
from pathlib import Path

import numpy as np
import obspy
import pytest
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.polarity import load_polarity_model
from streamstress.polarity.weights_file import load_weights
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

START = obspy.UTCDateTime(2024, 1, 1)
SPACING_S = 10.0
ONSETS = 120


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A picks CSV with labels, and the miniSEED that it was read from."""
    folder = tmp_path_factory.mktemp("readings")
    settings = OnsetSettings(snr_range=(5.0, 30.0), no_signal_share=0.0)
    onsets = simulate_onsets(ONSETS, 1, settings=settings)
    stream = obspy.Stream()
    rows = []
    for i, (wave, sign) in enumerate(zip(onsets.waveform, onsets.sign, strict=True)):
        start = START + SPACING_S * i
        header = {"network": "XX", "station": "A", "channel": "HHZ", "starttime": start}
        trace = obspy.Trace(np.asarray(1000 * wave, np.int32), {**header, "sampling_rate": 100.0})
        stream += trace
        label = "up" if sign > 0 else "down"
        rows.append(["XX", "A", "", "HHZ", "P", str(start + 1.6), label, f"e{i // 4}"])
    stream.write(str(folder / "archive.mseed"), "MSEED")
    with (folder / "picks.csv").open("w", newline="") as file:
        table = csv.writer(file)
        heading = ["network", "station", "location", "channel", "phase", "time", "label"]
        table.writerow([*heading, "event_id"])
        table.writerows(rows)
    return folder / "picks.csv", folder / "archive.mseed"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["polarity", *map(str, arguments)])
    assert result.exit_code == 0, f"{result.output}{result.exception}"
    return result.stdout


def test_readings_with_their_archive_train_a_model(catalogue: tuple[Path, Path], tmp_path: Path):
    readings, archive = catalogue
    out = tmp_path / "own.pt"
    run("train", "-o", out, "--readings", readings, "--waveforms", archive, "--steps", 3)
    card = load_weights(out).card
    assert card["training data"] == "108 labelled onsets of picks.csv"
    assert load_polarity_model(out).name != load_polarity_model().name


def test_fine_tuning_on_readings_tells_the_gain(catalogue: tuple[Path, Path], tmp_path: Path):
    readings, archive = catalogue
    out = tmp_path / "tuned.pt"
    told = json.loads(
        run("finetune", "-o", out, "--readings", readings, "--waveforms", archive, "--json")
    )
    assert told["before"]["count"] == told["after"]["count"] == 24
    assert told["before"]["accuracy"] > 0.85
    card = load_weights(out).card
    assert card["fine-tuned on onsets"] == 72
    assert "training data" in card


def test_training_pauses_and_goes_on(catalogue: tuple[Path, Path], tmp_path: Path):
    readings, archive = catalogue
    out = tmp_path / "own.pt"
    arguments = ("train", "-o", out, "--readings", readings, "--waveforms", archive, "--steps", 4)
    assert "paused" in run(*arguments, "--pause-after-minutes", 0)
    assert not out.exists()
    run(*arguments)
    assert load_weights(out).card["steps"] == 4


def test_sources_that_do_not_fit_are_refused_in_one_sentence(tmp_path: Path):
    missing = tmp_path / "none"
    for arguments, message in (
        ((), "--dataset"),
        (("--readings", missing), "--waveforms"),
        (("--dataset", missing), "no such folder"),
        (("--dataset", tmp_path), "not a seisbench data set"),
    ):
        result = CliRunner().invoke(
            app, ["polarity", "finetune", "-o", str(missing), *map(str, arguments)]
        )
        assert result.exit_code != 0
        assert message in str(result.exception) + result.output


def test_a_noise_bank_of_no_use_is_refused_in_one_sentence(tmp_path: Path):
    text, short, gaps = (tmp_path / name for name in ("text.npy", "short.npy", "gaps.npy"))
    text.write_text("no numbers")
    np.save(short, np.zeros((3, 100)))
    np.save(gaps, np.full((3, 500), np.nan))
    for bank, message in (
        (text, "not a noise bank"),
        (short, "3 rows of 100 samples"),
        (gaps, "NaN"),
        (tmp_path / "none.npy", "no such file"),
    ):
        arguments = ["polarity", "train", "-o", str(tmp_path / "o.pt"), "--noise-bank", str(bank)]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code != 0
        assert message in str(result.exception)
        assert "240 samples or more" in str(result.exception)


def test_weights_to_go_on_from_are_refused_beside_labels(tmp_path: Path):
    arguments = ["--dataset", tmp_path, "--start", tmp_path / "o.pt", "-o", tmp_path / "new.pt"]
    result = CliRunner().invoke(app, ["polarity", "train", *map(str, arguments)])
    assert result.exit_code == 2
    assert "finetune" in result.output


def test_borehole_readings_are_learnt_from_at_their_own_rate(tmp_path: Path):
    # At 4 kHz the records are too short for a window of 500 Hz, and long enough for one of 64 ms.
    settings = OnsetSettings(snr_range=(5.0, 30.0), no_signal_share=0.0)
    onsets = simulate_onsets(60, 2, sampling_rate_hz=500.0, settings=settings)
    stream, lines = obspy.Stream(), ["network,station,channel,time,label"]
    for i, (wave, sign) in enumerate(zip(onsets.waveform, onsets.sign, strict=True)):
        start = START + SPACING_S * i
        header = {"network": "XX", "station": "B", "channel": "GPZ", "starttime": start}
        samples = np.asarray(1000 * wave, np.int32)
        stream += obspy.Trace(samples, {**header, "sampling_rate": 4000.0})
        lines.append(f"XX,B,GPZ,{start + 0.2},{'up' if sign > 0 else 'down'}")
    stream.write(str(tmp_path / "archive.mseed"), "MSEED")
    (tmp_path / "picks.csv").write_text("\n".join(lines))
    sources = ("--readings", tmp_path / "picks.csv", "--waveforms", tmp_path / "archive.mseed")
    command = ("finetune", "-o", tmp_path / "own.pt", *sources, "--json")
    told = json.loads(run(*command, "--highest-rate-hz", 4000))
    assert told["before"]["count"] == 12
    assert told["before"]["accuracy"] > 0.85
    with pytest.raises(AssertionError, match="no held-out onset of known sign is readable"):
        run(*command)
