"""Reading the store; safe from another process while one writes."""

from collections.abc import Iterator, Sequence
from typing import Any, Self, TypeVar

import msgspec
from sqlalchemy import CompoundSelect, Engine, Select, and_, func, select
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.database import open_database
from streamstress.outputs.exchange.selection import EVERYTHING, Selection
from streamstress.outputs.rows import (
    Counts,
    EventDetail,
    EventRow,
    KnownThen,
    MechanismRow,
    RecordVersion,
    StageStatus,
)
from streamstress.outputs.station_reader import StationReader
from streamstress.outputs.store_exports import OLDEST_FIRST, details_query, stress_query
from streamstress.outputs.store_queries import (
    combined,
    delays_query,
    grades_query,
    mechanism_lives,
    newest,
    row_columns,
    series_query,
    without_dead_events,
)
from streamstress.outputs.store_questions import (
    FAR_FUTURE_NS,
    FAR_PAST_NS,
    known_when_opened,
    narrowed,
    stress_at,
)
from streamstress.outputs.tables import (
    CELLS,
    CHANGES,
    CONTROLS,
    DEAD_LETTERS,
    EVENTS,
    HISTORY,
    MECHANISMS,
    PROGRESS,
    STAGES,
    STRESS,
)
from streamstress.records import Control, Event, Mechanism, StressChange, StressEstimate

T = TypeVar("T", EventRow, MechanismRow, StageStatus)
R = TypeVar("R", Event, Mechanism, StressEstimate, StressChange, Control)


