"""What alembic runs: the steps, on the connection that it was handed."""

from alembic import context

from streamstress.outputs.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
