"""The newest rows of a box, found in the spatial index alone.

A row of the tables is about a kilobyte, and the rows of a place lie far apart in a large file: to
sort ten thousand of them by time is to read ten thousand pages. The spatial indexes hold place,
time and grade themselves (`migrations.spatial`), so only the rows of the answer are fetched.
"""

from typing import Any

from sqlalchemy import FromClause, Select, Table, and_, column, func, or_, select, table
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.migrations.spatial import BESIDE, NS_A_DAY
from streamstress.outputs.tables import EVENTS, MECHANISMS

PLACES = {
    name: table(
        f"{name}_places",
        column("number"), column("west"), column("east"), column("south"), column("north"),
        column("first_day"), column("last_day"), *(column(beside) for beside in BESIDE[name]),
    )
    for name in ("events", "mechanisms")
}  # fmt: skip
"""The R*Trees of SQLite."""


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
    places = PLACES[held.name]
    return held.c.number.in_(select(places.c.number).where(_in_tree(places, wanted, box)))


def newest_in_box(
    held: Table, wanted: Selection, dialect: str, limit: int | None, offset: int
) -> Select[Any] | None:
    """Numbers of the living rows of a box, newest first; None where no index can tell.

    Rows of one time come by number.
    """
    if wanted.box is None or wanted.region is not None or limit is None:
        return None
    rows: FromClause = held if dialect == "postgresql" else PLACES[held.name]
    near = (
        _in_gist(held, wanted.box)
        if dialect == "postgresql"
        else _in_tree(rows, wanted, wanted.box)
    )
    query = select(rows.c.number).where(near, in_box(rows, wanted.box))
    if wanted.since_ns is not None:
        query = query.where(rows.c.time_ns >= wanted.since_ns)
    if wanted.until_ns is not None:
        query = query.where(rows.c.time_ns < wanted.until_ns)
    if wanted.grades is not None and held is MECHANISMS:
        query = query.where(rows.c.grade.in_(list(wanted.grades)))
    for dead in _dead(held):
        query = query.where(rows.c.number.not_in(dead))
    return query.order_by(rows.c.time_ns.desc(), rows.c.number).limit(limit).offset(offset)


def _dead(held: Table) -> list[Select[Any]]:
    """Numbers of withdrawn rows; they are few, and have indexes of their own."""
    withdrawn = held.alias()
    own = select(withdrawn.c.number).where(withdrawn.c.status == "tombstone")
    if held is not MECHANISMS:
        return [own]
    # An event may have been withdrawn after its mechanism was solved.
    solved = MECHANISMS.alias()
    of_event = (
        select(solved.c.number)
        .join(EVENTS, EVENTS.c.event_id == solved.c.event_id)
        .where(EVENTS.c.status == "tombstone")
    )
    return [own, of_event]


def _in_tree(places: FromClause, wanted: Selection, box: Box) -> ColumnElement[bool]:
    spans = [and_(places.c.east >= west, places.c.west <= east) for west, east in box.spans()]
    found = and_(or_(*spans), places.c.north >= box.south_deg, places.c.south <= box.north_deg)
    if wanted.since_ns is not None:
        found = and_(found, places.c.last_day >= wanted.since_ns / NS_A_DAY)
    if wanted.until_ns is not None:
        found = and_(found, places.c.first_day <= wanted.until_ns / NS_A_DAY)
    return found


def _in_gist(held: Table, box: Box) -> ColumnElement[bool]:
    place = func.point(held.c.longitude_deg, held.c.latitude_deg)
    corners = [
        func.box(func.point(west, box.south_deg), func.point(east, box.north_deg))
        for west, east in box.spans()
    ]
    return or_(*(place.op("<@", is_comparison=True)(corner) for corner in corners))
