"""One event of a catalogue: its picks in, its lines of output out. Runs in any process."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streamstress.cli.solve_stations import LearnedStations
from streamstress.errors import RejectedError
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.readers.events import PickedEvent, RefusedEvent, SetAside
from streamstress.mechanism.results import MechanismResult
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import event_seed
from streamstress.mechanism.solvers import Method, solver_of
from streamstress.mechanism.sp_residuals import sp_residuals
from streamstress.mechanism.traced_rays import RayTables, polarity_data, ray_tables
from streamstress.outputs.solutions_csv import set_aside_lines, solution_lines

REFUSED_GRADES = {"E": "large-gap", "F": "too-few-polarities"}
"""Grades without a mechanism, as reasons."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is the same for every event; folders are None where nothing is wanted in them.

    ``stations`` are taken off the S/P ratios where they were learned.
    """

    method: Method
    settings: MechanismSettings
    seed: int
    velocity: tuple[Path, ...] = ()
    max_distance_km: float = 120.0
    figures: Path | None = None
    quakeml: Path | None = None
    accepted: Path | None = None
    stations: LearnedStations | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Lines of an event for both files, what a summary counts, what its stations tell.

    ``residuals`` are station and log10 S/P less that of the mechanism.
    """

    lines: str
    set_aside_lines: str
    grade: str
    reasons: tuple[str, ...]
    bytes_read: int
    event_id: str = ""
    residuals: tuple[tuple[str, float], ...] = ()


class EventSolver:
    """Solves the events of a catalogue, one after the other."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._solve = solver_of(task.method)
        self._tables: RayTables | None = None
        if task.velocity:
            self._tables = ray_tables(task.velocity, task.max_distance_km)

    def answer(self, event: PickedEvent | RefusedEvent) -> Answer:
        """Solve one event; what cannot be solved is set aside."""
        if isinstance(event, RefusedEvent):
            return _answer("", (event.set_aside,), "", event.bytes_read)
        if self._task.stations is not None:
            event = self._task.stations.corrected(event)
        try:
            data, result = self._solved(event)
        except RejectedError as error:
            entry = SetAside(event.event_id, 0, "", error.reason, str(error))
            return _answer("", (*event.set_aside, entry), "", event.bytes_read)
        entries = list(event.set_aside)
        if result.grade in REFUSED_GRADES:
            reason = REFUSED_GRADES[result.grade]
            entries.append(SetAside(event.event_id, 0, "", reason, result.grade_reason))
        lines = solution_lines(
            event.origin,
            result,
            with_regions=self._task.method == "bayes",
            stations=_stations(event, data, result),
        )
        answer = _answer(lines, entries, result.grade, event.bytes_read)
        return replace(answer, event_id=event.event_id, residuals=_residuals(event, data, result))

    def _solved(self, event: PickedEvent) -> tuple[PolarityData, MechanismResult]:
        task = self._task
        seed = event_seed(event.event_id, task.seed)
        generator = np.random.default_rng([seed, 1])
        # The posterior integrates over the rays' sigmas itself.
        turn_seed = seed if task.method == "hash" else None
        data = polarity_data(event, self._tables, task.settings.n_trials, generator, turn_seed)
        result = self._solve(data, task.settings, seed)
        n_bad = sum(entry.reason not in BY_RULE for entry in event.set_aside)
        result = replace(result, n_set_aside=result.n_set_aside + n_bad)
        if any((task.figures, task.quakeml, task.accepted)):
            # Figures take a second to import, and most catalogues want none.
            from streamstress.cli.solve_extras import write_extras

            write_extras(event, data, result, task.figures, task.quakeml, task.accepted)
        return data, result


BY_RULE = frozenset(
    {"beyond-distance", "low-quality", "no-polarity", "low-snr", "no-correction", "large-gap"}
)
"""Reasons that are the method's own rules and say nothing against the file."""


def _stations(event: PickedEvent, data: PolarityData, result: MechanismResult) -> tuple[str, str]:
    """Stations with a first motion, and those of them that the first solution contradicts."""
    if not result.solutions:
        return "", ""
    best = result.solutions[0]
    tensor = double_couple(best.strike_deg, best.dip_deg, best.rake_deg)
    motion = radiation_pattern(tensor, data.azimuth_deg, data.takeoff_deg)[0]
    told = np.nan_to_num(data.up_probability - 0.5)
    names = np.array([pick.station for pick in event.picks], dtype=object)
    return " ".join(sorted(names[told != 0.0])), " ".join(sorted(names[told * motion < 0.0]))


def _residuals(
    event: PickedEvent, data: PolarityData, result: MechanismResult
) -> tuple[tuple[str, float], ...]:
    left = sp_residuals(data, result)
    return tuple(
        (pick.station, float(left[index]))
        for index, pick in enumerate(event.picks)
        if left[index] == left[index]
    )


def _answer(lines: str, entries: Sequence[SetAside], grade: str, bytes_read: int) -> Answer:
    reasons = tuple(entry.reason for entry in entries)
    return Answer(lines, set_aside_lines(entries), grade, reasons, bytes_read)


_solver: list[EventSolver] = []


def start_worker(task: Task) -> None:
    """Make a process ready: the parent alone answers an interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _solver[:] = [EventSolver(task)]


def answers(events: Sequence[PickedEvent | RefusedEvent]) -> list[Answer]:
    """Answers of a few events, in a process that `start_worker` made ready."""
    return [_solver[0].answer(event) for event in events]
