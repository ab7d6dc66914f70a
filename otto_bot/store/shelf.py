"""A run's ledger taken out of a database as lines, and put into another one, where it can only be read."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otto_bot.core.run import Run
from otto_bot.core.values import stored_json
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import reading, writing
from otto_bot.store.heading import heading
from otto_bot.store.ledger import NoSuchRun
from otto_bot.store.snapshots import MARK, read_whole

Json = dict[str, Any]
Make = Callable[[int], tuple[Run, Sequence[Json], Sequence[Json]]]
"""A number of this database → the run, its events (rows of the table) and its calls under that number."""


class Shelf:
    """Reads whole ledgers and writes imported ones. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._archive = Archive(engine)

    def state(self, run_id: int) -> str:
        """The stored snapshot, with its long texts. Raises NoSuchRun."""
        with reading(self._engine) as c:
            state: str | None = c.execute(sa.select(t.runs.c.state).where(t.runs.c.id == run_id)).scalar()
            if state is None:
                raise NoSuchRun(f"there is no run {run_id}")
            return stored_json(read_whole(c, state)) if MARK in state else state

    def events(self, run_id: int) -> list[Json]:
        """`seq`, `at`, `type`, `body` (the event's JSON) and `refused`, in order."""
        query = sa.select(t.events).where(t.events.c.run_id == run_id).order_by(t.events.c.seq)
        with reading(self._engine) as c:
            rows = c.execute(query).mappings().all()
        return [{name: value for name, value in row.items() if name != "run_id"} for row in rows]

    def usage(self, run_id: int) -> list[Json]:
        """Its calls of models, in order of their names."""
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.usage).where(t.usage.c.run_id == run_id).order_by(t.usage.c.call)).mappings()
            return [{name: value for name, value in row.items() if name != "run_id"} for row in rows.all()]

    def artifact(self, sha256: str) -> tuple[str, bytes] | None:
        """Kind and body; None where it is gone, or is not any more what was stored."""
        with reading(self._engine) as c:
            kind = c.execute(sa.select(t.artifacts.c.kind).where(t.artifacts.c.sha256 == sha256)).scalar()
        body = self._archive.read(sha256) if kind is not None else None
        return None if kind is None or body is None else (kind, body)

    def artifacts(self, named: Sequence[str]) -> Iterator[Json]:
        """Those that are there, in order of their addresses; the body as base64."""
        for sha256 in sorted(set(named)):
            found = self.artifact(sha256)
            if found is not None:
                yield {"sha256": sha256, "kind": found[0], "body": base64.b64encode(found[1]).decode()}

    def known(self, trigger_key: str) -> int | None:
        """The run that was imported under this key."""
        with reading(self._engine) as c:
            found: int | None = c.execute(sa.select(t.runs.c.id).where(t.runs.c.trigger_key == trigger_key)).scalar()
        return found

    def put(self, trigger_key: str, run: Run, artifacts: Sequence[Json], make: Make, at: datetime) -> int:
        """Everything of an imported run in one transaction; its number here. `make` gives what is stored under it.

        No effect is made, and it belongs to no repository here: it is never at work.
        """
        for artifact in artifacts:
            self._archive.keep(artifact["kind"], base64.b64decode(artifact["body"]), at)
        with writing(self._engine) as c:
            # Below nought: no webhook, and no look at a repository, ever finds it.
            taken = c.execute(sa.select(sa.func.min(t.runs.c.repo_id))).scalar() or 0
            values = {
                "repo_id": min(0, taken) - 1, "issue": run.issue, "ordinal": run.ordinal, "trigger_key": trigger_key,
                "active": 0, "working": 0, "phase": run.phase.value, "seq": 0, "state": "", "record": "imported",
                "started_at": run.started_at.timestamp(), "updated_at": at.timestamp(),
                "outcome": run.outcome.value if run.outcome else "", "pull_request": 0,
                **heading(run),
            }  # fmt: skip
            key = c.execute(t.runs.insert().values(**values)).inserted_primary_key
            assert key is not None
            number: int = key[0]
            made, events, usage = make(number)
            c.execute(t.events.insert(), [{**event, "run_id": number} for event in events])
            if usage:
                c.execute(t.usage.insert(), [{**call, "run_id": number} for call in usage])
            state = {"state": stored_json(made), "seq": len(events)}
            c.execute(t.runs.update().where(t.runs.c.id == number).values(**state))
        return number
