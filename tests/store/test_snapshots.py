"""Snapshots without long texts: written once, read whole, never believed from outside, sound where texts are gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench.scale.life import Life, Shape
from otto_bot.core.attempt import Verification
from otto_bot.core.config import HostCaps
from otto_bot.core.events import Published, RunStarted, VerificationEnded
from otto_bot.core.evidence import EvidenceItem, Excerpt
from otto_bot.core.invariants import broken
from otto_bot.core.run import Run
from otto_bot.core.values import stored_json
from otto_bot.store import tables as t
from otto_bot.store.database import migrate, open_database
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.snapshots import MARK, _text, addresses, packed, read_whole, whole

SHAPE = Shape(tasks=4, gates=2, turns=1, judge=1, polls=1, reports=1)


@pytest.fixture(scope="module")
def life() -> Life:
    made = Life(SHAPE)
    made.live()
    return made


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_database(f"sqlite:///{tmp_path}/otto.sqlite")
    migrate(made)
    yield made
    made.dispose()


def begun(ledger: Ledger, life: Life) -> None:
    first = life.ledger[0]
    assert isinstance(first, RunStarted)
    trigger = Trigger(
        key="k", repo=first.repo, issue=first.issue, title=first.title, body=first.body, actor=first.actor
    )
    assert ledger.start(trigger, HostCaps(usd=first.caps.usd, minutes=first.caps.minutes), first.at) is not None


def state(engine: sa.Engine) -> str:
    with engine.connect() as c:
        found: str = c.execute(sa.select(t.runs.c.state)).scalar_one()
    return found


def kept(engine: sa.Engine) -> dict[str, float]:
    with engine.connect() as c:
        return {row.sha256: row.created_at for row in c.execute(sa.select(t.artifacts))}


def test_a_run_is_read_as_it_was_at_every_event(engine: sa.Engine, life: Life) -> None:
    """By the ledger that wrote it, by another one, and by one that never saw it before."""
    writer, other = Ledger(engine), Ledger(engine)
    begun(writer, life)
    for number, event in enumerate(life.ledger[1:]):
        run = (writer, other)[number % 3 == 0].append(1, [event], event.at)
        if number % 10 == 0:
            assert run == writer.load(1) == other.load(1) == Ledger(engine).load(1)
    assert run == life.run
    assert len(state(engine)) < len(stored_json(life.run)) / 3
    assert set(kept(engine)) >= addresses(Run.model_validate_json(state(engine))) != set()


def test_texts_are_kept_in_one_order_by_everybody(engine: sa.Engine, life: Life) -> None:
    """Whoever has the first one has them all before it, or waits for none that it has."""
    kept_now: list[str] = []

    def note(_c: object, _cursor: object, statement: str, values: tuple[str, ...], *_rest: object) -> None:
        if statement.startswith("INSERT INTO artifacts"):
            kept_now.append(values[0])

    sa.event.listen(engine, "before_cursor_execute", note)
    ledger = Ledger(engine)
    begun(ledger, life)
    ledger.append(1, life.ledger[1:], life.ledger[-1].at)
    assert len(kept_now) > 3
    assert kept_now == sorted(kept_now)


def test_each_text_is_kept_once(engine: sa.Engine, life: Life) -> None:
    ledger = Ledger(engine)
    begun(ledger, life)
    for event in life.ledger[1:]:
        ledger.append(1, [event], event.at)
    before = kept(engine)
    later = life.ledger[-1].at + timedelta(days=1)
    run = ledger.append(1, [Published(at=later, surface="status", digest="x")], later)
    assert kept(engine) == before
    assert ledger.load(1) is run  # remembered: not even read


def test_short_of_texts_it_is_a_sound_run(life: Life) -> None:
    short = packed(life.run).run
    read = Run.model_validate_json(stored_json(short))
    assert read == short
    assert broken(read) == ()
    assert whole(read, {}) == read  # by retention everything is gone


def test_where_one_text_is_gone_the_others_are_there(life: Life) -> None:
    short, values = packed(life.run)
    gone, *left = sorted(values)
    found = whole(short, {sha: stored_json(values[sha]) for sha in left})
    assert addresses(found) == {gone}


def test_what_looks_like_an_address_is_not_believed(engine: sa.Engine, life: Life) -> None:
    """Somebody's log names the mark and the address of another run's text: it is read as the text that it is."""
    secret = next(iter(packed(life.run).kept))
    forged = Excerpt(kind="message", source=MARK, text=secret)
    task = life.run.tasks["t1"]
    assert task.last is not None
    failure = life.run.gates[0].failures[0].model_copy(update={"excerpts": (forged,), "failing_tests": ()})
    attempt = task.last.model_copy(update={"failure": failure})
    run = life.run.with_task(task.model_copy(update={"attempts": (*task.attempts[:-1], attempt)}))
    gate = run.gates[0].model_copy(update={"evidence": (EvidenceItem(id="E1", excerpt=forged),)})
    run = run.with_gate(gate)
    short, values = packed(run)
    bodies = {sha: stored_json(value) for sha, value in values.items()}
    assert whole(Run.model_validate_json(stored_json(short)), bodies) == run


def test_a_row_that_someone_else_wrote_is_read_anew(engine: sa.Engine, life: Life) -> None:
    ledger = Ledger(engine)
    begun(ledger, life)
    run = ledger.append(1, list(life.ledger[1:4]), life.ledger[3].at)
    other = run.model_copy(update={"title": "another"})
    with engine.begin() as c:
        c.execute(t.runs.update().values(state=stored_json(other)))
    assert ledger.load(1).title == "another"
    assert ledger.append(1, [], life.ledger[3].at).title == "another"


def test_what_was_rolled_back_is_not_remembered(engine: sa.Engine, life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of a transaction that failed is written by the next one."""
    ledger = Ledger(engine)
    begun(ledger, life)
    cut = next(n for n, event in enumerate(life.ledger) if event.type == "VerificationEnded" and n > 20)
    for event in life.ledger[1:cut]:
        ledger.append(1, [event], event.at)
    before = kept(engine)
    with engine.begin() as c:
        c.execute(sa.text("CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'full'); END"))
    failing = life.ledger[cut]
    with pytest.raises(sa.exc.IntegrityError):
        ledger.append(1, [failing], failing.at)
    assert kept(engine) == before
    with engine.begin() as c:
        c.execute(sa.text("DROP TRIGGER full"))
    run = ledger.append(1, [failing], failing.at)
    assert Ledger(engine).load(1) == run


