"""Readings of a picks CSV, and the models that classify them: what all polarity commands share."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streamstress.errors import InputFileError
from streamstress.ingest.onset_windows import OnsetWanted, OnsetWindow, onset_windows
from streamstress.ingest.record_index import index_records
from streamstress.outputs.picks_csv import PickLine, read_picks
from streamstress.polarity.classify import PolarityModel

WINDOWS_A_CALL = 512
T = TypeVar("T")

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def readings_of(path: Path, needed: Sequence[str] = ()) -> list[PickLine]:
    """Rows of a picks CSV; those set aside are told.

    Raises
    ------
    InputFileError
        The file is no such CSV, or no row of it can be used.
    """
    table = read_picks(path, needed)
    for line, reason in table.rejected[:5]:
        console.print(f"{path}, line {line} set aside: {reason}")
    if len(table.rejected) > 5:
        console.print(f"{path}: {len(table.rejected)} lines set aside in all")
    if not table.rows:
        raise InputFileError(f"{path}: no line of it can be used")
    return list(table.rows)


def classified(rows: Sequence[PickLine], archive: Path, model: PolarityModel) -> list[PickLine]:
    """Read the first motion of each P from an archive; other phases are passed on as they are.

    A P without waveform gets no probability and the decision "unknown".

    Raises
    ------
    InputFileError
        There is no such archive, or no miniSEED in it.
    """
    if not archive.exists():
        raise InputFileError(f"{archive}: no such file or folder; give a miniSEED file or folder")
    index = index_records([archive])
    is_p = [number for number, row in enumerate(rows) if row.phase == "P"]
    wanted = [_wanted(rows[number]) for number in is_p]
    windows = tracked(onset_windows(index, wanted), len(wanted), "first motions")
    found = list(rows)
    for start in range(0, len(is_p), WINDOWS_A_CALL):
        numbers = is_p[start : start + WINDOWS_A_CALL]
        part = [rows[number] for number in numbers]
        read = _read(part, list(islice(windows, len(part))), model)
        for number, row in zip(numbers, read, strict=True):
            found[number] = row
    return found


def tracked(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Items under a progress bar with their number and the time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        yield from bar.track(items, total=total, description=what)


def _wanted(row: PickLine) -> OnsetWanted:
    return OnsetWanted(row.network, row.station, row.location, row.channel, row.time_ns)


def _read(
    rows: Sequence[PickLine], windows: Sequence[OnsetWindow | None], model: PolarityModel
) -> list[PickLine]:
    """Rows with the first motion of their windows."""
    there = [window for window in windows if window is not None]
    result = model.classify(
        [window.samples for window in there],
        np.array([window.sampling_rate_hz for window in there]),
        np.array([window.pick_index for window in there]),
    )
    answers = zip(result.up_probability.tolist(), result.decision.tolist(), strict=True)
    read = []
    for row, window in zip(rows, windows, strict=True):
        p, decision = (None, "unknown") if window is None else next(answers)
        p = None if p is None else round(p, 4)
        read.append(replace(row, up_probability=p, decision=decision, model=model.name))
    return read
