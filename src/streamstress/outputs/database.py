"""Opening the database of the store: SQLite by default, any SQLAlchemy URL."""

import sqlite3

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from streamstress.errors import ConfigError
from streamstress.outputs.migrations import schema_state, upgrade
from streamstress.outputs.sqlite_files import write_ahead

BUSY_TIMEOUT_MS = 10_000
"""How long a writer of SQLite waits for another one."""

MAPPED_BYTES = 4 * 2**30
"""Pages are read in place, not copied: rows of a place lie far apart in a large file."""


def open_database(url: str) -> Engine:
    """Connect; SQLite is made or brought up to the present schema, PostgreSQL must have it.

    Parameters
    ----------
    url
        SQLAlchemy URL, as ``sqlite:///streamstress.db`` or ``postgresql://user@host/name``. SQLite
        runs in WAL mode, so that any number of processes read while one writes.

    Raises
    ------
    ConfigError
        The URL is malformed, its driver is not installed, the database cannot be opened, or its
        schema is of another age.
    """
    engine = connect(url)
    shown = engine.url.render_as_string()
    try:
        state = schema_state(engine)
        if state.is_unknown:
            raise ConfigError(
                f"store.url {shown}: a later streamstress made this database "
                f"(step {', '.join(state.steps)}); use that version, or another database"
            )
        if not state.is_current and engine.dialect.name == "sqlite":
            upgrade(engine)
        elif not state.is_current:
            raise ConfigError(
                f"store.url {shown}: the tables are missing or older than this program; "
                f"run: streamstress store upgrade --store {shown}"
            )
    except DatabaseError as error:
        raise ConfigError(
            f"store.url {shown}: cannot open the database "
            f"({error.orig}); check that its folder exists and that it is a database"
        ) from error
    return engine


def connect(url: str) -> Engine:
    """Engine of a URL; nothing is asked of the database yet.

    Raises
    ------
    ConfigError
        The URL is malformed or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, pool_pre_ping=parsed.drivername.startswith("postgresql"))
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"store.url {url!r}: its driver {error.name} is not installed; for PostgreSQL: "
            "pip install 'streamstress[postgres]'"
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            f"store.url {url!r} is no usable SQLAlchemy URL ({error}); "
            "an example is sqlite:///streamstress.db"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    write_ahead(connection, BUSY_TIMEOUT_MS)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
