"""What lists of runs show: repository and title in columns, and one index that a list is chosen and ordered by."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PAGE = 50
"""Snapshots that are read at a time: one may be megabytes long."""
LISTED = ["active", "working", "updated_at", "started_at", "outcome", "issue", "repo_name", "title", "id"]


def upgrade() -> None:
    """New columns, read from each run's snapshot; a run that nobody can read stays without."""
    op.add_column("runs", sa.Column("repo_name", sa.String(200), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("title", sa.String(300), nullable=False, server_default=""))
    _fill(op.get_bind())
    op.create_index("runs_listed", "runs", LISTED)


def _fill(c: sa.Connection) -> None:
    page = sa.text("SELECT id, state FROM runs WHERE id > :last ORDER BY id LIMIT :most")
    put = sa.text("UPDATE runs SET repo_name = :repo, title = :title WHERE id = :run")
    last = 0
    while rows := c.execute(page, {"last": last, "most": PAGE}).all():
        for row in rows:
            repo, title = _heading(row.state)
            if repo:
                c.execute(put, {"repo": repo[:200], "title": title[:300], "run": row.id})
        last = rows[-1].id


def _heading(state: str) -> tuple[str, str]:
    try:
        found = json.loads(state)
        repo, title = f"{found['repo']['owner']}/{found['repo']['name']}", str(found["title"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return "", ""
    return _writable(repo), _writable(title)


def _writable(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
