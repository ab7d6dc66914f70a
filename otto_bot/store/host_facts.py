"""What a host's page shows beside its queues: the database itself, GitHub's limits by installation, redeliveries."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.quota import Quota
from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import NEWEST, reading, schema_version
from otto_bot.store.installations import APP, Installations

REDELIVERY = "redelivery"
"""The cursor of the looks into GitHub's log of deliveries."""
MIRRORS = "mirrors/"
"""Beginning of the cursors in which each machine writes what its mirrors take."""
MOST = 100


class DatabaseFacts(Frozen):
    """`size` in bytes, None where it is not told. `newest` is the schema that this code makes."""

    kind: str
    schema_version: str
    newest: str
    size: int | None


class InstallationFacts(Frozen):
    """One installation: owners of its repositories with runs, GitHub's limit as it was told last, what it wrote."""

    id: int
    accounts: tuple[str, ...] = ()
    quota: Quota | None = None
    closed_until: float = 0.0
    closed_why: str = ""
    writes: int = 0
    waits: int = 0
    parked: dict[str, int] = {}
    barred: dict[str, int] = {}


class MirrorFacts(Frozen):
    """What the mirrors of one machine take, in bytes, as of `at`; `evicted`: how many were put away for room, ever."""

    host: str
    at: float = 0.0
    count: int = 0
    bytes: int = 0
    cap: int = 0
    evicted: int = 0


class Redelivered(Frozen):
    """Deliveries that did not arrive: asked for again, ever; and those that are asked for now, by how often."""

    total: int = 0
    asked: dict[str, int] = {}


class HostFacts:
    """Reads only. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def database(self) -> DatabaseFacts:
        """Kind, schema and size."""
        kind = self._engine.dialect.name
        size = "pg_database_size(current_database())"
        if kind == "sqlite":
            size = "(SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)"
        with reading(self._engine) as c:
            found = c.execute(sa.text(f"SELECT {size}")).scalar()
        return DatabaseFacts(
            kind=kind,
            schema_version=schema_version(self._engine) or "",
            newest=NEWEST,
            size=None if found is None else int(found),
        )

    def redelivered(self) -> Redelivered:
        """As the worker's looks have written it down."""
        said = Cursors(self._engine).cursor(REDELIVERY)
        try:
            found = json.loads(said) if said else {}
            return Redelivered.model_validate({name: found[name] for name in ("total", "asked") if name in found})
        except (ValueError, TypeError):  # of another version
            return Redelivered()

    def mirrors(self) -> tuple[MirrorFacts, ...]:
        """By machine, as its worker wrote it down when it looked last, the first of very many."""
        found = []
        for host, said in sorted(Cursors(self._engine).cursors(MIRRORS).items())[:MOST]:
            try:
                found.append(MirrorFacts.model_validate({**json.loads(said), "host": host}))
            except (ValueError, TypeError):  # of another version
                continue
        return tuple(found)

    def installations(self, at: datetime, repo_ids: Collection[int] | None = None) -> tuple[InstallationFacts, ...]:
        """Installations that have runs in these repositories (None = all that are known), the first of very many."""
        owners, parked, barred = self._of_runs(repo_ids)
        closed = Installations(self._engine).closed(at)
        with reading(self._engine) as c:
            rows = {row.id: row for row in c.execute(sa.select(t.installations).where(t.installations.c.id != APP))}
        known = set(owners) | (set(rows) if repo_ids is None else set())
        return tuple(
            InstallationFacts(
                id=number,
                accounts=tuple(sorted(owners.get(number, ()))),
                quota=_quota(rows[number].written) if number in rows else None,
                closed_until=closed[number].until.timestamp() if number in closed else 0.0,
                closed_why=closed[number].why if number in closed else "",
                writes=rows[number].writes if number in rows else 0,
                waits=rows[number].waits if number in rows else 0,
                parked=parked.get(number, {}),
                barred=barred.get(number, {}),
            )
            for number in sorted(known - {APP})[:MOST]
        )

    def _of_runs(
        self, repo_ids: Collection[int] | None
    ) -> tuple[dict[int, set[str]], dict[int, dict[str, int]], dict[int, dict[str, int]]]:
        """By installation: owners, and runs that a limit holds back or that are shut out, by why."""
        row = t.runs.c
        seen = sa.true() if repo_ids is None else row.repo_id.in_(repo_ids)
        names = sa.select(row.installation_id, row.repo_name).where(seen).distinct()
        held = sa.select(row.installation_id, row.parked, row.barred, sa.func.count()).where(
            seen & (row.active == 1) & ((row.parked != "") | (row.barred != ""))
        )
        owners: dict[int, set[str]] = {}
        parked: dict[int, dict[str, int]] = {}
        barred: dict[int, dict[str, int]] = {}
        with reading(self._engine) as c:
            for number, name in c.execute(names):
                owners.setdefault(number, set()).add(str(name).partition("/")[0])
            for number, why, bar, count in c.execute(held.group_by(row.installation_id, row.parked, row.barred)):
                bars = str(bar).partition(" ")[0]
                for found, word in ((parked, why), (barred, bars)):
                    if word:
                        mine = found.setdefault(number, {})
                        mine[word] = mine.get(word, 0) + int(count)
        return owners, parked, barred


def _quota(written: str) -> Quota | None:
    try:
        found = json.loads(written).get("quota") if written else None
        return Quota.model_validate(found) if found else None
    except (ValueError, AttributeError):  # of another version
        return None
