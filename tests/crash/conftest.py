"""What crash tests share: their helpers by name, and one undisturbed run of each scenario."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def _register(name: str, folder: str = "crash") -> None:
    """Test folders are no packages, so their modules are loaded by path."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])


for helper in ("crash_end_state", "crash_runs", "crash_points"):
    _register(helper)
for helper in ("core_builders", "core_lives"):
    _register(helper, "core")

from crash_points import undisturbed as small_run  # noqa: E402
from crash_runs import Ended, undisturbed_run  # noqa: E402 - registered just now
from forks import ForkServer  # noqa: E402


@pytest.fixture(scope="session")
def server(forks: ForkServer) -> ForkServer:
    """Forks the bot, the stand-in and the model."""
    return forks


@pytest.fixture(scope="session")
def small(server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """How the small scenario ends when nothing happens to it."""
    return asyncio.run(small_run(server, tmp_path_factory.mktemp("small") / "play"))


@pytest.fixture(scope="session")
def undisturbed(server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ended]:
    """How a scenario ends when nothing happens to it; each is run once."""
    ended: dict[str, Ended] = {}

    def run(name: str) -> Ended:
        if name not in ended:
            folder = tmp_path_factory.mktemp(name)
            ended[name] = asyncio.run(undisturbed_run(name, folder / "play", server.launch))
        return ended[name]

    return run
