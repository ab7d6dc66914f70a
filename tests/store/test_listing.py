"""Lists of runs: a page at a time, totals that agree, nobody twice, and no snapshot opened that is not shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as Alembic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.values import Usage
from otto_bot.store import database
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database, writing
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.listing import ListedPage, Listing, Wanted
from otto_bot.store.run_pages import RunPages
from otto_bot.store.worker_rows import WorkerRows

At = Callable[[float], datetime]
MakeTrigger = Callable[..., Trigger]


def start(ledger: Ledger, trigger: MakeTrigger, at: At, issue: int, title: str = "T", name: str = "app") -> int:
    wanted = trigger(issue=issue, key=f"k{issue}")
    repo = wanted.repo.model_copy(update={"id": sum(name.encode()), "name": name})
    run = ledger.start(wanted.model_copy(update={"title": title, "repo": repo}), HostCaps(), at(issue))
    assert run is not None
    return run.id


def end(ledger: Ledger, at: At, run_id: int, when: float) -> None:
    ledger.append(run_id, [e.IssueChanged(at=at(when), what="closed")], at(when))


def shown(engine: sa.Engine, at: At, when: float = 1000, **wanted: Any) -> ListedPage:
    return Listing(engine).page(Wanted(as_of=at(when).timestamp(), **wanted))


def ids(page: ListedPage) -> list[int]:
    return [run.id for run in page.runs]


def test_active_runs_come_first_and_then_history_the_newest_first(
    engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At
) -> None:
    runs = [start(ledger, trigger, at, issue) for issue in range(1, 6)]
    for number in (2, 4):
        end(ledger, at, runs[number], 50)

    assert ids(shown(engine, at)) == [runs[3], runs[1], runs[0], runs[4], runs[2]]
    assert shown(engine, at).total == 5


def test_each_filter_lists_what_it_names_and_the_total_agrees(
    engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At
) -> None:
    first = start(ledger, trigger, at, 1, "Let links expire")
    second = start(ledger, trigger, at, 2, "100% of it_s cover", name="site")
    third = start(ledger, trigger, at, 3, "Third")
    end(ledger, at, third, 60)
    ledger.append(first, [e.Refused(at=at(70), reason="why?")], at(70))

    cases: list[tuple[dict[str, str], list[int]]] = [
        ({"repo": "OCTO/Site"}, [second]),
        ({"standing": "working"}, [second]),
        ({"standing": "waiting"}, [first]),
        ({"standing": "over"}, [third]),
        ({"outcome": "cancelled"}, [third]),
        ({"text": "LINKS"}, [first]),
        ({"text": "%"}, [second]),
        ({"text": "_"}, [second]),
        ({"text": "#3"}, [third]),
        ({"text": "nothing like it"}, []),
        ({"repo": "octo/app", "standing": "over"}, [third]),
    ]
    for wanted, expected in cases:
        page = shown(engine, at, **wanted)
        assert (ids(page), page.total) == (expected, len(expected)), wanted
    assert Listing(engine).repositories() == ("octo/app", "octo/site")


def test_a_run_that_ends_or_begins_between_two_pages_is_listed_once(
    engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At
) -> None:
    runs = [start(ledger, trigger, at, issue) for issue in range(1, 8)]
    end(ledger, at, runs[0], 20)
    page = {number: shown(engine, at, 100, size=3, page=number) for number in (1,)}
    end(ledger, at, runs[6], 200)  # was on the first page
    start(ledger, trigger, at, 300)

    page |= {number: shown(engine, at, 100, size=3, page=number) for number in (2, 3)}

    seen = [number for one in page.values() for number in ids(one)]
    assert sorted(seen) == runs
    assert {one.total for one in page.values()} == {7}


def test_a_page_that_is_not_there_still_has_the_total(
    engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At
) -> None:
    start(ledger, trigger, at, 1)

    assert shown(engine, at, page=9) == ListedPage(runs=(), total=1)


def test_a_row_tells_what_was_spent_and_what_it_waits_for(
    engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At
) -> None:
    run = start(ledger, trigger, at, 1)
    Archive(engine).spent(
        call=f"run/{run}/a", run=run, role="planner", model="m", usage=Usage(usd=0.25), seconds=1, reply="", at=at(2)
    )
    before = shown(engine, at).runs[0]
    ledger.append(run, [e.Refused(at=at(70), reason="why?")], at(70))
    after = shown(engine, at).runs[0]

    assert (before.usd, before.state, before.working) == (0.25, "", True)
    assert (after.working, json.loads(after.state)["hold"]["reason"]) == (False, "why?")


def test_ten_thousand_runs_are_chosen_from_the_index_alone(engine: sa.Engine, at: At) -> None:
    """Three statements a page; only rows that are shown are opened."""
    row = {
        "repo_id": 7, "ordinal": 1, "phase": "done", "outcome": "done", "seq": 1, "state": "{}" + " " * 500,
        "repo_name": "octo/app", "title": "Let links expire",
    }  # fmt: skip
    rows = [
        {**row, "id": n, "issue": n, "trigger_key": f"k{n}", "active": int(n % 100 == 0), "working": int(n % 200 == 0),
         "started_at": at(n).timestamp(), "updated_at": at(n).timestamp()}
        for n in range(1, 10_001)
    ]  # fmt: skip
    with writing(engine) as c:
        c.execute(t.runs.insert(), rows)
    said: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _cur, text, *_rest: said.append(text))

    page = shown(engine, at, 20_000, size=200, page=2, text="links")

    assert (page.total, len(page.runs), page.runs[0].id) == (10_000, 200, 9898)
    asked = [text for text in said if text.startswith("SELECT")]
    assert len(asked) == 3
    if engine.dialect.name == "sqlite":
        with engine.connect() as c:
            query = asked[0].replace("?", "1")
            plan = " ".join(one.detail for one in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
        assert "COVERING INDEX runs_listed" in plan


def test_the_migration_reads_repository_and_title_from_old_rows(database_url: str) -> None:
    engine = open_database(database_url)
    settings = Alembic()
    settings.set_main_option("script_location", str(database.__file__).replace("database.py", "migrations"))
    with writing(engine) as c:
        settings.attributes["connection"] = c
        command.upgrade(settings, "0006")
    repo = {"owner": "octo", "name": "app"}
    states = {1: json.dumps({"repo": repo, "title": "a\x00b\ud800" + "x" * 400}), 2: "{no json", 3: "[]",
              60: json.dumps({"repo": repo, "title": "T"})}  # fmt: skip
    with engine.begin() as c:
        for run_id, state in states.items():
            c.execute(
                sa.text(
                    "INSERT INTO runs (id, repo_id, issue, ordinal, trigger_key, active, phase, seq, state,"
                    " started_at, updated_at) VALUES (:id, 7, :id, 1, :key, 1, 'planning', 1, :state, 5.5, 6)"
                ),
                {"id": run_id, "key": f"k{run_id}", "state": state},
            )

    database.migrate(engine)

    with engine.connect() as c:
        rows = c.execute(sa.select(t.runs.c.id, t.runs.c.repo_name, t.runs.c.title).order_by(t.runs.c.id)).all()
    long = ("a\ufffdb?" + "x" * 400)[:300]
    assert [tuple(one) for one in rows] == [(1, "octo/app", long), (2, "", ""), (3, "", ""), (60, "octo/app", "T")]
    engine.dispose()


def test_a_timeline_comes_newest_first_a_page_at_a_time(
    engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At
) -> None:
    run = start(ledger, trigger, at, 1)
    told = [e.Published(at=at(2), surface="status", digest=str(n)) for n in range(4)]
    ledger.append(run, [*told, *(e.BaseMoved(at=at(3), sha=f"s{n}") for n in range(4))], at(3))
    pages = RunPages(engine)

    loud, older = pages.timeline(run, 3), pages.timeline(run, 3, before=7)
    every = pages.timeline(run, 100, every=True)

    assert ([row.seq for row in loud.rows], loud.total, loud.hidden, loud.more) == ([9, 8, 7], 5, 4, True)
    assert ([row.seq for row in older.rows], older.more) == ([6, 1], False)
    assert (len(every.rows), every.hidden) == (9, 0)


def test_costs_are_told_by_role(engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At) -> None:
    run = start(ledger, trigger, at, 1)
    for number, role in enumerate(("planner", "coder", "coder")):
        Archive(engine).spent(
            call=f"c{number}", run=run, role=role, model="m", usage=Usage(usd=0.5, input_tokens=3, output_tokens=2),
            seconds=1, reply="", at=at(number),
        )  # fmt: skip

    found = [(one.role, one.calls, one.input_tokens, one.output_tokens, one.usd) for one in RunPages(engine).costs(run)]
    assert found == [("planner", 1, 3, 2, 0.5), ("coder", 2, 6, 4, 1.0)]


def test_due_steps_that_no_worker_takes_are_noticed(
    engine: sa.Engine, ledger: Ledger, trigger: MakeTrigger, at: At
) -> None:
    pages, workers = RunPages(engine), WorkerRows(engine)
    assert not pages.nobody_works(at(0))
    start(ledger, trigger, at, 1)

    assert pages.nobody_works(at(10))
    workers.arrive("w", "host", "1", at(20))
    assert not pages.nobody_works(at(49))
    assert pages.nobody_works(at(51))


CHANGES = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(["ends", "waits", "goes on", "is spoken of", "begins"])), max_size=6
)
FILTERS = st.sampled_from([{}, *({"standing": one} for one in ("over", "working", "waiting")), {"outcome": "done"}])


def _change(c: sa.Connection, number: int, what: str, when: float) -> None:
    columns = {
        "ends": {"active": 0, "working": 0, "outcome": "done"},
        "waits": {"active": 1, "working": 0, "outcome": ""},
        "goes on": {"active": 1, "working": 1, "outcome": ""},
        "is spoken of": {},
    }
    if what == "begins":
        c.execute(t.runs.insert().values(**_row(1_000 + int(when)), started_at=when, updated_at=when))
    else:
        c.execute(t.runs.update().where(t.runs.c.id == number + 1).values(updated_at=when, **columns[what]))


def _row(number: int) -> dict[str, Any]:
    return {
        "id": number, "issue": number, "trigger_key": f"k{number}", "repo_id": 7, "ordinal": 1, "phase": "executing",
        "seq": 1, "state": "{}", "repo_name": "octo/app", "title": "T", "active": 1, "working": 1,
    }  # fmt: skip


@given(size=st.integers(1, 5), over=st.sets(st.integers(1, 12)), wanted=FILTERS, changes=st.lists(CHANGES, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_run_is_listed_twice_while_runs_change_between_pages(
    engine: sa.Engine, size: int, over: set[int], wanted: dict[str, Any], changes: list[list[tuple[int, str]]]
) -> None:
    """Runs end, wait, go on again, begin and get late news between any two pages of any list."""
    ended = {"active": 0, "working": 0, "outcome": "done"}
    rows = [{**_row(number), "outcome": "", **(ended if number in over else {})} for number in range(1, 13)]
    with writing(engine) as c:
        c.execute(t.runs.delete())
        c.execute(t.runs.insert(), [{**row, "started_at": 1.0, "updated_at": 1.0} for row in rows])
    seen: list[int] = []
    page, asked, when = 1, Wanted(as_of=100.0, size=size, **wanted), 100.0
    while (found := Listing(engine).page(asked)).runs:
        seen += ids(found)
        for number, what in changes[page - 1] if page <= len(changes) else ():
            when += 1
            with writing(engine) as c:
                _change(c, number, what, when)
        page += 1
        asked = asked.model_copy(update={"page": page, "after": found.last})

        assert found.more == bool(Listing(engine).page(asked).runs) or any(changes)
    assert len(seen) == len(set(seen))
    if not any(changes):
        assert len(seen) == found.total
