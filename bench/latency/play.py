"""Plays one scenario with real processes and returns what the three sides have written down."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
import yaml

from bench.latency.figures import Waits
from bench.latency.spans import Json
from otto_bot.core.config import PilotConfig, VerifyConfig
from otto_bot.playground.demo.harness import ENDED, Playground
from otto_bot.playground.scenario import Scenario, find, load
from otto_bot.report import report as ledger_report
from otto_bot.store import tables
from otto_bot.store.database import open_database, reading
from otto_bot.store.ledger import Ledger, NoSuchRun

START_SECONDS = 120.0
WARM_SECONDS = 3.0
"""A host has been up for long; one that starts still imports what it needs later, and looks round once."""
LOOK_SECONDS = 0.5
LIMIT_SECONDS = 600.0
HERE = Path(__file__).parent
BENEATH = "single-task"


class Host(Playground):
    """The playground with a host's own pause between writes and its own catch-up, not the demo's shorter ones."""

    def __init__(self, scenario: Scenario, root: Path, write_pause: float) -> None:
        super().__init__(scenario, root)
        self._write_pause = write_pause

    def bot_environment(self) -> dict[str, str]:
        """As the playground's; what is left out has the product's default."""
        env = super().bot_environment()
        env.pop("OTTO_CATCHUP_SECONDS")
        return {**env, "OTTO_WRITE_PAUSE_SECONDS": f"{self._write_pause:g}"}


class Book:
    """The run's report, read from the ledger beside the bot: no process for each look."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._engine = open_database(host.bot_environment()["OTTO_DATABASE_URL"])
        self._ledger = Ledger(self._engine)

    async def look(self) -> Json:
        """The report as it is; empty before there is a run."""
        try:
            return await asyncio.to_thread(ledger_report, self._ledger, 1)
        except NoSuchRun:
            return {}

    async def at_work(self) -> None:
        """Until a worker has said that it lives, and a moment more. Raises TimeoutError."""
        async with asyncio.timeout(START_SECONDS):
            while not await asyncio.to_thread(self._workers):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(WARM_SECONDS)

    def _workers(self) -> int:
        with reading(self._engine) as c:
            return c.execute(sa.select(sa.func.count()).select_from(tables.workers)).scalar_one()

    async def over(self) -> Json:
        """The report once the run has ended and all is written, with the other two sides'. Raises TimeoutError."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                seen = await self.look()
                if seen.get("resting") and seen.get("outcome") in {*ENDED, "needs_human"}:
                    break
                await asyncio.sleep(LOOK_SECONDS)
            await self._host.stand_in.settle()
        state = await self._host.stand_in.state()
        return {**await self.look(), **state, "model_calls": await self._host.model_calls()}

    def close(self) -> None:
        """Leave the database."""
        self._engine.dispose()


@asynccontextmanager
async def hosted(scenario: Scenario, folder: Path, write_pause: float) -> AsyncIterator[tuple[Host, Book]]:
    """Everything runs, nothing has happened yet."""
    async with Host(scenario, folder, write_pause) as host:
        book = Book(host)
        try:
            await book.at_work()
            yield host, book
        finally:
            book.close()


async def played(name: str, folder: Path, write_pause: float) -> Json:
    """A shipped scenario from the label to its end."""
    async with hosted(load(find(name)), folder, write_pause) as (host, book):
        await host.label()
        return await book.over()


def own_scenario(name: str, folder: Path) -> Scenario:
    """A script of this folder over a shipped repository, put together in `folder`."""
    shutil.copytree(find(BENEATH), folder)
    shutil.copy(HERE / f"{name}.yml", folder / "scenario.yml")
    return load(folder)


def waits_of(name: str) -> Waits:
    """What a shipped scenario's repository makes Otto wait."""
    scenario = load(find(name))
    given = yaml.safe_load((scenario.repo / ".github" / "otto.yml").read_text(encoding="utf-8"))
    verify = VerifyConfig.model_validate(given.get("verify", {}))
    pilot = PilotConfig.model_validate(given.get("pilot", {}))
    return Waits(verify.settle_seconds, pilot.grace_minutes * 60)
