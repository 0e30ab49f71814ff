"""Points as PostGIS geometry, kept by the database itself, for GIS programs.

A branch of its own without a stated dependence, for alembic would then no longer list the step of
``store`` as taken; `upgrade` takes those first.
"""

import sqlalchemy as sa
from alembic import op

from streamstress.errors import ConfigError
from streamstress.outputs.migrations.spatial import TABLES

revision = "postgis_0001"
down_revision = None
branch_labels = ("postgis",)
depends_on = None


def upgrade() -> None:
    """Add a generated column ``geometry`` with an index to events, mechanisms and cells."""
    if op.get_bind().dialect.name != "postgresql":
        raise ConfigError("geometry is for PostgreSQL; SQLite has its own spatial index")
    op.execute(sa.text("create extension if not exists postgis"))
    for table in (*TABLES, "cells"):
        op.execute(
            sa.text(
                f"alter table {table} add column geometry geometry(Point, 4326) generated always "
                "as (st_setsrid(st_makepoint(longitude_deg, latitude_deg), 4326)) stored"
            )
        )
        op.execute(sa.text(f"create index {table}_geometry on {table} using gist (geometry)"))
