# ruff: noqa: ASYNC110, ASYNC240 - another process writes the files that are waited for
"""A worker of its own process for the queue's tests: real DBOS, real SQLite, real effect rows.

Usage: queue_program.py once|slow DATABASE FILE. Every execution adds a line to FILE.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from otto_bot.engine.queue import DbosQueue, queue_url
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import EffectRows, Ticket

DEADLINE = 20.0


async def until(log: Path, text: str) -> None:
    """Wait until the file holds a line."""
    async with asyncio.timeout(DEADLINE):
        while text not in log.read_text().splitlines():
            await asyncio.sleep(0.02)


def write(log: Path, line: str) -> None:
    with log.open("a") as file:
        file.write(line + "\n")


async def once(queue: DbosQueue, log: Path) -> None:
    """The same ticket twice, a finished one again, and an error again."""

    async def execute(ticket: Ticket) -> None:
        write(log, f"begin {ticket.id}")
        if ticket.key == "run/1/error":
            raise ValueError("no")
        write(log, f"end {ticket.id}")

    await queue.start(execute)
    one, bad = Ticket(key="run/1/a", generation=1), Ticket(key="run/1/error", generation=1)
    await queue.enqueue(one)
    await queue.enqueue(one)
    await queue.enqueue(bad)
    await until(log, "end run/1/a#1")
    await until(log, "begin run/1/error#1")
    await queue.enqueue(one)
    await queue.enqueue(bad)
    await queue.enqueue(Ticket(key="run/1/a", generation=2))
    await until(log, "end run/1/a#2")
    await queue.stop()
    await asyncio.to_thread(write, log, "threads are left")


async def slow(queue: DbosQueue, database: str, log: Path) -> None:
    """Take over what a dead worker had, work on what is due; an execution ends only when the file `go` is there."""
    rows = EffectRows(open_database(database))
    lost = rows.reap(datetime.now(UTC), all_running=True)
    write(log, f"lost {' '.join(ticket.id for ticket in lost)}")

    async def execute(ticket: Ticket) -> None:
        if await asyncio.to_thread(rows.begin, ticket, datetime.now(UTC)) is None:
            write(log, f"stale {ticket.id}")
            return
        write(log, f"begin {ticket.id}")
        while not log.with_name("go").exists():
            await asyncio.sleep(0.02)
        write(log, f"end {ticket.id}")

    await queue.start(execute)
    for ticket in rows.claim("w", datetime.now(UTC), 10):
        await queue.enqueue(ticket)
        await until(log, f"end {ticket.id}")
    await queue.stop()


def main() -> None:
    mode, database, log = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    queue = DbosQueue(queue_url(database), "w")
    asyncio.run(once(queue, log) if mode == "once" else slow(queue, database, log))


if __name__ == "__main__":
    main()
