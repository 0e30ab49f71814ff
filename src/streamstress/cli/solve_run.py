"""A catalogue solved event by event: in order, on one core or more, to be stopped at any time."""

import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import BinaryIO

from streamstress.cli.solve_event import Answer, EventSolver, Task, answers, start_worker
from streamstress.cli.solve_progress import (
    Done,
    progress_file,
    read_done,
    set_aside_file,
    write_done,
)
from streamstress.mechanism.readers.events import PickedEvent, RefusedEvent
from streamstress.outputs.solutions_csv import heading, set_aside_heading

AnyEvent = PickedEvent | RefusedEvent

Show = Callable[[int, int, float], None]
"""Told after each event: bytes read, events solved, seconds gone."""

CHUNK = 8
"""Events that a process takes at a time: sending them costs 1 % of solving them."""

AHEAD = 4
"""Chunks a process that wait or are under way: so much of the catalogue is in memory."""

SAVE_EVERY_S = 1.0


@dataclass(slots=True)
class Tally:
    """What a summary tells."""

    n_events: int = 0
    grades: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    n_resumed: int = 0
    wall_s: float = 0.0

    def count(self, answer: Answer) -> None:
        """Count an event."""
        self.n_events += 1
        self.grades[answer.grade or "unread"] += 1
        self.reasons.update(answer.reasons)


class StopRequest:
    """Set by SIGINT or SIGTERM: the run ends after the event at hand."""

    def __init__(self) -> None:
        self.is_set = False

    def set(self, *_: object) -> None:
        """Ask for the stop."""
        self.is_set = True


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn SIGINT and SIGTERM into a request while the block runs."""
    stop = StopRequest()
    former = {number: signal.signal(number, stop.set) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def solved(
    events: Iterator[AnyEvent], task: Task, workers: int, stop: StopRequest
) -> Iterator[Answer]:
    """Answers in the order of the events."""
    if workers == 1:
        solver = EventSolver(task)
        for event in events:
            if stop.is_set:
                return
            yield solver.answer(event)
        return
    with ProcessPoolExecutor(workers, _ready_context(), start_worker, (task,)) as pool:
        waiting: deque[Future[list[Answer]]] = deque()
        try:
            while not stop.is_set:
                while len(waiting) < AHEAD * workers and (chunk := list(islice(events, CHUNK))):
                    waiting.append(pool.submit(answers, chunk))
                if not waiting:
                    return
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _ready_context() -> BaseContext:
    """Processes that begin with the solver imported, where the system can fork one.

    Its libraries take 2 s of CPU to import: once for all workers instead of once for each.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["streamstress.cli.solve_event"])
    return context


class SolutionFiles:
    """The output, what was set aside and the progress, always in step."""

    def __init__(self, output: Path, run: dict[str, str], task: Task, *, resume: bool) -> None:
        self._output, self._run = output, run
        done = read_done(output, run) if resume else None
        self.n_done = done.n_events if done else 0
        self._solutions = _opened(
            output,
            heading(with_regions=task.method == "bayes"),
            done.output_bytes if done else None,
        )
        self._set_aside = _opened(
            set_aside_file(output), set_aside_heading(), done.set_aside_bytes if done else None
        )
        self._saved_s = time.monotonic()
        self.save()

    def write(self, answer: Answer) -> None:
        """Append an event to both files."""
        self._solutions.write(answer.lines.encode())
        self._set_aside.write(answer.set_aside_lines.encode())
        self.n_done += 1
        if time.monotonic() - self._saved_s > SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Bring everything to the disk and note how far it is."""
        for file in (self._solutions, self._set_aside):
            file.flush()
            os.fsync(file.fileno())
        write_done(
            self._output,
            Done(self._run, self.n_done, self._solutions.tell(), self._set_aside.tell()),
        )
        self._saved_s = time.monotonic()

    def close(self, *, complete: bool) -> None:
        """Close both files; a complete run leaves no progress file."""
        self.save()
        self._solutions.close()
        self._set_aside.close()
        if complete:
            progress_file(self._output).unlink()


def solve_catalogue(
    events: Iterator[AnyEvent],
    files: SolutionFiles,
    task: Task,
    workers: int,
    shown: Show,
) -> Tally:
    """Solve what is left of a catalogue; stop cleanly where asked to."""
    tally = Tally(n_resumed=files.n_done)
    began = time.monotonic()
    with stop_on_signals() as stop:
        for answer in solved(islice(events, files.n_done, None), task, workers, stop):
            files.write(answer)
            tally.count(answer)
            shown(answer.bytes_read, tally.n_events, time.monotonic() - began)
            if stop.is_set:
                break
        tally.interrupted = stop.is_set
    tally.wall_s = time.monotonic() - began
    files.close(complete=not tally.interrupted)
    return tally


def _opened(path: Path, first_line: str, keep_bytes: int | None) -> BinaryIO:
    """A file to append to: cut to what is sure, or begun with its heading."""
    if keep_bytes is None:
        file = path.open("w+b")
        file.write(first_line.encode())
        return file
    file = path.open("r+b")
    file.truncate(keep_bytes)
    file.seek(0, os.SEEK_END)
    return file
