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

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from streamstress.errors import StoreError
from streamstress.outputs import tables
from streamstress.outputs.database import open_database
from streamstress.outputs.retention import Keep, prunings
from streamstress.outputs.rows import FeedStatus, StageStatus
from streamstress.outputs.store_reader import StoreReader
from streamstress.outputs.store_writes import Storable, upsert, write


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
            return sum(write(connection, record) for record in records)

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
                upsert(connection, tables.STAGES, row, newer=held < status.updated_ns)

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
                upsert(connection, tables.FEEDS, row, newer=held < feed.updated_ns)

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
