"""Rows of a mechanisms file as events with places, ready for the inversion."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.clusters import cluster_labels
from streamstress.errors import ConfigError, UnusableDataError
from streamstress.geometry.tensors import double_couple_of
from streamstress.outputs.mechanisms_csv import MechanismLine, MechanismTable, RejectedLine
from streamstress.stress.contribution import PlaneSet, plane_set_of_angles
from streamstress.stress.dependence import share_weights
from streamstress.stress.weights import grade_weight, uncertainty_weight

Array = NDArray[np.float64]
Value = Callable[[MechanismLine], float | None]

NS_PER_DAY = 86_400 * 10**9

WEIGHTS = ("grade", "uncertainty", "equal")

MIDDLE_LONGITUDE_DEG = 180.0
"""Longitudes are counted within this of the first event's, so that no grid breaks at 180."""


@dataclass(frozen=True, slots=True)
class EventTable:
    """Events of a file that can be inverted, and what was left out.

    Attributes
    ----------
    event_id : list of str
    position : (n, d) float
        Coordinates in the order of the columns; not a number where a column is missing.
    solutions : PlaneSet
        Dependent events share their weight.
    cluster : (n,) int
        Labels of dependent events (`earth.clusters`).
    rejected : list of RejectedLine
        Rows set aside as bad.
    left_out : dict
        Rows left out on purpose (grades) by reason.
    """

    event_id: list[str]
    position: Array
    solutions: PlaneSet
    cluster: NDArray[np.int64]
    rejected: list[RejectedLine]
    left_out: dict[str, int]


def event_table(
    table: MechanismTable,
    columns: Sequence[str],
    grades: str,
    weights: str,
    *,
    needs_place: bool,
    links: bool = True,
) -> EventTable:
    """Events of the rows of wanted grades; rows of one event are its solutions.

    Without ``links`` every event counts for itself.

    Raises
    ------
    ConfigError
        A column that the file does not have.
    UnusableDataError
        No row is left.
    """
    values = [_value_of(name, table) for name in columns]
    rejected = list(table.rejected)
    left_out: Counter[str] = Counter()
    events: dict[str, list[MechanismLine]] = {}
    places: dict[str, list[float]] = {}
    for row in table.rows:
        if row.grade is not None and row.grade not in grades:
            left_out[f"grade {row.grade}"] += 1
            continue
        try:
            place = _place(row, columns, values, needs_place)
        except ValueError as error:
            rejected.append(RejectedLine(row.line_number, row.event_id, str(error)))
            continue
        events.setdefault(row.event_id, []).append(row)
        places.setdefault(row.event_id, place)
    without = {name for name, rows in events.items() if not _shares(rows)}
    for name in sorted(without):
        rows = events.pop(name)
        reason = "the probabilities of its solutions sum to zero"
        rejected.extend(RejectedLine(row.line_number, name, reason) for row in rows)
    if not events:
        raise UnusableDataError(_nothing_left(rejected, left_out))
    position = np.array([places[name] for name in events], float)
    solutions = _solutions(events, weights)
    cluster = _clusters(events, solutions) if links else np.arange(len(events))
    shared = share_weights(solutions, cluster)
    return EventTable(list(events), position, shared, cluster, rejected, dict(left_out))


def _clusters(events: dict[str, list[MechanismLine]], solutions: PlaneSet) -> NDArray[np.int64]:
    """Labels of dependent events, as the live monitor links them."""
    first = [rows[0] for rows in events.values()]
    place = [[row.latitude_deg, row.longitude_deg, row.depth_km] for row in first]
    couple = double_couple_of(solutions.normal[:, 0], solutions.slip[:, 0]).reshape(-1, 9)
    mean = [np.bincount(solutions.event, solutions.share * part) for part in couple.T]
    return cluster_labels(
        [row.time_ns or 0 for row in first],
        np.array(place, float),
        np.stack(mean, axis=-1).reshape(-1, 3, 3),
    )


def _solutions(events: dict[str, list[MechanismLine]], weights: str) -> PlaneSet:
    rows = [row for group in events.values() for row in group]
    number = np.repeat(np.arange(len(events)), [len(group) for group in events.values()])
    return plane_set_of_angles(
        [row.strike_deg for row in rows],
        [row.dip_deg for row in rows],
        [row.rake_deg for row in rows],
        event=number,
        probability=[share for group in events.values() for share in _shares(group)],
        weight=[_weight(group[0], weights) for group in events.values()],
    )


def _weight(row: MechanismLine, weights: str) -> float:
    if weights == "equal":
        return 1.0
    if weights == "grade":
        return grade_weight(row.grade)
    if row.plane_uncertainty_deg is None:
        return 1.0
    return float(uncertainty_weight(row.plane_uncertainty_deg))


def _shares(rows: Sequence[MechanismLine]) -> list[float]:
    """Probabilities of the solutions; one that is not stated has the mean of the others.

    Empty where they sum to zero.
    """
    stated = [row.probability for row in rows if row.probability is not None]
    mean = sum(stated) / len(stated) if stated else 1.0
    shares = [mean if row.probability is None else row.probability for row in rows]
    return shares if sum(shares) > 0 else []


def _place(
    row: MechanismLine, columns: Sequence[str], values: Sequence[Value], needs_place: bool
) -> list[float]:
    place = []
    for name, value in zip(columns, values, strict=True):
        found = value(row)
        if found is None and needs_place:
            raise ValueError(f"no {name}")
        place.append(np.nan if found is None else found)
    return place


def _value_of(name: str, table: MechanismTable) -> Value:
    """How a column is read; columns of other names are numbers among the extra ones."""
    known: dict[str, Value] = {
        "lat": lambda row: row.latitude_deg,
        "latitude": lambda row: row.latitude_deg,
        "lon": lambda row: _within(row.longitude_deg, origin),
        "longitude": lambda row: _within(row.longitude_deg, origin),
        "depth": lambda row: row.depth_km,
        "depth_km": lambda row: row.depth_km,
        "time": lambda row: None if row.time_ns is None else row.time_ns / NS_PER_DAY,
    }
    stated = (row.longitude_deg for row in table.rows if row.longitude_deg is not None)
    origin = next(stated, 0.0)
    if name in known:
        return known[name]
    if name not in table.columns:
        raise ConfigError(
            f"--columns: the file has no column {name!r}; it has {','.join(table.columns)}"
        )
    if table.rows and name not in table.rows[0].extra:
        raise ConfigError(f"--columns: {name!r} is no coordinate: give lat,lon, depth, time or x,y")
    return lambda row: _number(name, row.extra.get(name, ""))


def _number(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(f"{name} {text!r} is not a number") from error
    if not np.isfinite(value):
        raise ValueError(f"{name} {text!r} is not a finite number")
    return value


def _within(longitude_deg: float | None, origin_deg: float) -> float | None:
    if longitude_deg is None:
        return None
    half = MIDDLE_LONGITUDE_DEG
    return (longitude_deg - origin_deg + half) % (2 * half) - half + origin_deg


def _nothing_left(rejected: Sequence[RejectedLine], left_out: Counter[str]) -> str:
    first = f"; the first, line {rejected[0].line_number}: {rejected[0].reason}" if rejected else ""
    grades = f" and {sum(left_out.values())} are of other grades" if left_out else ""
    return f"no event is left: {len(rejected)} rows were set aside{grades}{first}"
