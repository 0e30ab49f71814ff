"""``streamstress polarity``: from an archive and its picks to thresholds and calibrations."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymseed import DataEncoding, MS3TraceList
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.cli.polarity_mechanisms import reversed_stations
from streamstress.cli.polarity_tables import show_reversals
from streamstress.errors import InputFileError
from streamstress.outputs.picks_csv import PickLine, read_picks, write_picks
from streamstress.polarity import load_polarity_model
from streamstress.simulate.onsets import OnsetSettings, simulate_onsets

START_NS = 1_772_600_000 * 10**9
MINUTE_NS = 60 * 10**9
N_ONSETS = 120


def run(*arguments: str | Path) -> str:
    """Standard output of a command that succeeds."""
    result = CliRunner().invoke(app, [str(a) for a in ("polarity", *arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute apart, onsets of two stations: 100 Hz and 250 Hz; with their picks and labels."""
    folder = tmp_path_factory.mktemp("archive")
    rows: list[PickLine] = []
    for number, rate in enumerate((100.0, 250.0)):
        settings = OnsetSettings(snr_range=(3.0, 20.0), no_signal_share=0.0)
        rng = np.random.default_rng(number)
        onsets = simulate_onsets(N_ONSETS, rng, sampling_rate_hz=rate, settings=settings)
        with MS3TraceList() as traces:
            for k, wave in enumerate(onsets.waveform):
                start_ns = START_NS + k * MINUTE_NS
                counts = np.rint(wave * 1000).astype(np.int32)
                traces.add_data(f"FDSN:XX_S{number}__H_H_Z", counts, "i", rate, starttime=start_ns)
                pick_ns = start_ns + round(onsets.pick_index / rate * 1e9)
                rows.append(pick(number, pick_ns, int(onsets.sign[k]), float(onsets.snr[k])))
            traces.to_file(
                folder / f"S{number}.mseed", overwrite=True, max_record_length=512,
                encoding=DataEncoding.STEIM2, format_version=2,
            )  # fmt: skip
    write_picks(folder.with_suffix(".csv"), rows)
    return folder


