"""The Messages server, a purse and a budgeted model over it."""

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _kit() -> ModuleType:
    """The helper module, loaded by path: test folders are no packages."""
    name = "otto_messages_server"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "model" / "messages_server.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def kit() -> ModuleType:
    return _kit()


@pytest.fixture
async def server(kit: ModuleType) -> AsyncIterator[Any]:
    async with kit.MessagesServer() as running:
        yield running


@pytest.fixture
async def client(server: Any) -> AsyncIterator[Any]:
    from otto_bot.model.client import ModelClient

    async with ModelClient("key-for-tests", server.url, timeout_seconds=20) as made:
        yield made


@pytest.fixture
def purse(kit: ModuleType) -> Any:
    return kit.MoneyPurse(cap=10)


@pytest.fixture
def model(client: Any, purse: Any) -> Any:
    from otto_bot.core.redact import Redactor
    from otto_bot.model.budgeted import BudgetedModel
    from otto_bot.model.prices import Prices

    return BudgetedModel(client, purse, Prices.published(), Redactor(["hunter2-is-secret"]))
