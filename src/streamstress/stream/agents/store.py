"""Results, controls, dead letters and the traces of onsets in; rows of the store out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from streamstress.outputs.retention import Keep
from streamstress.outputs.store import Store
from streamstress.outputs.store_writes import Storable
from streamstress.records import Pick, Record
from streamstress.stream.role import Incoming, Outgoing, Stateless
from streamstress.wire.topics import (
    CHANGES,
    CONTROLS,
    DEAD_LETTERS,
    EVENTS,
    MECHANISMS,
    READINGS,
    STRESS,
    Topic,
)

PRUNE_EVERY_S = 60.0
"""Wall time between two rounds of deleting what need not be kept; a round takes few rows."""


@dataclass(slots=True)
class StoreRole(Stateless):
    """The store agent; writing is an upsert, so a repeated message changes nothing."""

    store: Store
    keep: Keep = field(default_factory=Keep)
    name: str = "store"
    inputs: tuple[Topic, ...] = (
        EVENTS,
        MECHANISMS,
        STRESS,
        CHANGES,
        CONTROLS,
        DEAD_LETTERS,
        READINGS,
    )
    outputs: tuple[Topic, ...] = ()
    _pruned_s: float = field(default_factory=time.monotonic)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:
        """Write one record; now and then delete what need not be kept."""
        if isinstance(record, Storable) and self._is_kept(message, record):
            self.store.save(record)
        if self.keep != Keep() and time.monotonic() - self._pruned_s >= PRUNE_EVERY_S:
            self.store.prune(self.keep)
            self._pruned_s = time.monotonic()
        return ()

    def _is_kept(self, message: Incoming, record: Record) -> bool:
        """Of the readings only the traces; how far pickers have come is no news of the results."""
        if message.topic != READINGS.name:
            return True
        return isinstance(record, Pick) and self.keep.onsets_days != 0
