"""Checks of the database and of who works on it. Nothing is made or migrated."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa

from otto_bot.core.finding import Finding
from otto_bot.doctor.host import Host
from otto_bot.store.database import NEWEST, StoreUnavailable, reading, schema_version
from otto_bot.store.run_pages import SILENT_SECONDS, RunPages
from otto_bot.store.versions import CODE_VERSION, shown
from otto_bot.store.worker_rows import WorkerRows
from otto_bot.text.doctor import found
from otto_bot.text.words import count

LEAST_POSTGRES = 13
NEEDED_CONNECTIONS = 35
"""Of one worker and one web process."""
NOT_YET = ("there is no database yet", "`otto-bot serve` makes it when it starts.")


def absent(engine: sa.Engine) -> str:
    """The file of SQLite that is not there yet; empty where there is one, or the database is another."""
    where = engine.url.database or ""
    is_file = engine.dialect.name == "sqlite" and where != ":memory:"
    return where if is_file and not Path(where).is_file() else ""


async def database(host: Host) -> list[Finding]:
    """Whether it answers, and how it stands."""
    engine = host.database
    if missing := absent(engine):
        return [found("database", "none", where=missing)]
    try:
        return await asyncio.to_thread(_looked_over, engine)
    except StoreUnavailable as error:
        return [found("database", "gone", why=str(error))]


def _looked_over(engine: sa.Engine) -> list[Finding]:
    schema = schema_version(engine) or ""
    kind, more = _sqlite(engine) if engine.dialect.name == "sqlite" else _postgres(engine)
    if schema < NEWEST:
        more.append(found("database", "older", found=schema or "none", newest=NEWEST))
    elif schema > NEWEST:
        more.append(found("database", "newer", found=schema, newest=NEWEST))
    return more or [found("database", "well", kind=kind, schema=schema)]


def _sqlite(engine: sa.Engine) -> tuple[str, list[Finding]]:
    with reading(engine) as c:
        mode = str(c.execute(sa.text("PRAGMA journal_mode")).scalar())
    return "SQLite", [] if mode == "wal" else [found("database", "no_wal", mode=mode)]


def _postgres(engine: sa.Engine) -> tuple[str, list[Finding]]:
    with reading(engine) as c:
        version = int(str(c.execute(sa.text("SHOW server_version_num")).scalar())) // 10_000
        most = int(str(c.execute(sa.text("SHOW max_connections")).scalar()))
        used = int(str(c.execute(sa.text("SELECT count(*) FROM pg_stat_activity")).scalar()))
    said = []
    if version < LEAST_POSTGRES:
        said.append(found("database", "old_postgres", found=version, least=LEAST_POSTGRES))
    if most - used < NEEDED_CONNECTIONS:
        said.append(found("database", "connections", most=most, used=used))
    return f"PostgreSQL {version}", said


async def workers(host: Host) -> list[Finding]:
    """Whether somebody works."""
    engine = host.database
    if absent(engine) or not await asyncio.to_thread(schema_version, engine):
        return [found("workers", "idle")]
    at = host.now()
    rows = await asyncio.to_thread(WorkerRows(engine).all)
    alive = [one for one in rows if at.timestamp() - one.heartbeat_at <= SILENT_SECONDS]
    if not alive:
        waits = await asyncio.to_thread(RunPages(engine).nobody_works, at)
        return [found("workers", "none" if waits else "idle")]
    ours = shown(CODE_VERSION)
    others = [one for one in alive if one.version and one.version != ours]
    said = [found("workers", "other", name=one.name, theirs=one.version, ours=ours) for one in others]
    return said or [found("workers", "alive", count=count(len(alive), "worker"))]
