"""The kind that a person gave an event, in the store: it holds against the classifier's."""

import msgspec
from sqlalchemy import Connection, select, update

from streamstress.outputs import tables
from streamstress.records import Control, Event
from streamstress.records.controls import kind_control_id
from streamstress.wire.codec import decode, encode


def as_told(connection: Connection, event: Event) -> Event:
    """The event with the kind that a person gave it, if any did and has not taken it back."""
    held = tables.CONTROLS.c
    query = select(held.record).where(held.control_id == kind_control_id(event.event_id))
    record = connection.execute(query).scalar()
    control = None if record is None else decode(record)
    if not isinstance(control, Control) or not control.is_obeyed or control.event_kind is None:
        return event
    return msgspec.structs.replace(event, kind=control.event_kind)


def tell_kind(connection: Connection, event_id: str) -> None:
    """Write the kind of an event that is held anew; its history keeps what the classifier said."""
    held, history = tables.EVENTS.c, tables.HISTORY.c
    query = (
        select(history.record)
        .join(tables.EVENTS, held.event_id == history.record_id)
        .where(history.kind == "event", held.event_id == event_id, history.version == held.version)
    )
    record = connection.execute(query).scalar()
    event = None if record is None else decode(record)
    if isinstance(event, Event):
        told = as_told(connection, event)
        values = {"kind": told.kind, "record": encode(told)}
        connection.execute(update(tables.EVENTS).where(held.event_id == event_id).values(values))
