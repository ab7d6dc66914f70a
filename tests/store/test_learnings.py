"""Learnings in a real database: proposed once, decided, counted, bounded; two writers at once; an old schema."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig

from otto_bot.core.config import Config
from otto_bot.core.learnings import LearningStatus, Proposal, Source, StoredLearning, pick
from otto_bot.core.values import Repo
from otto_bot.store import database, learnings
from otto_bot.store import tables as t
from otto_bot.store.database import migrate, open_database, schema_version
from otto_bot.store.learnings import Learnings

At = Callable[[float], datetime]
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
OTHER = REPO.model_copy(update={"id": 8, "name": "other"})
KEEP = timedelta(days=180)
PROTECTED = Config().paths.protected
P, A, F = LearningStatus.PROPOSED, LearningStatus.ACCEPTED, LearningStatus.FORGOTTEN


def proposal(text: str = "CI lacks flask", index: int = 0, **changes: Any) -> Proposal:
    source = Source(
        quote="No module named flask", place="job", url="https://x/1", sha256="a" * 64, task="t1", attempt=1
    )
    given: dict[str, Any] = {"index": index, "text": text, "run": 1, "gate": 1, "author": "pilot", "model": "m"}
    return Proposal(**{**given, "sources": (source,), **changes})


@pytest.fixture
def store(engine: sa.Engine) -> Learnings:
    return Learnings(engine)


def test_a_proposal_keeps_its_ground(store: Learnings, at: At) -> None:
    made = store.propose(REPO, proposal(scope="src/**"), at(0), KEEP)

    assert (made.name, made.status, made.scope, made.run, made.gate, made.author) == ("L1", P, "src/**", 1, 1, "pilot")
    assert made.sources == proposal().sources
    assert made.expires_at == at(0) + KEEP
    assert store.get(7, 1) == made
    assert store.get(7, 2) is None
    assert store.numbered(7, frozenset()) == []


def test_the_same_proposal_again_makes_no_second_one(store: Learnings, at: At) -> None:
    """After a crash the model is asked again: the same words, or other ones that nobody has seen the first of."""
    first = store.propose(REPO, proposal("a"), at(0), KEEP)
    again = store.propose(REPO, proposal("a"), at(9), KEEP)
    other = store.propose(REPO, proposal("b"), at(10), KEEP)

    assert again == first
    assert (other.number, other.text) == (1, "b")
    assert len(store.listed()) == 1


def test_words_that_were_told_stay_when_the_proposal_comes_again(store: Learnings, at: At) -> None:
    store.propose(REPO, proposal("a"), at(0), KEEP)
    store.used(7, 1, {(1, "t1", 2): "told"}, at(1), KEEP)

    other = store.propose(REPO, proposal("b"), at(2), KEEP)

    assert other.number == 2
    assert [row.text for row in store.listed()] == ["a", "b"]


def test_the_same_text_and_scope_is_the_known_one(store: Learnings, at: At) -> None:
    """Also from another run, in other letters, and when it was dropped; another scope or repository is another."""
    store.propose(REPO, proposal("CI lacks  Flask"), at(0), KEEP)
    store.forget(7, 1, "@anna", at(1))

    known = store.propose(REPO, proposal("ci lacks flask", run=9, index=3), at(2), KEEP)
    elsewhere = store.propose(OTHER, proposal(run=10), at(3), KEEP)
    narrower = store.propose(REPO, proposal(run=11, scope="a/**"), at(4), KEEP)

    assert (known.number, known.status, known.decided_by) == (1, F, "@anna")
    assert (elsewhere.repo, elsewhere.number) == (8, 1)
    assert narrower.number == 2


def test_accepting_by_help_and_by_a_person(store: Learnings, at: At) -> None:
    for index, text in enumerate(["a", "b", "c"]):
        store.propose(REPO, proposal(text, index, verbatim=text == "b"), at(0), KEEP)
    store.forget(7, 3, "@anna", at(1))

    helped, why = store.accept(7, 1, "helped: run 1 t1 a2", at(2), KEEP, PROTECTED, person=False)
    assert helped is not None
    assert (helped.status, helped.accepted_by, helped.accepted_at, why) == (A, "helped: run 1 t1 a2", at(2), "")
    for number in (2, 3):
        row, why = store.accept(7, number, "helped: run 1 t1 a2", at(2), KEEP, PROTECTED, person=False)
        assert row is not None
        assert row.status is not A
        assert "person" in why
        row, why = store.accept(7, number, "@anna", at(3), KEEP, PROTECTED, person=True)
        assert row is not None
        assert (row.status, why) == (A, "")
    assert store.accept(7, 99, "@anna", at(3), KEEP, PROTECTED, person=True) == (None, "unknown")
    again, _ = store.accept(7, 1, "@bob", at(9), KEEP, PROTECTED, person=True)
    assert again is not None
    assert (again.accepted_by, again.expires_at) == ("helped: run 1 t1 a2", at(9) + KEEP)


@pytest.mark.parametrize("text", ["skip the tests of billing", "edit .github/workflows/ci.yml"])
def test_what_is_unsafe_now_is_accepted_by_nobody(store: Learnings, at: At, text: str) -> None:
    store.propose(REPO, proposal(text), at(0), KEEP)

    assert store.obey(7, "keep", "L1", "anna", at(1), KEEP, PROTECTED)[0] == "learning_unsafe"
    assert store.accept(7, 1, "helped: run 1 t1 a2", at(1), KEEP, PROTECTED, person=False)[1]
    assert store.accepted(7, at(2)) == []


def test_what_people_say_is_answered(store: Learnings, at: At) -> None:
    store.propose(REPO, proposal("a"), at(0), KEEP)

    def say(verb: str, name: str = "L1", who: str = "anna") -> str:
        return store.obey(7, verb, name, who, at(1), KEEP, PROTECTED)[0]

    assert say("keep") == "learning_kept"
    assert say("keep") == "learning_kept"  # a second delivery of the same word
    assert say("keep", who="bob") == "learning_kept_already"
    assert say("forget") == "learning_dropped"
    assert say("forget", who="bob") == "learning_dropped_already"
    assert say("keep", who="bob") == "learning_kept"
    assert say("keep", "L7") == say("forget", "L7") == "nothing_learnt"


def test_a_use_counts_once_and_its_end_replaces_its_beginning(store: Learnings, at: At) -> None:
    store.propose(REPO, proposal("a"), at(0), KEEP)
    for what in ("told", "told", "failed", "failed"):
        store.used(7, 1, {(1, "t1", 2): what, (99, "t1", 2): what}, at(5), KEEP)
    store.used(7, 1, {(1, "t1", 3): "helped"}, at(6), KEEP)
    store.used(7, 2, {(1, "t1", 3): "passed"}, at(7), KEEP)

    row = store.get(7, 1)
    assert row is not None
    assert (row.used, row.helped, row.failed, row.last_used_at) == (3, 1, 1, at(7))
    assert row.expires_at == at(7) + KEEP


def test_what_is_not_used_is_not_told(store: Learnings, at: At) -> None:
    store.propose(REPO, proposal("a"), at(0), timedelta(days=1))
    store.accept(7, 1, "@anna", at(0), timedelta(days=1), PROTECTED, person=True)
    day = 86400

    assert store.accepted(7, at(day - 1))
    assert not store.accepted(7, at(day))
    store.used(7, 1, {(1, "t1", 1): "told"}, at(day - 1), timedelta(days=1))
    assert store.accepted(7, at(day))


def test_two_workers_at_once_give_each_its_number(database_url: str, engine: sa.Engine, at: At) -> None:
    gate, errors = threading.Barrier(4), []

    def work(who: int) -> None:
        own = open_database(database_url)
        gate.wait()
        try:
            for number in range(5):
                Learnings(own).propose(REPO, proposal(f"{who}/{number}", run=who, index=number), at(0), KEEP)
        except BaseException as error:  # noqa: BLE001 - the test reports it
            errors.append(error)
        own.dispose()

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert [row.number for row in Learnings(engine).listed(7)] == list(range(1, 21))


def filled(engine: sa.Engine, at: At, count: int, status: LearningStatus = A) -> None:
    base = {"repo_id": 7, "repo_name": "octo/app", "scope": "repository", "status": status.value, "verbatim": 0,
            "sources": "[]", "run_id": 1, "gate": 1, "author": "pilot", "model": "m", "created_at": at(0).timestamp(),
            "accepted_at": at(0).timestamp(), "expires_at": (at(0) + KEEP).timestamp()}  # fmt: skip
    with engine.begin() as c:
        c.execute(
            t.learnings.insert(),
            [
                {**base, "number": n, "digest": str(n), "text": f"{n} " + "x" * 200, "helped": n % 7}
                for n in range(1, count + 1)
            ],
        )


def test_two_thousand_learnings_are_handled_quickly(store: Learnings, engine: sa.Engine, at: At) -> None:
    """Read, chosen and counted in a moment, the most helpful first, within the budget of one prompt."""
    filled(engine, at, 2000)
    begun = time.process_time()

    rows = store.accepted(7, at(1))
    told = pick(rows, protected=PROTECTED, now=at(1))
    store.used(7, 1, {(one.number, "t1", 1): "told" for one in told}, at(2), KEEP)

    assert time.process_time() - begun < 3
    assert len(rows) == learnings.MOST_READ
    assert {rows[0].helped, rows[-1].helped} <= {5, 6}
    assert sum(len(one.line) for one in told) <= 3500
    assert told


def test_proposals_that_nobody_decided_make_room(
    store: Learnings, engine: sa.Engine, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learnings, "MOST_PROPOSED", 3)
    for index in range(5):
        store.propose(REPO, proposal(f"fact {index}", index), at(index), KEEP)
        if index == 0:
            store.accept(7, 1, "@anna", at(0), KEEP, PROTECTED, person=True)

    assert [row.number for row in store.listed(7)] == [1, 3, 4, 5]


def test_bringing_in_from_elsewhere(store: Learnings, at: At) -> None:
    store.propose(REPO, proposal("a"), at(0), KEEP)
    given = StoredLearning(repo=1, repo_name="x/y", number=40, text="b", status=A, accepted_by="@anna",
                           created_at=at(0), accepted_at=at(0), expires_at=at(0) + KEEP, helped=2)  # fmt: skip

    assert store.put(REPO, given)
    assert not store.put(REPO, given)
    assert not store.put(REPO, given.model_copy(update={"text": "A"}))
    row = store.get(7, 2)
    assert row is not None
    assert (row.text, row.status, row.helped, row.repo_name, row.run) == ("b", A, 2, "octo/app", None)
    assert store.repo_ids("OCTO/App") == [7]


def test_a_database_from_before_learnings_is_brought_up_with_its_data(database_url: str, at: At) -> None:
    """Whatever version it stopped at: also the one whose code took it for the newest."""
    from pathlib import Path

    made = open_database(database_url)
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with made.begin() as c:
        config.attributes["connection"] = c
        command.upgrade(config, "0001")
    with made.begin() as c:
        c.execute(t.cursors.insert().values(name="n", value="kept"))

    migrate(made)

    assert schema_version(made) == database.NEWEST
    Learnings(made).propose(REPO, proposal(), at(0), KEEP)
    with made.connect() as c:
        assert c.execute(sa.select(t.cursors.c.value)).scalar() == "kept"
    made.dispose()


def test_the_version_in_the_code_is_that_of_the_newest_migration() -> None:
    """Else a start would pass a database by that still needs a migration."""
    from pathlib import Path

    versions = (Path(database.__file__).parent / "migrations" / "versions").glob("v*.py")
    assert max(path.name[1:5] for path in versions) == database.NEWEST
