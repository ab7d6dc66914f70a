"""Databases that show what a playground does not: no worker, others' words that would act, ten thousand runs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.evidence import Excerpt
from otto_bot.store import tables as t
from otto_bot.store.database import open_database

HOSTILE = (
    '<script>alert(1)</script>"><img src=http://evil.example/x onerror=alert(1)><svg onload=alert(1)> {{ 7*7 }} '
    "\u202egnp.exe\u0000 </pre></title></textarea> `code` [x](javascript:alert(1)) '"
)
MANY, EVENTS = 10_000, 500


def web_tests() -> ModuleType:
    """`tests/web/conftest.py`, which fills databases by the real ledger; test folders are no packages."""
    name = "web_conftest"
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "web" / "conftest.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


class Filled:
    """The ledger of a database that a test fills, through the `Host` of the page tests."""

    def __init__(self, database: Path) -> None:
        self.host: Any = web_tests().Host(f"sqlite:///{database}", database.parent)

    async def close(self) -> None:
        """Nothing of it stays open: the server takes over."""
        await self.host.http.aclose()
        self.host.engine.dispose()


async def waiting(database: Path) -> None:
    """A run that is at work, whose steps are due, and no worker was ever heard of."""
    filled = Filled(database)
    filled.host.executing()
    await filled.close()


async def hostile(database: Path) -> None:
    """A run at a gate in which everybody wrote what would act if it were more than words."""
    module, filled = web_tests(), Filled(database)
    build, host = module.build, filled.host
    tasks = (
        build.spec("t1").model_copy(update={"title": HOSTILE[:110], "goal": HOSTILE}),
        build.spec("t2"),
        build.spec("t3", "t2"),
    )
    run = host.at_gate(title=HOSTILE, body=HOSTILE, plan=build.plan(*tasks))
    words = Excerpt(kind="log", source=HOSTILE, text=HOSTILE, url="javascript:alert(1)")
    host.add(run, build.said(f"/otto retry t1 -- {HOSTILE}".replace("\u0000", "")))
    run = host.ledger.load(run.id)
    host.add(run, e.EffectFailed(at=build.T0, key=HOSTILE, kind="x", message=HOSTILE, retry_at=build.T0))
    wild = build.failure("t1", excerpts=(words,), detail=HOSTILE, failing_jobs=(HOSTILE,))
    host.add(run, e.CandidateConflict(at=build.T0, batch=1, step=1, task="t1", failure=wild))
    await filled.close()


async def many(database: Path) -> None:
    """Ten thousand runs, the first with more than five hundred events; the others are copies of its row."""
    module, filled = web_tests(), Filled(database)
    run = filled.host.at_gate()
    filled.host.add(run, *(e.Parked(at=module.build.T0, why="runs", reason="x" * 300) for _ in range(EVENTS)))
    await filled.close()
    engine = open_database(f"sqlite:///{database}")
    with engine.begin() as c:
        row = dict(c.execute(sa.select(t.runs)).mappings().one())
        rows = [
            {**row, "id": number, "issue": number + 4, "trigger_key": f"k{number}", "active": int(number % 100 == 0)}
            for number in range(2, MANY + 1)
        ]
        c.execute(t.runs.insert(), rows)
    engine.dispose()
