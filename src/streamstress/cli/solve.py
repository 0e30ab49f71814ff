"""What ``solve`` does: focal mechanisms of a whole file."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
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

from streamstress.cli.solve_event import BY_RULE, Task
from streamstress.cli.solve_progress import progress_file, set_aside_file
from streamstress.cli.solve_run import SolutionFiles, Tally, solve_catalogue
from streamstress.errors import ConfigError, InputFileError
from streamstress.mechanism.readers.select import TRACED, PhaseFiles, open_events

console = Console(stderr=True, highlight=False, soft_wrap=True)

SOMETHING_SET_ASIDE = 3
"""Exit status of a run that is complete, but could not use all of its input."""

INTERRUPTED = 130
"""Exit status after SIGINT or SIGTERM, as shells have it."""


@dataclass(frozen=True, slots=True)
class SolveRequest:
    """Everything that ``solve`` was asked for."""

    files: PhaseFiles
    output: Path
    task: Task
    workers: int = 1
    resume: bool = False
    as_json: bool = False


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
    files = SolutionFiles(request.output, _run_of(request), request.task, resume=request.resume)
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
            text = f"{files.n_done:,} events, {rate:.0f} a second"
            bar.update(task_id, completed=bytes_read, description=text)

        tally = solve_catalogue(events, files, request.task, request.workers, show)
    if files.n_done == 0 and not tally.interrupted:
        raise InputFileError(
            f"{request.files.phases}: no event of format {request.files.phase_format} in it"
        )
    _tell(request, tally)
    if tally.interrupted:
        return INTERRUPTED
    return SOMETHING_SET_ASIDE if _bad(tally.reasons) else 0


def _check(request: SolveRequest) -> None:
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
        "settings": hashlib.sha256(repr((task.settings, files)).encode()).hexdigest(),
    }


def _bad(reasons: Counter[str]) -> int:
    return sum(count for reason, count in reasons.items() if reason not in BY_RULE)


def _tell(request: SolveRequest, tally: Tally) -> None:
    if request.as_json:
        print(json.dumps(_summary(request, tally)))
        return
    table = Table(title=f"{tally.n_events:,} events", title_justify="left")
    for name in ("", "number"):
        table.add_column(name, justify="right" if name else "left")
    for grade in sorted(tally.grades):
        table.add_row(f"grade {grade}" if len(grade) == 1 else grade, f"{tally.grades[grade]:,}")
    for reason, count in sorted(tally.reasons.items()):
        kind = "left out by rule" if reason in BY_RULE else "set aside"
        table.add_row(f"{kind}: {reason}", f"{count:,}")
    Console(highlight=False).print(table)
    rate = tally.n_events / max(tally.wall_s, 1e-9)
    console.print(f"{tally.n_events:,} events in {tally.wall_s:.1f} s, {rate:.0f} a second")
    console.print(f"mechanisms in {request.output}")
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
