"""Solved mechanisms as lines of CSV: one a solution, best first; and what was set aside.

The columns of `mechanisms_csv`, then what a solver adds. Numbers have a fixed number of digits, so
that equal answers are equal bytes.
"""

import csv
import io
import math
from collections.abc import Iterable, Sequence

from streamstress.mechanism.readers.events import SetAside, SourceOrigin
from streamstress.mechanism.results import MechanismResult, MechanismSolution
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.mechanisms_csv import COLUMNS

ADDED = (
    "plane_uncertainty_aux_deg", "misfit", "stdr", "n_polarity", "n_sp", "azimuth_gap_deg",
    "takeoff_gap_deg", "sp_misfit", "solution", "aux_strike", "aux_dip", "aux_rake",
    "possibly_not_double_couple", "n_set_aside", "stations", "stations_against",
)  # fmt: skip
REGIONS = ("region68_deg", "region95_deg")
"""Further columns of a posterior."""

SET_ASIDE = ("event_id", "line", "station", "reason", "detail")


def heading(*, with_regions: bool) -> str:
    """The first line."""
    return _lines([[*COLUMNS, *ADDED, *(REGIONS if with_regions else ())]])


def solution_lines(
    origin: SourceOrigin,
    result: MechanismResult,
    *,
    with_regions: bool,
    stations: tuple[str, str] = ("", ""),
) -> str:
    """Lines of all solutions of an event; none with grade E or F.

    ``stations`` are those whose first motions were used, and those of them that the first solution
    contradicts, each with blanks between.
    """
    return _lines(
        [
            [*_event(origin), *_solution(solution), *_rest(solution, result, number), *stations]
            + (_regions(solution) if with_regions else [])
            for number, solution in enumerate(result.solutions, start=1)
        ]
    )


def set_aside_heading() -> str:
    """The first line of the file of what was set aside."""
    return _lines([SET_ASIDE])


def set_aside_lines(entries: Iterable[SetAside]) -> str:
    """A line for each pick and event."""
    return _lines(
        [entry.event_id, str(entry.line_number or ""), entry.station, entry.reason, entry.detail]
        for entry in entries
    )


def _event(origin: SourceOrigin) -> list[str]:
    return [
        origin.event_id,
        "" if origin.time_ns is None else iso_time(origin.time_ns),
        _number(origin.latitude_deg, 5),
        _number(origin.longitude_deg, 5),
        _number(origin.depth_km, 3),
        _number(origin.magnitude, 2),
    ]


def _solution(solution: MechanismSolution) -> list[str]:
    return [
        _number(solution.strike_deg % 360.0, 1),
        _number(solution.dip_deg, 1),
        _number(solution.rake_deg, 1),
        solution.grade,
        _number(solution.plane_uncertainty_deg, 1),
        _number(solution.probability, 3),
    ]


def _rest(solution: MechanismSolution, result: MechanismResult, number: int) -> list[str]:
    return [
        _number(solution.plane_uncertainty_aux_deg, 1),
        _number(solution.misfit, 3),
        _number(solution.stdr, 3),
        str(result.n_polarity),
        str(result.n_sp),
        _number(result.azimuth_gap_deg, 1),
        _number(result.takeoff_gap_deg, 1),
        _number(solution.sp_misfit, 3),
        str(number),
        _number(solution.aux_strike_deg % 360.0, 1),
        _number(solution.aux_dip_deg, 1),
        _number(solution.aux_rake_deg, 1),
        result.not_double_couple,
        str(result.n_set_aside),
    ]


def _regions(solution: MechanismSolution) -> list[str]:
    return [_number(solution.region68_deg, 1), _number(solution.region95_deg, 1)]


def _number(value: float | None, decimals: int) -> str:
    if value is None or math.isnan(value):
        return ""
    # Without the addition a small negative number would print as -0.0.
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
