"""Rows of a mechanisms CSV as events to be watched: the solutions of one event are one event."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streamstress.change import ChangeEvent, change_event, joined_solutions
from streamstress.errors import UnusableDataError
from streamstress.outputs.mechanisms_csv import MechanismLine, MechanismTable


@dataclass(frozen=True, slots=True)
class CatalogueEvents:
    """Events in order of origin time, and how many were set aside, by reason."""

    events: tuple[ChangeEvent, ...]
    set_aside: Counter[str]


def catalogue_events(table: MechanismTable, grades: str) -> CatalogueEvents:
    """Events of a table: those of the wanted grades, and those without a grade always."""
    set_aside: Counter[str] = Counter()
    if table.rejected:
        set_aside["row that cannot be read"] = len(table.rejected)
    events = []
    for rows in _by_event(table.rows):
        try:
            events.append(_event(rows, grades))
        except UnusableDataError as error:
            set_aside[str(error).partition(": ")[2]] += 1
    return CatalogueEvents(tuple(sorted(events, key=lambda event: event.key)), set_aside)


def _by_event(rows: Iterable[MechanismLine]) -> Iterable[list[MechanismLine]]:
    events: dict[str, list[MechanismLine]] = {}
    for row in rows:
        events.setdefault(row.event_id, []).append(row)
    return events.values()


def _event(rows: Sequence[MechanismLine], grades: str) -> ChangeEvent:
    """Place and time are those of the likeliest solution, as is the grade."""
    best = max(rows, key=lambda row: row.probability or 0.0)
    if best.time_ns is None:
        raise UnusableDataError(f"event {best.event_id}: no time")
    if best.grade is not None and best.grade not in grades:
        raise UnusableDataError(f"event {best.event_id}: grade {best.grade}")
    solutions = [
        change_event(
            row.event_id,
            best.time_ns,
            row.strike_deg,
            row.dip_deg,
            row.rake_deg,
            latitude_deg=best.latitude_deg,
            longitude_deg=best.longitude_deg,
            depth_km=best.depth_km,
            magnitude=best.magnitude,
            uncertainty_deg=row.plane_uncertainty_deg,
            n_polarity=_number(best, "n_polarity"),
            misfit=_number(best, "misfit"),
            model=best.extra.get("model", ""),
            picker=best.extra.get("picker", ""),
            stations=best.extra.get("stations", "").split(),
            stations_against=best.extra.get("stations_against", "").split(),
            backfilled=best.extra.get("backfilled", "") == "yes",
        )
        for row in rows
    ]
    return joined_solutions(
        solutions, [1.0 if row.probability is None else row.probability for row in rows]
    )


def _number(row: MechanismLine, column: str) -> float | None:
    """Give a number of an additional column; None where it is missing or no number."""
    try:
        value = float(row.extra.get(column, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
