"""Workers are started again when they end, ever later, and all stop when told."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamstress.stream import supervisor as module
from streamstress.stream.supervisor import LONGEST_DELAY_S, Supervisor, Worker, worker_command

SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(60)"
)
ENDS = "raise SystemExit(7)"


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    """Supervise one process a script; whatever still runs at the end is stopped."""
    made: list[Supervisor] = []

    def build(*scripts: str, **environment: str) -> Supervisor:
        workers = [
            Worker(f"w{n}", [sys.executable, "-c", script], tmp_path / f"w{n}.log", environment)
            for n, script in enumerate(scripts)
        ]
        made.append(Supervisor(workers))
        return made[-1]

    yield build
    for each in made:
        each.stop()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30.0
    while not is_so():
        assert time.monotonic() < deadline, "did not happen within 30 s"
        time.sleep(0.02)


def ended(worker: Worker) -> bool:
    return worker.process is not None and worker.process.poll() is not None


def is_up(worker: Worker) -> bool:
    return worker.log_file.exists() and "up" in worker.log_file.read_text()


def test_a_worker_that_ends_is_told_of_and_started_again_at_once_the_first_time(
    supervise: Callable[..., Supervisor],
):
    supervisor = supervise(ENDS)
    supervisor.start()
    (worker,) = supervisor.workers
    wait_until(lambda: ended(worker))
    (sentence,) = supervisor.watch_once()
    assert "w0 ended with 7" in sentence
    assert "at once" in sentence
    assert str(worker.log_file) in sentence
    assert supervisor.watch_once() == []
    assert worker.restarts == 1
    assert worker.process is not None


def test_a_worker_that_keeps_ending_is_started_ever_later_up_to_half_a_minute(
    supervise: Callable[..., Supervisor],
):
    supervisor = supervise(ENDS)
    supervisor.start()
    (worker,) = supervisor.workers
    delays = []
    for _ in range(9):
        wait_until(lambda: ended(worker))
        before = time.monotonic()
        supervisor.watch_once()
        delays.append(max(0.0, round(worker.due_s - before, 1)))
        worker.due_s = 0.0
        supervisor.watch_once()
    assert delays == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_DELAY_S, LONGEST_DELAY_S]


def test_a_worker_is_not_started_before_its_time(supervise: Callable[..., Supervisor]):
    supervisor = supervise(ENDS)
    supervisor.start()
    (worker,) = supervisor.workers
    wait_until(lambda: ended(worker))
    supervisor.watch_once()
    worker.due_s = time.monotonic() + 3600.0
    assert supervisor.watch_once() == []
    assert worker.process is None


def test_a_worker_that_had_run_steadily_starts_again_at_once(supervise: Callable[..., Supervisor]):
    supervisor = supervise(ENDS)
    supervisor.start()
    (worker,) = supervisor.workers
    wait_until(lambda: ended(worker))
    worker.delay_s, worker.started_s = LONGEST_DELAY_S, time.monotonic() - 3600.0
    assert "at once" in supervisor.watch_once()[0]


def test_only_the_worker_that_ended_is_started_again(supervise: Callable[..., Supervisor]):
    supervisor = supervise(SLEEPS, ENDS)
    supervisor.start()
    steady, failing = supervisor.workers
    pid = steady.process.pid
    wait_until(lambda: ended(failing))
    supervisor.watch_once()
    supervisor.watch_once()
    assert (steady.process.pid, steady.restarts, failing.restarts) == (pid, 0, 1)


def test_workers_added_later_are_started_and_watched_too(
    supervise: Callable[..., Supervisor], tmp_path: Path
):
    supervisor = supervise(SLEEPS)
    supervisor.start()
    later = Worker("later", [sys.executable, "-c", ENDS], tmp_path / "later.log")
    supervisor.add([later])
    wait_until(lambda: ended(later))
    assert "later ended" in supervisor.watch_once()[0]


def test_all_stop_when_told_the_stubborn_by_force(
    supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "STOP_WAIT_S", 0.5)
    supervisor = supervise(SLEEPS, STUBBORN)
    supervisor.start()
    wait_until(lambda: all(is_up(worker) for worker in supervisor.workers))
    supervisor.stop()
    polite, stubborn = (worker.process for worker in supervisor.workers)
    assert polite.returncode == -15
    assert stubborn.returncode == -9


def test_stopping_leaves_ended_workers_alone(supervise: Callable[..., Supervisor]):
    supervisor = supervise(ENDS)
    supervisor.start()
    (worker,) = supervisor.workers
    wait_until(lambda: ended(worker))
    supervisor.watch_once()
    supervisor.stop()
    assert worker.process is None


def test_output_is_appended_to_the_log_and_the_environment_is_passed_on(
    supervise: Callable[..., Supervisor],
):
    supervisor = supervise("import os; print(os.environ['WORD'], len(os.environ))", WORD="hello")
    supervisor.start()
    (worker,) = supervisor.workers
    wait_until(lambda: ended(worker))
    supervisor.watch_once()
    supervisor.watch_once()
    wait_until(lambda: ended(worker))
    lines = worker.log_file.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["hello", "hello"]
    assert int(lines[0].split()[1]) >= len(os.environ)


def test_a_worker_is_this_program_with_its_role_and_configuration():
    command = worker_command("pick", Path("/etc/site.toml"))
    expected = [sys.executable, "-m", "streamstress", "worker", "pick", "-c", "/etc/site.toml"]
    assert command == expected
