"""Programs that open one new file at the same moment all get it."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from streamstress.outputs.sqlite_files import write_ahead

PROGRAMS = 8
FILES = 40


def test_a_new_file_is_switched_by_whoever_comes_at_once(tmp_path: Path):
    together = Barrier(PROGRAMS)

    def mode(path: Path) -> str:
        connection = sqlite3.connect(path, check_same_thread=False)
        together.wait()
        write_ahead(connection, 10_000)
        connection.execute("create table if not exists a (b)")
        found = connection.execute("pragma journal_mode").fetchone()[0]
        connection.close()
        return str(found)

    with ThreadPoolExecutor(PROGRAMS) as programs:
        for number in range(FILES):
            found = list(programs.map(mode, [tmp_path / f"{number}.db"] * PROGRAMS))
            assert found == ["wal"] * PROGRAMS


def test_a_file_that_stays_locked_is_given_up_in_time(tmp_path: Path):
    holder = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
    holder.execute("begin exclusive")
    waiting = sqlite3.connect(tmp_path / "held.db")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(waiting, 50)
