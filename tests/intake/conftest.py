"""The whole way in, real at every joint: GitHub stand-in, webhooks over HTTP, SQLite inbox and ledger, desk."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import databases
import pytest
import sqlalchemy as sa
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from pydantic import SecretStr

from otto_bot.core import events as e
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.run import Run
from otto_bot.core.values import Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.pace import LocalSlots
from otto_bot.github.verbs import APP_PERMISSIONS, Repository
from otto_bot.intake.at_work import AtWork
from otto_bot.intake.catchup import CatchUp
from otto_bot.intake.desk import Desk
from otto_bot.intake.grouping import Grouping
from otto_bot.intake.permission import PermissionGate
from otto_bot.intake.rhythm import Rhythm
from otto_bot.intake.routes import Router
from otto_bot.intake.webhook import PATH, Receive, Receiver, Scope, Send
from otto_bot.playground.github.config import FaultConfig, StandInConfig
from otto_bot.playground.github.gitrepo import ZERO, Person
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener
from otto_bot.settings import Settings
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database
from otto_bot.store.granted import Grants
from otto_bot.store.inbox import Inbox
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger
from otto_bot.store.looks import Looks
from otto_bot.text.links import Links
from otto_bot.text.markers import marker
from otto_bot.text.plan import plan_comment
from otto_bot.web.health import Metrics

SECRET = "It's a Secret to Everybody"
EVENTS = [
    "issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "push",
    "workflow_run", "check_run", "status", "repository",
]  # fmt: skip


async def _no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


HERE = Path(__file__).parent


@asynccontextmanager
async def _listening(app: Any) -> AsyncIterator[str]:
    with listener() as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=2))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


def _receiving(receiver: Receiver) -> Any:
    """The short way of webhooks, without pages."""
    rest = FastAPI()

    async def web(scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["type"] == "http" and scope["path"] == PATH
        await (receiver(scope, receive, send) if mine else rest(scope, receive, send))

    return web


class Time:
    """The system's clock, which a test can move on, or stop."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.stopped: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stopped or datetime.now(UTC)) + self.ahead

    def stop(self) -> None:
        """Everything from here on happens in one instant, until `ahead` grows."""
        self.stopped = datetime.now(UTC)


@dataclass
class Bench:
    """Everything a test of the way in needs."""

    stand_in: StandIn
    github: GitHubApp
    ledger: Ledger
    inbox: Inbox
    archive: Archive
    engine: sa.Engine
    desk: Desk
    router: Router
    catch_up: Callable[[], Awaitable[None]]
    repo: Repo
    now: Time
    looks: Looks
    rounds: CatchUp
    settings: Settings

    @property
    def learnings(self) -> Learnings:
        return Learnings(self.engine)

    @property
    def repository(self) -> Repository:
        return self.github.repository(self.repo.installation_id, self.repo.id)

    async def do(self, as_: str = "dev", **action: Any) -> None:
        """A person does something; what GitHub tells of it is worked in."""
        await Hand(self.stand_in.hub, as_).do(Do.model_validate(action))
        await self.work()

    async def work(self) -> None:
        """Work in whatever waits, and what GitHub tells of what was written for it."""
        await self.stand_in.hub.courier.settled()
        while (delivery := self.inbox.next(self.now())) is not None:
            await self.router.deliver(delivery)
            await self.stand_in.hub.courier.settled()

    async def put(self, event: str, action: str, body: bytes) -> None:
        """A delivery of any content, and the work on it."""
        self.inbox.add(f"guid-{event}-{action}-{len(self.rows())}", event, action, body, self.now())
        await self.work()

    def drop(self, event: str, count: int = 100) -> None:
        """GitHub loses the next deliveries of an event."""
        self.fault(kind="drop", event=event, count=count)

    def fault(self, **fault: Any) -> None:
        self.stand_in.hub.faults.append(FaultConfig.model_validate(fault))

    def rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(t.deliveries).order_by(t.deliveries.c.id)))

    @property
    def run(self) -> Run:
        """The newest run."""
        return self.ledger.load(self.ledger.run_ids()[-1])

    def told(self, run_id: int | None = None) -> list[e.RunEvent]:
        """Events of the newest run after its start."""
        return [item.event for item in self.ledger.events(run_id or self.run.id)][1:]

    def given(self) -> list[str]:
        """Verbs of the commands that reached the newest run."""
        return [event.given.command.verb for event in self.told() if isinstance(event, e.CommandGiven)]

    def answers(self) -> list[str]:
        """What Otto wrote in comments, without the hidden first line."""
        return [row.body.partition("\n")[2] for row in self.stand_in.hub.world.comments if row.by_app]

    def reactions(self, number: int = 1) -> list[str]:
        """Otto's reactions to an issue, then to its newest comment of a person."""
        world = self.stand_in.hub.world
        issue = world.issue(number)
        people = [row for row in world.comments if row.number == number and not row.by_app]
        rows = [*(issue.reactions if issue else []), *(people[-1].reactions if people else [])]
        return [row.content for row in rows]

    async def branch(self, name: str, login: str = "otto[bot]") -> str:
        """A branch with one commit; returns its SHA."""
        base = await self.repository.branch_sha("main")
        git, who = self.stand_in.hub.world.repo, Person(login, f"{login}@example.com", self.now())
        sha = git.write_commit(git.write_tree(f"{base}^{{tree}}", []), [base], "Begin", who, who)
        git.update_ref(f"refs/heads/{name}", sha, ZERO)
        return sha

    async def planned(self, **config: Any) -> Run:
        """The run gets a plan of two tasks, as a comment on the issue."""
        tasks = [
            TaskSpec(key=key, title=f"Task {key}", goal="g", criteria=(Criterion(id="c1", text="c"),))
            for key in ("t1", "t2")
        ]
        at = self.now()
        lane = Lane(kind=LaneKind.PUSH, why="it pushes")
        first = e.Prepared(
            at=at, config=Config.model_validate(config), base_sha="b", lane=lane,
            exposure=Exposure(items=(), files_hash="h"), prefix="otto",
        )  # fmt: skip
        made = e.PlanMade(at=at, number=0, plan=Plan(summary="s", mode="decomposed", tasks=tuple(tasks)))
        run = self.ledger.append(self.run.id, [first, made], at)
        body = plan_comment(run, Links("http://github.test", "octo", "demo"))
        ref = await self.repository.upsert_comment(run.issue, marker(run.id, "plan"), body)
        run = self.ledger.append(run.id, [e.PlanPosted(at=at, revision=run.plan_revision, comment_id=ref.id)], at)
        await self.work()
        return run

    async def opened(self) -> Run:
        """The run has its pull request."""
        run = await self.planned(plan={"approval": "never"})
        sha = await self.branch(run.run_branch)
        pull = await self.repository.open_pull_request(run.run_branch, "main", "Work", "Part of #1")
        commit = await self.repository.commit(sha)
        event = e.PullRequestOpened(
            at=self.now(), number=pull.number, node_id=pull.node_id, head_sha=sha, head_tree=commit.tree_sha
        )
        run = self.ledger.append(run.id, [event], self.now())
        await self.work()
        return run


