"""Keeps every worker of a configuration running, a process each.

A worker that ends is started again, at once the first time and then ever later up to half a
minute, so that a broker that is away is not hammered. SIGTERM goes to every worker; what does not
stop in time is killed. Only processes started here are ever touched.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
STEADY_AFTER_S = 60.0
"""A worker that ran this long starts again at once."""
STOP_WAIT_S = 20.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Worker:
    """One supervised process."""

    name: str
    command: Sequence[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    restarts: int = 0
    delay_s: float = 0.0
    """Wait before the next start again."""
    due_s: float = 0.0

    def start(self) -> None:
        """Start the process, its output appended to its log file."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command line
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.started_s = time.monotonic()


def worker_command(role: str, config: Path) -> list[str]:
    """Command line of one worker."""
    return [sys.executable, "-m", "streamstress", "worker", role, "-c", str(config)]


@dataclass(slots=True)
class Supervisor:
    """Starts, watches and stops workers."""

    workers: list[Worker]

    def start(self) -> None:
        """Start all."""
        for worker in self.workers:
            worker.start()

    def add(self, workers: Sequence[Worker]) -> None:
        """Start more, and watch them too."""
        self.workers.extend(workers)
        for worker in workers:
            worker.start()

    def watch_once(self) -> list[str]:
        """Start again what ended and is due; returns a sentence for each end noticed."""
        ended = []
        for worker in self.workers:
            if worker.process is not None and worker.process.poll() is not None:
                ended.append(self._noticed(worker))
            elif worker.process is None and time.monotonic() >= worker.due_s:
                worker.restarts += 1
                worker.start()
        return ended

    def _noticed(self, worker: Worker) -> str:
        assert worker.process is not None  # noqa: S101 - for the type checker
        code = worker.process.returncode
        ran_s = time.monotonic() - worker.started_s
        delay_s = 0.0 if ran_s > STEADY_AFTER_S else worker.delay_s
        worker.due_s = time.monotonic() + delay_s
        worker.delay_s = min(max(2 * delay_s, FIRST_DELAY_S), LONGEST_DELAY_S)
        worker.process = None
        when = f"in {delay_s:.1f} s" if delay_s else "at once"
        sentence = (
            f"worker {worker.name} ended with {code} after {ran_s:.0f} s; "
            f"starting again {when}, see {worker.log_file}"
        )
        log.warning(sentence, worker=worker.name, code=code)
        return sentence

    def stop(self) -> None:
        """SIGTERM to all, and SIGKILL to those that do not stop in time."""
        running = [w.process for w in self.workers if w.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WAIT_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
