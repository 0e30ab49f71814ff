"""Onset traces and feeds for the page; time and grade beside the place in spatial indexes."""

import sqlalchemy as sa
from alembic import op

from streamstress.outputs.migrations.spatial import index_with_grade_statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make two tables and the indexes; rows stay as they are."""
    op.create_table(
        "feeds",
        sa.Column("station", sa.String(), primary_key=True),
        sa.Column("data_age_s", sa.Float(), nullable=False),
        sa.Column("silence_s", sa.Float(), nullable=False),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "onsets",
        sa.Column("pick_id", sa.String(), primary_key=True),
        sa.Column("sampling_rate_hz", sa.Float(), nullable=False),
        sa.Column("pick_index", sa.Float(), nullable=False),
        sa.Column("samples", sa.LargeBinary(), nullable=False),
        sa.Column("stored_ns", sa.BigInteger(), nullable=False),
    )
    op.create_index("onsets_stored", "onsets", ["stored_ns"])
    dead = sa.text("status = 'tombstone'")
    op.create_index(
        "mechanisms_dead", "mechanisms", ["number"], sqlite_where=dead, postgresql_where=dead
    )
    op.drop_index("ix_arrivals_station", "arrivals")
    op.create_index("arrivals_station", "arrivals", ["station", "time_ns"])
    for statement in index_with_grade_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
