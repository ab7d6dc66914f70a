"""Two processes at once on one database, over real HTTP, against a GitHub that refuses writes that come too close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import RetryLater
from otto_bot.github.pace import LocalSlots, Slots
from otto_bot.github.verbs import APP_PERMISSIONS, Repository
from otto_bot.playground.github.config import StandInConfig
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener
from otto_bot.store.database import migrate, open_database
from otto_bot.store.installations import Installations, SharedSlots

PAUSE, REFUSED_BELOW_MS = 0.7, 200
"""Wide apart: what the machine's load may shift is no broken pace."""


@asynccontextmanager
async def stand_in(folder: Path, key: str) -> AsyncIterator[tuple[StandIn, str]]:
    given: dict[str, Any] = {
        "state_dir": folder / "github",
        "app": {"private_key_pem": key, "webhook_secret": "s", "permissions": APP_PERMISSIONS},
        "users": [{"login": "dev", "permission": "write"}],
        "issue": {"title": "T"},
        "limits": {"pause_ms": REFUSED_BELOW_MS, "retry_after": 60, "hold": True},
    }
    made = build(StandInConfig.model_validate(given), with_actions=False)
    with listener() as listening:
        server = uvicorn.Server(uvicorn.Config(made.asgi, log_level="critical", timeout_graceful_shutdown=2))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        made.set_url(url)
        try:
            yield made, url
        finally:
            server.should_exit = True
            await serving


def _now() -> datetime:
    return datetime.now(UTC)


async def _process(stack: AsyncExitStack, url: str, key: str, slots: Slots) -> Repository:
    github = await stack.enter_async_context(GitHubApp(url, 4242, key, now=_now, slots=slots))
    (installation,) = await github.installations()
    (info,) = await github.repositories(installation.id)
    return github.repository(installation.id, info.id)


async def _write(repositories: list[Repository]) -> list[BaseException | None]:
    writes = (repo.add_labels(1, [f"l{n}"]) for n in range(3) for repo in repositories)
    return list(await asyncio.gather(*writes, return_exceptions=True))


@pytest.mark.slow
async def test_two_processes_keep_one_pace(tmp_path: Path, private_key: str) -> None:
    engines = [open_database(f"sqlite:///{tmp_path / 'otto.sqlite'}") for _ in range(2)]
    migrate(engines[0])
    async with stand_in(tmp_path, private_key) as (server, url), AsyncExitStack() as stack:
        slots = [SharedSlots(Installations(engine, PAUSE)) for engine in engines]
        repositories = [await _process(stack, url, private_key, one) for one in slots]
        for repository in repositories:
            await repository.add_labels(1, ["first"])  # with the token in hand: minting it shifts what is sent
        assert await _write(repositories) == [None] * 6
        assert not [row.fault for row in server.hub.world.requests if row.fault]
    for engine in engines:
        engine.dispose()


@pytest.mark.slow
async def test_the_same_without_a_pace_is_limited_and_then_nothing_more_is_sent(
    tmp_path: Path, private_key: str
) -> None:
    """The counter-proof: this server does refuse."""
    async with stand_in(tmp_path, private_key) as (server, url), AsyncExitStack() as stack:
        repository = await _process(stack, url, private_key, LocalSlots(pause=0))
        results = await _write([repository])
        assert [type(result) for result in results] == [type(None), RetryLater, RetryLater]
        assert [row.fault for row in server.hub.world.requests if row.fault] == ["writes_too_close"]
