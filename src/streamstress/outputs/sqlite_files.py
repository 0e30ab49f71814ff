"""How SQLite's file is opened, so that many programs may read it while one writes."""

import sqlite3
import time

PAUSE_S = 0.02
"""Between two tries to switch a file to the write-ahead log; the switch takes about this long."""


def write_ahead(connection: sqlite3.Connection, wait_ms: int) -> None:
    """Wait for other writers from now on, and keep a write-ahead log (WAL).

    Two programs that switch one new file at the same moment hold a read lock each and want the
    write lock. SQLite refuses one of them at once, whatever its time-out says (sqlite.org, C
    interface, ``sqlite3_busy_handler``); a second try finds the file switched.

    Parameters
    ----------
    wait_ms
        How long to wait for a lock before the file counts as locked.

    Raises
    ------
    sqlite3.OperationalError
        The file stayed locked for so long, or cannot be opened.
    """
    connection.execute(f"PRAGMA busy_timeout={wait_ms}")
    until = time.monotonic() + 1e-3 * wait_ms
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(PAUSE_S)
        else:
            return


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
