"""A database for each test: SQLite in a file, and PostgreSQL where OTTO_TEST_POSTGRES_URL names one."""

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.core.config import HostCaps
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.store.database import migrate, open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger, Trigger

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
POSTGRES = os.environ.get("OTTO_TEST_POSTGRES_URL", "")


def _postgres_url(schema: str) -> str:
    parsed = sa.make_url(POSTGRES.replace("postgres://", "postgresql://", 1))
    url = parsed.update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'otto.sqlite'}"
        return
    schema = f"t{uuid.uuid4().hex[:12]}"
    admin = open_database(POSTGRES)
    with admin.begin() as c:
        c.execute(sa.text(f"CREATE SCHEMA {schema}"))
    yield _postgres_url(schema)
    with admin.begin() as c:
        c.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The database with the newest schema."""
    made = open_database(database_url)
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def ledger(engine: sa.Engine) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def rows(engine: sa.Engine) -> EffectRows:
    return EffectRows(engine)


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
