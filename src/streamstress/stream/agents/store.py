"""Events, mechanisms, stress, changes, controls and dead letters in; rows of the store out."""

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(slots=True)
class StoreRole(Stateless):
    """The store agent; writing is an upsert, so a repeated message changes nothing."""

    store: Store
    name: str = "store"
    inputs: tuple[Topic, ...] = (EVENTS, MECHANISMS, STRESS, CHANGES, CONTROLS, DEAD_LETTERS)
    outputs: tuple[Topic, ...] = ()

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:  # noqa: ARG002
        """Write one record."""
        if isinstance(record, Storable):
            self.store.save(record)
        return ()
