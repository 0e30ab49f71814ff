"""Writing records into the store.

Messages come at least once and in any order, so a write is an upsert that depends on neither:
every version is kept in ``history``, and a record becomes the current one only if its version is
above the one held. A mechanism's version is the pair (event version, model).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import Connection, Engine, Table, delete, insert, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.sql.expression import ColumnElement

from streamstress.errors import StoreError
from streamstress.outputs import tables
from streamstress.outputs.database import open_database
from streamstress.outputs.rows import StageStatus
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import (
    Arrival,
    Control,
    DeadLetter,
    Event,
    Mechanism,
    Progress,
    StressChange,
    StressEstimate,
)
from streamstress.wire.codec import encode

Storable = Event | Mechanism | StressEstimate | StressChange | Control | Progress | DeadLetter
Row = dict[str, Any]


class Store:
    """The store, opened for writing; ``reader`` reads it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reader = StoreReader(engine)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at a SQLAlchemy URL and make what is missing.

        Raises
        ------
        ConfigError
            The database cannot be opened.
        """
        return cls(open_database(url))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def save(self, record: Storable) -> bool:
        """Write one record; whether it is new and now the current version."""
        return self.save_many([record]) == 1

    def save_many(self, records: Iterable[Storable]) -> int:
        """Write records in one transaction.

        Returns
        -------
        How many became current; the rest were known already or older than what is held.

        Raises
        ------
        TypeError
            A record of a type that has no place in the store.
        StoreError
            The database takes nothing; nothing was written.
        """
        with self._transaction() as connection:
            return sum(_write(connection, record) for record in records)

    def save_stages(self, statuses: Iterable[StageStatus]) -> None:
        """Write how far stages have come; the newest word of each worker stays.

        Raises
        ------
        StoreError
            The database takes nothing; nothing was written.
        """
        with self._transaction() as connection:
            for status in statuses:
                row = {field: getattr(status, field) for field in status.__struct_fields__}
                held = tables.STAGES.c.updated_ns
                _upsert(connection, tables.STAGES, row, newer=held < status.updated_ns)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction; a database that fails is told apart from a record that is wrong."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            url = self._engine.url.render_as_string()
            raise StoreError(
                f"store.url {url}: cannot write ({error.orig}); check disk and database"
            ) from error


def _write(connection: Connection, record: Storable) -> bool:
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
            return _upsert(connection, tables.PROGRESS, row, newer=held < record.done_until_ns)
        case DeadLetter():
            row = {name: getattr(record, name) for name in tables.DEAD_LETTERS.columns.keys()}  # noqa: SIM118
            return _upsert(connection, tables.DEAD_LETTERS, row)
        case _:
            raise TypeError(f"the store keeps no {type(record).__name__}")


def _write_event(connection: Connection, event: Event) -> bool:
    record = encode(event)
    _remember(connection, "event", event.event_id, event.version, "", record)
    newer = tables.EVENTS.c.version < event.version
    if not _upsert(connection, tables.EVENTS, _event_row(event, record), newer=newer):
        return False
    held = tables.ARRIVALS.c.event_id == event.event_id
    connection.execute(delete(tables.ARRIVALS).where(held))
    rows = {arrival.pick_id: _arrival_row(event.event_id, arrival) for arrival in event.arrivals}
    if rows and event.status != "tombstone":
        connection.execute(insert(tables.ARRIVALS), list(rows.values()))
    return True


def _event_row(event: Event, record: bytes) -> Row:
    origin, magnitude = event.origin, event.magnitude
    decided = [a for a in event.arrivals if a.polarity and a.polarity.decision != "unknown"]
    return {
        "event_id": event.event_id,
        "version": event.version,
        "status": event.status,
        "region": event.region,
        "kind": event.kind,
        "time_ns": origin.time_ns,
        "latitude_deg": origin.latitude_deg,
        "longitude_deg": origin.longitude_deg,
        "depth_km": origin.depth_km,
        "horizontal_error_km": origin.horizontal_error_km,
        "depth_error_km": origin.depth_error_km,
        "rms_s": origin.rms_s,
        "gap_deg": origin.gap_deg,
        "n_p": sum(arrival.phase == "P" for arrival in event.arrivals),
        "n_s": sum(arrival.phase == "S" for arrival in event.arrivals),
        "n_polarity": len(decided),
        "magnitude": magnitude.value if magnitude else None,
        "magnitude_kind": magnitude.kind if magnitude else None,
        "sent_ns": event.sent_ns,
        "record": record,
    }


def _arrival_row(event_id: str, arrival: Arrival) -> Row:
    polarity = arrival.polarity
    return {
        "event_id": event_id,
        "pick_id": arrival.pick_id,
        "station": arrival.station,
        "phase": arrival.phase,
        "time_ns": arrival.time_ns,
        "residual_s": arrival.residual_s,
        "weight": arrival.weight,
        "distance_km": arrival.distance_km,
        "azimuth_deg": arrival.azimuth_deg,
        "takeoff_deg": arrival.takeoff_deg,
        "decision": polarity.decision if polarity else None,
        "up_probability": polarity.up_probability if polarity else None,
    }


def _write_mechanism(connection: Connection, mechanism: Mechanism) -> bool:
    record = encode(mechanism)
    _remember(
        connection, "mechanism", mechanism.event_id, mechanism.version, mechanism.model, record
    )
    held = tables.MECHANISMS.c
    newer = or_(
        held.version < mechanism.version,
        (held.version == mechanism.version) & (held.model < mechanism.model),
    )
    return _upsert(connection, tables.MECHANISMS, _mechanism_row(mechanism, record), newer=newer)


def _mechanism_row(mechanism: Mechanism, record: bytes) -> Row:
    best = mechanism.solutions[0] if mechanism.solutions else None
    return {
        "event_id": mechanism.event_id,
        "version": mechanism.version,
        "model": mechanism.model,
        "status": mechanism.status,
        "region": mechanism.region,
        "grade": mechanism.grade,
        "time_ns": mechanism.origin_time_ns,
        "latitude_deg": mechanism.latitude_deg,
        "longitude_deg": mechanism.longitude_deg,
        "depth_km": mechanism.depth_km,
        "magnitude": mechanism.magnitude,
        "strike_deg": best.strike_deg if best else None,
        "dip_deg": best.dip_deg if best else None,
        "rake_deg": best.rake_deg if best else None,
        "plane_uncertainty_deg": best.plane_uncertainty_deg if best else None,
        "probability": best.probability if best else None,
        "misfit": mechanism.misfit,
        "n_polarity": mechanism.n_polarity,
        "sent_ns": mechanism.sent_ns,
        "record": record,
    }


def _write_stress(connection: Connection, estimate: StressEstimate) -> bool:
    row = {
        "cell": estimate.cell,
        "version": estimate.version,
        "region": estimate.region,
        "data_time_ns": estimate.data_time_ns,
        "sent_ns": estimate.sent_ns,
        "record": encode(estimate),
    }
    return _upsert(connection, tables.STRESS, row)


def _write_change(connection: Connection, change: StressChange) -> bool:
    record = encode(change)
    _remember(connection, "change", change.change_id, change.version, "", record)
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
    return _upsert(connection, tables.CHANGES, row, newer=newer)


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
    return _upsert(connection, tables.CONTROLS, row, newer=newer)


def _remember(
    connection: Connection, kind: str, record_id: str, version: int, model: str, record: bytes
) -> None:
    row = {
        "kind": kind,
        "record_id": record_id,
        "version": version,
        "model": model,
        "record": record,
    }
    _upsert(connection, tables.HISTORY, row)


def _upsert(
    connection: Connection, table: Table, row: Row, newer: ColumnElement[bool] | None = None
) -> bool:
    """Insert; where the key is held, replace it if ``newer`` says so. Whether a row was written."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(row)
    keys = [column.name for column in table.primary_key]
    if newer is None:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    else:
        rest = {name: statement.excluded[name] for name in row if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=rest, where=newer)
    return connection.execute(statement).rowcount > 0
