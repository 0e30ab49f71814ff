"""``streamstress eventtype``: a user's own labels teach and test the classifier."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from sample_records import Sample
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import ConfigError, InputFileError, StreamstressError
from streamstress.event_type.features import NAMES
from streamstress.event_type.labelled import load_events
from streamstress.event_type.model import KINDS, load_model
from streamstress.outputs.said_controls import kind_control
from streamstress.outputs.store import Store
from streamstress.records import Event, Levels

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
    assert load_model(weights).card["own events"] == 40


def _simulated(sample: Sample, number: int) -> list[Event]:
    """Six events of each kind, that differ in their spectra."""
    found = []
    for place, kind in enumerate(list(KINDS) * 6):
        tilt = 2.0 ** (KINDS.index(kind) * np.arange(6) + number / 10.0 + place / 50.0)
        levels = replace(LEVELS, signal=tuple((50.0 * tilt).tolist()))
        event = sample.events[place]
        arrivals = tuple(replace(arrival, levels=levels) for arrival in event.arrivals)
        found.append(replace(event, kind=kind, arrivals=arrivals, magnitude=None))
    return found


def test_without_a_file_it_learns_what_operators_said(url: str, tmp_path: Path, sample: Sample):
    store = Store.open(url)
    for event in sample.events[:6]:
        store.save(kind_control(event.event_id, "earthquake", 1, "", "me"))
    store.save(kind_control(sample.events[7].event_id, "noise", 1, "", "me", withdraw=True))
    store.close()
    assert run("evaluate", "--store", url)["events"] == 6


def test_shares_come_from_the_settings_the_command_or_the_labels(
    url: str, tmp_path: Path, sample: Sample
):
    names = [event.event_id for event in sample.events[:40]]
    labels, config = labels_of(tmp_path / "l.csv", names, "noise"), tmp_path / "c.toml"
    config.write_text(
        f'[store]\nurl = "{url}"\n[network]\nstations = "stations.csv"\n'
        "[[network.regions]]\nname = 'all'\nsouth_deg = 34\nnorth_deg = 37\n"
        "west_deg = 132\neast_deg = 135\n"
        "[event_type]\nearthquake_share = 0.999\nleast_earthquake = 0.0\n"
    )
    usual = run("evaluate", labels, "--store", url)["kinds"]["noise"]["recall"]
    strict = run("evaluate", labels, "-c", config)["kinds"]["noise"]["recall"]
    told = run("evaluate", labels, "--store", url, "--label-shares")["kinds"]["noise"]["recall"]
    asked = run("evaluate", labels, "-c", config, "--earthquake-share", "0.01")
    loose = run("evaluate", labels, "--store", url, "--earthquake-share", "0.01")
    assert strict == 0.0
    assert asked["kinds"]["noise"]["recall"] == 0.0
    assert told > usual
    assert loose["kinds"]["noise"]["recall"] > usual
    with pytest.raises(ConfigError, match="give one"):
        run("evaluate", labels, "--store", url, "--label-shares", "--earthquake-share", "0.5")


def test_the_packages_own_training_is_the_same_command(tmp_path: Path, sample: Sample):
    for number in (3, 5):
        events = [
            replace(event, event_id=f"{number}-{place}")
            for place, event in enumerate(_simulated(sample, number))
        ]
        (tmp_path / f"simulated-crust-1-{number}.msgpack").write_bytes(
            msgspec.msgpack.encode(events)
        )
    out = tmp_path / "own" / "w.json"
    told = run("train", "-o", out, "--networks", "3,5", "--scenes", tmp_path)
    again = load_events(out.with_name("simulated_events.npz"))
    assert told["own"] == 0
    assert len(again) == told["general"] == 2 * 2 * 30
    assert again.features.shape[1] == len(NAMES)
    assert "--networks 3,5" in load_model(out).card["command"]
    with pytest.raises(InputFileError, match="networks 'all'"):
        run("train", "-o", out, "--networks", "all", "--scenes", tmp_path)


def test_labels_of_events_that_are_not_in_the_store_are_named(url: str, tmp_path: Path):
    labels = labels_of(tmp_path / "labels.csv", ["nobody"], "noise")
    with pytest.raises(InputFileError, match=r"labels\.csv: none of 1 labelled events"):
        run("evaluate", labels, "--store", url)
