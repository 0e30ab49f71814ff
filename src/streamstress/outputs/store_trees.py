"""The newest rows of a box in SQLite, found in its R*Trees alone.

A row of the tables is about a kilobyte, and the rows of a place lie far apart in a large file: to
sort ten thousand of them by time is to read ten thousand pages. A tree holds place, time and grade
in 32 bits, rounded outwards, so it tells of a row that it certainly lies in a box, or that it may.
So many rows that certainly do are counted back from the end, in spans of time that double; then
only what may be among the newest is read from the table, and there compared exactly.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    Table,
    case,
    column,
    false,
    func,
    literal,
    null,
    or_,
    select,
    table,
    true,
    union_all,
)

from streamstress.outputs.exchange.selection import Box, Selection
from streamstress.outputs.migrations.spatial import DIMENSIONS, NS_A_DAY

PLACES = {
    name: table(f"{name}_places", column("number"), *(column(end) for end in ends))
    for name, ends in DIMENSIONS.items()
}
FIRST_SPAN = 1024
"""The first span of time looked at is this part of all; a thousandth of all rows is read soon."""

Condition = ColumnElement[bool]


def may_lie(held: Table, wanted: Selection, box: Box) -> Select[Any]:
    """Numbers of the rows that may be wanted."""
    return _numbers(held, wanted, box)


def newest_that_may_lie(
    held: Table, wanted: Selection, box: Box, dead: CTE, count: int
) -> Select[Any]:
    """Numbers of rows among which the newest so many living ones of a selection are.

    They are hardly more: of a row more the table is read at another place of the file.
    """
    buried = select(dead.c.number)
    ends = _ends(held, wanted)
    enough = _counted(_certain(held, wanted, box, buried).limit(count)) >= count
    so = select(select(enough.label("so")).cte("enough").c.so).scalar_subquery()
    reach = _reach(held, wanted, box, buried, count, ends)
    far = select(func.min(reach.c.checked)).scalar_subquery()
    begin = select(case((so, far), else_=ends.c.first).label("day")).select_from(ends).cte("begin")
    first_day = select(begin.c.day).scalar_subquery()
    found = _certain(held, wanted, box, buried, first_day).subquery()
    last_of_them = select(found.c.first_day).order_by(found.c.first_day.desc())
    exact = select(last_of_them.limit(1).offset(count - 1).scalar_subquery().label("day"))
    since_day = select(func.coalesce(exact.cte("exact").c.day, first_day)).scalar_subquery()
    return _numbers(held, wanted, box, buried, since_day)


def _reach(
    held: Table,
    wanted: Selection,
    box: Box,
    buried: Select[Any],
    count: int,
    ends: CTE,
) -> CTE:
    """Spans that end with the last row, each twice as long, until one certainly holds enough.

    Its column ``checked`` is the beginning of a span that was counted, in days.
    """
    first, last = ends.c.first, ends.c.last
    begin = select(
        (last - (last - first) / FIRST_SPAN).label("since"),
        null().label("checked"),
        literal(0).label("found"),
    ).cte("reach", recursive=True)
    inside = _certain(held, wanted, box, buried, begin.c.since, outer=begin).limit(count)
    longer = func.max(first, last - 2.0 * (last - begin.c.since))
    step = (
        select(longer, begin.c.since, _counted(inside))
        .select_from(begin.join(ends, true()))
        .where(begin.c.found < count, or_(begin.c.checked.is_(None), begin.c.checked > first))
    )
    return begin.union_all(step)


def _counted(query: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(query.subquery()).scalar_subquery()


def _ends(held: Table, wanted: Selection) -> CTE:
    """Days at which the rows that are wanted begin and end."""
    first: Any = wanted.since_ns
    last: Any = wanted.until_ns
    if first is None:
        first = func.coalesce(select(func.min(held.c.time_ns)).scalar_subquery(), 0)
    if last is None:
        last = func.coalesce(select(func.max(held.c.time_ns)).scalar_subquery(), 0) + 1
    days = (literal(1.0 / NS_A_DAY) * end for end in (first, last))
    begin, end = days
    return select(begin.label("first"), end.label("last")).cte("ends")


def _certain(
    held: Table,
    wanted: Selection,
    box: Box,
    buried: Select[Any],
    since_day: ColumnElement[Any] | None = None,
    outer: FromClause | None = None,
) -> Select[Any]:
    """Days of living rows from a day on that lie in the box however the tree rounded them."""
    queries = []
    for west, east in box.spans():
        rows = PLACES[held.name].alias()
        query = select(rows.c.first_day).where(
            rows.c.west >= west, rows.c.east <= east,
            rows.c.south >= box.south_deg, rows.c.north <= box.north_deg,
            *_graded(rows, wanted), rows.c.number.not_in(buried),
        )  # fmt: skip
        if since_day is not None:
            query = query.where(rows.c.first_day > since_day)
        if wanted.since_ns is not None:
            query = query.where(rows.c.first_day > wanted.since_ns / NS_A_DAY)
        if wanted.until_ns is not None:
            query = query.where(rows.c.last_day < wanted.until_ns / NS_A_DAY)
        queries.append(query if outer is None else query.correlate(outer))
    return _all_of(queries)


def _numbers(
    held: Table,
    wanted: Selection,
    box: Box,
    buried: Select[Any] | None = None,
    since_day: ColumnElement[Any] | None = None,
) -> Select[Any]:
    """Numbers of living rows from a day on that may lie in the box."""
    queries = []
    for west, east in box.spans():
        rows = PLACES[held.name].alias()
        query = select(rows.c.number).where(
            rows.c.east >= west, rows.c.west <= east,
            rows.c.north >= box.south_deg, rows.c.south <= box.north_deg,
            *_graded(rows, wanted),
        )  # fmt: skip
        if buried is not None:
            query = query.where(rows.c.number.not_in(buried))
        if since_day is not None:
            query = query.where(rows.c.last_day >= since_day)
        if wanted.since_ns is not None:
            query = query.where(rows.c.last_day >= wanted.since_ns / NS_A_DAY)
        if wanted.until_ns is not None:
            query = query.where(rows.c.first_day <= wanted.until_ns / NS_A_DAY)
        queries.append(query)
    return _all_of(queries)


def _all_of(queries: Sequence[Select[Any]]) -> Select[Any]:
    """One query; a box across 180 degrees has two parts, and a tree understands no "or"."""
    if len(queries) == 1:
        return queries[0]
    both = union_all(*queries).subquery()
    return select(*both.c)


def _graded(rows: FromClause, wanted: Selection) -> list[Condition]:
    """Conditions of the grades that a tree can tell, where it holds them."""
    if wanted.grades is None or "lowest_grade" not in rows.c:
        return []
    numbers = sorted({ord(letter) for letter in wanted.grades})
    if not numbers:
        return [false()]
    ends = [rows.c.lowest_grade >= numbers[0], rows.c.highest_grade <= numbers[-1]]
    # The tree itself knows only the ends.
    has_gap = numbers[-1] - numbers[0] >= len(numbers)
    return [*ends, rows.c.lowest_grade.in_(numbers)] if has_gap else ends
