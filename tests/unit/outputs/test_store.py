import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sample_records import Sample

from streamstress.errors import ConfigError, StoreError
from streamstress.outputs.rows import StageStatus
from streamstress.outputs.store import Store
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Progress


def test_everything_comes_back_as_it_was(full_store: Store, sample: Sample):
    reader = full_store.reader
    detail = reader.event("wb00042")
    assert detail.event == sample.events[42]
    assert detail.mechanism == sample.mechanisms[42]
    assert reader.stress_series("west-basin") == sample.estimates
    assert reader.alarms.changes() == [sample.changes[-1]]
    assert reader.alarms.history("west-basin-1") == sample.changes
    assert reader.event_records() == sample.events
    rows = reader.latest_events()
    assert [row.event_id for row in rows] == [e.event_id for e in reversed(sample.events)]
    assert rows[0].n_p == len(sample.events[-1].arrivals)


def test_a_second_delivery_changes_nothing(full_store: Store, sample: Sample):
    before = full_store.reader.system.counts()
    assert full_store.save_many(sample.records()) == 0
    assert full_store.reader.system.counts() == before


def test_the_order_of_delivery_does_not_matter(tmp_path: Path, sample: Sample):
    event, mechanism = sample.events[3], sample.mechanisms[3]
    versions = [msgspec.structs.replace(event, version=v, sent_ns=v) for v in (1, 2, 3)]
    solved = [
        msgspec.structs.replace(mechanism, version=v, model=m) for v in (1, 2) for m in ("a", "b")
    ]
    records = [*versions, *solved, *sample.changes, *sample.estimates[:5], *sample.progress]
    results = []
    for seed in range(4):
        store = Store.open(f"sqlite:///{tmp_path / f'{seed}.db'}")
        shuffled = list(records)
        np.random.default_rng(seed).shuffle(shuffled)
        for record in [*shuffled, *shuffled[::2]]:
            store.save(record)
        reader = store.reader
        results.append(
            (
                reader.event(event.event_id),
                reader.alarms.changes(),
                reader.alarms.history("west-basin-1"),
                reader.latest_stress(),
                reader.system.progress(),
                reader.latest_mechanisms(),
            )
        )
        store.close()
    assert all(result == results[0] for result in results)
    detail = results[0][0]
    assert detail.event.version == 3
    assert (detail.mechanism.version, detail.mechanism.model) == (2, "b")


def test_save_tells_whether_the_record_is_now_current(store: Store, sample: Sample):
    old, new = (msgspec.structs.replace(sample.events[0], version=v) for v in (1, 2))
    assert store.save(new)
    assert not store.save(old)
    assert store.reader.event(new.event_id).event.version == 2


def test_a_tombstone_takes_event_and_mechanism_out_of_sight(full_store: Store, sample: Sample):
    gone = msgspec.structs.replace(sample.events[7], version=9, status="tombstone")
    full_store.save(gone)
    reader = full_store.reader
    assert reader.event(gone.event_id) is None
    assert gone.event_id not in {row.event_id for row in reader.latest_events()}
    assert gone.event_id not in {row.event_id for row in reader.latest_mechanisms()}
    assert gone.event_id not in {record.event_id for record in reader.mechanism_records()}
    assert reader.system.counts().events == len(sample.events) - 1
    assert sum(reader.system.counts().mechanisms.values()) == len(sample.mechanisms) - 1


def test_a_later_mechanism_of_a_withdrawn_event_stays_out_of_sight(store: Store, sample: Sample):
    store.save(msgspec.structs.replace(sample.events[7], version=9, status="tombstone"))
    store.save(sample.mechanisms[7])
    assert store.reader.latest_mechanisms() == []


def test_queries_narrow_by_grade_region_and_time(full_store: Store, sample: Sample):
    reader = full_store.reader
    wanted = {m.event_id for m in sample.mechanisms if m.grade in "AB"}
    assert {row.event_id for row in reader.latest_mechanisms("AB")} == wanted
    since = sample.events[100].origin.time_ns
    assert len(reader.latest_events(since_ns=since)) == 50
    assert reader.latest_events(region="elsewhere") == []
    assert len(reader.latest_events(limit=5)) == 5
    newest = reader.stress_series("west-basin", limit=3)
    assert newest == sample.estimates[-3:]


