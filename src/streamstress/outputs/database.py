"""Opening the database of the store: SQLite by default, any SQLAlchemy URL."""

import sqlite3

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateIndex, CreateTable

from streamstress.errors import ConfigError
from streamstress.outputs.tables import METADATA

BUSY_TIMEOUT_MS = 10_000
"""How long a writer of SQLite waits for another one."""


def open_database(url: str) -> Engine:
    """Connect and make the tables that are missing.

    Parameters
    ----------
    url
        SQLAlchemy URL, as ``sqlite:///streamstress.db``. SQLite runs in WAL mode, so that any
        number of processes read while one writes.

    Raises
    ------
    ConfigError
        The URL is malformed, its driver is not installed, or the database cannot be opened.
    """
    try:
        engine = create_engine(make_url(url))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            f"store.url {url!r} is no usable SQLAlchemy URL ({error}); "
            "an example is sqlite:///streamstress.db"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        _create_missing(engine)
    except DatabaseError as error:
        raise ConfigError(
            f"store.url {engine.url.render_as_string()}: cannot open the database "
            f"({error.orig}); check that its folder exists and that it is a database"
        ) from error
    return engine


def _create_missing(engine: Engine) -> None:
    # Two processes may start at once: "if not exists" is decided by the database, not before it.
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # The time-out comes first: the switch to WAL itself waits for a lock.
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
