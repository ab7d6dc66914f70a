"""The ledger: one run an issue, events and effects in one transaction, the same ledger gives the same run."""

import json
import threading
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.attempt import Task
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.notes import Fact
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.values import Person, Usage
from otto_bot.store import tables as t
from otto_bot.store.database import StoreUnavailable, open_database
from otto_bot.store.effect_rows import REPEAT_LIMIT, EffectRows, Ticket
from otto_bot.store.ledger import Ledger, NoSuchRun, Trigger, replay

At = Callable[[float], datetime]
MakeTrigger = Callable[..., Trigger]


def effects(engine: sa.Engine) -> dict[str, tuple[str, int]]:
    with engine.connect() as c:
        rows = c.execute(sa.select(t.effects.c.key, t.effects.c.state, t.effects.c.generation)).all()
    return {row.key: (row.state, row.generation) for row in rows}


def test_a_run_starts_once(ledger: Ledger, trigger: MakeTrigger, at: At) -> None:
    """A seen trigger, or another one for an issue with an active run, starts nothing."""
    first = ledger.start(trigger(), HostCaps(), at(0))

    assert first is not None
    assert first.ordinal == 1
    assert ledger.start(trigger(), HostCaps(), at(1)) is None
    assert ledger.start(trigger(key="label/2"), HostCaps(), at(1)) is None
    other = ledger.start(trigger(issue=5, key="label/3"), HostCaps(), at(1))
    assert other is not None
    assert ledger.run_ids() == [first.id, other.id]


def test_an_issue_gets_its_next_run_when_the_last_has_ended(ledger: Ledger, trigger: MakeTrigger, at: At) -> None:
    """The ordinal counts on; the old trigger stays used."""
    first = ledger.start(trigger(), HostCaps(), at(0))
    assert first is not None
    ledger.append(first.id, [e.IssueChanged(at=at(1), what="closed")], at(1))

    assert ledger.start(trigger(), HostCaps(), at(2)) is None
    second = ledger.start(trigger(key="label/2"), HostCaps(), at(2))
    assert second is not None
    assert second.ordinal == 2
    assert ledger.run_of(7, 4) == second.id


