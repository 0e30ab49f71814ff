"""Rows of the database as what the reader answers: records, rows, counts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from streamstress.outputs.rows import (
    Counts,
    EventDetail,
    EventRow,
    KnownThen,
    MechanismRow,
    RecordVersion,
    StageStatus,
)
from streamstress.records import Control, Event, Mechanism, StressChange, StressEstimate

T = TypeVar("T", EventRow, MechanismRow, StageStatus)
R = TypeVar("R", Event, Mechanism, StressEstimate, StressChange, Control)

VERSIONED: Mapping[str, type[Event | Mechanism]] = {"event": Event, "mechanism": Mechanism}
"""Types of the records of an event, by their kind."""

KNOWN: Mapping[str, Any] = {
    "change": StressChange,
    "mechanism": Mechanism,
    "stress": StressEstimate,
}


def rows_of(rows: Iterable[Any], row_type: type[T]) -> list[T]:
    """Rows of a type whose fields are the columns, in order."""
    # A mapping of each row would take three times as long as the row itself.
    names = row_type.__struct_fields__
    return [row_type(**dict(zip(names, row, strict=True))) for row in rows]


def records_of(rows: Iterable[Any], record_type: type[R]) -> list[R]:
    """Whole records, of rows that hold nothing else."""
    return [msgspec.msgpack.decode(record, type=record_type) for (record,) in rows]


def detail_of(row: Any) -> EventDetail:  # noqa: ANN401 - a row of the database
    """Event and mechanism of a row with both records; the second may be none."""
    event, mechanism = row
    solved = None if mechanism is None else msgspec.msgpack.decode(mechanism, type=Mechanism)
    return EventDetail(event=msgspec.msgpack.decode(event, type=Event), mechanism=solved)


def versions_of(rows: Iterable[Any]) -> list[RecordVersion]:
    """Versions of an event and its mechanism, of rows of the history."""
    return [
        RecordVersion(
            kind=row.kind,
            version=row.version,
            model=row.model,
            status=row.status,
            sent_ns=row.sent_ns,
            record=msgspec.msgpack.decode(row.record, type=VERSIONED[row.kind]),
        )
        for row in rows
    ]


def known_then(rows: Iterable[Any]) -> KnownThen | None:
    """What was known, of rows (kind, record); None where no change is among them."""
    found: dict[str, list[Any]] = {kind: [] for kind in KNOWN}
    for kind, record in rows:
        found[kind].append(msgspec.msgpack.decode(record, type=KNOWN[kind]))
    if not found["change"]:
        return None
    return KnownThen(
        change=found["change"][0], mechanisms=found["mechanism"], estimates=found["stress"]
    )


def counts_of(numbers: Sequence[int], grades: Iterable[Any], reasons: Iterable[Any]) -> Counts:
    """Counts of (events, estimates, changes), of mechanisms by grade and of dead letters."""
    events, estimates, changes = numbers
    return Counts(
        events=events,
        mechanisms=dict(map(tuple, grades)),
        estimates=estimates,
        changes=changes,
        dead_letters=dict(map(tuple, reasons)),
    )
