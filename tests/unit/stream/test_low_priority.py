"""A backfill's processes yield to the live ones, also across sessions."""

import subprocess
import sys
from pathlib import Path

import pytest

from streamstress.stream.low_priority import NICENESS, low_priority

AUTOGROUP = Path("/proc/self/autogroup")


def said_by(code: str) -> str:
    return subprocess.run(
        low_priority([sys.executable, "-c", code]),
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    ).stdout.strip()


def test_a_command_runs_at_the_weakest_niceness():
    assert int(said_by("import os; print(os.nice(0))")) == NICENESS


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel has no groups of sessions")
def test_its_session_is_weak_too_and_ours_stays_as_it_was():
    before = AUTOGROUP.read_text()
    assert f"nice {NICENESS}" in said_by("print(open('/proc/self/autogroup').read())")
    assert AUTOGROUP.read_text() == before


def test_words_with_spaces_and_the_status_pass_through():
    code = "import sys; sys.exit(int(sys.argv[1][-1]))"
    command = low_priority([sys.executable, "-c", code, "a $b 7"])
    told = subprocess.run(command, check=False, start_new_session=True)
    assert told.returncode == 7
