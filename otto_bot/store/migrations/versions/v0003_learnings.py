"""Learnings of a repository, and what came of each time one was told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "learnings",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("repo_id", BIG, nullable=False),
        sa.Column("repo_name", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("origin", sa.String(120), nullable=True, unique=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("verbatim", sa.Integer, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.Column("run_id", BIG, nullable=True),
        sa.Column("gate", sa.Integer, nullable=False),
        sa.Column("author", sa.String(80), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("accepted_by", sa.String(120), nullable=False, server_default=""),
        sa.Column("forgotten_by", sa.String(120), nullable=False, server_default=""),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("accepted_at", sa.Float, nullable=True),
        sa.Column("forgotten_at", sa.Float, nullable=True),
        sa.Column("last_used_at", sa.Float, nullable=True),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("used", sa.Integer, nullable=False, server_default="0"),
        sa.Column("helped", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("repo_id", "number", name="learnings_number"),
        sa.UniqueConstraint("repo_id", "digest", name="learnings_once"),
    )
    op.create_index("learnings_told", "learnings", ["repo_id", "status", "expires_at"])
    op.create_table(
        "learning_uses",
        sa.Column("learning_id", BIG, sa.ForeignKey("learnings.id"), primary_key=True),
        sa.Column("run_id", BIG, primary_key=True),
        sa.Column("task", sa.String(16), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
