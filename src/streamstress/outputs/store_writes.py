"""How each kind of record is written: an upsert that depends on no order.

Every version is kept in ``history``; a record becomes the current one only if its version is above
the one held. A mechanism's version is the pair (event version, model).
"""

import time

from sqlalchemy import Connection, Table, delete, insert, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ColumnElement

from streamstress.outputs import tables
from streamstress.outputs.store_rows import (
    Row,
    arrival_row,
    cell_row,
    event_row,
    mechanism_row,
    onset_row,
)
from streamstress.outputs.told_kinds import as_told, tell_kind
from streamstress.records import (
    Control,
    DeadLetter,
    Event,
    Mechanism,
    Pick,
    Progress,
    StressChange,
    StressEstimate,
)
from streamstress.wire.codec import encode

Storable = (
    Event | Mechanism | StressEstimate | StressChange | Control | Progress | DeadLetter | Pick
)

IDENTITY = {"events": ["event_id"], "mechanisms": ["event_id"]}
"""What makes a row unique, where that is not its primary key."""


def write(connection: Connection, record: Storable) -> bool:
    """Write one record; whether it is new and now the current version."""
    match record:
        case Event():
            return _write_event(connection, record)
        case Mechanism():
            return _write_mechanism(connection, record)
        case StressEstimate():
            return _write_stress(connection, record)
        case StressChange():
            return _write_change(connection, record)
        case Control():
            return _write_control(connection, record)
        case Progress():
            row = {
                "source": record.source,
                "done_until_ns": record.done_until_ns,
                "sent_ns": record.sent_ns,
            }
            held = tables.PROGRESS.c.done_until_ns
            return upsert(connection, tables.PROGRESS, row, newer=held < record.done_until_ns)
        case DeadLetter():
            row = {name: getattr(record, name) for name in tables.DEAD_LETTERS.columns.keys()}  # noqa: SIM118
            return upsert(connection, tables.DEAD_LETTERS, row)
        case Pick():
            # Of a pick only the trace is kept; its times and ray stand with its event.
            trace = onset_row(record)
            return trace is not None and upsert(connection, tables.ONSETS, trace)
        case _:
            raise TypeError(f"the store keeps no {type(record).__name__}")


def _write_event(connection: Connection, event: Event) -> bool:
    time_ns, record = event.origin.time_ns, encode(event)
    _remember(connection, "event", event.event_id, "", event, event.status, time_ns, record)
    told = as_told(connection, event)
    if told is not event:
        event, record = told, encode(told)
    newer = _stands_above(tables.EVENTS, event)
    if not upsert(connection, tables.EVENTS, event_row(event, record), newer=newer):
        return False
    held = tables.ARRIVALS.c.event_id == event.event_id
    connection.execute(delete(tables.ARRIVALS).where(held))
    rows = {arrival.pick_id: arrival_row(event.event_id, arrival) for arrival in event.arrivals}
    if rows and event.status != "tombstone":
        connection.execute(insert(tables.ARRIVALS), list(rows.values()))
    return True


def _stands_above(table: Table, record: Event | Mechanism) -> ColumnElement[bool]:
    """Whether a record replaces the one held.

    An event that moves over a border is withdrawn from the region it left and told in the other by
    the same version, in any order. So it is withdrawn only by the region that holds it, and a
    living version replaces a withdrawn one of its own number.
    """
    held = table.c
    if record.status == "tombstone":
        return (held.version < record.version) & (held.region == record.region)
    return or_(
        held.version < record.version,
        (held.version == record.version) & (held.status == "tombstone"),
    )


def _write_mechanism(connection: Connection, mechanism: Mechanism) -> bool:
    record = encode(mechanism)
    name, model, time_ns = mechanism.event_id, mechanism.model, mechanism.origin_time_ns
    _remember(connection, "mechanism", name, model, mechanism, mechanism.status, time_ns, record)
    held = tables.MECHANISMS.c
    of_model = (held.version == mechanism.version) & (held.model < mechanism.model)
    newer = _stands_above(tables.MECHANISMS, mechanism)
    if mechanism.status != "tombstone":
        newer = or_(newer, of_model)
    return upsert(connection, tables.MECHANISMS, mechanism_row(mechanism, record), newer=newer)


def _write_stress(connection: Connection, estimate: StressEstimate) -> bool:
    row = {
        "cell": estimate.cell,
        "version": estimate.version,
        "region": estimate.region,
        "method": estimate.method,
        "data_time_ns": estimate.data_time_ns,
        "sent_ns": estimate.sent_ns,
        "stored_ns": time.time_ns(),
        "record": encode(estimate),
    }
    newer = tables.CELLS.c.version < estimate.version
    upsert(connection, tables.CELLS, cell_row(estimate), newer=newer)
    return upsert(connection, tables.STRESS, row)


def _write_change(connection: Connection, change: StressChange) -> bool:
    record = encode(change)
    name, state = change.change_id, change.state
    _remember(connection, "change", name, "", change, state, change.time_ns, record)
    row = {
        "change_id": change.change_id,
        "version": change.version,
        "region": change.region,
        "state": change.state,
        "time_ns": change.time_ns,
        "onset_time_ns": change.onset_time_ns,
        "sent_ns": change.sent_ns,
        "record": record,
    }
    newer = tables.CHANGES.c.version < change.version
    return upsert(connection, tables.CHANGES, row, newer=newer)


def _write_control(connection: Connection, control: Control) -> bool:
    row = {
        "control_id": control.control_id,
        "target": control.target,
        "state": control.state,
        "sent_ns": control.sent_ns,
        "record": encode(control),
    }
    # The topic's order stands where a replay of it sends without wall times.
    newer = tables.CONTROLS.c.sent_ns <= control.sent_ns
    is_new = upsert(connection, tables.CONTROLS, row, newer=newer)
    if is_new and control.action == "event-kind":
        tell_kind(connection, control.target)
    return is_new


def _remember(
    connection: Connection,
    kind: str,
    record_id: str,
    model: str,
    record: Event | Mechanism | StressChange,
    status: str,
    time_ns: int,
    encoded: bytes,
) -> None:
    row = {
        "kind": kind,
        "record_id": record_id,
        "version": record.version,
        "model": model,
        "region": record.region,
        "status": status,
        "time_ns": time_ns,
        "sent_ns": record.sent_ns,
        "stored_ns": time.time_ns(),
        "record": encoded,
    }
    upsert(connection, tables.HISTORY, row)


def upsert(
    connection: Connection, table: Table, row: Row, newer: ColumnElement[bool] | None = None
) -> bool:
    """Insert; where the key is held, replace it if ``newer`` says so. Whether a row was written."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(row).inline()
    keys = IDENTITY.get(table.name) or [column.name for column in table.primary_key]
    if newer is None:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    else:
        rest = {name: statement.excluded[name] for name in row if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=rest, where=newer)
    # Of an insert SQLAlchemy keeps the count only where asked.
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted).rowcount > 0