def pick(station: int, time_ns: int, label: int, snr: float) -> PickLine:
    return PickLine(
        0, "XX", f"S{station}", "", "HHZ", "P", time_ns, 0.9, snr=snr, label=label,
        extra={"analyst": "kk"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def readings(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("readings") / "readings.csv"
    run("classify", archive, "--picks", archive.with_suffix(".csv"), "-o", out)
    return out


def test_classify_adds_first_motions_and_keeps_every_row_and_column(archive: Path, readings: Path):
    before = list(csv.DictReader(archive.with_suffix(".csv").open()))
    after = list(csv.DictReader(readings.open()))
    assert [row["time"] for row in after] == [row["time"] for row in before]
    assert {row["analyst"] for row in after} == {"kk"}
    right = [row["decision"] == row["label"] for row in after if row["decision"] != "unknown"]
    assert len(right) > N_ONSETS
    assert np.mean(right) > 0.95
    assert {row["model"] for row in after} == {load_polarity_model().name}


def test_classify_says_unknown_where_no_waveform_was_recorded(archive: Path, tmp_path: Path):
    here = pick(0, START_NS + 5 * 10**9, 0, 1.0)
    strangers = [replace(here, time_ns=START_NS - MINUTE_NS), replace(here, station="S9")]
    write_picks(tmp_path / "p.csv", [*strangers, replace(here, phase="S")])
    run("classify", archive, "--picks", tmp_path / "p.csv", "-o", tmp_path / "out.csv")
    rows = read_picks(tmp_path / "out.csv").rows
    assert [row.decision for row in rows] == ["unknown", "unknown", None]
    assert [row.up_probability for row in rows] == [None, None, None]


def test_classify_counts_the_onsets_that_cannot_be_read(archive: Path, tmp_path: Path):
    # The record ends 0.8 s after the pick: half a second later too little is left of it.
    late = [replace(pick(0, START_NS + 1_600_000_000, 1, 5.0), time_ns=START_NS + 2_300_000_000)]
    write_picks(tmp_path / "p.csv", late)
    out = tmp_path / "made" / "here" / "out.csv"
    arguments = ("classify", archive, "--picks", tmp_path / "p.csv", "-o", out)
    result = CliRunner().invoke(app, [str(a) for a in ("polarity", *arguments)])
    assert "0 without waveform, 1 that stop too near the pick" in result.stderr
    assert read_picks(out).rows[0].up_probability == 0.5


def test_calibrate_writes_weights_that_the_package_reads(
    archive: Path, readings: Path, tmp_path: Path
):
    out = tmp_path / "ours.pt"
    found = json.loads(run("calibrate", readings, "-o", out, "--json"))
    model = load_polarity_model(out)
    assert model.trained.calibration.temperature == pytest.approx(found["temperature"])
    assert found["calibration_error_after"] < 0.05
    again = tmp_path / "again.csv"
    picks = archive.with_suffix(".csv")
    run("classify", archive, "--picks", picks, "-o", again, "--weights", out)
    assert {row.model for row in read_picks(again).rows} == {model.name}
    # What is calibrated already is fitted anew, not on top.
    twice = json.loads(
        run("calibrate", again, "-o", tmp_path / "twice.pt", "--weights", out, "--json")
    )
    assert twice["temperature"] == pytest.approx(found["temperature"], rel=0.05)


def test_calibrate_refuses_readings_of_other_weights(readings: Path, tmp_path: Path):
    run("calibrate", readings, "-o", tmp_path / "ours.pt")
    with pytest.raises(InputFileError, match="classified with"):
        run(
            "calibrate", readings, "-o", tmp_path / "b.pt", "--weights", tmp_path / "ours.pt"
        )  # fmt: skip


def test_evaluate_tells_accuracy_threshold_and_draws_figures(readings: Path, tmp_path: Path):
    found = json.loads(run("evaluate", readings, "--precision", "0.97", "-o", tmp_path, "--json"))
    (one,) = found
    assert one["labelled"]["accuracy"] > 0.95
    assert 0 < one["threshold_for_precision"] < 1
    names = {Path(path).name for path in one["figures"]}
    assert names == {"readings-precision-recall.png", "readings-reliability.png"}
    assert all(Path(path).stat().st_size > 10_000 for path in one["figures"])


def test_evaluate_compares_weights_on_the_same_waveforms(
    archive: Path, readings: Path, tmp_path: Path
):
    ours = tmp_path / "ours.pt"
    run("calibrate", readings, "-o", ours)
    found = json.loads(
        run(
            "evaluate", archive.with_suffix(".csv"), "--waveforms", archive,
            "-w", ours, "-w", ours.with_name("ours.pt"), "--json",
        )
    )  # fmt: skip
    assert len(found) == 2
    assert found[0]["labelled"] == found[1]["labelled"]
    assert found[0]["source"].endswith("-ours")


def test_evaluate_repeaters_tells_accuracy_without_labels(readings: Path, tmp_path: Path):
    rows = [
        replace(row, label=None, event_id=f"e{k}", extra={"family": f"{row.label}/{k // 8}"})
        for k, row in enumerate(sorted(read_picks(readings).rows, key=lambda r: r.label or 0))
    ]
    write_picks(tmp_path / "families.csv", rows)
    command = ("evaluate", "--repeaters", tmp_path / "families.csv", "-o", tmp_path, "--json")
    (found,) = json.loads(run(*command))
    assert found["repeaters"]["accuracy"] > 0.97
    assert {one["name"] for one in found["by_station"]} == {"XX.S0", "XX.S1"}
    assert len(found["by_snr"]) >= 2
    assert Path(found["figures"][0]).name == "families-repeaters.png"


def test_evaluate_by_mechanisms_finds_the_threshold_and_a_reversed_station(
    located_readings, tmp_path: Path
):
    events, _ = located_readings(
        n_events=24, seed=4, n_stations=24, noise_share=0.3, reversed_from={"XX.S02": (0, 24)}
    )
    rows = [replace(row, label=None) for part in events.values() for row in part]
    write_picks(tmp_path / "arrivals.csv", rows)
    command = ("evaluate", tmp_path / "arrivals.csv", "-o", tmp_path)
    (found,) = json.loads(run(*command, "--json"))
    assert found["best"]["threshold"] > 0.0
    assert [one["station"] for one in found["reversals"]] == ["XX.S02"]


def test_tables_for_people_name_what_was_found(readings: Path):
    text = run("evaluate", readings, "--precision", "0.9999")
    assert "accuracy" in text
    assert "30000 onsets" in text


def test_a_reversed_station_is_told_in_a_sentence(located_readings, capsys):
    events, _ = located_readings(n_events=40, seed=4, reversed_from={"XX.S02": (0, 40)})
    show_reversals(reversed_stations(events))
    assert "XX.S02 seems reversed from 2026-03-04" in capsys.readouterr().out


def test_calibrate_by_mechanisms_needs_no_label(located_readings, tmp_path: Path):
    events, _ = located_readings(n_events=60, temperature=2.0, seed=4)
    rows = [replace(row, label=None) for part in events.values() for row in part]
    write_picks(tmp_path / "arrivals.csv", rows)
    command = ("calibrate", tmp_path / "arrivals.csv", "-o", tmp_path / "ours.pt", "--json")
    found = json.loads(run(*command))
    assert found["temperature"] == pytest.approx(2.0, rel=0.3)
    assert found["source"] == "agreement within 60 events, n = 960"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no column network, station, time"),
        ("network,station\nXX,A\n", "no column time"),
        ("network,station,time\nXX,A,2024-01-01T00:00:00\n", "no row has an up_probability"),
    ],
)
def test_a_file_of_no_use_is_said_in_a_sentence(tmp_path: Path, text: str, expected: str):
    path = tmp_path / "picks.csv"
    path.write_text(text)
    with pytest.raises(InputFileError, match=expected):
        run("evaluate", path)


def test_bad_rows_are_set_aside_with_their_line(tmp_path: Path):
    path = tmp_path / "picks.csv"
    path.write_text(
        "network,station,time,up_probability,label\n"
        "XX,A,2024-01-01T00:00:01Z,0.9,up\n"
        "XX,A,yesterday,0.9,up\n"
        "XX,A,2024-01-01T00:00:02Z,1.9,up\n"
        "XX,A,2024-01-01T00:00:03Z,0.2,sideways\n"
        "XX,,2024-01-01T00:00:03Z,0.2,down\n"
        "XX,A,2024-01-01T00:00:04.25Z,0.2,-\n"
    )
    table = read_picks(path)
    assert [row.label for row in table.rows] == [1, -1]
    assert table.rows[1].time_ns % 10**9 == 250_000_000
    assert [line for line, _ in table.rejected] == [3, 4, 5, 6]
    write_picks(tmp_path / "again.csv", table.rows)
    again = read_picks(tmp_path / "again.csv").rows
    assert [replace(row, line_number=0) for row in again] == [
        replace(row, line_number=0) for row in table.rows
    ]
