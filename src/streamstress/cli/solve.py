"""What ``solve`` does: focal mechanisms of a whole file."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from streamstress.cli.exit_status import INTERRUPTED, SOMETHING_SET_ASIDE
from streamstress.cli.solve_event import BY_RULE, Task
from streamstress.cli.solve_progress import progress_file, set_aside_file, statcor_file
from streamstress.cli.solve_run import (
    Show,
    SolutionFiles,
    Tally,
    solve_catalogue,
    solved,
    stop_on_signals,
)
from streamstress.cli.solve_stations import learned_stations, write_statcor
from streamstress.errors import ConfigError, InputFileError
from streamstress.mechanism.readers.select import TRACED, PhaseFiles, open_events

console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class SolveRequest:
    """Everything that ``solve`` was asked for."""

    files: PhaseFiles
    output: Path
    task: Task
    workers: int = 1
    resume: bool = False
    as_json: bool = False
    learn_stations: bool = False


def run_solve(request: SolveRequest) -> int:
    """Solve a file of picks and say what came of it.

    Returns
    -------
    Exit status: 0 all of the input was used, 3 some of it was set aside, 130 interrupted.

    Raises
    ------
    ConfigError
        Options that do not fit together.
    InputFileError
        A file cannot be read, or there is no event in it.
    """
    _check(request)
    if request.resume and request.output.exists() and not progress_file(request.output).exists():
        console.print(f"{request.output} is complete; without --resume it is solved anew")
        return 0
    events = open_events(request.files)
    task = _task_with_stations(request)
    if task is None:
        console.print("interrupted while the stations were learned; nothing is kept of that")
        return INTERRUPTED
    files = SolutionFiles(request.output, _run_of(request), task, resume=request.resume)
    with _bar(request) as show:
        tally = solve_catalogue(events, files, task, request.workers, show)
    if files.n_done == 0 and not tally.interrupted:
        raise InputFileError(
            f"{request.files.phases}: no event of format {request.files.phase_format} in it"
        )
    _tell(request, tally)
    if tally.interrupted:
        return INTERRUPTED
    return SOMETHING_SET_ASIDE if _bad(tally.reasons) else 0


def _task_with_stations(request: SolveRequest) -> Task | None:
    """The task, with station terms from a first solution where wanted; None where stopped."""
    if not request.learn_stations:
        return request.task
    # Nothing but residuals is wanted of this pass.
    task = replace(request.task, figures=None, quakeml=None, accepted=None)
    residuals = []
    with _bar(request, "learning stations, ") as show, stop_on_signals() as stop:
        began = time.monotonic()
        events = open_events(request.files)
        for n, answer in enumerate(solved(events, task, request.workers, stop), start=1):
            residuals.append((answer.event_id, answer.residuals))
            show(answer.bytes_read, n, time.monotonic() - began)
    if stop.is_set:
        return None
    learned = learned_stations(residuals)
    write_statcor(statcor_file(request.output), learned)
    return replace(request.task, stations=learned)


@contextmanager
def _bar(request: SolveRequest, said_first: str = "") -> Iterator[Show]:
    """A line with what is done, rate and time left."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task_id = bar.add_task("reading", total=_size(request.files.phases))

        def show(bytes_read: int, n_events: int, gone_s: float) -> None:
            rate = n_events / max(gone_s, 1e-9)
            text = f"{said_first}{n_events:,} events, {rate:.0f} a second"
            bar.update(task_id, completed=bytes_read, description=text)

        yield show


def _check(request: SolveRequest) -> None:
    if request.learn_stations and request.files.amplitudes is None:
        raise ConfigError("--learn-statcor learns from S/P amplitudes: give --amplitudes")
    traced = request.files.phase_format in TRACED
    if traced and not request.task.velocity:
        raise ConfigError(f"format {request.files.phase_format} has no rays: give --velocity")
    for folder in (request.task.figures, request.task.quakeml, request.task.accepted):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    request.output.parent.mkdir(parents=True, exist_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error


def _run_of(request: SolveRequest) -> dict[str, str]:
    """What must be the same for a run to go on, by name of the option."""
    files, task = request.files, request.task
    sources = (files.stations, files.reversals, files.amplitudes, files.corrections)
    return {
        "input": f"{files.phases.resolve()}, {_size(files.phases)} bytes",
        "format": files.phase_format,
        "stations, reversals, amplitudes or statcor": repr(sources),
        "velocity": repr(task.velocity),
        "method": task.method,
        "seed": str(task.seed),
        "--learn-statcor": str(request.learn_stations),
        "settings": hashlib.sha256(repr((task.settings, files)).encode()).hexdigest(),
    }


def _bad(reasons: Counter[str]) -> int:
    return sum(count for reason, count in reasons.items() if reason not in BY_RULE)


def _tell(request: SolveRequest, tally: Tally) -> None:
    if request.as_json:
        print(json.dumps(_summary(request, tally)))
        return
    solved_text = f"{tally.n_events:,} event{'' if tally.n_events == 1 else 's'}"
    table = Table(title=solved_text, title_justify="left")
    for name in ("", "number"):
        table.add_column(name, justify="right" if name else "left")
    for grade in sorted(tally.grades):
        table.add_row(f"grade {grade}" if len(grade) == 1 else grade, f"{tally.grades[grade]:,}")
    for reason, count in sorted(tally.reasons.items()):
        kind = "left out by rule" if reason in BY_RULE else "set aside"
        table.add_row(f"{kind}: {reason}", f"{count:,}")
    Console(highlight=False).print(table)
    rate = tally.n_events / max(tally.wall_s, 1e-9)
    console.print(f"{solved_text} in {tally.wall_s:.1f} s, {rate:.1f} a second")
    console.print(f"mechanisms in {request.output}")
    if request.learn_stations:
        console.print(f"corrections of S/P in {statcor_file(request.output)}")
    if tally.reasons:
        console.print(f"what was not used, and why, in {set_aside_file(request.output)}")
    if tally.interrupted:
        console.print("interrupted; what is done is kept, go on with --resume")


def _summary(request: SolveRequest, tally: Tally) -> dict[str, object]:
    return {
        "events": tally.n_events,
        "events_of_earlier_run": tally.n_resumed,
        "grades": dict(sorted(tally.grades.items())),
        "set_aside": {r: n for r, n in sorted(tally.reasons.items()) if r not in BY_RULE},
        "left_out_by_rule": {r: n for r, n in sorted(tally.reasons.items()) if r in BY_RULE},
        "interrupted": tally.interrupted,
        "wall_s": round(tally.wall_s, 3),
        "output": str(request.output),
        "set_aside_file": str(set_aside_file(request.output)),
    }
