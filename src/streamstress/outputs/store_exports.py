"""Queries of what exports and services take from the store: whole records, narrowed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, select, tuple_
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.exchange.selection import EVERYTHING, Selection
from streamstress.outputs.store_questions import FAR_FUTURE_NS, FAR_PAST_NS, narrowed
from streamstress.outputs.tables import CELLS, EVENTS, MECHANISMS, STRESS

OLDEST_FIRST = (EVENTS.c.time_ns, EVENTS.c.event_id)


def details_query(
    wanted: Selection | None,
    more: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    dialect: str,
) -> Select[Any]:
    """Rows (event record, mechanism record or null) of living events."""
    asked = wanted or EVERYTHING
    solved = and_(MECHANISMS.c.event_id == EVENTS.c.event_id, MECHANISMS.c.status != "tombstone")
    query = (
        select(EVENTS.c.record, MECHANISMS.c.record)
        .join(MECHANISMS, solved, isouter=asked.grades is None)
        .where(EVENTS.c.status != "tombstone", *more)
    )
    if asked.grades is not None:
        query = query.where(MECHANISMS.c.grade.in_(list(asked.grades)))
    return narrowed(query, EVENTS, asked, dialect).order_by(*order)


def stress_query(wanted: Selection | None, dialect: str, *, every: bool) -> Select[Any]:
    """Records of estimates of wanted cells and data times; the last of each cell, or every one."""
    asked = wanted or EVERYTHING
    since = FAR_PAST_NS if asked.since_ns is None else asked.since_ns
    until = FAR_FUTURE_NS if asked.until_ns is None else asked.until_ns
    cells = narrowed(
        select(CELLS.c.cell), CELLS, Selection(box=asked.box, region=asked.region), dialect
    )
    query = select(STRESS.c.record)
    if every:
        query = query.where(STRESS.c.cell.in_(cells))
        query = query.where(STRESS.c.data_time_ns >= since, STRESS.c.data_time_ns < until)
    else:
        other = STRESS.alias()
        last = (
            select(other.c.version)
            .where(other.c.cell == CELLS.c.cell)
            .where(other.c.data_time_ns >= since, other.c.data_time_ns < until)
            .order_by(other.c.data_time_ns.desc(), other.c.version.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = query.where(tuple_(STRESS.c.cell, STRESS.c.version).in_(cells.add_columns(last)))
    return query.order_by(STRESS.c.data_time_ns, STRESS.c.cell, STRESS.c.version)
