"""Row numbers with spatial indexes; the times of every version; where each cell lies."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from streamstress.outputs.migrations.spatial import place_index_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME_FIELD = {"event": "origin", "mechanism": "origin_time_ns", "change": "time_ns"}
BATCH = 2000


def upgrade() -> None:
    """Rebuild the four tables; all rows are kept."""
    op.drop_index("events_place", "events")
    for table in ("events", "mechanisms"):
        _give_numbers(table)
    _rebuild("history", _history_columns(), _history_row)
    _rebuild("stress", _stress_columns(), _stress_row)
    op.create_table(
        "cells",
        sa.Column("cell", sa.String(), primary_key=True),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("latitude_deg", sa.Float(), nullable=False),
        sa.Column("longitude_deg", sa.Float(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    _fill_cells()
    op.create_index("events_time", "events", ["time_ns"])
    dead = sa.text("status = 'tombstone'")
    op.create_index("events_dead", "events", ["event_id"], sqlite_where=dead, postgresql_where=dead)
    op.create_index("mechanisms_time", "mechanisms", ["time_ns"])
    op.create_index("mechanisms_grade", "mechanisms", ["grade", "time_ns"])
    op.create_index("history_time", "history", ["kind", "region", "time_ns"])
    op.create_index("history_stored", "history", ["stored_ns"])
    op.create_index("stress_time", "stress", ["cell", "data_time_ns"])
    op.create_index("stress_sent", "stress", ["cell", "sent_ns"])
    op.create_index("stress_stored", "stress", ["stored_ns"])
    for statement in place_index_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def _give_numbers(table: str) -> None:
    """Put a row number before the columns, and let the event id be unique."""
    bind = op.get_bind()
    for index in sa.inspect(bind).get_indexes(table):
        op.drop_index(str(index["name"]), table)
    old = f"{table}_0001"
    op.rename_table(table, old)
    held = sa.Table(old, sa.MetaData(), autoload_with=bind)
    columns = [
        sa.Column(column.name, column.type, nullable=column.nullable, unique=column.primary_key)
        for column in held.columns
    ]
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    made = op.create_table(table, sa.Column("number", number, primary_key=True), *columns)
    names = [column.name for column in columns]
    in_time = sa.select(*(held.c[name] for name in names)).order_by(held.c.time_ns)
    bind.execute(sa.insert(made).from_select(names, in_time))
    op.drop_table(old)


def _rebuild(
    table: str, columns: list[sa.Column[Any]], row_of: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    bind = op.get_bind()
    for index in sa.inspect(bind).get_indexes(table):
        op.drop_index(str(index["name"]), table)
    old = f"{table}_0001"
    op.rename_table(table, old)
    held = sa.Table(old, sa.MetaData(), autoload_with=bind)
    made = op.create_table(table, *columns)
    for rows in _batches(held):
        bind.execute(sa.insert(made), [row_of(row) for row in rows])
    op.drop_table(old)


def _batches(table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    keys = list(table.primary_key)
    last: list[Any] | None = None
    while True:
        query = sa.select(table).order_by(*keys).limit(BATCH)
        if last is not None:
            query = query.where(sa.tuple_(*keys) > sa.tuple_(*last))
        rows = [dict(row._mapping) for row in op.get_bind().execute(query)]
        if not rows:
            return
        yield rows
        last = [rows[-1][key.name] for key in keys]


def _history_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("record_id", sa.String(), primary_key=True),
        sa.Column("version", sa.BigInteger(), primary_key=True),
        sa.Column("model", sa.String(), primary_key=True),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("sent_ns", sa.BigInteger(), nullable=False),
        sa.Column("stored_ns", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
    ]


def _history_row(row: dict[str, Any]) -> dict[str, Any]:
    record = msgspec.msgpack.decode(row["record"])
    time_ns = record[TIME_FIELD[row["kind"]]]
    return {
        **row,
        "region": record["region"],
        "status": record["state"] if row["kind"] == "change" else record["status"],
        "time_ns": time_ns["time_ns"] if row["kind"] == "event" else time_ns,
        "sent_ns": record["sent_ns"],
        # When it was written was not kept; it cannot have been before it was sent.
        "stored_ns": record["sent_ns"],
    }


def _stress_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("cell", sa.String(), primary_key=True),
        sa.Column("version", sa.BigInteger(), primary_key=True),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("data_time_ns", sa.BigInteger(), nullable=False),
        sa.Column("sent_ns", sa.BigInteger(), nullable=False),
        sa.Column("stored_ns", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
    ]


def _stress_row(row: dict[str, Any]) -> dict[str, Any]:
    record = msgspec.msgpack.decode(row["record"])
    return {**row, "method": record["method"], "stored_ns": row["sent_ns"]}


def _fill_cells() -> None:
    bind = op.get_bind()
    newest = bind.execute(
        sa.text(
            "select record from stress s where version = "
            "(select max(version) from stress t where t.cell = s.cell)"
        )
    )
    cells = sa.Table("cells", sa.MetaData(), autoload_with=bind)
    names = [column.name for column in cells.columns]
    records = [msgspec.msgpack.decode(row[0]) for row in newest]
    if records:
        bind.execute(sa.insert(cells), [{name: one[name] for name in names} for one in records])