def test_a_snapshot_of_before_is_read(engine: sa.Engine, life: Life) -> None:
    """Runs in the database have their texts in the snapshot until they are written next."""
    ledger = Ledger(engine)
    begun(ledger, life)
    with engine.begin() as c:
        c.execute(t.runs.update().values(state=stored_json(life.run)))
    assert Ledger(engine).load(1) == life.run
    ledger.append(1, [], life.now)
    assert MARK in state(engine)
    with engine.connect() as c:
        assert read_whole(c, state(engine)) == life.run


def test_verifications_keep_theirs_too(life: Life) -> None:
    one: Verification = life.run.verifications["t1/a1"]
    failure = life.run.gates[0].failures[0]
    run = life.run.with_verification(one.model_copy(update={"failure": failure}))
    short, values = packed(run)
    assert short.verifications["t1/a1"].failure != failure
    assert whole(short, {sha: stored_json(value) for sha, value in values.items()}) == run


def test_the_text_is_the_text_that_pydantic_writes(life: Life) -> None:
    """Field by field, also where a value has another name in JSON."""
    run = life.run
    assert json.loads(_text(run)) == json.loads(stored_json(run))
    known = run.with_task(run.tasks["t1"].model_copy(update={"question": 'q"\\\n'}))
    assert json.loads(_text(known)) == json.loads(stored_json(known))


def test_a_text_that_had_to_be_mended_is_read_as_it_was_mended(engine: sa.Engine, life: Life) -> None:
    """In the log of a failure, by the very ledger that wrote it."""
    ledger = Ledger(engine)
    begun(ledger, life)
    for event in life.ledger[1:]:
        if isinstance(event, VerificationEnded) and event.failure is not None:
            odd = event.failure.excerpts[0].model_copy(update={"text": "half \ud800 of a pair " * 100})
            why = event.failure.model_copy(update={"excerpts": (odd,)})
            ledger.append(1, [event.model_copy(update={"failure": why})], event.at)
            break
        ledger.append(1, [event], event.at)
    failed = [task.failure for task in ledger.load(1).tasks.values() if task.failure is not None]
    assert "\ufffd" in failed[0].excerpts[0].text
    assert ledger.load(1) == Ledger(engine).load(1)
