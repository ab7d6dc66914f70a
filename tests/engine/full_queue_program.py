# ruff: noqa: T201 - its lines are what the test reads
"""A worker whose queue has a full disk. Usage: full_queue_program.py SMALL_FOLDER DATABASE. Prints what happened."""

import asyncio
import contextlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.engine.handing import REFUSED_PAUSE, hand_over
from otto_bot.engine.queue import DbosQueue
from otto_bot.store.database import migrate, open_database
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.ledger import Ledger, Trigger


def now() -> datetime:
    return datetime.now(UTC)


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 4096):
            continue


async def main(small: Path, database: str) -> None:
    engine = open_database(f"sqlite:///{database}")
    migrate(engine)
    rows = EffectRows(engine)
    repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
    trigger = Trigger(key="k", repo=repo, issue=4, title="T", body="B", actor=Person(id=1, login="anna"))
    Ledger(engine).start(trigger, HostCaps(), now())
    executed: asyncio.Queue[Ticket] = asyncio.Queue()
    queue = DbosQueue(f"sqlite:///{small / 'otto-queue.sqlite'}", "w")
    await queue.start(executed.put)
    fill(small / "ballast")
    tickets = rows.claim("w", now(), 1)
    async with asyncio.timeout(30):
        back = await hand_over(queue, rows, tickets, now)
    print("refused" if back == tuple(tickets) else f"taken: {tickets}")
    claimed = rows.claim("w", now() + REFUSED_PAUSE, 10)
    again = [one for one in claimed if one.key == tickets[0].key]
    print("due" if again and again[0].generation == tickets[0].generation + 1 else f"not due: {claimed}")
    (small / "ballast").unlink()
    await hand_over(queue, rows, again, now)
    async with asyncio.timeout(30):
        ticket = await executed.get()
    print("executed" if ticket == again[0] else f"executed {ticket}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
