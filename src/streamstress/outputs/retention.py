"""What of the store is deleted, and when."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Delete, Table, and_, delete, func, or_, select, tuple_
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs.tables import DEAD_LETTERS, HISTORY, ONSETS, STRESS

NS_A_DAY = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Keep:
    """Days for which things are kept, by the wall time of their writing; None for ever.

    Attributes
    ----------
    versions_days
        Superseded versions of events, mechanisms and changes. What was known when an alarm opened
        can be told for so long.
    estimates_days
        Stress estimates but the newest of each cell.
    dead_letters_days
        What is told of messages set aside.
    onsets_days
        Traces around P picks, which only the page of an event shows.
    """

    versions_days: float | None = None
    estimates_days: float | None = None
    dead_letters_days: float | None = None
    onsets_days: float | None = None


def prunings(keep: Keep, now_ns: int, at_most: int) -> Iterator[Delete]:
    """Statements that delete what is older, the oldest first."""
    if keep.versions_days is not None:
        old = HISTORY.c.stored_ns < _limit_ns(now_ns, keep.versions_days)
        yield _delete(HISTORY, and_(old, _superseded()), HISTORY.c.stored_ns, at_most)
    if keep.estimates_days is not None:
        newer = STRESS.alias()
        last = select(func.max(newer.c.version)).where(newer.c.cell == STRESS.c.cell)
        old = STRESS.c.stored_ns < _limit_ns(now_ns, keep.estimates_days)
        replaced = STRESS.c.version < last.scalar_subquery()
        yield _delete(STRESS, and_(old, replaced), STRESS.c.stored_ns, at_most)
    if keep.dead_letters_days is not None:
        old = DEAD_LETTERS.c.sent_ns < _limit_ns(now_ns, keep.dead_letters_days)
        yield _delete(DEAD_LETTERS, old, DEAD_LETTERS.c.sent_ns, at_most)
    if keep.onsets_days is not None:
        old = ONSETS.c.stored_ns < _limit_ns(now_ns, keep.onsets_days)
        yield _delete(ONSETS, old, ONSETS.c.stored_ns, at_most)


def _limit_ns(now_ns: int, days: float) -> int:
    return now_ns - round(days * NS_A_DAY)


def _superseded() -> ColumnElement[bool]:
    newer = HISTORY.alias()
    same = and_(newer.c.kind == HISTORY.c.kind, newer.c.record_id == HISTORY.c.record_id)
    above = or_(
        newer.c.version > HISTORY.c.version,
        and_(newer.c.version == HISTORY.c.version, newer.c.model > HISTORY.c.model),
    )
    return select(newer.c.version).where(same, above).exists()


def _delete(
    table: Table, condition: ColumnElement[bool], age: ColumnElement[int], at_most: int
) -> Delete:
    keys = list(table.primary_key)
    oldest = select(*keys).where(condition).order_by(age).limit(at_most)
    return delete(table).where(tuple_(*keys).in_(oldest))
