"""The three questions a store is asked, one query each.

"What is the stress at place P and time T?", "which mechanisms of grades A to C lie in box B?",
"what was known when the alarm opened?"
"""

from typing import Any

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Select,
    Subquery,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from streamstress.earth.projection import KM_PER_DEGREE
from streamstress.outputs.exchange.selection import Selection
from streamstress.outputs.store_boxes import in_box, indexed
from streamstress.outputs.tables import CELLS, HISTORY, MECHANISMS, STRESS

AHEAD_NS = 86_400 * 10**9
"""Later events than the one that decided may have been known already, but not a day's."""

FAR_PAST_NS, FAR_FUTURE_NS = -(2**62), 2**62


def narrowed(query: Select[Any], held: Table, wanted: Selection, dialect: str) -> Select[Any]:
    """Put the conditions of a selection on a query of events or mechanisms."""
    if wanted.region is not None:
        query = query.where(held.c.region == wanted.region)
    if wanted.since_ns is not None:
        query = query.where(held.c.time_ns >= wanted.since_ns)
    if wanted.until_ns is not None:
        query = query.where(held.c.time_ns < wanted.until_ns)
    if wanted.grades is not None and held is MECHANISMS:
        query = query.where(MECHANISMS.c.grade.in_(list(wanted.grades)))
    if wanted.box is not None:
        query = query.where(in_box(held, wanted.box))
        found = indexed(held, wanted, wanted.box, dialect)
        query = query if found is None else query.where(found)
    return query


def stress_at(
    latitude_deg: float, longitude_deg: float, time_ns: int, within_km: float
) -> Select[Any]:
    """Newest estimate, of data up to a time, of the nearest cell within a distance."""
    shrink = func.cos(func.radians(latitude_deg))
    apart = func.abs(CELLS.c.longitude_deg - longitude_deg)
    # The short way round.
    east = func.abs(apart - 360.0 * func.floor((apart + 180.0) / 360.0)) * shrink
    north = CELLS.c.latitude_deg - latitude_deg
    squared = east * east + north * north
    reach = (within_km / KM_PER_DEGREE) ** 2
    nearest = select(CELLS.c.cell).where(squared <= reach).order_by(squared).limit(1)
    return (
        select(STRESS.c.record)
        .where(STRESS.c.cell == nearest.scalar_subquery(), STRESS.c.data_time_ns <= time_ns)
        .order_by(STRESS.c.data_time_ns.desc(), STRESS.c.version.desc())
        .limit(1)
    )


def known_when_opened(change_id: str, since_ns: int, newest: int) -> CompoundSelect[Any]:
    """Rows (kind, record) of all that had been sent when a change was first told open.

    The newest mechanisms of its region with origin times from ``since_ns`` on, each in the version
    of that moment, the stress estimate of each cell, and the change itself.
    """
    opened = (
        select(HISTORY.c.time_ns, HISTORY.c.sent_ns, HISTORY.c.region, HISTORY.c.record)
        .where(HISTORY.c.kind == "change", HISTORY.c.record_id == change_id)
        .where(HISTORY.c.status == "open")
        .order_by(HISTORY.c.version)
        .limit(1)
        .cte("opened")
    )
    mechanisms = _mechanisms_known(opened, since_ns, newest)
    estimates = _estimates_known(opened)
    return union_all(
        select(literal("change").label("kind"), opened.c.record),
        select(mechanisms.c.kind, mechanisms.c.record),
        select(literal("stress").label("kind"), estimates.c.record),
    )


def _mechanisms_known(opened: CTE, since_ns: int, newest: int) -> Subquery:
    region, sent_ns, time_ns = (
        select(opened.c[name]).scalar_subquery() for name in ("region", "sent_ns", "time_ns")
    )
    later = HISTORY.alias("later")
    superseded = (
        select(later.c.version)
        .where(
            later.c.kind == "mechanism",
            later.c.record_id == HISTORY.c.record_id,
            later.c.sent_ns <= sent_ns,
            or_(
                later.c.version > HISTORY.c.version,
                and_(later.c.version == HISTORY.c.version, later.c.model > HISTORY.c.model),
            ),
        )
        .exists()
    )
    return (
        select(HISTORY.c.kind, HISTORY.c.record)
        .where(HISTORY.c.kind == "mechanism", HISTORY.c.region == region)
        .where(HISTORY.c.time_ns.between(since_ns, time_ns + AHEAD_NS))
        .where(HISTORY.c.sent_ns <= sent_ns, HISTORY.c.status != "tombstone")
        .where(~superseded)
        .order_by(HISTORY.c.time_ns.desc())
        .limit(newest)
        .subquery("mechanisms_known")
    )


def _estimates_known(opened: CTE) -> Subquery:
    earlier = STRESS.alias("earlier")
    last = (
        select(earlier.c.version)
        .where(
            earlier.c.cell == CELLS.c.cell,
            earlier.c.sent_ns <= select(opened.c.sent_ns).scalar_subquery(),
        )
        .order_by(earlier.c.sent_ns.desc(), earlier.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    versions = (
        select(CELLS.c.cell, last.label("version"))
        .where(CELLS.c.region == select(opened.c.region).scalar_subquery())
        .cte("versions")
    )
    return (
        select(STRESS.c.record)
        .where(tuple_(STRESS.c.cell, STRESS.c.version).in_(select(versions)))
        .subquery("estimates_known")
    )
