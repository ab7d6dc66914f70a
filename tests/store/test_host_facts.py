"""What a host's page and followers of a run ask of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.quota import Ask, Quota
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import NEWEST, writing
from otto_bot.store.event_pages import EventPages
from otto_bot.store.host_facts import HostFacts, Redelivered
from otto_bot.store.installations import Installations
from otto_bot.store.ledger import Ledger, Trigger

At = Callable[[float], datetime]


def test_the_database_tells_its_kind_schema_and_size(engine: sa.Engine) -> None:
    found = HostFacts(engine).database()

    assert (found.kind, found.schema_version, found.newest) == (engine.dialect.name, NEWEST, NEWEST)
    assert found.size is not None
    assert found.size > 10_000


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (None, Redelivered()),
        ('{"since": "x", "asked": {"g": 3}, "total": 7}', Redelivered(total=7, asked={"g": 3})),
        ("[]", Redelivered()),
        ("{", Redelivered()),
        ('{"total": "many"}', Redelivered()),
    ],
)
def test_redeliveries_are_told_as_the_worker_wrote_them(
    engine: sa.Engine, said: str | None, found: Redelivered
) -> None:
    if said is not None:
        Cursors(engine).set_cursor("redelivery", said)

    assert HostFacts(engine).redelivered() == found


def test_each_installation_tells_its_limits_and_which_runs_are_held_back(
    engine: sa.Engine, ledger: Ledger, trigger: Callable[..., Trigger], at: At
) -> None:
    for issue, installation, owner in ((1, 3, "octo"), (2, 3, "octo"), (3, 5, "cats")):
        wanted = trigger(issue=issue, key=f"k{issue}")
        repo = wanted.repo.model_copy(update={"id": installation, "installation_id": installation, "owner": owner})
        ledger.start(wanted.model_copy(update={"repo": repo}), HostCaps(), at(issue))
    with writing(engine) as c:
        c.execute(t.runs.update().where(t.runs.c.issue == 1).values(parked="day"))
        c.execute(t.runs.update().where(t.runs.c.issue == 2).values(barred="suspended archived"))
    limits = Installations(engine)
    quota = Quota(limit=5_000, remaining=12, reset=at(900).timestamp())
    limits.reserve(3, Ask(quota=quota), at(10))
    limits.close(0, at(500), "the App itself", at(10))
    limits.close(5, at(500), "too many", at(10))
    limits.reserve(9, Ask(), at(10))

    every, seen = HostFacts(engine).installations(at(20)), HostFacts(engine).installations(at(20), frozenset({3}))

    assert [(one.id, one.accounts, one.parked, one.barred) for one in every] == [
        (3, ("octo",), {"day": 1}, {"suspended": 1}), (5, ("cats",), {}, {}), (9, (), {}, {})
    ]  # fmt: skip
    assert every[0].quota == quota
    assert (every[0].closed_until, every[1].closed_why) == (0.0, "too many")
    assert [one.id for one in seen] == [3]


def test_an_account_of_another_version_is_no_quota(engine: sa.Engine, at: At) -> None:
    with writing(engine) as c:
        c.execute(t.installations.insert().values(id=3, written='["of tomorrow"]'))
        c.execute(t.installations.insert().values(id=4, written='{"quota": {"limit": "many"}}'))

    assert [one.quota for one in HostFacts(engine).installations(at(0))] == [None, None]


@pytest.mark.parametrize(
    ("asked", "numbers", "last", "more"),
    [
        ({"number": 0, "most": 2, "every": False}, [1, 6], 6, True),
        ({"number": 6, "most": 9, "every": False}, [7], 9, False),
        ({"number": 7, "most": 9, "every": False}, [], 9, False),
        ({"number": 0, "most": 3, "every": True}, [1, 2, 3], 3, True),
        ({"number": 7, "most": 9, "every": True}, [8, 9], 9, False),
        ({"number": 99, "most": 9, "every": True}, [], 99, False),
    ],
)
def test_events_are_followed_behind_a_number(
    engine: sa.Engine, ledger: Ledger, run: Run, at: At, asked: Any, numbers: list[int], last: int, more: bool
) -> None:
    """Numbers 2 to 5, 8 and 9 only say how the work is done; whoever leaves them out still gets past them."""
    quiet = [e.Published(at=at(2), surface="status", digest=str(n)) for n in range(6)]
    ledger.append(run.id, [*quiet[:4], *(e.BaseMoved(at=at(3), sha=f"s{n}") for n in range(2)), *quiet[4:]], at(3))

    found = EventPages(engine).after(run.id, asked["number"], asked["most"], every=asked["every"])

    assert ([row.seq for row in found.rows], found.last, found.more) == (numbers, last, more)
    assert EventPages(engine).newest(run.id) == 9
    assert EventPages(engine).newest(99) == 0
