"""Events, mechanisms, stress, changes, controls and dead letters in; rows of the store out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from streamstress.outputs.retention import Keep
from streamstress.outputs.store import Storable, Store
from streamstress.records import Record
from streamstress.stream.role import Incoming, Outgoing, Stateless
from streamstress.wire.topics import (
    CHANGES,
    CONTROLS,
    DEAD_LETTERS,
    EVENTS,
    MECHANISMS,
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
    inputs: tuple[Topic, ...] = (EVENTS, MECHANISMS, STRESS, CHANGES, CONTROLS, DEAD_LETTERS)
    outputs: tuple[Topic, ...] = ()
    _pruned_s: float = field(default_factory=time.monotonic)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:  # noqa: ARG002
        """Write one record; now and then delete what need not be kept."""
        if isinstance(record, Storable):
            self.store.save(record)
        if self.keep != Keep() and time.monotonic() - self._pruned_s >= PRUNE_EVERY_S:
            self.store.prune(self.keep)
            self._pruned_s = time.monotonic()
        return ()
