"""The schema of the store by steps (alembic): a database of any age is brought up, data and all.

The steps of ``store`` are for every database; ``postgis`` adds geometry for GIS programs, on
PostgreSQL and only where asked for. SQLite is brought up when it is opened, PostgreSQL by
``streamstress store upgrade``: there the tables may belong to somebody else.
"""

import sqlite3
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, text
from sqlalchemy.pool import ConnectionPoolEntry

from streamstress.outputs.sqlite_files import write_ahead

HEAD = "0004"
"""The step that this program needs."""

POSTGIS = "postgis_0001"
LOCK = 7_221_995_001
"""Key of PostgreSQL's advisory lock: one process at a time changes the schema."""

LOCK_WAIT_MS = 120_000
"""How long a program waits for another one to bring the file up; a large one takes minutes."""


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Steps that a database has taken."""

    steps: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether this program can use it."""
        return HEAD in self.steps

    @property
    def is_unknown(self) -> bool:
        """Whether a later program made it."""
        return bool(set(self.steps) - {"0001", "0002", "0003", HEAD, POSTGIS})

    @property
    def has_postgis(self) -> bool:
        """Whether it holds geometry."""
        return POSTGIS in self.steps


def schema_state(engine: Engine) -> SchemaState:
    """Steps that a database has taken; none where it is empty or older than steps."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return SchemaState(())
        found = connection.execute(text("select version_num from alembic_version"))
        return SchemaState(tuple(sorted(row[0] for row in found)))


def upgrade(engine: Engine, target: str = "store@head") -> None:
    """Take the missing steps in one transaction; another process that does so is waited for."""
    # alembic takes a third of a second to import, and is needed once in a database's life; and
    # before the lock is taken.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "streamstress.outputs:migrations")
    if engine.dialect.name == "sqlite":
        engine = _locking_sqlite(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def _locking_sqlite(engine: Engine) -> Engine:
    """The same file, locked from the begin of a transaction; SQLite's driver would do so late."""
    locking = create_engine(engine.url, poolclass=NullPool)

    @event.listens_for(locking, "connect")
    def connect(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        write_ahead(connection, LOCK_WAIT_MS)

    @event.listens_for(locking, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return locking
