"""What each installation granted the App, and which events it is sent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """New columns; of an installation that nobody has asked about since, they tell nothing (`granted_at` is 0)."""
    for column in (
        sa.Column("account", sa.String(100), nullable=False, server_default=""),
        sa.Column("page", sa.String(300), nullable=False, server_default=""),
        sa.Column("permissions", sa.Text, nullable=False, server_default=""),
        sa.Column("events", sa.Text, nullable=False, server_default=""),
        sa.Column("suspended", sa.Integer, nullable=False, server_default="0"),
        sa.Column("granted_at", sa.Float, nullable=False, server_default="0"),
    ):
        op.add_column("installations", column)
