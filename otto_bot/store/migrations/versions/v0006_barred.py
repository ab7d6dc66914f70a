"""Which runs GitHub does not let work, and why: looked at without reading them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A new column; no run of an earlier release knew of it."""
    op.add_column("runs", sa.Column("barred", sa.String(80), nullable=False, server_default=""))
    op.create_index("runs_barred", "runs", ["barred"])
