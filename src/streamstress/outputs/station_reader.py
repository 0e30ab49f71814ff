"""What the store knows of stations: feeds, readings, onset traces."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, func, literal, select, union_all

from streamstress.outputs.rows import FeedStatus, OnsetTrace, StationReading
from streamstress.outputs.tables import ARRIVALS, EVENTS, FEEDS, MECHANISMS, ONSETS

MOST_NAMES = 400
"""Names in one query; databases limit the number of parameters and parts."""


class StationReader:
    """Queries on stations."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def feeds(self) -> dict[str, FeedStatus]:
        """Newest word on each station's waveforms, by ``NET.STA``."""
        names = FeedStatus.__struct_fields__
        rows = self._fetch(select(*(FEEDS.c[name] for name in names)))
        return {row.station: FeedStatus(**row._mapping) for row in rows}

    def newest_readings_ns(self, stations: Sequence[str]) -> dict[str, int]:
        """Time of the newest arrival of each station that has one."""
        found: dict[str, int] = {}
        for start in range(0, len(stations), MOST_NAMES):
            # An index tells the last of one station at once; grouping would read all of them.
            last = (
                select(
                    literal(name),
                    select(func.max(ARRIVALS.c.time_ns))
                    .where(ARRIVALS.c.station == name)
                    .scalar_subquery(),
                )
                for name in stations[start : start + MOST_NAMES]
            )
            rows = self._fetch(union_all(*last))
            found |= {name: time_ns for name, time_ns in rows if time_ns is not None}
        return found

    def readings(self, station: str, limit: int = 300) -> list[StationReading]:
        """Newest arrivals of a station with the mechanisms of their events, newest first."""
        of_arrival = [name for name in StationReading.__struct_fields__ if name in ARRIVALS.c]
        of_mechanism = ("grade", "strike_deg", "dip_deg", "rake_deg")
        query = (
            select(
                *(ARRIVALS.c[name] for name in of_arrival),
                *(MECHANISMS.c[name] for name in of_mechanism),
            )
            .join(EVENTS, EVENTS.c.event_id == ARRIVALS.c.event_id)
            .join(MECHANISMS, MECHANISMS.c.event_id == ARRIVALS.c.event_id, isouter=True)
            .where(ARRIVALS.c.station == station, EVENTS.c.status != "tombstone")
            .order_by(ARRIVALS.c.time_ns.desc(), ARRIVALS.c.pick_id)
            .limit(limit)
        )
        return [StationReading(**row._mapping) for row in self._fetch(query)]

    def onsets(self, pick_ids: Sequence[str]) -> dict[str, OnsetTrace]:
        """Traces around P picks that are kept still, by pick."""
        found: dict[str, OnsetTrace] = {}
        for start in range(0, len(pick_ids), MOST_NAMES):
            asked = ONSETS.c.pick_id.in_(list(pick_ids[start : start + MOST_NAMES]))
            for row in self._fetch(select(ONSETS).where(asked)):
                samples: NDArray[np.float32] = np.frombuffer(row.samples, "<f4")
                found[row.pick_id] = OnsetTrace(row.sampling_rate_hz, row.pick_index, samples)
        return found

    def _fetch(self, query: Any) -> Sequence[Any]:  # noqa: ANN401 - any statement
        with self._engine.connect() as connection:
            return connection.execute(query).all()
