"""What a day allows: who started a run, when it began, what was spent on which day, and which calls are under way."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PAGE = 50
"""Snapshots that are read at a time: one may be megabytes long."""

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """New columns and two tables. Who started a run is read from its snapshot; it began when it was started."""
    op.add_column("runs", sa.Column("actor_id", BIG, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("began_at", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("day_until", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("day_why", sa.Text, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("day_usd", sa.Float, nullable=False, server_default="0"))
    op.create_table(
        "spending",
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("installation_id", BIG, primary_key=True, autoincrement=False),
        sa.Column("usd", sa.Float, nullable=False),
    )
    op.create_table(
        "open_calls",
        sa.Column("run_id", BIG, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("call", sa.String(200), primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("installation_id", BIG, nullable=False),
        sa.Column("usd", sa.Float, nullable=False),
    )
    _fill(op.get_bind())
    op.create_index("runs_begun", "runs", ["began_at"])
    op.create_index("runs_held", "runs", ["day_until"])


def _fill(c: sa.Connection) -> None:
    """A run that waits for its first turn has not begun; nobody can tell it from one that waits again, so it has."""
    c.execute(sa.text("UPDATE runs SET began_at = started_at"))
    page = sa.text("SELECT id, state FROM runs WHERE id > :last ORDER BY id LIMIT :most")
    last = 0
    while rows := c.execute(page, {"last": last, "most": PAGE}).all():
        for row in rows:
            actor = _actor(row.state)
            if actor:
                c.execute(sa.text("UPDATE runs SET actor_id = :a WHERE id = :run"), {"a": actor, "run": row.id})
        last = rows[-1].id


def _actor(state: str) -> int:
    """Who started the run of a snapshot; 0 where it does not say so, or nobody can read it."""
    try:
        found = json.loads(state)["actor"]["id"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return 0
    return found if isinstance(found, int) else 0
