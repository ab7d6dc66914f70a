"""A worker that was not heard in time lets go: before any step of a job that the pause has kept from going on."""

import asyncio
import time

import pytest

from otto_bot.engine import grip
from otto_bot.engine.grip import Grip


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grip, "LET_GO_SECONDS", 0.2)
    monkeypatch.setattr(grip, "LOOK_SECONDS", 0.02)


async def test_after_a_pause_of_the_process_it_comes_before_the_jobs() -> None:
    said: list[str] = []
    wrote = asyncio.Event()

    async def job() -> None:
        reader, writer = await asyncio.open_connection(*address)
        try:
            await reader.read(1)  # the answer is there when the process wakes up
            said.append("wrote")
        finally:
            writer.close()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x")
        await writer.drain()
        time.sleep(0.4)  # noqa: ASYNC251 - the whole process stands still, as under SIGSTOP
        wrote.set()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()[:2]
    work = asyncio.create_task(job())
    held = Grip(lambda: (said.append("let go"), work.cancel()))  # type: ignore[arg-type, return-value]
    held.start()
    await wrote.wait()
    await asyncio.wait([work])
    held.stop()
    server.close()
    await server.wait_closed()

    assert said == ["let go"]


async def test_who_is_heard_keeps_everything() -> None:
    said: list[str] = []
    held = Grip(lambda: said.append("let go"))
    held.start()
    loop = asyncio.get_running_loop()
    end = loop.time() + 0.5
    while loop.time() < end:
        held.renewed(loop.time())
        await asyncio.sleep(0.01)
    assert said == []
    async with asyncio.timeout(10):
        while not said:  # noqa: ASYNC110 - a callback of the loop says it
            await asyncio.sleep(0.01)
    held.stop()
