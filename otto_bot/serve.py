"""Run the web process: uvicorn in code, a worker as its child, one JSON line when it is ready."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn

from otto_bot.app import build_app
from otto_bot.observe import spans
from otto_bot.observe.events import Event, tell
from otto_bot.observe.lines import every_line_says, ours
from otto_bot.settings import Settings
from otto_bot.store.database import NEWEST, StoreUnavailable, open_database, understood
from otto_bot.store.versions import CODE_VERSION, shown

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 512
"""More at once are answered 503, so that GitHub records the delivery as failed and it can be redelivered. How much may
wait to be stored, and how large, is limited on its own (`intake/grouping.py`, `intake/webhook.py`)."""
REQUEST_SECONDS = 5
"""After SIGTERM: how long requests in hand may take."""
STOP_SECONDS = 9.5
"""After SIGTERM: how long the worker may take; it ends by itself before."""
RESTART_SECONDS = (1, 2, 5, 10, 30)


_MIGRATE = """
import sys
from otto_bot.store.database import migrate, open_database
migrate(open_database(sys.stdin.read()))
"""


def migrate_apart(url: str) -> None:
    """Bring the schema up to date in a process of its own: what that needs would stay in this one's memory.

    Raises StoreUnavailable with the last line of what it said, and where a newer version alone may use the database.
    """
    engine = open_database(url)
    try:
        if understood(engine) >= NEWEST:
            return
    finally:
        engine.dispose()
    # By standard input: the URL may hold a password, and everybody sees a command line.
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _MIGRATE], input=url, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise StoreUnavailable(
            f"the schema could not be brought up to date: {done.stderr.strip().rpartition(chr(10))[2]}"
        )


SWITCH_SECONDS = 0.0002


class WorkerChild:
    """A worker as a child process: started again when it dies, told to end with us."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def keep(self) -> None:
        """Start it, and again with growing pauses whenever it ends."""
        for number in range(1_000_000):
            # Its standard input is ours to hold: when we are killed it closes, and the worker ends too.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "otto_bot", "worker", "--with-parent", stdin=asyncio.subprocess.PIPE
            )
            code = await self._process.wait()
            if self._stopping:
                return
            pause = RESTART_SECONDS[min(number, len(RESTART_SECONDS) - 1)]
            log.error("the worker ended with %s and is started again in %s s", code, pause)
            await asyncio.sleep(pause)

    def ask(self) -> None:
        """Ask it to end."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    async def stop(self) -> None:
        """Ask it to end, and wait; then make it end."""
        self.ask()
        if self._process is None or self._process.returncode is not None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


class _Server(uvicorn.Server):
    """Says on standard output where it listens, once it does; tells at once when it is asked to end."""

    def __init__(self, config: uvicorn.Config, asked: Callable[[], None]) -> None:
        super().__init__(config)
        self._asked = asked

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On a signal. The worker needs its time too, beside the requests."""
        self._asked()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            tell(log, Event.WEB_STARTED, version=shown(CODE_VERSION))
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            print(json.dumps({"ready": True, "url": url, "pid": os.getpid()}), flush=True)  # noqa: T201

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends the server on SIGTERM and SIGINT, and no more: uvicorn's own way sends the signal to us again
        afterwards, which would kill us before the worker was told to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            # The handlers stay until the loop closes: a second signal must not cut the worker's ending short.
            self._captured_signals.clear()


def run(settings: Settings, *, with_worker: bool) -> None:
    """Serve until SIGTERM or SIGINT, on the quick event loop where there is one."""
    # The thread that stores deliveries gives the interpreter away at each body that it presses and each statement, and
    # would wait 5 ms to get it back from a busy event loop.
    sys.setswitchinterval(SWITCH_SECONDS)
    version = shown(CODE_VERSION)
    every_line_says(version=version)
    clean = next((lines.clean for lines in ours()), str)
    spans.start(os.environ, "otto-web", version, settings.app_id, clean)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings, with_worker=with_worker))
    spans.stop()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def serve(settings: Settings, *, with_worker: bool) -> None:
    """Serve until SIGTERM or SIGINT."""
    child = WorkerChild()
    await asyncio.to_thread(migrate_apart, settings.database)
    app = await asyncio.to_thread(build_app, settings, lambda: child.alive or not with_worker)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        limit_concurrency=MOST_CONNECTIONS,
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=REQUEST_SECONDS,
        log_config=None,  # its lines go the way of all others
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
    )
    keeper = asyncio.create_task(child.keep()) if with_worker else None

    def asked() -> None:
        child.ask()
        app.streams.end()  # or the server would wait for every open page

    try:
        await _Server(config, asked).serve()
    finally:
        await child.stop()
        if keeper is not None:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper
