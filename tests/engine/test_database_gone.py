"""A PostgreSQL server that is stopped and started again while a job is at work: it is done once, and all goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.engine.execute import Executor
from otto_bot.jobs.registry import translate
from otto_bot.store.database import StoreUnavailable, migrate, open_database
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger, Trigger

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOUND, reason="no PostgreSQL: install Debian's package postgresql"),
]


class Server:
    """A server of this test alone, so that it may be stopped."""

    def __init__(self, folder: Path) -> None:
        self.data, self.log = folder / "data", folder / "log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres", "postgres")
        self._do("initdb", "-U", "otto", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.url = f"postgresql://otto@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-c port={self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._do("pg_ctl", "-l", str(self.data / "server.log"), "-w", "-o", options, "start")

    def stop(self) -> None:
        self._do("pg_ctl", "-m", "immediate", "-w", "stop")

    def _do(self, program: str, *words: str) -> None:
        argv = [str(FOUND[-1].parent / program), "-D", str(self.data), *words]
        if os.geteuid() == 0:
            argv = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *argv]
        # Not through a pipe: the server would hold it open.
        with self.log.open("w") as log:
            done = subprocess.run(argv, cwd="/", stdout=log, stderr=log, timeout=60, check=False)
        assert done.returncode == 0, self.log.read_text()


@pytest.fixture
def server() -> Iterator[Server]:
    """Outside of the tests' own folder, which the user `postgres` may not enter."""
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    folder.chmod(0o711)
    made = Server(folder)
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def test_a_job_is_done_once_although_the_database_goes_away(server: Server) -> None:
    engine = open_database(server.url)
    migrate(engine)
    ledger, rows, inbox = Ledger(engine), EffectRows(engine), Inbox(engine)
    repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
    who = Person(id=1, login="anna")
    run = ledger.start(Trigger(key="k", repo=repo, issue=4, title="T", body="B", actor=who), HostCaps(), T0)
    assert run is not None
    ran: list[Ticket] = []
    gone = asyncio.Event()

    async def job(_run: Run, _effect: Effect, ticket: Ticket) -> Sequence[e.RunEvent]:
        ran.append(ticket)
        await asyncio.to_thread(server.stop)
        gone.set()
        return [e.Refused(at=T0, reason="no")]

    executor = Executor(ledger, rows, dict.fromkeys(EffectKind, job), translate, lambda: T0, [0.2] * 300)
    [ticket] = [one for one in rows.claim("w", T0, 10) if "/prepare/" in one.key]
    working = asyncio.create_task(executor(ticket))
    await gone.wait()
    with pytest.raises(StoreUnavailable, match="the database does not answer: Otto goes on when it is back"):
        inbox.add("g", "push", None, b"", T0)
    assert not working.done()
    await asyncio.to_thread(server.start)
    async with asyncio.timeout(60):
        await working

    assert ran == [ticket]
    assert [one.event.type for one in ledger.events(run.id)] == ["RunStarted", "Refused"]
    assert ticket not in rows.reap(T0 + timedelta(hours=1))
    assert inbox.add("g", "push", None, b"", T0)
    engine.dispose()
