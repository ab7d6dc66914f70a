"""A GitHub stand-in that really runs workflows, and the context of jobs that look at it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.core.redact import Redactor
from otto_bot.core.values import Repo
from otto_bot.git.runner import GitRunner
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.github.client import GitHubApp
from otto_bot.github.host_checks import API_VERSION
from otto_bot.github.pace import LocalSlots
from otto_bot.github.verbs import APP_PERMISSIONS
from otto_bot.jobs.context import Context
from otto_bot.model.client import ModelClient
from otto_bot.model.prices import Prices
from otto_bot.playground.github.config import FaultConfig, StandInConfig
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # makers of plans, runs and events
sys.path.insert(0, str(Path(__file__).parent))  # a run lived by its real jobs


def _no_model() -> ModelClient:
    raise AssertionError("no model is called here")


@dataclass
class Bench:
    """The stand-in, and what a job is given."""

    stand_in: StandIn
    context: Context
    repo: Repo

    async def push(self, **files: str | None) -> WorkflowRun:
        """A person pushes to main (`__` in a name stands for a dot); the workflow run it starts, once it has ended."""
        world = self.stand_in.hub.world
        named = {name.replace("__", "."): text for name, text in files.items()}
        await Hand(self.stand_in.hub, "dev").do(Do.model_validate({"push": {"branch": "main", "files": named}}))
        await self.stand_in.hub.courier.settled()
        sha = world.repo.resolve("main")
        assert sha is not None
        repository = self.context.github.repository(self.repo.installation_id, self.repo.id)
        async with asyncio.timeout(60):
            while not await repository.workflow_runs(sha):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            assert self.stand_in.hub.actions is not None
            await self.stand_in.hub.actions.idle()
        return (await repository.workflow_runs(sha))[0]

    def fault(self, **fault: Any) -> None:
        self.stand_in.hub.faults.append(FaultConfig.model_validate(fault))


Open = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture(scope="session")
def app_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def open_bench(tmp_path: Path, app_key: str, make_database: Callable[..., str], backend: str) -> Open:
    """Start everything; `files` are those of the default branch, `version` is of the API that is asked for."""

    @asynccontextmanager
    async def start(files: dict[str, str], version: str = API_VERSION) -> AsyncIterator[Bench]:
        source = tmp_path / "source"
        for name, text in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        given = {
            "state_dir": tmp_path / "state",
            "app": {"private_key_pem": app_key, "webhook_secret": "s", "permissions": APP_PERMISSIONS},
            "repo_source_dir": source,
            "users": [{"login": "dev", "permission": "write"}],
            "issue": {"title": "T"},
            "actions": {"cage": "off"},
        }
        engine = open_database(make_database(backend))
        home = tmp_path / "git-home"
        home.mkdir()
        stand_in = build(StandInConfig.model_validate(given))
        with listener() as listening:
            config = uvicorn.Config(stand_in.asgi, log_level="critical", timeout_graceful_shutdown=2)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            stand_in.set_url(url)
            now = lambda: datetime.now(UTC)  # noqa: E731
            app_id, slots = stand_in.hub.world.config.app.id, LocalSlots(pause=0)
            async with GitHubApp(url, app_id, app_key, now=now, slots=slots, api_version=version) as github:
                (installation,) = await github.installations()
                (info,) = await github.repositories(installation.id)
                context = Context(
                    ledger=Ledger(engine), rows=EffectRows(engine), archive=Archive(engine),
                    learnings=Learnings(engine), github=github,
                    web_url=url, docs_url="", runner=GitRunner(home), state_dir=tmp_path, model=_no_model,
                    prices=Prices.published(), redactor=Redactor(), cage=None, stopping=lambda: False, now=now,
                    nonce_key=b"key",
                )  # fmt: skip
                repo = Repo(
                    id=info.id, installation_id=installation.id, owner=info.owner, name=info.name, default_branch="main"
                )
                yield Bench(stand_in, context, repo)
            server.should_exit = True
            await serving
        engine.dispose()

    return start
