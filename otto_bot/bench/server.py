"""The scripted Messages server as a process beside the bench: started, spoken to, ended; never imported."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

READY_SECONDS = 60.0
KEY = "bench"


class ServerFailed(RuntimeError):
    """The scripted model did not start; the text holds what it wrote."""


@asynccontextmanager
async def scripted_model(scripts: Path) -> AsyncIterator[str]:
    """Serves every script folder below `scripts`; yields the address. Raises ServerFailed."""
    argv = [sys.executable, "-m", "otto_bot.playground", "model", "--scripts", str(scripts)]
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_PROXY": "127.0.0.1,localhost", "PYTHONUNBUFFERED": "1"}, start_new_session=True,
    )  # fmt: skip
    try:
        yield await _address(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    line = b""
    with contextlib.suppress(TimeoutError):
        line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError):
        process.kill()
        said = (await process.stderr.read()).decode("utf-8", "replace")
        raise ServerFailed(f"the scripted model did not start: {line.decode()}{said[-2000:]}") from None
