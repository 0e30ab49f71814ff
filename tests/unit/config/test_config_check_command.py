"""``streamstress config``: what an operator sees."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streamstress.cli.app import app, main


def check(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Exit status of ``config check`` as the console script runs it."""
    monkeypatch.setattr(sys, "argv", ["streamstress", "config", "check", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_good_file_is_told_with_what_was_found_in_it(
    good_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert check(good_file, monkeypatch) == 0
    said = capsys.readouterr().out
    assert f"{good_file}: good. 3 stations" in said
    assert "basin" in said


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("seed = 7", "sede = 7", "sede"),
        ('"stations.csv"', '"nowhere.csv"', "nowhere.csv"),
        ('"velocity.csv"', '"nowhere.txt"', "nowhere.txt"),
        ('name = "basin"', 'name = ""', "network.regions.0.name"),
    ],
)
def test_a_mistake_ends_with_status_1_and_one_message(
    changed: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    expected: str,
):
    assert check(changed(old, new), monkeypatch) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert told.err.startswith("error: ")
    assert expected in told.err
    assert "Traceback" not in told.err


def test_a_bad_line_of_the_station_file_is_told_with_its_number(
    good_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    stations = good_file.parent / "stations.csv"
    stations.write_text(stations.read_text() + "XX,DD4,north,133.1,5\n")
    assert check(good_file, monkeypatch) == 1
    assert "stations.csv, line 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("[web]\nport = 9604\n", "port 9604 is taken by metrics (merge) and wanted for web.port"),
        ("[kafka]\nembedded_port = 8080\n", "wanted for kafka.embedded_port"),
        ("[ingest]\nhost = 'localhost'\nport = 8080\n", "wanted for ingest.port"),
    ],
)
def test_two_programs_on_one_port_are_refused_by_both_names(
    good_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lines: str,
    words: str,
):
    head = lines.splitlines()[0]
    text = good_file.read_text()
    assert head not in text
    good_file.write_text(f"{text}\n{lines}")
    assert check(good_file, monkeypatch) == 1
    assert words in capsys.readouterr().err


def test_the_program_itself_ends_with_status_1_and_no_traceback(tmp_path: Path):
    path = tmp_path / "broken.toml"
    path.write_text("[kafka\n")
    command = [sys.executable, "-m", "streamstress", "config", "check", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert "not valid TOML" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_schema_is_json_and_the_reference_markdown():
    runner = CliRunner()
    schema = runner.invoke(app, ["config", "schema"])
    assert schema.exit_code == 0
    assert "kafka" in json.loads(schema.stdout)["properties"]
    reference = runner.invoke(app, ["config", "reference"])
    assert reference.exit_code == 0
    assert reference.stdout.startswith("# Configuration reference")
