"""The newest rows of a box, found in the spatial index: R*Trees of SQLite, GiST of PostgreSQL."""

from typing import Any

from sqlalchemy import CTE, FromClause, Select, Table, and_, func, or_, select
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.store_trees import may_lie, newest_that_may_lie
from streamstress.outputs.tables import EVENTS, MECHANISMS


def in_box(held: FromClause, box: Box) -> ColumnElement[bool]:
    """Whether a row lies in a box, exactly."""
    spans = [held.c.longitude_deg.between(west, east) for west, east in box.spans()]
    return and_(held.c.latitude_deg.between(box.south_deg, box.north_deg), or_(*spans))


def indexed(held: Table, wanted: Selection, box: Box, dialect: str) -> ColumnElement[bool] | None:
    """Condition of the box as the database's spatial index understands it."""
    if held not in (EVENTS, MECHANISMS):
        return None
    if dialect == "postgresql":
        return _in_gist(held, box)
    return held.c.number.in_(may_lie(held, wanted, box))


def newest_in_box(
    query: Select[Any],
    held: Table,
    wanted: Selection,
    dialect: str,
    limit: int | None,
    offset: int,
) -> Select[Any] | None:
    """Narrow a query to the living rows of a box, newest first; None where no index can tell."""
    if wanted.box is None or wanted.region is not None or limit is None:
        return None
    in_order = (held.c.time_ns.desc(), held.c.event_id)
    if dialect == "postgresql":
        found = _newest_in_gist(held.alias(), wanted, wanted.box, _dead(held))
        return query.where(held.c.number.in_(found.limit(limit).offset(offset))).order_by(*in_order)
    found = newest_that_may_lie(held, wanted, wanted.box, _dead(held), limit + offset)
    query = query.where(held.c.number.in_(found), in_box(held, wanted.box))
    # A sum, so that no index of the time is preferred to the numbers.
    if wanted.since_ns is not None:
        query = query.where(held.c.time_ns + 0 >= wanted.since_ns)
    if wanted.until_ns is not None:
        query = query.where(held.c.time_ns + 0 < wanted.until_ns)
    return query.order_by(*in_order).limit(limit).offset(offset)


def _newest_in_gist(rows: FromClause, wanted: Selection, box: Box, dead: CTE) -> Select[Any]:
    """Numbers of living rows, in the order of the answer as far as the index holds it."""
    query = select(rows.c.number).where(_in_gist(rows, box), in_box(rows, box))
    if wanted.since_ns is not None:
        query = query.where(rows.c.time_ns >= wanted.since_ns)
    if wanted.until_ns is not None:
        query = query.where(rows.c.time_ns < wanted.until_ns)
    if wanted.grades is not None and "grade" in rows.c:
        query = query.where(rows.c.grade.in_(list(wanted.grades)))
    query = query.where(rows.c.number.not_in(select(dead.c.number)))
    return query.order_by(rows.c.time_ns.desc(), rows.c.number)


def _dead(held: Table) -> CTE:
    """Numbers of withdrawn rows; they are few, and have indexes of their own."""
    withdrawn = held.alias()
    own = select(withdrawn.c.number).where(withdrawn.c.status == "tombstone")
    if held is not MECHANISMS:
        return own.cte("dead")
    # An event may have been withdrawn after its mechanism was solved.
    solved = MECHANISMS.alias()
    of_event = (
        select(solved.c.number)
        .join(EVENTS, EVENTS.c.event_id == solved.c.event_id)
        .where(EVENTS.c.status == "tombstone")
    )
    return own.union_all(of_event).cte("dead")


def _in_gist(held: FromClause, box: Box) -> ColumnElement[bool]:
    place = func.point(held.c.longitude_deg, held.c.latitude_deg)
    corners = [
        func.box(func.point(west, box.south_deg), func.point(east, box.north_deg))
        for west, east in box.spans()
    ]
    return or_(*(place.op("<@", is_comparison=True)(corner) for corner in corners))
