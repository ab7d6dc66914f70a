"""A coder's transcript that grows while its page is open: the real server, a run at its coder, turns of any size."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Page

from bench.scale.life import Life, Shape
from bench.scale.rows import fill
from bench.webhooks.servers import Keys, Server, otto
from otto_bot.core.attempt import TaskState
from otto_bot.core.run import Run
from otto_bot.core.values import stored_json
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database
from otto_bot.store.transcripts import turns_key

MB = 1_000_000
RING = 1024 * 1024
SMALL = Shape(tasks=2, gates=0, turns=2, judge=1, polls=1, reports=1)
LINE = "\x1b[32mPASSED\x1b[0m tests/test_store.py::test_{} of the suite, quietly, and with words enough\n"
PIECE = 90_000
"""Characters of one answer of a tool; a page shows a little more of one."""
NAMED = "the log's last line is turn {}."


class Growing:
    """`async with Growing(folder) as log:` serves it; `await log.grow(bytes)` lets it grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Server | None = None
        self._turns = count(1)
        self._turn = 0
        self.size = 0

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.end)

    @property
    def url(self) -> str:
        """Where the server listens."""
        assert self._server is not None
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def path(self) -> str:
        """The page of the log."""
        return f"/runs/1/tasks/{self._task}/attempts/1/log"

    async def grow(self, size: int) -> None:
        """So many bytes more."""
        until = self.size + size
        while self.size < until:
            await asyncio.to_thread(self._add)

    async def shown(self, page: Page) -> None:
        """Until the page has what was written last."""
        await page.get_by_text(NAMED.format(self._turn)).wait_for(state="attached")

    def _start(self) -> None:
        self._server = otto(self._folder / "otto", Keys(self._folder))
        engine = open_database(f"sqlite:///{self._folder / 'otto' / 'state' / 'otto.sqlite'}")
        life = Life(SMALL)
        run = life.live(lambda seen: _coder(seen) is not None)
        self._task = _coder(run) or ""
        fill(engine, run, range(1, 2), datetime.now(UTC))
        state = json.loads(stored_json(run))
        state["tasks"][self._task]["attempts"][-1]["sha"] = None  # its coder is still at it
        with engine.begin() as c:
            c.execute(t.runs.update().values(state=json.dumps(state), seq=len(life.ledger), repo_name="octo/app"))
            c.execute(t.effects.delete())
        self._archive = Archive(engine)

    def _add(self) -> None:
        self._turn = next(self._turns)
        begin = self._turn * 10_000
        lines = "".join(LINE.format(begin + number) for number in range(PIECE // len(LINE)))
        body = json.dumps({**_TURN, "number": self._turn, "tool_results": [_result(lines + NAMED.format(self._turn))]})
        self._archive.save_turn(turns_key(1, self._task, 1), self._turn, body.encode(), datetime.now(UTC))
        self.size += len(lines)


_TURN: dict[str, Any] = {
    "request_hash": "h", "stop_reason": "tool_use", "tree": "t", "seconds": 2.5,
    "reply_content": [{"type": "tool_use", "id": "a", "name": "run", "input": {"command": "pytest -v"}}],
    "usage": {"input_tokens": 1000, "output_tokens": 50, "usd": 0.0123},
}  # fmt: skip


def _result(text: str) -> dict[str, str]:
    return {"type": "tool_result", "tool_use_id": "a", "content": text}


def _coder(run: Run) -> str | None:
    """A task whose first attempt has begun and is not written yet."""
    at_work = (key for key, task in run.tasks.items() if task.state is TaskState.CODING and task.last is not None)
    return next(at_work, None)


async def heap(page: Page) -> int:
    """Bytes of the page's scripts that are in use, after what is not was collected."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    await session.detach()
    return int(used)


async def held(page: Page) -> int:
    """Bytes of the log that the page holds."""
    return int(await page.evaluate("document.getElementById('log-counts').dataset.held"))
