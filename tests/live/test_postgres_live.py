"""The store on a real PostgreSQL answers as it does on SQLite."""

import os
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from postgres_server import INSTALL, postgres_programs, running_postgres
from sample_records import Sample, make_sample
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from streamstress.cli.app import app
from streamstress.errors import ConfigError, StoreError
from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.retention import Keep
from streamstress.outputs.store import Store

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server; skipped where none is installed, but not in CI."""
    if postgres_programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run the tests of PostgreSQL: {INSTALL}")
        pytest.skip(f"no PostgreSQL with PostGIS; {INSTALL}")
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample()


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    """An empty database."""
    name = f"d{abs(hash(request.node.name))}"
    admin = server.replace("postgresql:", "postgresql+psycopg:")
    with create_engine(admin, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"create database {name}"))
    return server.removesuffix("postgres") + name


def run(*arguments: str):
    result = CliRunner().invoke(app, ["store", *arguments])
    assert result.exit_code in (0, 1), result.output
    return result


def test_tables_are_made_on_demand_and_every_answer_is_that_of_sqlite(url, sample, tmp_path):
    with pytest.raises(ConfigError, match="streamstress store upgrade --store postgresql"):
        Store.open(url)
    assert run("check", "--store", url).exit_code == 1
    assert "took step 0004" in run("upgrade", "--store", url).output
    assert run("check", "--store", url).exit_code == 0
    stores = [Store.open(url), Store.open(f"sqlite:///{tmp_path / 'same.db'}")]
    shuffled = [*sample.records(), *sample.records()[::3]]
    np.random.default_rng(3).shuffle(shuffled)
    moved = msgspec.structs.replace(sample.mechanisms[5], version=9, latitude_deg=-20.0)
    box = Selection(box=Box(133.2, 35.3, 133.4, 35.5), grades="ABC")
    answers = []
    for store in stores:
        store.save_many(shuffled)
        assert store.save(moved)
        assert not store.save(sample.mechanisms[5])
        reader = store.reader
        answers.append(
            (
                reader.latest_mechanisms(wanted=box),
                reader.latest_events(wanted=Selection(box=box.box)),
                reader.latest_mechanisms("AB", limit=20, offset=3),
                reader.stress_at(35.4, 133.3, sample.estimates[50].data_time_ns),
                reader.alarms.known_when_opened("west-basin-1"),
                reader.stress_records(every=True),
                list(reader.event_details(Selection(grades="A"))),
                reader.alarms.history("west-basin-1"),
                reader.system.counts(),
                reader.system.progress(),
            )
        )
    postgres, sqlite = answers
    assert postgres == sqlite
    assert len(postgres[0]) > 5
    assert postgres[3] == sample.estimates[50]
    later = stores[0].prune(Keep(estimates_days=1.0), now_ns=2**62)
    assert later == len(sample.estimates) - 1


def test_geometry_is_added_by_choice_and_kept_by_the_database(url, sample):
    run("upgrade", "--store", url)
    store = Store.open(url)
    store.save_many([sample.events[0], sample.mechanisms[0]])
    assert "postgis_0001" in run("upgrade", "--store", url, "--postgis").output
    assert "with geometry" in run("check", "--store", url).output
    store.save_many([sample.events[1], sample.mechanisms[1], sample.estimates[0]])
    near = text(
        "select event_id from mechanisms order by geometry <-> "
        "st_setsrid(st_makepoint(:x, :y), 4326) limit 1"
    )
    one = sample.mechanisms[1]
    place = {"x": one.longitude_deg, "y": one.latitude_deg}
    with store._engine.connect() as connection:
        assert connection.execute(near, place).scalar() == one.event_id
        assert connection.execute(text("select count(geometry) from cells")).scalar() == 1


def test_a_server_that_is_gone_is_told_apart_from_a_wrong_record(sample):
    with running_postgres() as url:
        run("upgrade", "--store", url)
        store = Store.open(url)
        store.save(sample.events[0])
    with pytest.raises(StoreError, match="cannot write"):
        store.save(sample.events[1])
    with pytest.raises(ConfigError, match="cannot open the database"):
        Store.open(url)
