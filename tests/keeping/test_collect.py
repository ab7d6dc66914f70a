"""Retention: what is old goes, what lives stays, money outlives the ledger, what is shared stays while it is named."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.effects import scheduled
from otto_bot.core.run import Run
from otto_bot.keeping.collect import Retention, collect, collect_files
from otto_bot.keeping.housekeeping import LOOK_SECONDS, Housekeeping
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger
from otto_bot.store.sweep import Removed

At = Callable[[float], datetime]
Start = Callable[..., Run]
TABLES = {"events": t.events, "journal": t.journal, "usage": t.usage, "artifacts": t.artifacts, "runs": t.runs}


def rows(engine: sa.Engine) -> dict[str, int]:
    with engine.connect() as c:
        tables = {**TABLES, "deliveries": t.deliveries, "effects": t.effects, "cursors": t.cursors}
        return {name: c.execute(sa.select(sa.func.count()).select_from(x)).scalar_one() for name, x in tables.items()}


def gc(engine: sa.Engine, tmp_path: Path, now: datetime, *, dry: bool = False, days: float = 90) -> dict[str, Removed]:
    kept = Retention("", tmp_path / "state", days)
    found = dict(collect(engine, kept, now, lambda _before, _dry: 0, dry=dry))
    return {what: removed for what, removed in found.items() if removed.rows}


def done(engine: sa.Engine) -> None:
    """What was due of ended runs has been done."""
    with engine.begin() as c:
        c.execute(t.effects.update().values(state="done"))


def test_a_run_that_ended_long_ago_goes_and_one_that_lives_stays(
    engine: sa.Engine, start: Start, tmp_path: Path, at: At
) -> None:
    """Counted in rows and bytes; a second time there is nothing left; a dry run says the same and does nothing."""
    start(1, at(0)), start(2, at(0), ended=False), start(3, at(60))
    done(engine)
    before = rows(engine)

    said = gc(engine, tmp_path, at(100), dry=True)

    assert rows(engine) == before
    assert gc(engine, tmp_path, at(100)) == said
    assert {what: removed.rows for what, removed in said.items() if what != "effects"} == {
        "events": 4, "journal": 1, "usage": 1, "runs made slim": 1, "artifacts": 1, "cursors": 1, "spending": 1,
    }  # fmt: skip
    assert all(removed.bytes > 0 for what, removed in said.items() if what in ("events", "journal", "artifacts"))
    after = rows(engine)
    assert (after["runs"], after["journal"], after["usage"], after["artifacts"], after["cursors"]) == (3, 2, 2, 2, 2)
    assert gc(engine, tmp_path, at(101)) == {}


def test_money_of_the_issue_outlives_the_ledger(engine: sa.Engine, start: Start, tmp_path: Path, at: At) -> None:
    """The next run of the issue inherits what the first one spent; its number counts on."""
    first = start(1, at(0))
    done(engine)
    gc(engine, tmp_path, at(100))

    second = start(1, at(101), ended=False)

    assert second.ordinal == 2
    assert second.money.inherited == 0.25
    slim = Ledger(engine).load(first.id)
    assert (slim.slim, slim.ended, slim.money.settled, slim.body) == (True, True, 0.25, "")


def test_a_slim_run_writes_nothing_over_what_people_see(
    engine: sa.Engine, start: Start, tmp_path: Path, at: At
) -> None:
    """Whatever is said to it, it stays over, and its comments stay as they were."""
    run = start(1, at(0))
    done(engine)
    gc(engine, tmp_path, at(100))

    after = Ledger(engine).append(run.id, [e.IssueRelabelled(at=at(101), by="anna")], at(101))

    assert after.ended
    assert [effect for effect in scheduled(after) if effect.kind == "show"] == []


def test_a_run_whose_job_is_still_at_work_stays(engine: sa.Engine, start: Start, tmp_path: Path, at: At) -> None:
    run = start(1, at(0))
    with engine.begin() as c:
        c.execute(t.effects.update().where(t.effects.c.run_id == run.id).values(state="running"))

    gc(engine, tmp_path, at(100))

    assert Ledger(engine).events(run.id) != []


def test_what_is_shared_stays_while_someone_names_it(engine: sa.Engine, start: Start, tmp_path: Path, at: At) -> None:
    """By content: the same reply of an old run and of one that lives is one body."""
    start(1, at(0), reply=b"shared"), start(2, at(1), ended=False, reply=b"shared")
    start(3, at(0), reply=b"alone")
    done(engine)
    archive = Archive(engine)
    names = [archive.keep("reply", body, at(1)) for body in (b"shared", b"alone")]

    gc(engine, tmp_path, at(100))

    assert [archive.read(name) for name in names] == [b"shared", None]


def test_a_body_that_is_kept_again_is_young(engine: sa.Engine, start: Start, tmp_path: Path, at: At) -> None:
    start(1, at(0), reply=b"again")
    start(2, at(99), reply=b"again")
    done(engine)

    gc(engine, tmp_path, at(100))

    assert Archive(engine).read(Archive(engine).keep("reply", b"again", at(100))) == b"again"
    assert rows(engine)["artifacts"] == 1


def test_deliveries_go_after_a_week_and_only_those_that_say_nothing_more(
    engine: sa.Engine, tmp_path: Path, at: At
) -> None:
    inbox = Inbox(engine)
    for number in range(450):
        inbox.add(f"g{number}", "issues", "labeled", b"{}", at(0))
    with engine.begin() as c:
        c.execute(t.deliveries.update().where(t.deliveries.c.id > 20).values(state="done"))
        c.execute(t.deliveries.update().where(t.deliveries.c.id == 21).values(state="dead", error="x"))

    assert gc(engine, tmp_path, at(6.9)) == {}
    assert gc(engine, tmp_path, at(7.1))["deliveries"].rows == 430
    assert rows(engine)["deliveries"] == 20


def test_dead_workers_and_logs_that_are_gone_are_forgotten(engine: sa.Engine, tmp_path: Path, at: At) -> None:
    EffectRows(engine).renew("old", [], at(0))
    archive = Archive(engine)
    archive.set_cursor("passing/x", "a" * 64)
    archive.set_cursor("passing/none", "")
    archive.set_cursor("labelled/7/1", "2026")

    assert {what: removed.rows for what, removed in gc(engine, tmp_path, at(2)).items()} == {"workers": 1, "cursors": 1}
    assert archive.cursor("passing/x") is None


def folder(path: Path, days: float, at: At) -> Path:
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "file").write_bytes(b"x" * 100)
    for one in (path / "deep" / "file", path / "deep", path):
        os.utime(one, (at(days).timestamp(),) * 2)
    return path


def test_workspaces_that_nobody_goes_on_with_are_removed(
    engine: sa.Engine, start: Start, tmp_path: Path, at: At
) -> None:
    """Of runs that are over or unknown; not of one that lives, and nothing that was touched lately."""
    over, alive = start(1, at(0)), start(2, at(0), ended=False)
    work = tmp_path / "state" / "work"
    gone = [
        folder(work / name, 1, at) for name in (f"run-{over.id}-t1-a1", f"run-{over.id}-t1-a1.otto", "run-99-t1-a1")
    ]
    looked = folder(work / f"run-{alive.id}-look-abc", 0, at)
    kept = [
        folder(work / f"run-{alive.id}-t1-a1", 1, at), folder(work / "something", 0, at),
        folder(work / f"run-{over.id}-t2-a1", 1.99, at),
    ]  # fmt: skip
    (gone[0] / "deep").chmod(stat.S_IRUSR | stat.S_IXUSR)

    found = dict(collect_files(engine, Retention("", tmp_path / "state", 90), at(2)))

    assert found["workspaces"] == Removed(4, 400)
    assert [path.exists() for path in (*gone, looked)] == [False] * 4
    assert [path.exists() for path in kept] == [True] * 3


def test_a_workspace_of_a_run_that_a_newer_version_has_stays(
    engine: sa.Engine, start: Start, tmp_path: Path, at: At
) -> None:
    """And what is left of others goes all the same."""
    newer, over = start(1, at(0)), start(2, at(0))
    work = tmp_path / "state" / "work"
    kept, gone = folder(work / f"run-{newer.id}-t1-a1", 1, at), folder(work / f"run-{over.id}-t1-a1", 1, at)
    with engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == newer.id).values(version=t.runs.c.version + 1))

    assert dict(collect_files(engine, Retention("", tmp_path / "state", 90), at(2)))["workspaces"].rows == 1
    assert (kept.exists(), gone.exists()) == (True, False)


def test_mirrors_without_a_run_go_after_the_days(engine: sa.Engine, start: Start, tmp_path: Path, at: At) -> None:
    alive, lately = start(1, at(0), ended=False), start(2, at(60))
    mirrors = tmp_path / "state" / "mirrors"
    used, ended, old, young = (
        folder(mirrors / f"{n}-octo-app.git", d, at) for n, d in ((7, 0), (6, 0), (8, 0), (9, 50))
    )
    with engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == lately.id).values(repo_id=6))

    found = dict(collect_files(engine, Retention("", tmp_path / "state", 90), at(100)))

    assert alive.repo.id == 7
    assert found["mirrors"].rows == 1
    assert [path.exists() for path in (used, ended, old, young)] == [True, True, False, True]


@pytest.mark.parametrize("leads", [True, False])
def test_it_is_done_once_a_day_by_the_leader(
    engine: sa.Engine, start: Start, tmp_path: Path, at: At, leads: bool
) -> None:
    """Not in a worker's first minutes, and not twice a day, also after a restart."""
    start(1, at(0))
    done(engine)
    asked: list[datetime] = []
    now = at(100)

    def forget(before: datetime, _dry: bool) -> int:
        asked.append(before)
        return 0

    def made() -> Housekeeping:
        kept = Retention("", tmp_path / "state", 90)
        return Housekeeping(engine, kept, forget, lambda _at: leads, lambda: False, lambda: now)

    first = made()
    first.look()
    assert asked == []
    for days in (100.1, 100.2, 101.2):
        now = at(days)
        first.look()
    again = made()
    now = at(101.2 + LOOK_SECONDS / 86_400)
    again.look()

    assert asked == ([at(98.1), at(99.2)] if leads else [])
    asked.clear()
    now = at(50)  # the clock is set back
    set_back = made()
    for days in (50.1, 50.2):
        now = at(days)
        set_back.look()
    assert asked == ([at(48.1)] if leads else [])


