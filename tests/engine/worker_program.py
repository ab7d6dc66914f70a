# ruff: noqa: ASYNC110 - another process writes the files that are waited for
"""A whole worker in a process of its own, whose one job waits to be let on and then writes a line that all can see.

Usage: worker_program.py DATABASE FOLDER NAME SLOTS [VERSION]. A job that begins, ends or is cancelled adds a line to
FOLDER/log; it goes on when FOLDER/go is there. A worker of a newer VERSION leaves a mark in the state of its runs.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.limits import HostLimits
from otto_bot.core.run import Run
from otto_bot.engine.execute import Executor
from otto_bot.engine.loop import Engine, Records, Who
from otto_bot.engine.queue import DbosQueue, queue_url
from otto_bot.jobs.outcomes import Later, NeedsPerson, Retry
from otto_bot.store.clock import Clock
from otto_bot.store.database import migrate, open_database
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.inbox import Delivery, Inbox
from otto_bot.store.leader import Leader
from otto_bot.store.ledger import Ledger
from otto_bot.store.versions import CODE_VERSION
from otto_bot.store.worker_rows import WorkerRows
from otto_bot.worker import end_in_time, leave

NEVER = datetime(2099, 1, 1, tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)


class Job:
    """Waits, then writes without looking whether it was written before: what is done twice is seen twice."""

    def __init__(self, engine: sa.Engine, folder: Path, name: str, newer: bool) -> None:
        self._engine, self._folder, self._name, self._newer = engine, folder, name, newer

    def write(self, word: str, ticket: Ticket) -> None:
        with (self._folder / "log").open("a") as log:
            log.write(f"{word} {ticket.id} {self._name}\n")

    async def catch_up(self) -> None:
        """What only one of them does."""
        with (self._folder / "leads").open("a") as log:
            log.write(f"{self._name}\n")

    async def __call__(self, run: Run, effect: Effect, ticket: Ticket) -> Sequence[e.RunEvent]:
        if effect.kind is not EffectKind.PREPARE:
            raise Later(NEVER, "not part of this test")
        self.write("begin", ticket)
        try:
            while not (self._folder / "go").exists():
                await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            self.write("cancelled", ticket)
            raise
        self.write("made", ticket)
        if self._newer:
            with self._engine.begin() as c:
                mark = sa.text("""UPDATE runs SET state = '{"dance": 1, ' || substr(state, 2) WHERE id = :id""")
                c.execute(mark, {"id": run.id})
            return await asyncio.Event().wait() or []
        return [e.Refused(at=_now(), reason="enough")]


def _translate(error: Exception) -> Later | Retry | NeedsPerson | None:
    return error if isinstance(error, Later | Retry | NeedsPerson) else None


async def _no_delivery(_delivery: Delivery) -> None:
    raise AssertionError


async def main(database: str, folder: Path, name: str, slots: int, version: int) -> None:
    logging.basicConfig(level=logging.INFO)
    db = open_database(database)
    migrate(db)
    ledger, rows = Ledger(db, version=version), EffectRows(db, version=version)
    clock = Clock(db, _now, time.monotonic)
    job = Job(db, folder, name, version > CODE_VERSION)
    engine = Engine(
        who=Who(name, "test", str(version), alone=database.startswith("sqlite")),
        records=Records(rows, Inbox(db), WorkerRows(db), Leader(db), clock),
        queue=DbosQueue(queue_url(database), name),
        executor=Executor(ledger, rows, dict.fromkeys(EffectKind, job), _translate, clock),
        deliver=_no_delivery,
        catch_up=job.catch_up,
        catch_up_seconds=1,
        concurrency=slots,
        limits=HostLimits(),
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end_in_time, engine)
    await engine.run()
    leave()


if __name__ == "__main__":
    words = sys.argv[1:]
    given = int(words[4]) if len(words) > 4 else CODE_VERSION
    asyncio.run(main(words[0], Path(words[1]), words[2], int(words[3]), given))
