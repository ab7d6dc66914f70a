"""Tickets that the queue cannot take go back at once; what a job did is written when the database is back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.engine.execute import Executor
from otto_bot.engine.handing import REFUSED_PAUSE, hand_over
from otto_bot.engine.patience import patiently
from otto_bot.jobs.registry import translate
from otto_bot.sandbox.cage import Cage
from otto_bot.store.database import StoreUnavailable, migrate, open_database
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.ledger import Ledger, Trigger

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
PROBE = Cage.probe()
PROGRAM = Path(__file__).with_name("full_queue_program.py")
ROOT = Path(__file__).resolve().parents[2]


class House:
    """A run with its first effect due, in a real database that gives up on a lock quickly."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = open_database(f"sqlite:///{path}", patience=0.02)
        migrate(self.engine)
        self.ledger, self.rows = Ledger(self.engine), EffectRows(self.engine)
        repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
        trigger = Trigger(key="k", repo=repo, issue=4, title="T", body="B", actor=Person(id=1, login="anna"))
        run = self.ledger.start(trigger, HostCaps(), T0)
        assert run is not None
        self.run_id = run.id
        self.now = T0

    def clock(self) -> datetime:
        return self.now

    def lock(self) -> sqlite3.Connection:
        """Another program writes, and does not end."""
        other = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        return other


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "otto.sqlite")


class Choosy:
    """A queue that takes some and then is away."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken: list[Ticket] = []

    async def start(self, execute: object) -> None:
        """Nothing to start."""

    async def enqueue(self, ticket: Ticket) -> None:
        if len(self.taken) >= self.room:
            raise OSError("the queue's disk is full")
        self.taken.append(ticket)

    async def cancel(self, ticket: Ticket) -> None:
        """Nothing runs."""

    async def stop(self) -> None:
        """Nothing runs."""


async def test_what_the_queue_refuses_is_due_again_at_once(house: House, caplog: pytest.LogCaptureFixture) -> None:
    queue = Choosy(room=1)
    tickets = house.rows.claim("w", T0, 10)
    assert len(tickets) >= 1
    tickets.append(Ticket(key=tickets[0].key + "/none", generation=1))

    assert await hand_over(queue, house.rows, tickets, house.clock) == tuple(tickets[1:])
    assert queue.taken == tickets[:1]
    house.rows.reap(T0, all_running=True)
    [first] = [one for one in house.rows.claim("w", T0, 10) if one.key == tickets[0].key]
    assert await hand_over(Choosy(room=0), house.rows, [first], house.clock) == (first,)
    assert house.rows.claim("w", T0, 10) == []
    house.now = T0 + REFUSED_PAUSE
    assert Ticket(key=first.key, generation=first.generation + 1) in house.rows.claim("w", house.now, 10)
    assert "the queue takes nothing now" in caplog.text
    assert house.rows.begin(first, house.now) is None, "should it have been started after all, it does nothing"


async def test_a_job_that_ends_while_the_database_is_locked_is_done_once(house: House) -> None:
    """The outside write happened; its end is told as soon as the other writer lets go."""
    ran = 0
    other: list[sqlite3.Connection] = []

    async def job(_run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[e.RunEvent]:
        nonlocal ran
        ran += 1
        other.append(house.lock())
        asyncio.get_running_loop().call_later(0.3, other[0].execute, "ROLLBACK")
        return [e.Refused(at=T0, reason="no")]

    executor = Executor(house.ledger, house.rows, dict.fromkeys(EffectKind, job), translate, house.clock, [0.05] * 200)
    [ticket] = house.rows.claim("w", T0, 1)
    await executor(ticket)
    other[0].close()

    assert ran == 1
    assert house.ledger.load(house.run_id).hold is not None
    assert house.rows.reap(T0 + timedelta(hours=1)) == [], "nothing is left for another try"


async def test_patience_ends(house: House) -> None:
    other = house.lock()
    with pytest.raises(StoreUnavailable, match="another program holds the database's lock"):
        await patiently(lambda: house.ledger.append(house.run_id, [], T0), [0.0, 0.0])
    other.execute("ROLLBACK")
    other.close()
    assert (await patiently(lambda: house.ledger.append(house.run_id, [], T0), [])).id == house.run_id


@pytest.mark.slow
@pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)
def test_a_queue_on_a_full_disk(tmp_path: Path) -> None:
    """The real queue, whose file has a small disk of its own: nothing hangs, and it goes on when there is room."""
    small = tmp_path / "small"
    small.mkdir()
    mounts = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", "8000000", "--tmpfs", str(small)]
    words = [sys.executable, str(PROGRAM), str(small), str(tmp_path / "otto.sqlite")]
    binds = ["--bind", str(tmp_path), str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [str(PROBE.start and PROBE.start.bwrap), *mounts[:7], *binds, *mounts[7:], "--", *words],
        env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["refused", "due", "executed"], ran.stderr