def test_of_many_starts_in_one_moment_one_wins(
    database_url: str, engine: sa.Engine, trigger: MakeTrigger, at: At
) -> None:
    """Each thread has its own connections, like a process of its own."""
    found: list[Run | None] = []
    gate = threading.Barrier(6)

    def start(number: int) -> None:
        own = open_database(database_url)
        gate.wait()
        found.append(Ledger(own).start(trigger(key=f"label/{number % 3}"), HostCaps(), at(0)))
        own.dispose()

    threads = [threading.Thread(target=start, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert len([run for run in found if run is not None]) == 1


def test_appends_from_many_threads_are_all_kept_in_order(ledger: Ledger, run: Run, at: At) -> None:
    """No event is lost or numbered twice."""
    threads = [
        threading.Thread(target=ledger.append, args=(run.id, [e.BaseMoved(at=at(n), sha=str(n))], at(n)))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    recorded = ledger.events(run.id)
    assert [one.seq for one in recorded] == list(range(1, 14))
    assert ledger.load(run.id).base_moved == 12


def test_events_run_and_effects_are_one_transaction(ledger: Ledger, run: Run, engine: sa.Engine, at: At) -> None:
    """A failure between the event and the effect rows leaves neither."""

    def refuse(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("INSERT INTO effects", "UPDATE effects")):
            raise sa.exc.OperationalError(statement, {}, Exception("the plug was pulled"))

    before = (ledger.load(run.id), ledger.events(run.id), effects(engine))
    sa.event.listen(engine, "before_cursor_execute", refuse)
    with pytest.raises(StoreUnavailable, match="plug"):
        ledger.append(run.id, [e.IssueChanged(at=at(1), what="closed")], at(1))
    sa.event.remove(engine, "before_cursor_execute", refuse)

    assert (ledger.load(run.id), ledger.events(run.id), effects(engine)) == before


def test_the_ledger_gives_the_run_again(ledger: Ledger, run: Run, at: At) -> None:
    """Replay of what is stored equals the stored snapshot."""
    after = ledger.append(
        run.id, [e.Refused(at=at(1), reason="no"), e.BaseMoved(at=at(2), sha="x"), e.TimeUsedUp(at=at(3))], at(3)
    )

    assert replay([one.event for one in ledger.events(run.id)]) == after == ledger.load(run.id)
    assert [one.event.type for one in ledger.events(run.id, after=2)] == ["BaseMoved", "TimeUsedUp"]


def test_a_text_that_no_database_holds_is_mended_and_the_ledger_still_gives_the_run(
    ledger: Ledger, run: Run, at: At
) -> None:
    """A file name that is no UTF-8 stands in an event; NUL, which JSON escapes, stays."""
    ledger.append(run.id, [e.PersonCalled(at=at(1), wait="caf\udce9\x00")], at(1))

    assert ledger.events(run.id)[-1].event.model_dump()["wait"] == "caf\ufffd\x00"
    assert replay([recorded.event for recorded in ledger.events(run.id)]) == ledger.load(run.id)


def test_an_event_that_breaks_a_rule_is_kept_and_changes_nothing(
    ledger: Ledger, run: Run, engine: sa.Engine, at: At
) -> None:
    """The reason stands beside it. Here someone damaged the snapshot by hand."""
    task = TaskSpec(key="t1", title="x", goal="g", criteria=(Criterion(id="c1", text="c"),))
    damaged = run.model_copy(
        update={"plan": Plan(summary="s", tasks=(task,)), "tasks": {"t1": Task(key="t1")}, "order": (("t1",), ("t1",))}
    )
    with engine.begin() as c:
        c.execute(t.runs.update().values(state=damaged.model_dump_json(by_alias=True)))

    after = ledger.append(run.id, [e.BaseMoved(at=at(1), sha="x")], at(1))

    assert after == damaged
    assert ledger.events(run.id)[-1].refused == "4: a task is in two batches"


def test_a_done_effect_and_its_event_end_together(
    ledger: Ledger, rows: EffectRows, run: Run, engine: sa.Engine, at: At
) -> None:
    """`done` ends this try; what follows is due."""
    [ticket] = [one for one in rows.claim("w", at(0), 10) if "prepare" in one.key]

    ledger.append(run.id, [e.Refused(at=at(1), reason="no")], at(1), done=ticket)

    now = effects(engine)
    assert now[ticket.key] == ("done", 1)
    assert now[f"run/{run.id}/call/hold/1"] == ("due", 1)


def test_an_effect_that_never_gets_further_becomes_a_persons(
    ledger: Ledger, rows: EffectRows, run: Run, at: At
) -> None:
    """And when the person has helped it may try again as often."""
    seconds = 0.0
    for _ in range(REPEAT_LIMIT):
        seconds += 1000
        [ticket] = [one for one in rows.claim("w", at(seconds), 10) if "prepare" in one.key]
        after = ledger.append(run.id, [], at(seconds), done=ticket)

    assert after.hold is not None
    assert "8 times" in after.hold.reason
    assert not [one for one in rows.claim("w", at(seconds + 5000), 10) if "prepare" in one.key]

    person = Given(key="k", command=Command(verb="resume"), by=Person(id=1, login="anna"))
    ledger.append(run.id, [e.CommandGiven(at=at(seconds), given=person)], at(seconds))
    assert [one for one in rows.claim("w", at(seconds + 5000), 10) if "prepare" in one.key]


def test_unknown_runs_are_said_so(ledger: Ledger, at: At) -> None:
    with pytest.raises(NoSuchRun, match="99"):
        ledger.load(99)
    with pytest.raises(NoSuchRun, match="99"):
        ledger.append(99, [], at(0))
    assert ledger.run_of(7, 99) is None
    assert ledger.events(99) == []


def test_a_ticket_names_its_try() -> None:
    assert Ticket(key="run/1/plan", generation=3).id == "run/1/plan#3"


def test_verdicts_of_a_repository_lately(ledger: Ledger, trigger: MakeTrigger, at: At) -> None:
    """Over all its runs, newest first; nothing old, nothing of another repository."""
    here = ledger.start(trigger(), HostCaps(), at(0))
    there = ledger.start(trigger(issue=5, key="label/3"), HostCaps(), at(0))
    assert here is not None
    assert there is not None
    why = Failure(task="t1", attempt=1, phase=Phase.VERIFY, cause=Cause.TEST, fingerprint="f")
    for run, seconds, failure in ((here, 10, why), (there, 20, None), (here, 30, why)):
        ending = "red" if failure else "green"
        event = e.VerificationEnded(at=at(seconds), target="t1/a1", sha="s", ending=ending, failure=failure)
        ledger.append(run.id, [event], at(seconds))

    found = ledger.verdicts(here.repo.id, at(15))
    assert [(one.run, one.issue, one.ending, one.fingerprint) for one in found] == [
        (here.id, here.issue, "red", "f"),
        (there.id, 5, "green", ""),
    ]
    assert ledger.verdicts(here.repo.id + 1, at(0)) == []


def test_a_second_run_takes_over_what_the_first_spent_holds_and_was_granted(
    ledger: Ledger, run: Run, trigger: MakeTrigger, at: At
) -> None:
    """In the event that starts it, so that its ledger alone gives the same state again."""
    five = Given(key="k", command=Command(verb="budget", usd=5), by=Person(id=1, login="anna"))
    config = Config.model_validate({"budget": {"usd": 10}})
    lane, exposure = Lane(kind=LaneKind.PUSH, why="w"), Exposure(items=(), files_hash="h")
    prepared = e.Prepared(at=at(0), config=config, base_sha="b", lane=lane, exposure=exposure, prefix="otto")
    ledger.append(
        run.id,
        [
            prepared,
            e.CommandGiven(at=at(1), given=five),
            e.MoneyReserved(at=at(1), call="a", usd=2),
            e.MoneySettled(at=at(1), call="a", usage=Usage(usd=1.5)),
            e.MoneyReserved(at=at(1), call="lost", usd=0.5),
            e.IssueChanged(at=at(2), what="closed"),
        ],
        at(2),
    )
    second = ledger.start(trigger(key="label/2"), HostCaps(), at(3))
    assert second is not None
    second = ledger.append(second.id, [prepared], at(3))

    assert (second.money.inherited, second.money.granted, second.money.cap) == (2.0, 5.0, 15.0)
    assert replay([one.event for one in ledger.events(second.id)]) == second
    ledger.append(second.id, [e.IssueChanged(at=at(4), what="closed")], at(4))
    third = ledger.start(trigger(key="label/4"), HostCaps(usd=12), at(5))
    assert third is not None
    assert ledger.append(third.id, [prepared], at(5)).money.cap == 12
    other = ledger.start(trigger(issue=5, key="label/3"), HostCaps(), at(5))
    assert other is not None
    assert other.money.inherited == 0


def test_a_second_run_starts_with_what_the_first_found_out(
    ledger: Ledger, run: Run, engine: sa.Engine, trigger: MakeTrigger, at: At
) -> None:
    """Computed in the transaction that starts it, and recorded: a replay needs no other run."""
    note = Fact(kind="gotchas", text="the clock is UTC", ordinal=1, task="t1")
    old = run.model_copy(update={"notes": (note,), "outcome": Outcome.DONE, "phase": RunPhase.DONE})
    with engine.begin() as c:
        c.execute(t.runs.update().values(state=old.model_dump_json(by_alias=True), active=0))

    second = ledger.start(trigger(key="label/2"), HostCaps(), at(3))
    assert second is not None
    assert second.inherited_notes == (note,)
    assert replay([one.event for one in ledger.events(second.id)]) == second
    other = ledger.start(trigger(issue=5, key="label/3"), HostCaps(), at(5))
    assert other is not None
    assert other.inherited_notes == ()


def test_what_was_said_to_the_first_run_does_not_count_for_the_second(
    ledger: Ledger, run: Run, trigger: MakeTrigger, at: At
) -> None:
    """A clock behind GitHub's takes a word to the first run for a later one: money would be granted twice."""
    anna = Person(id=11, login="anna")
    five = Given(key="comment/5", command=Command(verb="budget", usd=5.0), by=anna)
    stop = Given(key="comment/6", command=Command(verb="stop"), by=anna)
    events = [e.CommandGiven(at=at(1), given=five), e.CommandGiven(at=at(2), given=stop)]
    assert ledger.append(run.id, events, at(2)).money.granted == 5

    second = ledger.start(trigger(key="label/2"), HostCaps(), at(3))
    assert second is not None
    after = ledger.append(second.id, events, at(3))
    assert (after.money.granted, after.ended, after.replies) == (5, False, ())
    third_word = stop.model_copy(update={"key": "comment/7"})
    assert ledger.append(second.id, [e.CommandGiven(at=at(4), given=third_word)], at(4)).ended
    assert replay([one.event for one in ledger.events(second.id)]) == ledger.load(second.id)
    third = ledger.start(trigger(key="label/3"), HostCaps(), at(5))
    assert third is not None
    assert third.seen == {"comment/5", "comment/6", "comment/7"}


def test_grants_of_a_run_from_before_they_were_counted_are_seen_in_its_cap(
    ledger: Ledger, run: Run, engine: sa.Engine, trigger: MakeTrigger, at: At
) -> None:
    old = run.model_copy(update={"prepared": True, "outcome": Outcome.CANCELLED, "phase": RunPhase.DONE,
                                 "money": run.money.model_copy(update={"cap": 17.0, "settled": 3.0})})  # fmt: skip
    state = old.model_dump(mode="json", by_alias=True)
    for name in ("inherited", "granted", "at_gates", "needed"):
        del state["money"][name]
    with engine.begin() as c:
        c.execute(t.runs.update().values(state=json.dumps(state), active=0))

    second = ledger.start(trigger(key="label/2"), HostCaps(), at(3))
    assert second is not None
    assert (second.money.inherited, second.money.granted) == (3.0, 7.0)
