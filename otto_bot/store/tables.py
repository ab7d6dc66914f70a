"""The tables, as SQLAlchemy Core knows them. Times are UTC seconds since 1970; bodies are JSON or compressed bytes.

Of a run: `working` = it is neither over nor at rest, and waits for no person; `admitted` = it may start work, 0 only
while it waits for its turn; `place_until` = how long one that rests keeps its place; `parked…` = which limit holds it
back, until when (0 = nobody knows), and when that was said; `record` = `full`, `slim` (its ledger was deleted, its
money and what it found out stay) or `imported` (read only, the ledger of another database); `look_at` = when it is
compared with GitHub next; `looked_at` and `quiet` = when it was, and how many looks in a row found nothing;
`version` = of Otto, that wrote its state; `actor_id` = who started it; `began_at` = when it had its first turn (0 =
it had none yet); `day_until`, `day_why`, `day_usd` = until when, why and for which amount the money of a day holds it
back; `barred` = why nothing can be done for it on GitHub, words of `core.barring` in order; `repo_name` and `title`
are for lists of runs, as its newest write knew them.

`spending` is what calls of models cost on a day (days since 1970, UTC), those under way at their worst case:
`open_calls`. A call belongs to the day on which its money was put aside.

Of an installation: when the next write may be sent, until when GitHub's limit closes it, what was written lately
(JSON), and how often it wrote or had to wait in all; whose it is, where its owner sees to it, what it granted the App
and which events it is sent (JSON), and when GitHub said so (0 = it did not yet). `journal.pack` and `packs` hold git
objects that were never pushed, for a worker on another machine.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("guid", sa.String(80), nullable=False, unique=True),
    sa.Column("event", sa.String(80), nullable=False),
    sa.Column("action", sa.String(80), nullable=False, server_default=""),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, server_default="received"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before", sa.Float, nullable=False, server_default="0"),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Index("deliveries_waiting", "state", "not_before"),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("repo_id", _BIG, nullable=False),
    sa.Column("issue", sa.Integer, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("trigger_key", sa.String(200), nullable=False, unique=True),
    sa.Column("active", sa.Integer, nullable=False),
    sa.Column("phase", sa.String(32), nullable=False),
    sa.Column("outcome", sa.String(32), nullable=False, server_default=""),
    sa.Column("pull_request", sa.Integer, nullable=False, server_default="0"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("installation_id", _BIG, nullable=False, server_default="0"),
    sa.Column("working", sa.Integer, nullable=False, server_default="1"),
    sa.Column("admitted", sa.Integer, nullable=False, server_default="1"),
    sa.Column("look_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("looked_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("quiet", sa.Integer, nullable=False, server_default="0"),
    sa.Column("place_until", sa.Float, nullable=False, server_default="0"),
    sa.Column("parked", sa.String(16), nullable=False, server_default=""),
    sa.Column("parked_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("parked_until", sa.Float, nullable=False, server_default="0"),
    sa.Column("parked_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("record", sa.String(16), nullable=False, server_default="full"),
    sa.Column("actor_id", _BIG, nullable=False, server_default="0"),
    sa.Column("began_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("day_until", sa.Float, nullable=False, server_default="0"),
    sa.Column("day_why", sa.Text, nullable=False, server_default=""),
    sa.Column("day_usd", sa.Float, nullable=False, server_default="0"),
    sa.Column("barred", sa.String(80), nullable=False, server_default=""),
    sa.Column("repo_name", sa.String(200), nullable=False, server_default=""),
    sa.Column("title", sa.String(300), nullable=False, server_default=""),
    sa.UniqueConstraint("repo_id", "issue", "ordinal", name="runs_ordinal"),
    sa.Index("runs_working", "working", "installation_id"),
    sa.Index("runs_to_look_at", "active", "look_at"),
    sa.Index("runs_places", "working", "admitted", "installation_id"),
    sa.Index("runs_resting", "place_until"),
    sa.Index("runs_parked", "parked"),
    sa.Index("runs_over", "record", "active", "updated_at"),
    sa.Index("runs_begun", "began_at"),
    sa.Index("runs_held", "day_until"),
    sa.Index("runs_barred", "barred"),
    # Everything a list of runs is chosen and put in order by: a row's snapshot is not walked past for it.
    sa.Index(
        "runs_listed", "active", "working", "updated_at", "started_at", "outcome", "issue", "repo_name", "title", "id"
    ),
    sa.Index(
        "runs_one_active",
        "repo_id",
        "issue",
        unique=True,
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active = 1"),
    ),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("run_id", _BIG, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("refused", sa.Text, nullable=False, server_default=""),
    sa.Index("events_lately", "type", "at"),
)

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("run_id", _BIG, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("lane", sa.String(200), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("not_before", sa.Float, nullable=False),
    sa.Column("lease_until", sa.Float, nullable=False, server_default="0"),
    sa.Column("worker", sa.String(80), nullable=False, server_default=""),
    sa.Column("lost", sa.Integer, nullable=False, server_default="0"),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("installation_id", _BIG, nullable=False, server_default="0"),
    sa.Index("effects_due", "state", "not_before", "installation_id"),
    sa.Index("effects_next", "installation_id", "state", "not_before", "key"),
    sa.Index(
        "effects_in_hand",
        "worker",
        sqlite_where=sa.text("worker <> ''"),
        postgresql_where=sa.text("worker <> ''"),
    ),
    sa.Index("effects_lane", "lane", "state"),
    sa.Index("effects_run", "run_id", "state"),
)

artifacts = sa.Table(
    "artifacts",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("pack", sa.LargeBinary, nullable=True),
)

packs = sa.Table(
    "packs",
    metadata,
    sa.Column("sha", sa.String(40), primary_key=True),
    sa.Column("run_id", _BIG, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("needs", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("packs_run", "run_id"),
)

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("call", sa.String(200), primary_key=True),
    sa.Column("run_id", _BIG, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("input_tokens", sa.Integer, nullable=False),
    sa.Column("output_tokens", sa.Integer, nullable=False),
    sa.Column("usd", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("reply", sa.String(64), nullable=False, server_default=""),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("usage_run", "run_id"),
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("installation_id", _BIG, primary_key=True, autoincrement=False),
    sa.Column("usd", sa.Float, nullable=False),
)

open_calls = sa.Table(
    "open_calls",
    metadata,
    sa.Column("run_id", _BIG, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("call", sa.String(200), primary_key=True),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("installation_id", _BIG, nullable=False),
    sa.Column("usd", sa.Float, nullable=False),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("heartbeat_at", sa.Float, nullable=False),
    sa.Column("host", sa.String(120), nullable=False, server_default=""),
    sa.Column("version", sa.String(40), nullable=False, server_default=""),
    sa.Column("started_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("stopping", sa.Integer, nullable=False, server_default="0"),
)

installations = sa.Table(
    "installations",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=False),
    sa.Column("next_write_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("closed_until", sa.Float, nullable=False, server_default="0"),
    sa.Column("closed_why", sa.String(300), nullable=False, server_default=""),
    sa.Column("written", sa.Text, nullable=False, server_default=""),
    sa.Column("writes", _BIG, nullable=False, server_default="0"),
    sa.Column("waits", _BIG, nullable=False, server_default="0"),
    sa.Column("updated_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("account", sa.String(100), nullable=False, server_default=""),
    sa.Column("page", sa.String(300), nullable=False, server_default=""),
    sa.Column("permissions", sa.Text, nullable=False, server_default=""),
    sa.Column("events", sa.Text, nullable=False, server_default=""),
    sa.Column("suspended", sa.Integer, nullable=False, server_default="0"),
    sa.Column("granted_at", sa.Float, nullable=False, server_default="0"),
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

learnings = sa.Table(
    "learnings",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("repo_id", _BIG, nullable=False),
    sa.Column("repo_name", sa.String(200), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("origin", sa.String(120), nullable=True, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("scope", sa.String(200), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("verbatim", sa.Integer, nullable=False),
    sa.Column("sources", sa.Text, nullable=False),
    sa.Column("run_id", _BIG, nullable=True),
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
    sa.Index("learnings_told", "repo_id", "status", "expires_at"),
)

learning_uses = sa.Table(
    "learning_uses",
    metadata,
    sa.Column("learning_id", _BIG, sa.ForeignKey("learnings.id"), primary_key=True),
    sa.Column("run_id", _BIG, primary_key=True),
    sa.Column("task", sa.String(16), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
