"""The grade as a dimension of the R*Tree of mechanisms, and nothing beside."""

import sqlalchemy as sa
from alembic import op

from streamstress.outputs.migrations.spatial import index_by_grade_statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the spatial indexes of SQLite anew; rows stay as they are."""
    for statement in index_by_grade_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
