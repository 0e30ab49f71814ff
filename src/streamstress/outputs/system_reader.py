"""What the store knows of the system that feeds it: stages, progress, counts, what was said."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Select, select

from streamstress.outputs.rows import Counts, StageStatus
from streamstress.outputs.store_answers import counts_of, records_of, rows_of
from streamstress.outputs.store_queries import (
    counts_query,
    delays_query,
    grades_query,
    reasons_query,
    row_columns,
)
from streamstress.outputs.tables import CONTROLS, PROGRESS, STAGES
from streamstress.records import Control


class SystemReader:
    """Queries on how the system does; `StoreReader.system` is one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def controls(self) -> list[Control]:
        """Newest word on each control, by id."""
        query = select(CONTROLS.c.record).order_by(CONTROLS.c.control_id)
        return records_of(self._fetch(query), Control)

    def stages(self) -> list[StageStatus]:
        """Last word of every worker, by stage."""
        query = row_columns(STAGES, StageStatus).order_by(STAGES.c.stage, STAGES.c.worker)
        return rows_of(self._fetch(query), StageStatus)

    def progress(self) -> dict[str, int]:
        """Moment (data time, ns) up to which each source is done."""
        rows = self._fetch(select(PROGRESS.c.source, PROGRESS.c.done_until_ns))
        return dict(map(tuple, rows))

    def mechanism_delays_s(self) -> list[float]:
        """Wall seconds from each event on its topic to its mechanism, same version."""
        return [(solved_ns - sent_ns) / 1e9 for solved_ns, sent_ns in self._fetch(delays_query())]

    def counts(self) -> Counts:
        """How many records are current."""
        numbers, grades, reasons = map(
            self._fetch, (counts_query(), grades_query(), reasons_query())
        )
        return counts_of(numbers[0], grades, reasons)

    def _fetch(self, query: Select[Any]) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()
