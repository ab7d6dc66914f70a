"""`glob` and `grep` over a work tree, each in a process of its own: bounded, without the worker's environment."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from otto_bot.core.enclosing import Enclose
from otto_bot.started import end, started

SECONDS = 30.0
_CHILD = Path(__file__).with_name("search_child.py")
_LINKER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""All that the process gets of our environment: some Pythons do not start without it."""
_ANSWER_BYTES = 256 * 1024


class SearchFailed(ValueError):
    """There is no answer; the message is for the model."""


async def search(tool: str, root: Path, start: Path, pattern: str, enclose: Enclose) -> str:
    """What `tool` finds below `start`, with whole paths. Raises SearchFailed, OSError where no process can be made."""
    question = json.dumps({"tool": tool, "root": str(root), "start": str(start), "pattern": pattern}).encode()
    environment = {name: os.environ[name] for name in _LINKER if name in os.environ}
    with enclose([sys.executable, "-I", "-S", str(_CHILD)], [str(root), str(_CHILD)]) as (line, handles):
        process = await started(
            *line, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, pass_fds=handles,
        )  # fmt: skip
        try:
            async with asyncio.timeout(SECONDS):
                answer = await _asked(process, question)
        except TimeoutError:
            raise SearchFailed(f"stopped after {SECONDS:g} s; use a simpler pattern or a narrower path") from None
        finally:
            await asyncio.shield(end(process))
    text = answer.decode("utf-8", "replace")
    if process.returncode == 0:
        return text
    raise SearchFailed(text if process.returncode == 1 and text else "the search needed too much time or memory")


async def _asked(process: asyncio.subprocess.Process, question: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(question)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await process.stdin.drain()
    process.stdin.close()
    answer = b""
    while len(answer) < _ANSWER_BYTES and (chunk := await process.stdout.read(65536)):
        answer += chunk
    await process.wait()
    return answer
