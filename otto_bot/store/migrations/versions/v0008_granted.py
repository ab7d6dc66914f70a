"""What each installation granted the App, and which events it is sent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """New columns; of an installation that nobody has asked about since, they tell nothing (`granted_at` is 0)."""
    for name, length in (("account", 100), ("page", 300)):
        op.add_column("installations", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    for name in ("permissions", "events"):
        op.add_column("installations", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("installations", sa.Column("suspended", sa.Integer, nullable=False, server_default="0"))
    op.add_column("installations", sa.Column("granted_at", sa.Float, nullable=False, server_default="0"))