@pytest.fixture(scope="session")
def app_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


ON_ONE = ("test_edits", "test_examples", "test_prepare", "test_reviews", "test_standing")
"""About words and rights more than about rows: on PostgreSQL where OTTO_TEST_BACKEND asks for it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the second database for what is in ON_ONE."""
    out = [item for item in items if item.path.parent == HERE and item.path.stem in ON_ONE and _second(item)]
    if out and not os.environ.get(databases.BACKEND):
        gone = set(out)
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=out)


def _second(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and call.params.get("backend") == "postgresql"


@pytest.fixture(params=databases.chosen(slow=True))
def backend(request: pytest.FixtureRequest) -> str:
    """The way in is tested on both databases."""
    found: str = request.param
    return found


Open = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def open_bench(tmp_path: Path, app_key: str, make_database: Callable[..., str], backend: str) -> Open:
    """Start everything; `files` are those of the default branch."""

    @asynccontextmanager
    async def start(files: dict[str, str] | None = None) -> AsyncIterator[Bench]:
        source = tmp_path / "source"
        for name, text in {"README.md": "# Demo\n", **(files or {})}.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        app = {"private_key_pem": app_key, "webhook_secret": SECRET, "permissions": APP_PERMISSIONS, "events": EVENTS}
        given = {
            "state_dir": tmp_path / "state",
            "app": app,
            "repo_source_dir": source,
            "users": [{"login": "reader", "permission": "read"}, {"login": "dev", "permission": "write"}],
            "issue": {"title": "Add a thing", "body": "Please."},
        }
        database = make_database(backend)
        engine = open_database(database)
        inbox, ledger, archive, now = Inbox(engine), Ledger(engine), Archive(engine), Time()
        stand_in = build(StandInConfig.model_validate(given), with_actions=False)
        grouping = Grouping(inbox)
        receiver = Receiver(grouping, [SECRET.encode()], AtWork(frozenset, time.monotonic), Metrics())
        web = _receiving(receiver)
        async with AsyncExitStack() as stack:
            grouping.start()
            stack.push_async_callback(grouping.stop)
            url = await stack.enter_async_context(_listening(stand_in.asgi))
            stand_in.set_url(url)
            stand_in.hub.courier.url = await stack.enter_async_context(_listening(web)) + "/webhooks/github"
            github = GitHubApp(url, 4242, app_key, now=now, sleep=_no_sleep, slots=LocalSlots(pause=0))
            await stack.enter_async_context(github)
            (installation,) = await github.installations()
            (info,) = await github.repositories(installation.id)
            repo = Repo(
                id=info.id, installation_id=installation.id, owner=info.owner, name=info.name, default_branch="main"
            )
            permission = PermissionGate(now, 4242)
            looks = Looks(engine)
            desk = Desk(ledger, github, permission, HostCaps(), now, url, learnings=Learnings(engine), cursors=looks,
                        grants=Grants(engine))  # fmt: skip
            catch_up = CatchUp(desk, ledger, archive, github, looks, Rhythm(unit=timedelta(minutes=1)), 10_000)
            whole = partial(catch_up.round, every=True)
            settings = Settings(
                app_id=4242, private_key=SecretStr(app_key), webhook_secret=(SecretStr(SECRET),), github_api_url=url,
                database_url=database, state_dir=tmp_path,
            )  # fmt: skip
            yield Bench(
                stand_in, github, ledger, inbox, archive, engine, desk, Router(desk, inbox, looks), whole, repo, now,
                looks, catch_up, settings,
            )  # fmt: skip
        engine.dispose()

    return start


@pytest.fixture
async def bench(open_bench: Open) -> AsyncIterator[Bench]:
    """An unlabelled issue 1 in a repository without `otto.yml`."""
    async with open_bench() as bench:
        yield bench


@pytest.fixture
async def started(bench: Bench) -> Bench:
    """The issue is labelled and the run has begun."""
    await bench.do(label={"name": "otto"})
    return bench
