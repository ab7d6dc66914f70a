"""Many workers, many installations: whose work it is, who may start, how fast to write, and when to look."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """New columns and two tables; what runs and effects belong to is read from the runs' own snapshots."""
    op.create_table(
        "installations",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("next_write_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("closed_until", sa.Float, nullable=False, server_default="0"),
        sa.Column("closed_why", sa.String(300), nullable=False, server_default=""),
        sa.Column("written", sa.Text, nullable=False, server_default=""),
        sa.Column("writes", BIG, nullable=False, server_default="0"),
        sa.Column("waits", BIG, nullable=False, server_default="0"),
        sa.Column("updated_at", sa.Float, nullable=False, server_default="0"),
    )
    op.add_column("runs", sa.Column("installation_id", BIG, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("working", sa.Integer, nullable=False, server_default="1"))
    op.add_column("runs", sa.Column("admitted", sa.Integer, nullable=False, server_default="1"))
    op.add_column("runs", sa.Column("look_at", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("looked_at", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("quiet", sa.Integer, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("place_until", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("parked", sa.String(16), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("parked_reason", sa.Text, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("parked_until", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("parked_at", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("record", sa.String(16), nullable=False, server_default="full"))
    op.add_column("effects", sa.Column("installation_id", BIG, nullable=False, server_default="0"))
    op.create_table(
        "packs",
        sa.Column("sha", sa.String(40), primary_key=True),
        sa.Column("run_id", BIG, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("needs", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("packs_run", "packs", ["run_id"])
    op.add_column("journal", sa.Column("pack", sa.LargeBinary, nullable=True))
    op.add_column("workers", sa.Column("host", sa.String(120), nullable=False, server_default=""))
    op.add_column("workers", sa.Column("version", sa.String(40), nullable=False, server_default=""))
    op.add_column("workers", sa.Column("started_at", sa.Float, nullable=False, server_default="0"))
    op.add_column("workers", sa.Column("stopping", sa.Integer, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("version", sa.Integer, nullable=False, server_default="0"))
    _fill(op.get_bind())
    op.create_index("runs_working", "runs", ["working", "installation_id"])
    op.create_index("runs_to_look_at", "runs", ["active", "look_at"])
    op.drop_index("effects_due", "effects")
    op.create_index("effects_due", "effects", ["state", "not_before", "installation_id"])
    op.create_index("effects_next", "effects", ["installation_id", "state", "not_before", "key"])
    in_hand = sa.text("worker <> ''")
    op.create_index("effects_in_hand", "effects", ["worker"], sqlite_where=in_hand, postgresql_where=in_hand)
    op.create_index("runs_places", "runs", ["working", "admitted", "installation_id"])
    op.create_index("runs_resting", "runs", ["place_until"])
    op.create_index("runs_parked", "runs", ["parked"])
    op.create_index("runs_over", "runs", ["record", "active", "updated_at"])


def _fill(c: sa.Connection) -> None:
    rows = c.execute(sa.text("SELECT id, active, outcome, state FROM runs")).all()
    for row in rows:
        state = json.loads(row.state)
        installation = state.get("repo", {}).get("installation_id", 0)
        working = int(bool(row.active) and not row.outcome and state.get("hold") is None)
        values = {"i": installation, "w": working, "run": row.id}
        c.execute(sa.text("UPDATE runs SET installation_id = :i, working = :w WHERE id = :run"), values)
        c.execute(
            sa.text("UPDATE effects SET installation_id = :i WHERE run_id = :run"), {"i": installation, "run": row.id}
        )
