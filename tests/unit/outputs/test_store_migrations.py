"""A database of an earlier program is brought up with all its rows."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sample_records import Sample
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import ConfigError
from streamstress.outputs.database import connect
from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.migrations import HEAD, schema_state, upgrade
from streamstress.outputs.store import Store

OLD = ("history", "events", "arrivals", "mechanisms", "stress", "changes", "controls", "progress")


@pytest.fixture
def first_schema(tmp_path: Path, filled_file: Path) -> Path:
    """The sample in the tables of the first step, as they were before there were steps."""
    path = tmp_path / "old.db"
    upgrade(connect(f"sqlite:///{path}"), "0001")
    with sqlite3.connect(path) as connection:
        connection.execute(f"attach '{filled_file}' as new")
        for table in OLD:
            names = [row[1] for row in connection.execute(f"pragma table_info({table})")]
            listed = ", ".join(names)
            copied = f"insert into {table} ({listed}) select {listed} from new.{table}"  # noqa: S608
            connection.execute(copied)
        connection.execute("drop table alembic_version")
    connection.close()
    return path


def test_a_database_from_before_there_were_steps_is_brought_up_with_its_rows(
    first_schema: Path, sample: Sample
):
    store = Store.open(f"sqlite:///{first_schema}")
    reader = store.reader
    assert reader.event_records() == sample.events
    assert reader.mechanism_records() == sample.mechanisms
    assert reader.stress_series("west-basin") == sample.estimates
    assert reader.latest_stress() == sample.estimates[-1:]
    assert reader.alarms.history("west-basin-1") == sample.changes
    told = reader.alarms.known_when_opened("west-basin-1")
    known = {m.event_id for m in sample.mechanisms if m.sent_ns <= sample.changes[0].sent_ns}
    assert {one.event_id for one in told.mechanisms} == known
    everywhere = Selection(box=Box(130.0, 30.0, 140.0, 40.0))
    assert len(reader.latest_mechanisms(wanted=everywhere)) == len(sample.mechanisms)
    assert store.save_many(sample.records()) == len(sample.dead_letters)
    store.close()


def test_opening_twice_changes_nothing(first_schema: Path):
    url = f"sqlite:///{first_schema}"
    Store.open(url).close()
    before = first_schema.read_bytes()
    Store.open(url).close()
    assert first_schema.read_bytes() == before
    assert schema_state(connect(url)).steps == (HEAD,)


def test_programs_that_start_at_once_bring_a_database_up_once(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    script = (
        "import sys; from streamstress.outputs.store import Store; Store.open(sys.argv[1]).close()"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, url], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    errors = [process.communicate()[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    assert schema_state(connect(url)).is_current


def test_a_database_of_a_later_program_is_refused(store: Store, store_url: str, tmp_path: Path):
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(ConfigError, match="a later streamstress made this database"):
        Store.open(store_url)


def test_store_check_and_upgrade_say_what_they_find_and_do(first_schema: Path):
    url = f"sqlite:///{first_schema}"

    def run(*arguments: str):
        return CliRunner().invoke(app, ["store", *arguments])

    assert run("check", "--store", url).exit_code == 1
    assert f"took step {HEAD}" in run("upgrade", "--store", url).output
    assert "nothing to do" in run("upgrade", "--store", url).output
    checked = run("check", "--store", url)
    assert checked.exit_code == 0
    assert f"good, step {HEAD}" in checked.output
    with pytest.raises(ConfigError, match="--postgis is for PostgreSQL"):
        raise run("upgrade", "--store", url, "--postgis").exception
    with pytest.raises(ConfigError, match="give --config FILE or --store URL"):
        raise run("check").exception
