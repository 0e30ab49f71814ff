"""``streamstress pick`` as its user meets it: an archive in, picks out."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from obspy import Stream, Trace, UTCDateTime
from typer.testing import CliRunner

from streamstress.cli.app import app

DATA = Path(__file__).parents[4] / "shared" / "data"
WEIGHTS = DATA / "phasenet_ncedc" / "phasenet_ncedc"
RUNNER = CliRunner()
START = UTCDateTime(2026, 3, 1)
needs_data = pytest.mark.skipif(not WEIGHTS.with_suffix(".pt").exists(), reason=f"no {WEIGHTS}.pt")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Six records of Northern California as miniSEED, and the P time of each station."""
    folder = tmp_path_factory.mktemp("archive")
    p_times: dict[str, UTCDateTime] = {}
    for number, path in enumerate(sorted((DATA / "ncedc_phasenet").glob("NC_*.npz"))[:6]):
        with np.load(path) as record:
            data, p = record["data"], int(np.ravel(record["itp"])[0])
        station = f"S{number:02d}"
        header = {"network": "NC", "station": station, "sampling_rate": 100, "starttime": START}
        traces = [
            Trace(data[:, k].astype(np.float32), {**header, "channel": f"HH{code}"})
            for k, code in enumerate("ENZ")
        ]
        Stream(traces).write(str(folder / f"{station}.mseed"), format="MSEED")
        p_times[station] = START + p / 100.0
    return folder, p_times


def pick(archive, out, *options: str):
    return RUNNER.invoke(
        app, ["pick", str(archive), "-o", str(out), "--picker", f"phasenet:{WEIGHTS}", *options]
    )


@needs_data
def test_an_archive_becomes_picks_with_first_motions(archive, tmp_path):
    folder, p_times = archive
    out = tmp_path / "picks.csv"
    result = pick(folder, out, "--json")
    assert result.exit_code == 0, result.output
    with out.open() as file:
        rows = list(csv.DictReader(file))
    near = {
        row["station"]
        for row in rows
        if row["phase"] == "P" and abs(UTCDateTime(row["time"]) - p_times[row["station"]]) < 0.1
    }
    assert len(near) >= 5
    motions = [float(row["up_probability"]) for row in rows if row["phase"] == "P"]
    assert all(0.0 <= p <= 1.0 for p in motions)
    summary = json.loads(result.stdout.splitlines()[-1])
    assert summary["picks"] == len(rows)
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


@needs_data
def test_the_same_archive_gives_the_same_bytes_and_first_motions_can_be_left_out(archive, tmp_path):
    folder, _ = archive
    first, again = tmp_path / "first.csv", tmp_path / "again.csv"
    pick(folder, first, "--no-polarity")
    pick(folder, again, "--no-polarity")
    assert first.read_bytes() == again.read_bytes()
    assert "up_probability" not in first.read_text().splitlines()[0]


def test_a_folder_without_waveforms_is_refused(tmp_path):
    result = RUNNER.invoke(app, ["pick", str(tmp_path), "-o", str(tmp_path / "picks.csv")])
    assert result.exit_code != 0
    assert "miniSEED" in f"{result.exception}"
