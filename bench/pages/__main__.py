"""`make bench-pages`: first byte and size of every page, what open live pages cost, beside a bare page and polling."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.pages.fetch import Fetched, all_of, fetch
from bench.pages.listen import Cost, Poller, closed, happening, opened
from bench.pages.report import Memory, Rest, table
from bench.pages.store import Filled
from bench.webhooks.servers import Keys, Server, otto
from otto_bot.store.database import open_database

POLLERS = 20
"""Pages that ask each second: more of them keep a whole core busy, and then nothing can be compared."""


def main() -> None:
    """Measure, and write a table."""
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=60, help="each page is asked for")
    parser.add_argument("--open", type=int, default=200, help="live pages at once")
    parser.add_argument("--events", type=int, default=15, help="that happen while pages are open")
    parser.add_argument("--out", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as name:
        text = _run(options, Path(name))
    print("\n" + text)
    if options.out:
        options.out.write_text(text)


def _run(options: argparse.Namespace, folder: Path) -> str:
    when = datetime.now(UTC)
    server = otto(folder / "otto", Keys(folder))
    try:
        engine = open_database(f"sqlite:///{folder / 'otto' / 'state' / 'otto.sqlite'}")
        filled = Filled(engine, options.runs)
        pages = [
            ("runs", "/"), ("runs, 200 rows", "/?size=200"), ("runs, a word of the title", "/?text=product"),
            ("runs, last page", f"/?page={options.runs // 25}"), ("run", "/runs/1"),
            ("run, every event", "/runs/1?events=every"), ("task", f"/runs/1/tasks/{filled.task}"),
            ("gate", "/runs/1/gates/1"), ("insight", "/insight"), ("health", "/health"),
        ]  # fmt: skip
        # First: memory that pages leave free would hide what streams need.
        memory, live, polled, rest = asyncio.run(_open(server, filled, options.open, options.events))
        found = all_of(server.port, pages, options.times)
        bare = _bare(folder, max(page.size for page in found), options.times)
        engine.dispose()
    finally:
        server.end()
    return table(when, options.runs, found, bare, memory, live, polled, rest, _load())


def _bare(folder: Path, size: int, times: int) -> Fetched:
    place = folder / "bare"
    place.mkdir()
    env = {"PYTHONPATH": str(Path(__file__).parents[2])}
    server = Server("bare", "/", [sys.executable, "-m", "bench.pages.bare"], env, place)
    try:
        return fetch(server.port, "bare Starlette", f"/?size={size}", times)
    finally:
        server.end()


async def _open(server: Server, filled: Filled, most: int, events: int) -> tuple[list[Memory], Cost, Cost, Rest]:
    # What the first live page loads is paid once, not by each.
    await closed(await opened(server.port, [await _address(server.port, "/runs/1")]))
    memory, cpu_idle, before = [], await _idle(server), server.memory
    pages = await opened(server.port, [f"/runs/{number}/live" for number in range(2, most + 2)])
    memory.append(Memory("each of another run", most, before, server.memory))
    cpu_other = await _idle(server)
    await closed(pages)
    before = server.memory
    pages = await opened(server.port, [await _address(server.port, "/runs/1")] * most)
    live = await happening(server, filled.another, pages, events, 1.0)
    memory.append(Memory("of one run, after events", most, before, server.memory))
    cpu_open = await _idle(server)
    await closed(pages)
    few = await opened(server.port, [await _address(server.port, "/runs/1")] * POLLERS)
    streamed = await happening(server, filled.another, few, events, 1.0)
    await closed(few)
    pollers = [Poller("/runs/1") for _ in range(POLLERS)]
    for number, page in enumerate(pollers):
        await page.open(server.port, number / POLLERS)
    await asyncio.sleep(2)
    polled = await happening(server, filled.another, pollers, events, 1.0)
    await closed(pollers)
    return memory, live, polled, Rest(cpu_idle, cpu_open, cpu_other, streamed)


async def _idle(server: Server, seconds: float = 10) -> float:
    cpu = server.cpu
    await asyncio.sleep(seconds)
    return (server.cpu - cpu) / seconds


async def _address(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    page = (await reader.read()).decode()
    writer.close()
    found = re.search(r'data-live="([^"]+)" data-after="(\d+)" data-seen="(\w*)"', page)
    if found is None:
        raise SystemExit(f"{path} is not live")
    return f"{found.group(1)}?after={found.group(2)}&seen={found.group(3)}"


def _load() -> float:
    return os.getloadavg()[1]


main()
