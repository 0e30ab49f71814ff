"""Ends a worker that no longer does what it is there for, so that its supervisor starts it again.

A thread of its own: what hangs may be the event loop.
"""

import os
import threading
import time

import structlog

from streamstress.stream.liveness import Liveness

STALLED_STATUS = 4
"""Exit status of a worker that its watchdog ended."""

CHECK_EVERY_S = 2.0

log = structlog.get_logger(__name__)


def start_watchdog(liveness: Liveness, role: str, every_s: float = CHECK_EVERY_S) -> None:
    """End this process as soon as the liveness names a problem; for the life of the process."""

    def watch() -> None:
        while (problem := liveness.problem()) is None:
            time.sleep(every_s)
        log.error("worker ends; its supervisor starts it again", role=role, problem=problem)
        # Nothing is flushed or left in order: what was not acknowledged is read again.
        os._exit(STALLED_STATUS)

    threading.Thread(target=watch, name="watchdog", daemon=True).start()
