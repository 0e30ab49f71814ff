"""``streamstress eventtype``: a user's own labels teach and test the classifier."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from sample_records import Sample
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import InputFileError, StreamstressError
from streamstress.event_type.model import load_model
from streamstress.outputs.said_controls import kind_control
from streamstress.outputs.store import Store
from streamstress.records import Levels

LEVELS = Levels(signal=(40.0, 60.0, 90.0, 90.0, 60.0, 20.0), noise=(9.0, 5.0, 3.0, 2.0, 2.0, 2.0))


@pytest.fixture
def url(tmp_path: Path, sample: Sample) -> str:
    """A store of 40 events with levels at their picks."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = Store.open(url)
    for event in sample.events[:40]:
        arrivals = tuple(replace(arrival, levels=LEVELS) for arrival in event.arrivals)
        store.save(replace(event, arrivals=arrivals))
    store.close()
    return url


def run(*arguments: str | Path) -> dict:
    """The summary of a run; a known error is raised as such."""
    result = CliRunner().invoke(app, ["eventtype", *map(str, arguments), "--json"])
    if isinstance(result.exception, StreamstressError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def labels_of(path: Path, names: list[str], kind: str) -> Path:
    path.write_text("event_id,kind\n" + "".join(f"{name},{kind}\n" for name in names))
    return path


def test_weights_learn_from_labels_and_are_tested_on_them(url: str, tmp_path: Path, sample: Sample):
    names = [event.event_id for event in sample.events[:40]]
    labels, weights = labels_of(tmp_path / "l.csv", names, "blast"), tmp_path / "w.json"
    before = run("evaluate", labels, "--store", url)
    told = run("train", labels, "--store", url, "-o", weights)
    after = run("evaluate", labels, "--store", url, "--weights", weights)
    assert told["own"] == 40
    assert after["kinds"]["blast"]["recall"] > before["kinds"]["blast"]["recall"]
    assert "40 labelled ones" in load_model(weights).card["training data"]


def test_without_a_file_it_learns_what_operators_said(url: str, tmp_path: Path, sample: Sample):
    store = Store.open(url)
    for event in sample.events[:6]:
        store.save(kind_control(event.event_id, "earthquake", 1, "", "me"))
    store.save(kind_control(sample.events[7].event_id, "noise", 1, "", "me", withdraw=True))
    store.close()
    assert run("evaluate", "--store", url)["events"] == 6


def test_labels_of_events_that_are_not_in_the_store_are_named(url: str, tmp_path: Path):
    labels = labels_of(tmp_path / "labels.csv", ["nobody"], "noise")
    with pytest.raises(InputFileError, match=r"labels\.csv: none of 1 labelled events"):
        run("evaluate", labels, "--store", url)
