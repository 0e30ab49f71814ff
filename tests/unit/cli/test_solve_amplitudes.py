"""``solve --format hash3``: amplitudes, station corrections and reversed stations together."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hash3_files import Hash3Files, hash3_files
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import ConfigError
from streamstress.geometry.rotations import kagan_angle_deg
from streamstress.outputs.mechanisms_csv import MechanismLine, read_mechanisms

ANY_GAP = ["--max-azimuth-gap", "360", "--max-takeoff-gap", "90"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Hash3Files:
    return hash3_files(tmp_path_factory.mktemp("hash3"), n_events=12, spread=0.4, noise=0.1, seed=4)


def solved(files: Hash3Files, out: Path, *options: str) -> dict[str, MechanismLine]:
    """First solutions by event."""
    arguments = ["solve", str(files.phases), "-o", str(out), "--format", "hash3", "--json"]
    result = CliRunner().invoke(app, [*arguments, *files.options, *ANY_GAP, *options])
    assert result.exit_code in (0, 3), result.output
    assert json.loads(result.stdout.splitlines()[-1])["events"] == len(files.planes)
    rows = read_mechanisms(out).rows
    return {row.event_id: row for row in rows if row.extra["solution"] == "1"}


def errors_deg(files: Hash3Files, rows: dict[str, MechanismLine]) -> np.ndarray:
    planes = {k: (row.strike_deg, row.dip_deg, row.rake_deg) for k, row in rows.items()}
    return np.array([kagan_angle_deg(planes[k], files.planes[k]) for k in files.planes])


def mean_of(rows: dict[str, MechanismLine], column: str) -> float:
    return float(np.mean([float(row.extra[column]) for row in rows.values()]))


def test_corrections_of_the_stations_are_taken_off_the_ratios_and_mechanisms_get_better(
    files: Hash3Files, tmp_path: Path
):
    plain = solved(files, tmp_path / "plain.csv")
    corrected = solved(files, tmp_path / "corrected.csv", "--statcor", str(files.statcor))
    assert {row.extra["n_sp"] for row in corrected.values()} == {"26"}
    assert mean_of(corrected, "sp_misfit") < 0.5 * mean_of(plain, "sp_misfit")
    assert np.median(errors_deg(files, corrected)) < np.median(errors_deg(files, plain))
    assert np.median(errors_deg(files, corrected)) < 6.0


def test_a_reversed_station_is_turned_by_its_file(files: Hash3Files, tmp_path: Path):
    nobody = tmp_path / "reverse"
    nobody.write_text("NONE 19000101 0\n")
    statcor = ["--statcor", str(files.statcor)]
    as_read = solved(files, tmp_path / "a.csv", *statcor, "--reversals", str(nobody))
    turned = solved(files, tmp_path / "b.csv", *statcor)
    assert mean_of(turned, "misfit") < 0.02 < mean_of(as_read, "misfit")


def test_a_ratio_without_its_correction_is_left_out_by_rule(files: Hash3Files, tmp_path: Path):
    fewer = tmp_path / "statcor"
    fewer.write_text("".join(files.statcor.read_text().splitlines(keepends=True)[:20]))
    rows = solved(files, tmp_path / "out.csv", "--statcor", str(fewer))
    assert {row.extra["n_sp"] for row in rows.values()} == {"20"}
    with (tmp_path / "out.set-aside.csv").open() as file:
        reasons = [entry["reason"] for entry in csv.DictReader(file)]
    assert reasons == ["no-correction"] * (6 * len(files.planes))


def test_corrections_are_learned_from_the_catalogue_itself(files: Hash3Files, tmp_path: Path):
    plain = solved(files, tmp_path / "plain.csv")
    learned = solved(files, tmp_path / "learned.csv", "--learn-statcor")
    assert mean_of(learned, "sp_misfit") < 0.8 * mean_of(plain, "sp_misfit")
    assert errors_deg(files, learned).mean() < errors_deg(files, plain).mean()
    found = [line.split() for line in (tmp_path / "learned.statcor").read_text().splitlines()]
    offset = np.array([files.offsets[f"{w[2]}.{w[0]}.{w[1]}"] for w in found])
    value, sigma = (np.array([float(words[k]) for words in found]) for k in (3, 4))
    assert np.corrcoef(value, offset)[0, 1] > 0.85
    assert np.mean(np.abs(value - offset) <= 2.0 * sigma) >= 0.8
    again = solved(files, tmp_path / "again.csv", "--statcor", str(tmp_path / "learned.statcor"))
    assert mean_of(again, "sp_misfit") < 0.8 * mean_of(plain, "sp_misfit")


def test_learning_gives_the_same_answers_on_several_processes_and_in_any_order(tmp_path: Path):
    few = hash3_files(tmp_path, n_events=3, spread=0.4, noise=0.1, seed=5)
    solved(few, tmp_path / "one.csv", "--learn-statcor")
    blank = " " * 72 + "\n"
    blocks = few.phases.read_text().split(blank)[:-1]
    few.phases.write_text("".join(block + blank for block in reversed(blocks)))
    solved(few, tmp_path / "two.csv", "--learn-statcor", "--workers", "2")
    first, second = ((tmp_path / f"{n}.csv").read_text().splitlines() for n in ("one", "two"))
    assert sorted(first) == sorted(second)
    assert (tmp_path / "one.statcor").read_bytes() == (tmp_path / "two.statcor").read_bytes()


def test_nothing_can_be_learned_without_amplitudes(files: Hash3Files, tmp_path: Path):
    arguments = ["solve", str(files.phases), "-o", str(tmp_path / "o.csv"), "--format", "hash2"]
    plain = files.options[:2] + files.options[4:]
    result = CliRunner().invoke(app, [*arguments, *plain, "--learn-statcor"])
    assert isinstance(result.exception, ConfigError)
    assert "--amplitudes" in str(result.exception)
    assert not (tmp_path / "o.csv").exists()
