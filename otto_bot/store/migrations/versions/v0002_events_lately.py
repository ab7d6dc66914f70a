"""Events of one type that happened lately, over all runs: what tells a failure that everybody has."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make them findable."""
    op.create_index("events_lately", "events", ["type", "at"])
