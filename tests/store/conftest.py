"""A database for each test, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import databases
import pytest
import sqlalchemy as sa

from otto_bot.core.config import HostCaps
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger, Trigger

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(params=databases.chosen())
def backend(request: pytest.FixtureRequest) -> str:
    """Everything here is tested on both."""
    found: str = request.param
    return found


@pytest.fixture
def database_url(request: pytest.FixtureRequest, make_database: Callable[..., str], backend: str) -> str:
    """A database: empty, or with the newest schema where the test uses `engine`."""
    return make_database(backend, empty="engine" not in request.fixturenames)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The database with the newest schema."""
    made = open_database(database_url)
    yield made
    made.dispose()


@pytest.fixture
def ledger(engine: sa.Engine) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def rows(engine: sa.Engine) -> EffectRows:
    return EffectRows(engine, lease_seconds=30)


@pytest.fixture
def inbox(engine: sa.Engine) -> Inbox:
    return Inbox(engine)


@pytest.fixture
def at() -> Callable[[float], datetime]:
    """Seconds after the tests' beginning of time."""
    return lambda seconds=0: T0 + timedelta(seconds=seconds)


@pytest.fixture
def trigger() -> Callable[..., Trigger]:
    """What starts a run for an issue."""
    repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")

    def make(issue: int = 4, key: str = "label/1") -> Trigger:
        return Trigger(key=key, repo=repo, issue=issue, title="T", body="B", actor=Person(id=1, login="anna"))

    return make


@pytest.fixture
def run(ledger: Ledger, trigger: Callable[..., Trigger]) -> Run:
    """A run that has just started."""
    made = ledger.start(trigger(), HostCaps(), T0)
    assert made is not None
    return made