class StoreReader:
    """Queries on the store; tombstones never show."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._dialect = engine.dialect.name
        self.stations = StationReader(engine)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at a SQLAlchemy URL.

        Raises
        ------
        ConfigError
            The database cannot be opened.
        """
        return cls(open_database(url))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def latest_events(
        self,
        region: str | None = None,
        since_ns: int | None = None,
        limit: int | None = None,
        wanted: Selection | None = None,
        offset: int = 0,
    ) -> list[EventRow]:
        """Newest version of each event from ``since_ns`` (origin time) on, newest event first.

        ``wanted`` narrows further; the first ``offset`` are left out.
        """
        asked = combined(wanted, None, region, since_ns)
        query = row_columns(EVENTS, EventRow)
        return self._rows(newest(query, EVENTS, asked, self._dialect, limit, offset), EventRow)

    def latest_mechanisms(
        self,
        grades: str | None = None,
        region: str | None = None,
        since_ns: int | None = None,
        limit: int | None = None,
        wanted: Selection | None = None,
        offset: int = 0,
    ) -> list[MechanismRow]:
        """Newest mechanism of each living event, newest event first.

        Parameters
        ----------
        grades
            Letters wanted, as ``"ABC"``; None for all, those without a solution among them.
        wanted
            Narrows further; "mechanisms in box B of grades A to C" is one query.
        offset
            The first so many are left out.
        """
        asked = combined(wanted, grades, region, since_ns)
        query = row_columns(MECHANISMS, MechanismRow)
        query = newest(query, MECHANISMS, asked, self._dialect, limit, offset)
        return self._rows(query, MechanismRow)

    def events_named(self, event_ids: Sequence[str]) -> list[EventRow]:
        """Living events of these ids, newest first."""
        wanted = and_(EVENTS.c.event_id.in_(list(event_ids)), EVENTS.c.status != "tombstone")
        query = row_columns(EVENTS, EventRow).where(wanted).order_by(EVENTS.c.time_ns.desc())
        return self._rows(query, EventRow)

    def mechanisms_named(self, event_ids: Sequence[str]) -> list[MechanismRow]:
        """Mechanisms of living events of these ids, newest first."""
        wanted = and_(MECHANISMS.c.event_id.in_(list(event_ids)), mechanism_lives())
        query = without_dead_events(row_columns(MECHANISMS, MechanismRow).where(wanted))
        return self._rows(query.order_by(MECHANISMS.c.time_ns.desc()), MechanismRow)

    def mechanism_records(self, wanted: Selection | None = None) -> list[Mechanism]:
        """Whole records of the newest mechanisms, oldest event first, for exports."""
        query = without_dead_events(select(MECHANISMS.c.record).where(mechanism_lives()))
        query = narrowed(query, MECHANISMS, wanted or EVERYTHING, self._dialect)
        return self._records(query.order_by(MECHANISMS.c.time_ns, MECHANISMS.c.event_id), Mechanism)

    def event_records(self) -> list[Event]:
        """Every living event as a whole record, oldest first."""
        query = select(EVENTS.c.record).where(EVENTS.c.status != "tombstone")
        return self._records(query.order_by(EVENTS.c.time_ns, EVENTS.c.event_id), Event)

    def event_details(
        self,
        wanted: Selection | None = None,
        *,
        more: Sequence[ColumnElement[bool]] = (),
        order: Sequence[ColumnElement[Any]] = OLDEST_FIRST,
        limit: int | None = None,
        offset: int = 0,
    ) -> Iterator[EventDetail]:
        """Events with arrivals and mechanisms one at a time, oldest first, for exports.

        Grades leave out events whose mechanism is of another grade, or that have none. ``more``
        are further conditions on the table of events.
        """
        query = details_query(wanted, more, order, self._dialect)
        with self._engine.connect() as connection:
            streaming = connection.execution_options(yield_per=500)
            rows = streaming.execute(query.limit(limit).offset(offset))
            for row in rows:
                event: bytes = row[0]
                mechanism: bytes | None = row[1]
                yield EventDetail(
                    event=msgspec.msgpack.decode(event, type=Event),
                    mechanism=None
                    if mechanism is None
                    else msgspec.msgpack.decode(mechanism, type=Mechanism),
                )

    def stress_records(
        self, wanted: Selection | None = None, *, every: bool = False
    ) -> list[StressEstimate]:
        """Estimates whose data time and cell are wanted, oldest first; the newest of each cell.

        ``every`` gives all of them.
        """
        query = stress_query(wanted, self._dialect, every=every)
        return self._records(query, StressEstimate)

    def stress_at(
        self,
        latitude_deg: float,
        longitude_deg: float,
        time_ns: int = FAR_FUTURE_NS,
        within_km: float = 100.0,
    ) -> StressEstimate | None:
        """Stress at a place and a data time: of the nearest cell within a distance, or None."""
        query = stress_at(latitude_deg, longitude_deg, time_ns, within_km)
        found = self._records(query, StressEstimate)
        return found[0] if found else None

    def known_when_opened(
        self, change_id: str, since_ns: int = FAR_PAST_NS, newest: int = 500
    ) -> KnownThen | None:
        """What had been sent when an alarm was first told open; None if it never was.

        Parameters
        ----------
        since_ns
            Earliest origin time of the mechanisms.
        newest
            How many of them at most, by origin time.
        """
        rows = self._fetch(known_when_opened(change_id, since_ns, newest))
        kinds: dict[str, list[Any]] = {"change": [], "mechanism": [], "stress": []}
        types = {"change": StressChange, "mechanism": Mechanism, "stress": StressEstimate}
        for kind, record in rows:
            kinds[kind].append(msgspec.msgpack.decode(record, type=types[kind]))
        if not kinds["change"]:
            return None
        return KnownThen(
            change=kinds["change"][0],
            mechanisms=kinds["mechanism"],
            estimates=kinds["stress"],
        )

    def event(self, event_id: str) -> EventDetail | None:
        """Event with arrivals and mechanism; None if unknown or a tombstone."""
        wanted = and_(EVENTS.c.event_id == event_id, EVENTS.c.status != "tombstone")
        events = self._records(select(EVENTS.c.record).where(wanted), Event)
        if not events:
            return None
        solved = and_(MECHANISMS.c.event_id == event_id, mechanism_lives())
        mechanisms = self._records(select(MECHANISMS.c.record).where(solved), Mechanism)
        return EventDetail(event=events[0], mechanism=mechanisms[0] if mechanisms else None)

    def cells(self) -> list[str]:
        """Names of the cells that have an estimate."""
        query = select(CELLS.c.cell).order_by(CELLS.c.cell)
        return [cell for (cell,) in self._fetch(query)]

    def stress_series(
        self,
        cell: str,
        since_ns: int | None = None,
        limit: int | None = None,
        until_ns: int | None = None,
    ) -> list[StressEstimate]:
        """Estimates of a cell in data time, the highest version of each moment.

        Parameters
        ----------
        limit
            Only the newest so many.
        """
        query = series_query(cell, since_ns, until_ns, limit)
        return self._records(query, StressEstimate)[::-1]

    def latest_stress(self) -> list[StressEstimate]:
        """Newest estimate of each cell, by name of the cell."""
        current = and_(STRESS.c.cell == CELLS.c.cell, STRESS.c.version == CELLS.c.version)
        query = select(STRESS.c.record).join(CELLS, current).order_by(STRESS.c.cell)
        return self._records(query, StressEstimate)

    def changes(self, region: str | None = None) -> list[StressChange]:
        """Newest word on each change, the latest decision last."""
        query = select(CHANGES.c.record).order_by(CHANGES.c.time_ns, CHANGES.c.change_id)
        if region is not None:
            query = query.where(CHANGES.c.region == region)
        return self._records(query, StressChange)

    def change_history(self, change_id: str) -> list[StressChange]:
        """Every version of one change, oldest first."""
        wanted = and_(HISTORY.c.kind == "change", HISTORY.c.record_id == change_id)
        query = select(HISTORY.c.record).where(wanted).order_by(HISTORY.c.version)
        return self._records(query, StressChange)

    def controls(self) -> list[Control]:
        """Newest word on each control, by id."""
        return self._records(select(CONTROLS.c.record).order_by(CONTROLS.c.control_id), Control)

    def stages(self) -> list[StageStatus]:
        """Last word of every worker, by stage."""
        query = row_columns(STAGES, StageStatus).order_by(STAGES.c.stage, STAGES.c.worker)
        return self._rows(query, StageStatus)

    def progress(self) -> dict[str, int]:
        """Moment (data time, ns) up to which each source is done."""
        rows = self._fetch(select(PROGRESS.c.source, PROGRESS.c.done_until_ns))
        return dict(map(tuple, rows))

    def mechanism_delays_s(self) -> list[float]:
        """Wall seconds from each event on its topic to its mechanism, same version."""
        return [(solved_ns - sent_ns) / 1e9 for solved_ns, sent_ns in self._fetch(delays_query())]

    def counts(self) -> Counts:
        """How many records are current."""
        living = select(func.count()).select_from(EVENTS).where(EVENTS.c.status != "tombstone")
        by_reason = select(DEAD_LETTERS.c.reason, func.count()).group_by(DEAD_LETTERS.c.reason)
        return Counts(
            events=self._number(living),
            mechanisms=dict(map(tuple, self._fetch(grades_query()))),
            estimates=self._number(select(func.count()).select_from(STRESS)),
            changes=self._number(select(func.count()).select_from(CHANGES)),
            dead_letters=dict(map(tuple, self._fetch(by_reason))),
        )

    def versions(self, event_id: str) -> list[RecordVersion]:
        """Every version of an event and of its mechanism, in the order of their sending."""
        types = {"event": Event, "mechanism": Mechanism}
        wanted = and_(HISTORY.c.kind.in_(list(types)), HISTORY.c.record_id == event_id)
        return [
            RecordVersion(
                kind=row.kind,
                version=row.version,
                model=row.model,
                status=row.status,
                sent_ns=row.sent_ns,
                record=msgspec.msgpack.decode(row.record, type=types[row.kind]),
            )
            for row in self._fetch(select(HISTORY).where(wanted).order_by(HISTORY.c.sent_ns))
        ]

    def _fetch(self, query: Select[Any] | CompoundSelect[Any]) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _number(self, query: Select[Any]) -> int:
        return int(self._fetch(query)[0][0])

    def _rows(self, query: Select[Any], row_type: type[T]) -> list[T]:
        # A mapping of each row would take three times as long as the row itself.
        names = row_type.__struct_fields__
        return [row_type(**dict(zip(names, row, strict=True))) for row in self._fetch(query)]

    def _records(self, query: Select[Any], record_type: type[R]) -> list[R]:
        return [
            msgspec.msgpack.decode(record, type=record_type) for (record,) in self._fetch(query)
        ]
