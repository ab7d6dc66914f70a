"""Alembic's entry: runs on the connection it is given, never on one of its own."""

from alembic import context

from otto_bot.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
