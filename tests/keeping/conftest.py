"""A database with runs in it, and hands to make them old."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.events import RunEvent
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo, Usage
from otto_bot.store.archive import Archive
from otto_bot.store.database import migrate, open_database
from otto_bot.store.ledger import Ledger, Trigger

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")


@pytest.fixture
def at() -> Callable[[float], datetime]:
    """Days after the tests' beginning of time."""
    return lambda days=0.0: T0 + timedelta(days=days)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'otto.sqlite'}"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the newest schema and nothing in it."""
    path = tmp_path_factory.mktemp("empty") / "otto.sqlite"
    made = open_database(f"sqlite:///{path}")
    migrate(made)
    made.dispose()  # the last one to close it leaves no write-ahead log
    return path


@pytest.fixture
def engine(url: str, template: Path) -> Iterator[sa.Engine]:
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    shutil.copy(template, path)
    made = open_database(url)
    yield made
    made.dispose()


@pytest.fixture
def start(engine: sa.Engine) -> Callable[..., Run]:
    """A run that has spent money, kept a reply and written a turn; `ended` closes its issue."""

    def make(issue: int, when: datetime, *, ended: bool = True, reply: bytes = b"") -> Run:
        ledger, archive = Ledger(engine), Archive(engine)
        ordinal = len(ledger.runs_of_issue(REPO.id, issue)) + 1
        trigger = Trigger(
            key=f"l/{issue}/{ordinal}", repo=REPO, issue=issue, title="T", body="B " * 200,
            actor=Person(id=1, login="anna"),
        )  # fmt: skip
        run = ledger.start(trigger, HostCaps(), when)
        assert run is not None
        call = f"run/{run.id}/plan/n0/h0/1"
        digest = archive.keep("reply", reply or f"reply of {run.id}".encode(), when)
        archive.spent(
            call=call, run=run.id, role="planner", model="m", usage=Usage(usd=0.25), seconds=1, reply=digest, at=when
        )
        archive.save_turn(f"run/{run.id}/code/t1/a1", 1, b"turn " * 1000, when)
        archive.set_cursor(f"comments/{run.id}", when.isoformat())
        events: list[RunEvent] = [e.MoneyReserved(at=when, call=call, usd=0.5)]
        events.append(e.MoneySettled(at=when, call=call, usage=Usage(usd=0.25)))
        if ended:
            events.append(e.IssueChanged(at=when, what="closed"))
        return ledger.append(run.id, events, when)

    return make
