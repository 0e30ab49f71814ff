"""What the store knows of changes of stress, and of what was known when an alarm opened."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Engine, Select, and_, func, select

from streamstress.outputs.rows import KnownCounts, KnownThen
from streamstress.outputs.store_answers import known_then, records_of
from streamstress.outputs.store_questions import FAR_PAST_NS, known_when_opened
from streamstress.outputs.tables import CHANGES, HISTORY
from streamstress.records import StressChange

COUNTED = 1000
"""Mechanisms counted at most: a region of years has very many, and open pages ask every second."""


class AlarmReader:
    """Queries on changes; `StoreReader.alarms` is one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def changes(self, region: str | None = None) -> list[StressChange]:
        """Newest word on each change, the latest decision last."""
        query = select(CHANGES.c.record).order_by(CHANGES.c.time_ns, CHANGES.c.change_id)
        if region is not None:
            query = query.where(CHANGES.c.region == region)
        return records_of(self._fetch(query), StressChange)

    def history(self, change_id: str) -> list[StressChange]:
        """Every version of one change, oldest first."""
        wanted = and_(HISTORY.c.kind == "change", HISTORY.c.record_id == change_id)
        query = select(HISTORY.c.record).where(wanted).order_by(HISTORY.c.version)
        return records_of(self._fetch(query), StressChange)

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
        return known_then(self._fetch(known_when_opened(change_id, since_ns, newest)))

    def counted_when_opened(self, change_id: str, newest: int = COUNTED) -> KnownCounts | None:
        """How much `known_when_opened` tells of, without reading it; None if it never opened."""
        known = known_when_opened(change_id, FAR_PAST_NS, newest).subquery()
        query = select(known.c.kind, func.count()).group_by(known.c.kind)
        found = dict(map(tuple, self._fetch(query)))
        if "change" not in found:
            return None
        mechanisms = found.get("mechanism", 0)
        return KnownCounts(
            mechanisms=mechanisms,
            are_all=mechanisms < newest,
            estimates=found.get("stress", 0),
        )

    def _fetch(self, query: Select[Any] | CompoundSelect[Any]) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()
