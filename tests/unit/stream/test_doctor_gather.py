"""What the doctor finds out by itself: files, disks, the database, workers that do not answer."""

import sqlite3
from pathlib import Path

import pytest
from sample_records import Sample, make_sample

from streamstress.config import Settings, load_settings
from streamstress.outputs.store import Store
from streamstress.stream.doctor.gather_host import (
    disk_facts,
    missing_models,
    store_facts,
    worker_facts,
)
from streamstress.stream.ports import free_ports
from streamstress.stream.roles import WORKERS

CONFIG = """\
[network]
stations = "stations.csv"

[[network.regions]]
name = "basin"
south_deg = 35.0
north_deg = 36.0
west_deg = 133.0
east_deg = 134.0

[metrics]
base_port = {port}

[web]
port = {web}

[polarity]
weights = "own.pt"

[picking]
picker = "phasenet:models/mine"
"""


@pytest.fixture
def settings(tmp_path: Path, station_file: Path) -> Settings:
    """A system that was never started."""
    (port,), (web,) = free_ports(1, run_of=len(WORKERS)), free_ports(1)
    path = tmp_path / "site.toml"
    path.write_text(CONFIG.format(port=port, web=web))
    return load_settings(path)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample(30)


def database_of(settings: Settings) -> Path:
    return Path(settings.store.url.removeprefix("sqlite:///"))


def test_model_files_that_are_not_there_are_named_one_by_one(settings: Settings, tmp_path: Path):
    told = missing_models(settings)
    assert [Path(words.split()[-1]).name for words in told] == ["own.pt", "mine.json", "mine.pt"]
    (tmp_path / "own.pt").touch()
    (tmp_path / "models").mkdir()
    (tmp_path / "models/mine.json").touch()
    assert [Path(words.split()[-1]).name for words in missing_models(settings)] == ["mine.pt"]


def test_a_system_that_was_never_started_has_no_database_and_gets_none(settings: Settings):
    found = store_facts(settings)
    assert (found.exists, found.trouble) == (False, None)
    assert not database_of(settings).exists()


def test_residuals_are_the_medians_of_p_in_the_newest_events(settings: Settings, sample: Sample):
    settings.run_folder.mkdir()
    store = Store.open(settings.store.url)
    store.save_many(sample.records())
    store.close()
    found = store_facts(settings).residuals
    assert found.keys() == sample.stations.keys()
    assert {one.count for one in found.values()} == {30}
    assert all(abs(one.median_s) < 0.1 for one in found.values())


def test_a_database_of_another_age_is_told_and_left_as_it_is(settings: Settings):
    settings.run_folder.mkdir()
    with sqlite3.connect(database_of(settings)) as old:
        old.execute("create table events (event_id text)")
    assert "its schema is not that of this program" in (store_facts(settings).trouble or "")
    with sqlite3.connect(database_of(settings)) as old:
        assert old.execute("select name from sqlite_master").fetchall() == [("events",)]


def test_a_file_that_is_no_database_is_told(settings: Settings):
    settings.run_folder.mkdir()
    database_of(settings).write_text("no database, but long enough for a header of a page" * 20)
    assert "not a database" in (store_facts(settings).trouble or "")


def test_folders_on_one_disk_are_one_disk_also_before_they_exist(settings: Settings):
    (disk,) = disk_facts(settings)
    assert disk.use == "database, logs and resume file and Kafka"
    assert 0 < disk.free_bytes < disk.total_bytes


def test_workers_that_do_not_run_do_not_answer(settings: Settings):
    found = worker_facts(settings)
    assert set(found) == set(WORKERS)
    assert not any(worker.answers for worker in found.values())
