"""Two installations, two workers, real HTTP: one installation is limited for long, the other's work goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import RunEvent
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.engine.execute import Executor
from otto_bot.github.client import GitHubApp
from otto_bot.jobs.registry import translate
from otto_bot.store.database import migrate, open_database
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.installations import Installations, SharedSlots
from otto_bot.store.ledger import Ledger, Trigger

LIMITED, FREE = 11, 12
T0 = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


class GitHub:
    """Answers every write of the limited installation with a limit of ten minutes, until it is opened."""

    def __init__(self) -> None:
        self.open = False
        self.writes: list[int] = []
        self.serving: list[asyncio.Task[None]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.append(task)
        with suppress(asyncio.IncompleteReadError):  # the client closes when it is done
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                request, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
                await reader.readexactly(int(headers.get("content-length", "0")))
                status, more, body = self._answer(*request.split(" ")[:2], headers["authorization"])
                text = json.dumps(body).encode()
                writer.write(f"HTTP/1.1 {status} x\r\n{more}content-length: {len(text)}\r\n\r\n".encode() + text)
                await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _answer(self, method: str, path: str, authorization: str) -> tuple[int, str, object]:
        if path.endswith("/access_tokens"):
            return 201, "", {"token": f"ghs_{path.split('/')[3]}", "expires_at": "2026-11-28T12:00:00Z"}
        if method == "GET":
            return 200, "", {"id": 1, "name": "shop", "owner": {"login": "acme"}}
        installation = int(authorization.rpartition("_")[2])
        self.writes.append(installation)
        if installation == LIMITED and not self.open:
            return 403, "retry-after: 600\r\n", {"message": "You have exceeded a secondary rate limit."}
        return 200, "", []


class Worker:
    """One process: its own connections, its own GitHub client."""

    def __init__(self, url: str, database: str, key: str, clock: list[datetime]) -> None:
        self.engine = open_database(database)
        self.ledger, self.rows = Ledger(self.engine), EffectRows(self.engine)
        self.installations = Installations(self.engine, pause=0)
        now = lambda: clock[0]  # noqa: E731
        self.github = GitHubApp(url, 1, key, now=now, slots=SharedSlots(self.installations))
        self.execute = Executor(self.ledger, self.rows, {EffectKind.PREPARE: self._job}, translate, now)

    async def _job(self, run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
        await self.github.repository(run.repo.installation_id, run.repo.id).add_labels(run.issue, ["otto"])
        return []

    async def work(self, name: str, at: datetime) -> list[str]:
        """What is due now, once."""
        tickets = [t for t in self.rows.claim(name, at, 50) if "/prepare/" in t.key]
        await asyncio.gather(*(self.execute(ticket) for ticket in tickets))
        return [ticket.key for ticket in tickets]


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@asynccontextmanager
async def two_workers(github: GitHub, key: str, folder: Path) -> AsyncIterator[tuple[Worker, Worker, list[datetime]]]:
    listening = await asyncio.start_server(github, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    database = f"sqlite:///{folder / 'otto.sqlite'}"
    first = open_database(database)
    migrate(first)
    first.dispose()
    clock = [T0]
    workers = [Worker(url, database, key, clock) for _ in range(2)]
    async with workers[0].github, workers[1].github:
        yield workers[0], workers[1], clock
    await asyncio.gather(*github.serving)
    listening.close()
    await listening.wait_closed()
    for worker in workers:
        worker.engine.dispose()


def start(worker: Worker, installation: int, issue: int) -> int:
    repo = Repo(id=installation, installation_id=installation, owner="acme", name="shop", default_branch="main")
    who = Person(id=1, login="anna")
    run = worker.ledger.start(
        Trigger(key=f"label/{installation}/{issue}", repo=repo, issue=issue, title="T", body="", actor=who),
        HostCaps(),
        T0,
    )
    assert run is not None
    return run.id


async def test_one_is_limited_for_long_and_the_other_does_not_notice(key: str, tmp_path: Path) -> None:
    github = GitHub()
    async with two_workers(github, key, tmp_path) as (one, two, clock):
        limited = start(one, LIMITED, 1)
        await one.work("one", clock[0])
        assert github.writes == [LIMITED]
        assert one.installations.closed(clock[0])[LIMITED].until == T0 + timedelta(seconds=600)

        free = [start(two, FREE, issue) for issue in (1, 2)]
        also_limited = start(two, LIMITED, 2)
        clock[0] += timedelta(seconds=30)
        await two.work("two", clock[0])
        assert github.writes == [LIMITED, FREE, FREE], "the other worker sends nothing for the limited one"
        assert not any(two.ledger.load(run).trouble for run in (limited, also_limited, *free)), "nothing failed"

        github.open = True
        clock[0] = T0 + timedelta(seconds=599)
        assert await one.work("one", clock[0]) == [] or LIMITED not in github.writes[3:]
        clock[0] = T0 + timedelta(seconds=600)
        await one.work("one", clock[0])
        assert github.writes[3:].count(LIMITED) == 2
        assert one.installations.closed(clock[0]) == {}