def test_logs_that_pages_showed_go_when_nobody_reads_them(engine: sa.Engine, tmp_path: Path, at: At) -> None:
    """After a week, or earlier where less is kept; what a process that is gone left half done after a day."""
    logs = tmp_path / "state" / "logs"
    logs.mkdir(parents=True)
    for name, days in (("job-1", 9), ("job-2", 3)):
        for ending in (".log", ".json"):
            (logs / f"{name}{ending}").write_bytes(b"x" * 10)
        seen = at(10 - days).timestamp()
        os.utime(logs / f"{name}.log", (seen, seen))
        os.utime(logs / f"{name}.json", (0, 0))
    for name, days in (("job-3.1.part", 2), ("job-4.1.part", 0.5)):
        (logs / name).write_bytes(b"x")
        os.utime(logs / name, (at(10 - days).timestamp(),) * 2)
    kept = Retention("", tmp_path / "state", 90)

    dry = dict(collect_files(engine, kept, at(10), dry=True))
    found = dict(collect_files(engine, kept, at(10)))

    assert dry["logs"] == found["logs"] == Removed(3, 21)
    assert {path.name for path in logs.iterdir()} == {"job-2.log", "job-2.json", "job-4.1.part"}
    assert dict(collect_files(engine, Retention("", tmp_path / "state", 2), at(10)))["logs"] == Removed(2, 20)
