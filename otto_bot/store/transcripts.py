"""What is kept of a coder's attempt: the prompt that it was given, and its turns in order. Goes with the run."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.database import reading


class KeptTurn(NamedTuple):
    """One turn as it was recorded, secrets left out."""

    number: int
    body: dict[str, Any]
    at: datetime


class KeptPrompt(NamedTuple):
    """What a coder was told first."""

    system: str
    opening: str


def turns_key(run: int, task: str, attempt: int) -> str:
    """Names an attempt's conversation in the journal."""
    return f"run/{run}/code/{task}/a{attempt}"


def prompt_key(run: int, task: str, attempt: int) -> str:
    """Names its prompt: beside the conversation, so that nobody takes it for a turn."""
    return f"run/{run}/prompt/{task}/a{attempt}"


class KeptTranscripts:
    """Reads them. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def turns(self, run: int, task: str, attempt: int, after: int = 0) -> list[KeptTurn]:
        """The turns after a number, in order; one that cannot be read is there without words."""
        row = t.journal.c
        where = (row.key == turns_key(run, task, attempt)) & (row.number > after)
        query = sa.select(row.number, row.body, row.created_at).where(where).order_by(row.number)
        with reading(self._engine) as c:
            rows = c.execute(query).all()
        return [KeptTurn(one.number, _read(one.body), datetime.fromtimestamp(one.created_at, UTC)) for one in rows]

    def count(self, run: int, task: str, attempt: int) -> tuple[int, datetime | None]:
        """How many turns there are, and when the newest one was written."""
        row = t.journal.c
        where = row.key == turns_key(run, task, attempt)
        with reading(self._engine) as c:
            number, at = c.execute(sa.select(sa.func.count(), sa.func.max(row.created_at)).where(where)).one()
        return number, None if at is None else datetime.fromtimestamp(at, UTC)

    def prompt(self, run: int, task: str, attempt: int) -> KeptPrompt | None:
        """The prompt; None where none was kept."""
        row = t.journal.c
        with reading(self._engine) as c:
            body = c.execute(sa.select(row.body).where(row.key == prompt_key(run, task, attempt))).scalar()
        told = _read(body) if body is not None else {}
        return KeptPrompt(str(told.get("system", "")), str(told.get("opening", ""))) if told else None


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(zlib.decompress(body))
    except (ValueError, zlib.error):
        return {}
    return told if isinstance(told, dict) else {}
