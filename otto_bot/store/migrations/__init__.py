"""Schema versions, applied by Alembic at start."""