def test_a_revised_estimate_replaces_that_of_its_moment(full_store: Store, sample: Sample):
    revised = msgspec.structs.replace(sample.estimates[-2], version=999, shmax_deg=17.0)
    full_store.save(revised)
    series = full_store.reader.stress_series("west-basin")
    assert len(series) == len(sample.estimates)
    assert series[-2].shmax_deg == 17.0


def test_progress_and_stages_keep_the_newest_word(store: Store):
    for done in (5, 9, 7):
        store.save(Progress(source="merge", done_until_ns=done, sent_ns=done))
    assert store.reader.system.progress() == {"merge": 9}

    def word(updated_ns: int, sent: int) -> StageStatus:
        return StageStatus(
            stage="pick",
            worker="pick-0",
            received=sent,
            sent=sent,
            rejected=0,
            p50_s=None,
            p95_s=None,
            updated_ns=updated_ns,
        )

    store.save_stages([word(10, 100), word(5, 50)])
    assert [status.sent for status in store.reader.system.stages()] == [100]


def test_a_failing_batch_leaves_nothing_behind(store: Store, sample: Sample):
    with pytest.raises(TypeError, match="keeps no MechanismSolution"):
        store.save_many([sample.events[0], sample.mechanisms[0].solutions[0]])
    assert store.reader.system.counts().events == 0


def test_another_process_reads_while_a_transaction_is_open(
    full_store: Store, store_url: str, sample: Sample
):
    script = (
        "import sys\n"
        "from streamstress.outputs.store_reader import StoreReader\n"
        "print(len(StoreReader.open(sys.argv[1]).latest_events()))\n"
    )
    with full_store._engine.begin() as connection:
        connection.exec_driver_sql("delete from events")
        read = subprocess.run(
            [sys.executable, "-c", script, store_url], capture_output=True, text=True, check=True
        )
        assert int(read.stdout) == len(sample.events)
        connection.rollback()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url", "no usable SQLAlchemy URL"),
        ("madeup:///x.db", "no usable SQLAlchemy URL"),
        ("sqlite:////no/such/folder/x.db", "check that its folder exists"),
    ],
)
def test_a_bad_url_says_what_to_do(url: str, message: str):
    with pytest.raises(ConfigError, match=message):
        Store.open(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    path = tmp_path / "x.db"
    path.write_text("these are notes, not a database " * 100)
    with pytest.raises(ConfigError, match="is a database"):
        StoreReader.open(f"sqlite:///{path}")


def test_a_database_that_fails_is_told_apart_from_a_wrong_record(tmp_path: Path, sample: Sample):
    file = tmp_path / "gone.db"
    store = Store.open(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        connection.execute("drop table progress")
    with pytest.raises(StoreError, match="cannot write"):
        store.save(sample.progress[0])
    store.close()


def test_a_deleted_file_is_told_at_once_and_nothing_is_written_into_the_void(
    store: Store, sample: Sample, tmp_path: Path
):
    store.save(sample.progress[0])
    (tmp_path / "store.db").rename(tmp_path / "away.db")
    with pytest.raises(StoreError, match="the file is gone"):
        store.save(sample.events[0])
    (tmp_path / "away.db").rename(tmp_path / "store.db")
    assert store.save(sample.events[0])


def test_a_full_disk_is_a_failure_of_the_store_that_passes(store: Store, sample: Sample):
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar()
        connection.exec_driver_sql(f"pragma max_page_count={pages}")
    with pytest.raises(StoreError, match="disk is full"):
        store.save_many(sample.events)
    assert store.reader.system.counts().events == 0
    with store._engine.connect() as connection:
        connection.exec_driver_sql("pragma max_page_count=100000")
    assert store.save_many(sample.events) == len(sample.events)
