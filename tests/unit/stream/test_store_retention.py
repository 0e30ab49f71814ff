"""The store's worker deletes what its settings say, and nothing else."""

from pathlib import Path

import msgspec
import pytest
from sample_records import make_sample
from sqlalchemy import update

from streamstress.config import Settings
from streamstress.outputs.store import Store
from streamstress.outputs.tables import HISTORY, STRESS
from streamstress.stream.agents import store as store_agent
from streamstress.stream.role import Incoming
from streamstress.stream.roles import store_role
from streamstress.wire.codec import encode
from streamstress.wire.topics import EVENTS

OLD_NS = 1_600_000_000 * 10**9
"""A wall time of writing that is years ago."""


def test_rows_older_than_the_settings_go_with_the_next_message_and_the_rest_stay(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    url, sample = f"sqlite:///{tmp_path / 'kept.db'}", make_sample(60)
    events = sample.events[:20]
    newer = [msgspec.structs.replace(one, version=one.version + 1) for one in events]
    store = Store.open(url)
    store.save_many([*events, *newer, *sample.estimates])
    with store._engine.begin() as connection:
        old_ids = [one.event_id for one in events[:12]]
        aged = update(HISTORY).where(HISTORY.c.record_id.in_(old_ids)).values(stored_ns=OLD_NS)
        connection.execute(aged)
        half = sample.estimates[len(sample.estimates) // 2].version
        connection.execute(update(STRESS).where(STRESS.c.version <= half).values(stored_ns=OLD_NS))
    kept = {"url": url, "keep_versions_days": 30.0, "keep_estimates_days": 30.0}
    role = store_role(settings.model_copy(update={"store": settings.store.model_copy(update=kept)}))
    monkeypatch.setattr(store_agent, "PRUNE_EVERY_S", 0.0)
    record = sample.events[30]
    role.process(Incoming(EVENTS.name, 0, 0, b"k", encode(record)), record)
    reader = store.reader
    for before, after in zip(events[:12], newer[:12], strict=True):
        assert [one.version for one in reader.versions(before.event_id)] == [after.version]
    for before in events[12:]:
        versions = [one.version for one in reader.versions(before.event_id)]
        assert versions == [before.version, before.version + 1]
    told = {one.version for one in reader.stress_records(every=True)}
    assert told == {one.version for one in sample.estimates if one.version > half}
    assert reader.system.counts().events == 21
    store.close()
