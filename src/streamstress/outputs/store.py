"""Writing records into the store.

Messages come at least once and in any order, so a write is an upsert that depends on neither:
every version is kept in ``history``, and a record becomes the current one only if its version is
above the one held. A mechanism's version is the pair (event version, model).
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, Table, delete, insert, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.sql.expression import ColumnElement

from streamstress.errors import StoreError
from streamstress.outputs import tables
from streamstress.outputs.database import open_database
from streamstress.outputs.retention import Keep, prunings
from streamstress.outputs.rows import FeedStatus, StageStatus
from streamstress.outputs.store_reader import StoreReader
from streamstress.outputs.store_rows import (
    Row,
    arrival_row,
    cell_row,
    event_row,
    mechanism_row,
    onset_row,
)
from streamstress.outputs.told_kinds import as_told, tell_kind
from streamstress.records import (
    Control,
    DeadLetter,
    Event,
    Mechanism,
    Pick,
    Progress,
    StressChange,
    StressEstimate,
)
from streamstress.wire.codec import encode

Storable = (
    Event | Mechanism | StressEstimate | StressChange | Control | Progress | DeadLetter | Pick
)

IDENTITY = {"events": ["event_id"], "mechanisms": ["event_id"]}
"""What makes a row unique, where that is not its primary key."""


class Store:
    """The store, opened for writing; ``reader`` reads it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        name = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = Path(name) if name and name != ":memory:" else None
        self.reader = StoreReader(engine)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at a SQLAlchemy URL and make what is missing.

        Raises
        ------
        ConfigError
            The database cannot be opened.
        """
        return cls(open_database(url))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def save(self, record: Storable) -> bool:
        """Write one record; whether it is new and now the current version."""
        return self.save_many([record]) == 1

    def save_many(self, records: Iterable[Storable]) -> int:
        """Write records in one transaction.

        Returns
        -------
        How many became current; the rest were known already or older than what is held.

        Raises
        ------
        TypeError
            A record of a type that has no place in the store.
        StoreError
            The database takes nothing; nothing was written.
        """
        with self._transaction() as connection:
            return sum(_write(connection, record) for record in records)

    def save_stages(self, statuses: Iterable[StageStatus]) -> None:
        """Write how far stages have come; the newest word of each worker stays.

        Raises
        ------
        StoreError
            The database takes nothing; nothing was written.
        """
        with self._transaction() as connection:
            for status in statuses:
                row = {field: getattr(status, field) for field in status.__struct_fields__}
                held = tables.STAGES.c.updated_ns
                _upsert(connection, tables.STAGES, row, newer=held < status.updated_ns)

    def save_feeds(self, feeds: Iterable[FeedStatus]) -> None:
        """Write how old and silent stations' waveforms are; the newest word of each stays.

        Raises
        ------
        StoreError
            The database takes nothing; nothing was written.
        """
        with self._transaction() as connection:
            for feed in feeds:
                row = {field: getattr(feed, field) for field in feed.__struct_fields__}
                held = tables.FEEDS.c.updated_ns
                _upsert(connection, tables.FEEDS, row, newer=held < feed.updated_ns)

    def prune(self, keep: Keep, now_ns: int | None = None, at_most: int = 5000) -> int:
        """Delete what is older than it is to be kept; how many rows.

        The newest version of each record stays in any case.

        Parameters
        ----------
        now_ns
            Present wall time.
        at_most
            Rows of a kind deleted at once, so that no reader waits long.

        Raises
        ------
        StoreError
            The database takes nothing; nothing was deleted.
        """
        now = time.time_ns() if now_ns is None else now_ns
        with self._transaction() as connection:
            return sum(
                connection.execute(statement).rowcount for statement in prunings(keep, now, at_most)
            )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction; a database that fails is told apart from a record that is wrong."""
        self._require_file()
        try:
            with self._engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            url = self._engine.url.render_as_string()
            raise StoreError(
                f"store.url {url}: cannot write ({error.orig}); check disk and database"
            ) from error

    def _require_file(self) -> None:
        """SQLite goes on writing into a file that was deleted, and all of it is lost."""
        if self._file is not None and not self._file.exists():
            raise StoreError(f"store.url {self._engine.url}: the file is gone; put it back")


