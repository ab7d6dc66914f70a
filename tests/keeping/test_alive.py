"""`otto-bot worker --check`: what a container asks to know whether its worker lives."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from otto_bot.keeping.alive import check
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import LEASE_SECONDS
from otto_bot.store.worker_rows import WorkerRows


@pytest.fixture
def url(make_database: Callable[..., str]) -> str:
    return make_database("sqlite")


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    made = open_database(url)
    yield made
    made.dispose()


@pytest.mark.parametrize(
    ("ago", "code", "words"), [(1, 0, "here-1, version 0.1.0: heard"), (LEASE_SECONDS + 5, 1, "heard 15 s ago")]
)
def test_one_that_was_heard_in_time_lives(engine: sa.Engine, url: str, ago: float, code: int, words: str) -> None:
    rows, said, now = WorkerRows(engine), list[str](), datetime.now(UTC)
    rows.arrive("here-0", "here", "0.1.0", now - timedelta(hours=1))
    rows.arrive("here-1", "here", "0.1.0", now - timedelta(seconds=ago))

    assert check(url, "here", said.append) == code
    assert words in said[0]


def test_workers_of_other_machines_do_not_count(engine: sa.Engine, url: str) -> None:
    said = list[str]()
    WorkerRows(engine).arrive("there-1", "there", "0.1.0", datetime.now(UTC))

    assert check(url, "here", said.append) == 1
    assert said == ["no worker of here has arrived"]
