"""One Chromium for all tests of this folder, the demo played once to its end, and hosts over databases of their own.

Everything here lives in one event loop of the session: browser, servers and playground outlive a single test.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from forks import ForkServer
from playwright.async_api import Browser

from bench.browser.visit import NoChromium, browsing

sys.path.insert(0, str(Path(__file__).parent))
from browser_host import Served, copy_of
from browser_worlds import played

whole_session = pytest_asyncio.fixture(scope="session", loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is slow and runs in the loop of the session."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(180))
            if inspect.iscoroutinefunction(getattr(item, "function", None)):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def axe() -> Path:
    """axe-core in one file, fetched by `.ci/run`."""
    path = os.environ.get("OTTO_AXE", "")
    if not path:
        pytest.skip("no axe: OTTO_AXE names axe.min.js of npm's axe-core; .ci/run fetches it")
    return Path(path)


@whole_session
async def browser() -> AsyncIterator[Browser]:
    """The browser; without one the test is skipped with its reason."""
    try:
        async with browsing() as made:
            yield made
    except NoChromium as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the whole test run, for all of its processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "browser"
    folder.mkdir(exist_ok=True)
    return folder


Serve = Callable[..., Awaitable[Served]]


@whole_session
async def serve(forks: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serve]:
    """Starts a host over a copy of a database: `await serve(database)`."""
    begun: list[Served] = []

    async def start(database: Path, *, started: bool = True, **settings: str) -> Served:
        folder = tmp_path_factory.mktemp("host")
        copy_of(database, folder)
        begun.append(Served(forks, folder, **settings))
        if started:
            await begun[-1].start()
        return begun[-1]

    yield start
    for one in begun:
        await one.stop()


@whole_session
async def demo(forks: ForkServer, shared: Path, serve: Serve) -> Served:
    """A host that shows the demo's run after its end; tests read it and change nothing."""
    return await serve(await played(forks, shared, "mixed-batch") / "otto.sqlite")


@whole_session
async def empty(serve: Serve, sqlite_template: Path) -> Served:
    """A host without a run."""
    return await serve(sqlite_template)


Fill = Callable[..., Awaitable[Served]]


@whole_session
async def filled(serve: Serve, sqlite_template: Path) -> Fill:
    """A host over a database that a function has filled: `await filled(hostile)`; the same one when asked again."""
    made: dict[Any, Served] = {}

    async def fill(what: Callable[[Path], Awaitable[None]], **settings: str) -> Served:
        known = (what, *sorted(settings.items()))
        if known not in made:
            made[known] = await serve(sqlite_template, started=False, **settings)
            await what(made[known].database)
            await made[known].start()
        return made[known]

    return fill