def _write(connection: Connection, record: Storable) -> bool:
    match record:
        case Event():
            return _write_event(connection, record)
        case Mechanism():
            return _write_mechanism(connection, record)
        case StressEstimate():
            return _write_stress(connection, record)
        case StressChange():
            return _write_change(connection, record)
        case Control():
            return _write_control(connection, record)
        case Progress():
            row = {
                "source": record.source,
                "done_until_ns": record.done_until_ns,
                "sent_ns": record.sent_ns,
            }
            held = tables.PROGRESS.c.done_until_ns
            return _upsert(connection, tables.PROGRESS, row, newer=held < record.done_until_ns)
        case DeadLetter():
            row = {name: getattr(record, name) for name in tables.DEAD_LETTERS.columns.keys()}  # noqa: SIM118
            return _upsert(connection, tables.DEAD_LETTERS, row)
        case Pick():
            # Of a pick only the trace is kept; its times and ray stand with its event.
            trace = onset_row(record)
            return trace is not None and _upsert(connection, tables.ONSETS, trace)
        case _:
            raise TypeError(f"the store keeps no {type(record).__name__}")


def _write_event(connection: Connection, event: Event) -> bool:
    time_ns, record = event.origin.time_ns, encode(event)
    _remember(connection, "event", event.event_id, "", event, event.status, time_ns, record)
    event = as_told(connection, event)
    record = encode(event)
    newer = tables.EVENTS.c.version < event.version
    if not _upsert(connection, tables.EVENTS, event_row(event, record), newer=newer):
        return False
    held = tables.ARRIVALS.c.event_id == event.event_id
    connection.execute(delete(tables.ARRIVALS).where(held))
    rows = {arrival.pick_id: arrival_row(event.event_id, arrival) for arrival in event.arrivals}
    if rows and event.status != "tombstone":
        connection.execute(insert(tables.ARRIVALS), list(rows.values()))
    return True


def _write_mechanism(connection: Connection, mechanism: Mechanism) -> bool:
    record = encode(mechanism)
    name, model, time_ns = mechanism.event_id, mechanism.model, mechanism.origin_time_ns
    _remember(connection, "mechanism", name, model, mechanism, mechanism.status, time_ns, record)
    held = tables.MECHANISMS.c
    newer = or_(
        held.version < mechanism.version,
        (held.version == mechanism.version) & (held.model < mechanism.model),
    )
    return _upsert(connection, tables.MECHANISMS, mechanism_row(mechanism, record), newer=newer)


def _write_stress(connection: Connection, estimate: StressEstimate) -> bool:
    row = {
        "cell": estimate.cell,
        "version": estimate.version,
        "region": estimate.region,
        "method": estimate.method,
        "data_time_ns": estimate.data_time_ns,
        "sent_ns": estimate.sent_ns,
        "stored_ns": time.time_ns(),
        "record": encode(estimate),
    }
    newer = tables.CELLS.c.version < estimate.version
    _upsert(connection, tables.CELLS, cell_row(estimate), newer=newer)
    return _upsert(connection, tables.STRESS, row)


def _write_change(connection: Connection, change: StressChange) -> bool:
    record = encode(change)
    name, state = change.change_id, change.state
    _remember(connection, "change", name, "", change, state, change.time_ns, record)
    row = {
        "change_id": change.change_id,
        "version": change.version,
        "region": change.region,
        "state": change.state,
        "time_ns": change.time_ns,
        "onset_time_ns": change.onset_time_ns,
        "sent_ns": change.sent_ns,
        "record": record,
    }
    newer = tables.CHANGES.c.version < change.version
    return _upsert(connection, tables.CHANGES, row, newer=newer)


def _write_control(connection: Connection, control: Control) -> bool:
    row = {
        "control_id": control.control_id,
        "target": control.target,
        "state": control.state,
        "sent_ns": control.sent_ns,
        "record": encode(control),
    }
    # The topic's order stands where a replay of it sends without wall times.
    newer = tables.CONTROLS.c.sent_ns <= control.sent_ns
    is_new = _upsert(connection, tables.CONTROLS, row, newer=newer)
    if is_new and control.action == "event-kind":
        tell_kind(connection, control.target)
    return is_new


def _remember(
    connection: Connection,
    kind: str,
    record_id: str,
    model: str,
    record: Event | Mechanism | StressChange,
    status: str,
    time_ns: int,
    encoded: bytes,
) -> None:
    row = {
        "kind": kind,
        "record_id": record_id,
        "version": record.version,
        "model": model,
        "region": record.region,
        "status": status,
        "time_ns": time_ns,
        "sent_ns": record.sent_ns,
        "stored_ns": time.time_ns(),
        "record": encoded,
    }
    _upsert(connection, tables.HISTORY, row)


def _upsert(
    connection: Connection, table: Table, row: Row, newer: ColumnElement[bool] | None = None
) -> bool:
    """Insert; where the key is held, replace it if ``newer`` says so. Whether a row was written."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(row).inline()
    keys = IDENTITY.get(table.name) or [column.name for column in table.primary_key]
    if newer is None:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    else:
        rest = {name: statement.excluded[name] for name in row if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=rest, where=newer)
    # Of an insert SQLAlchemy keeps the count only where asked.
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted).rowcount > 0
