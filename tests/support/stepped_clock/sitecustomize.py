"""Loaded by a worker at its start: its wall clock is the machine's and what a file adds.

A wall clock can be set for the whole machine only, and libfaketime ends `time.sleep`. The monotonic
clock stays as it is, as when an administrator or NTP sets the time.
"""

import os
import time
from pathlib import Path

FILE = Path(os.environ["CLOCK_STEP_FILE"])
READ_EVERY_S = 0.2

_true_time_ns = time.time_ns
_step_ns = 0
_due_s = 0.0


def time_ns() -> int:
    """Wall time, ns, with the present step."""
    global _step_ns, _due_s
    if time.monotonic() >= _due_s:
        _due_s = time.monotonic() + READ_EVERY_S
        _step_ns = round(1e9 * float(FILE.read_text() or 0))
    return _true_time_ns() + _step_ns


def seconds() -> float:
    """Wall time, s, with the present step."""
    return time_ns() / 1e9


time.time_ns = time_ns
time.time = seconds
