"""Reading the store; safe from another process while one writes."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

from sqlalchemy import Engine, Select, and_, select
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.alarm_reader import AlarmReader
from streamstress.outputs.database import open_database
from streamstress.outputs.exchange.selection import EVERYTHING, Selection
from streamstress.outputs.rows import (
    EventDetail,
    EventRow,
    MechanismRow,
    RecordVersion,
)
from streamstress.outputs.station_reader import StationReader
from streamstress.outputs.store_answers import (
    VERSIONED,
    R,
    T,
    detail_of,
    records_of,
    rows_of,
    versions_of,
)
from streamstress.outputs.store_exports import OLDEST_FIRST, details_query, stress_query
from streamstress.outputs.store_queries import (
    combined,
    detail_query,
    latest_stress_query,
    mechanism_lives,
    named,
    newest,
    row_columns,
    series_query,
    without_dead_events,
)
from streamstress.outputs.store_questions import (
    FAR_FUTURE_NS,
    narrowed,
    stress_at,
)
from streamstress.outputs.system_reader import SystemReader
from streamstress.outputs.tables import (
    CELLS,
    EVENTS,
    HISTORY,
    MECHANISMS,
)
from streamstress.records import Event, Mechanism, StressEstimate


class StoreReader:
    """Queries on the store; tombstones never show."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._dialect = engine.dialect.name
        self.alarms = AlarmReader(engine)
        self.stations = StationReader(engine)
        self.system = SystemReader(engine)

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
        return self._rows(named(row_columns(EVENTS, EventRow), EVENTS, event_ids), EventRow)

    def mechanisms_named(self, event_ids: Sequence[str]) -> list[MechanismRow]:
        """Mechanisms of living events of these ids, newest first."""
        query = without_dead_events(row_columns(MECHANISMS, MechanismRow))
        return self._rows(named(query, MECHANISMS, event_ids), MechanismRow)

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
            yield from map(detail_of, rows)

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

    def event(self, event_id: str) -> EventDetail | None:
        """Event with arrivals and mechanism; None if unknown or a tombstone."""
        found = self._fetch(detail_query(event_id))
        return detail_of(found[0]) if found else None

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
        return self._records(latest_stress_query(), StressEstimate)

    def versions(self, event_id: str) -> list[RecordVersion]:
        """Every version of an event and of its mechanism, in the order of their sending."""
        wanted = and_(HISTORY.c.kind.in_(list(VERSIONED)), HISTORY.c.record_id == event_id)
        return versions_of(self._fetch(select(HISTORY).where(wanted).order_by(HISTORY.c.sent_ns)))

    def _fetch(self, query: Select[Any]) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _rows(self, query: Select[Any], row_type: type[T]) -> list[T]:
        return rows_of(self._fetch(query), row_type)

    def _records(self, query: Select[Any], record_type: type[R]) -> list[R]:
        return records_of(self._fetch(query), record_type)
