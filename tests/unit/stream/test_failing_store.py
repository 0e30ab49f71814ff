"""What a worker does with a database that fails: it sets nothing aside, and ends."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import sentinel

import pytest

from streamstress.errors import StoreError
from streamstress.outputs.metrics import create_metrics
from streamstress.outputs.store import Store
from streamstress.records import Progress
from streamstress.stream.agents.store import StoreRole
from streamstress.stream.observer import Observer
from streamstress.stream.role import Incoming, Outgoing
from streamstress.stream.runner import Runner
from streamstress.wire.codec import encode
from streamstress.wire.topics import DEAD_LETTERS, EVENTS


def _process(store: Store, message: Incoming) -> Sequence[Outgoing]:
    # Nothing is sent here, so there is no Kafka behind the runner.
    runner = Runner(
        sentinel.app,
        StoreRole(store),
        sentinel.producer,
        sentinel.kafka,
        "",
        Observer("store", create_metrics("0")),
    )
    return runner.work.process(message)


def test_a_failing_database_ends_the_worker_and_sets_nothing_aside(tmp_path: Path):
    file = tmp_path / "gone.db"
    store = Store.open(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        connection.execute("drop table progress")
    progress = encode(Progress(source="merge", done_until_ns=1, sent_ns=0))
    with pytest.raises(StoreError, match="cannot write"):
        _process(store, Incoming(EVENTS.name, 0, 0, b"k", progress))
    store.close()


def test_a_letter_that_cannot_be_read_is_not_answered_by_a_letter(tmp_path: Path):
    store = Store.open(f"sqlite:///{tmp_path / 'good.db'}")
    bad = Incoming(EVENTS.name, 0, 0, b"k", b"no record")
    assert [out.topic for out in _process(store, bad)] == [DEAD_LETTERS]
    assert _process(store, Incoming(DEAD_LETTERS.name, 0, 0, b"k", b"no record")) == ()
    store.close()
