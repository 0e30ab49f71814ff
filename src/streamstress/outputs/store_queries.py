"""Queries of the store's reader: living events and mechanisms, series, counts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Table, and_, func, literal_column, select
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.exchange.selection import EVERYTHING, Selection
from streamstress.outputs.rows import EventRow, MechanismRow, StageStatus
from streamstress.outputs.store_boxes import newest_in_box
from streamstress.outputs.store_questions import narrowed
from streamstress.outputs.tables import CELLS, CHANGES, DEAD_LETTERS, EVENTS, MECHANISMS, STRESS


def row_columns(
    table: Table, row_type: type[EventRow] | type[MechanismRow] | type[StageStatus]
) -> Select[Any]:
    """Select the columns that a row type has fields for."""
    return select(*(table.c[name] for name in row_type.__struct_fields__))


def combined(
    wanted: Selection | None, grades: str | None, region: str | None, since_ns: int | None
) -> Selection:
    """One selection of all conditions; both of two must hold."""
    given = wanted or EVERYTHING
    letters = given.grades if grades is None else grades
    if grades is not None and given.grades is not None:
        letters = "".join(grade for grade in grades if grade in given.grades)
    starts = [start for start in (given.since_ns, since_ns) if start is not None]
    return Selection(
        max(starts, default=None),
        given.until_ns,
        given.box,
        letters,
        given.region if region is None else region,
    )


def newest(
    query: Select[Any],
    held: Table,
    wanted: Selection,
    dialect: str,
    limit: int | None,
    offset: int,
) -> Select[Any]:
    """Narrow a query of living events or mechanisms, newest first."""
    found = newest_in_box(query, held, wanted, dialect, limit, offset)
    if found is not None:
        return found
    query = query.where(held.c.status != "tombstone")
    if held is MECHANISMS:
        query = without_dead_events(query)
    query = narrowed(query, held, wanted, dialect)
    in_order = (held.c.time_ns.desc(), held.c.event_id)
    return query.order_by(*in_order).limit(limit).offset(offset)


def named(query: Select[Any], held: Table, event_ids: Sequence[str]) -> Select[Any]:
    """Narrow a query of events or mechanisms to living ones of these ids, newest first."""
    wanted = and_(held.c.event_id.in_(list(event_ids)), held.c.status != "tombstone")
    return query.where(wanted).order_by(held.c.time_ns.desc())


def mechanism_lives() -> ColumnElement[bool]:
    """Whether a mechanism was not withdrawn itself."""
    return MECHANISMS.c.status != "tombstone"


def without_dead_events(query: Select[Any]) -> Select[Any]:
    """Leave out mechanisms of events that were withdrawn after they were solved."""
    dead = select(EVENTS.c.event_id).where(
        EVENTS.c.event_id == MECHANISMS.c.event_id, EVENTS.c.status == literal_column("'tombstone'")
    )
    return query.where(~dead.exists())


def latest_stress_query() -> Select[Any]:
    """Records of the newest estimate of each cell, by name of the cell."""
    current = and_(STRESS.c.cell == CELLS.c.cell, STRESS.c.version == CELLS.c.version)
    return select(STRESS.c.record).join(CELLS, current).order_by(STRESS.c.cell)


def series_query(
    cell: str, since_ns: int | None, until_ns: int | None, limit: int | None
) -> Select[Any]:
    """Records of a cell's estimates, newest first, the highest version of each moment."""
    last = func.max(STRESS.c.version).label("version")
    highest = select(last).where(STRESS.c.cell == cell).group_by(STRESS.c.data_time_ns).subquery()
    query = select(STRESS.c.record).where(
        STRESS.c.cell == cell, STRESS.c.version.in_(select(highest.c.version))
    )
    if since_ns is not None:
        query = query.where(STRESS.c.data_time_ns >= since_ns)
    if until_ns is not None:
        query = query.where(STRESS.c.data_time_ns < until_ns)
    return query.order_by(STRESS.c.data_time_ns.desc()).limit(limit)


def detail_query(event_id: str) -> Select[Any]:
    """Records of a living event and of its mechanism, null where there is none."""
    solved = and_(MECHANISMS.c.event_id == EVENTS.c.event_id, mechanism_lives())
    query = select(EVENTS.c.record, MECHANISMS.c.record).join(MECHANISMS, solved, isouter=True)
    return query.where(EVENTS.c.event_id == event_id, EVENTS.c.status != "tombstone")


def counts_query() -> Select[Any]:
    """Numbers of living events, of estimates and of changes."""
    living = select(func.count()).select_from(EVENTS).where(EVENTS.c.status != "tombstone")
    rest = (select(func.count()).select_from(table) for table in (STRESS, CHANGES))
    return select(*(one.scalar_subquery() for one in (living, *rest)))


def reasons_query() -> Select[Any]:
    """Reasons of dead letters and how many have each."""
    return select(DEAD_LETTERS.c.reason, func.count()).group_by(DEAD_LETTERS.c.reason)


def delays_query() -> Select[Any]:
    """When a mechanism and the event that it was solved from were sent."""
    same = and_(
        MECHANISMS.c.event_id == EVENTS.c.event_id, MECHANISMS.c.version == EVENTS.c.version
    )
    return select(MECHANISMS.c.sent_ns, EVENTS.c.sent_ns).join(EVENTS, same)


def grades_query() -> Select[Any]:
    """Grades and how many living mechanisms have each."""
    counted = select(MECHANISMS.c.grade, func.count()).where(mechanism_lives())
    return without_dead_events(counted).group_by(MECHANISMS.c.grade)
