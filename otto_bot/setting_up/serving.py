"""The local page as a server: on loopback alone, for as long as the set-up takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from otto_bot.setting_up.conversion import CODE_LASTS
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.local_page import LocalPage
from otto_bot.setting_up.private_files import write_private
from otto_bot.setting_up.wizard import Wizard
from otto_bot.text import setting_up as words
from otto_bot.text import setup_page as pages

TOLD_SECONDS = 10.0
"""So long the page may take to show the end before the server goes."""


async def with_page(
    wizard: Wizard,
    page: LocalPage,
    port: int,
    opens: Callable[[str], object] | None,
    folder: Path,
    say: Callable[[str], None],
    *,
    wait: bool = True,
) -> None:
    """Serve the page on `port` (0: any free one) until the App is installed, without `wait` until it is registered.

    `opens` starts a browser with an address. Raises SetupError.
    """
    listening = _listening(port)
    page.port = listening.getsockname()[1]
    wizard.redirect_url = page.redirect_url
    server = uvicorn.Server(
        uvicorn.Config(
            page, log_level="critical", access_log=False, lifespan="off", ws="none", server_header=False,
            proxy_headers=False, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    work = asyncio.create_task(_work(wizard, wait=wait))
    say(words.opened(page.url))
    say(words.WAITING)
    door = folder / "open.html"
    if opens is not None:
        # By a file that only its owner reads: everybody sees the command line of a browser.
        write_private(door, pages.door(page.url).encode())
        await asyncio.to_thread(opens, door.as_uri())
    try:
        await asyncio.wait({serving, work}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        work.cancel()
        server.should_exit = True
        await asyncio.gather(serving, work, return_exceptions=True)
        door.unlink(missing_ok=True)
        listening.close()
    if server.force_exit or not work.done() or work.cancelled():
        raise KeyboardInterrupt


async def _work(wizard: Wizard, *, wait: bool) -> None:
    try:
        async with asyncio.timeout(CODE_LASTS.total_seconds()):
            await wizard.registered.wait()
    except TimeoutError:
        raise SetupError(words.HOUR_OVER) from None
    if not await wizard.until_installed(wait=wait):
        return
    try:
        async with asyncio.timeout(TOLD_SECONDS):
            await wizard.told.wait()
    except TimeoutError:
        return  # nobody looks at the page any more; the terminal has said it


def _listening(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen(64)  # now: the address is told before the server's loop has begun
    except OSError as error:
        made.close()
        raise SetupError(words.no_port(port, error.strerror or "")) from None
    return made
