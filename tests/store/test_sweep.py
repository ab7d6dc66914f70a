"""What retention deletes, on both databases, and beside others that are at work: the rest is in tests/keeping."""

import threading
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.run import Run
from otto_bot.core.values import Usage
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.sweep import Sweep
from otto_bot.store.versions import CODE_VERSION

At = Callable[[float], datetime]
DAY = 86_400.0
PATIENCE = 0.7
"""Seconds for a write that nothing holds up."""


def over(engine: sa.Engine, ledger: Ledger, run: Run, at: datetime) -> None:
    """The run has ended, with something of everything."""
    archive = Archive(engine)
    digest = archive.keep("reply", b"reply", at)
    archive.spent(call="c", run=run.id, role="planner", model="m", usage=Usage(), seconds=1, reply=digest, at=at)
    archive.save_turn(f"run/{run.id}/code/t1/a1", 1, b"turn", at, pack=b"pack")
    archive.save_turn(f"run/{run.id}0/code/t1/a1", 1, b"of another run", at)
    archive.keep_pack("a" * 40, run.id, b"pack", [], at)
    archive.set_cursor(f"comments/{run.id}", "x")
    reserved = e.MoneyReserved(at=at, call="1", usd=0.25)
    ledger.append(run.id, [reserved, e.IssueChanged(at=at, what="closed")], at)
    with engine.begin() as c:
        c.execute(t.effects.update().values(state="done"))


def sweep(engine: sa.Engine, now: datetime, *, dry: bool = False) -> dict[str, int]:
    """What went, in rows."""
    one = Sweep(engine, dry=dry)
    found = {**one.runs(now), "artifacts": one.artifacts(now), "cursors": one.cursors(), "workers": one.workers(now)}
    return {what: removed.rows for what, removed in found.items() if removed.rows}


def test_all_of_a_run_that_is_over_goes_and_nothing_of_another(
    engine: sa.Engine, ledger: Ledger, run: Run, at: At
) -> None:
    over(engine, ledger, run, at(1))
    said = sweep(engine, at(DAY), dry=True)
    assert sweep(engine, at(DAY)) == said
    assert {what: number for what, number in said.items() if what != "effects"} == {
        "journal": 1, "events": 3, "usage": 1, "packs": 1, "open calls": 1, "runs made slim": 1, "artifacts": 1,
        "cursors": 1,
    }  # fmt: skip
    assert Archive(engine).turns(f"run/{run.id}0/code/t1/a1") == [b"of another run"]


def test_what_is_said_while_a_run_is_swept_is_not_lost(engine: sa.Engine, ledger: Ledger, run: Run, at: At) -> None:
    """It waits for the end of the sweep; or else the slim run, made of the older one, would be written over it."""
    over(engine, ledger, run, at(1))
    settled = e.MoneySettled(at=at(2), call="1", usage=Usage(usd=0.125))
    saying = threading.Thread(target=ledger.append, args=(run.id, [settled], at(2)))

    def meanwhile(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM events"):
            saying.start()
            saying.join(PATIENCE)

    sa.event.listen(engine, "before_cursor_execute", meanwhile)
    sweep(engine, at(DAY))
    sa.event.remove(engine, "before_cursor_execute", meanwhile)
    saying.join(20)

    assert ledger.load(run.id).money.settled == 0.125


def test_a_run_of_a_newer_version_is_left_to_it(engine: sa.Engine, ledger: Ledger, run: Run, at: At) -> None:
    """What this version does not know of its state would be lost."""
    over(engine, ledger, run, at(1))
    with engine.begin() as c:
        c.execute(t.runs.update().values(version=CODE_VERSION + 1))
    assert sweep(engine, at(DAY)) == {}


def test_a_run_that_cannot_be_read_is_kept_and_holds_up_no_other(
    engine: sa.Engine, ledger: Ledger, run: Run, trigger: Callable[..., Trigger], at: At
) -> None:
    other = ledger.start(trigger(issue=5, key="k5"), HostCaps(), at(0))
    assert other is not None
    over(engine, ledger, run, at(1))
    ledger.append(other.id, [e.IssueChanged(at=at(1), what="closed")], at(1))
    with engine.begin() as c:
        c.execute(t.effects.update().values(state="done"))
        c.execute(t.runs.update().where(t.runs.c.id == run.id).values(state="{}"))
    assert sweep(engine, at(DAY))["runs made slim"] == 1
    assert len(ledger.events(run.id)) == 3
    assert ledger.events(other.id) == []
