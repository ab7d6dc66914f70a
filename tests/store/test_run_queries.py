"""Which run is active: a done run is again from the moment it was reviewed, and never beside another of its issue."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.reviews import Review
from otto_bot.core.run import Outcome, Run
from otto_bot.core.values import Person
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.run_queries import OtherRunActive

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # makers of plans, runs and events
import core_builders as b

At = Callable[[float], datetime]
REVIEW = e.ReviewGiven(at=b.T0, review=Review(id=9, by=Person(id=3, login="rosa"), body="Two things."))


def done(ledger: Ledger, run: Run) -> Run:
    """A run whose tasks are all merged and whose pull request waits for people."""
    opened = e.PullRequestOpened(at=b.T0, number=2, node_id="n", head_sha="head", head_tree="tree-head")
    green = e.VerificationEnded(at=b.T0, target="baseline", sha="head", ending="green")
    first = [b.prepared(b.config(plan={"approval": "never"})), e.PlanMade(at=b.T0, number=0, plan=b.plan("t1", "t2"))]
    both = [*b.to_verified("t1"), *b.to_verified("t2")]
    run = ledger.append(run.id, [*first, e.PlanPosted(at=b.T0, revision=1, comment_id=5), opened, green, *both], b.T0)
    where: dict[str, Any] = {"at": b.T0, "batch": 1, "step": 1, "tasks": ("t1", "t2"), "sha": "m", "tree": "tree-t2-1"}
    run = ledger.append(run.id, [e.CandidateBuilt(**where), e.TasksMerged(**where)], b.T0)
    assert run.outcome is Outcome.DONE
    return run


def test_a_review_makes_a_done_run_active_at_once(ledger: Ledger, run: Run, at: At) -> None:
    done(ledger, run)
    assert (ledger.active_runs(), ledger.active_run(7, 4), ledger.done_lately(at(-60), 5)) == ([], None, [run.id])
    ledger.append(run.id, [REVIEW], at(1))

    assert (ledger.active_runs(), ledger.active_run(7, 4), ledger.done_lately(at(-60), 5)) == ([run.id], run.id, [])


def test_no_second_run_starts_beside_it(ledger: Ledger, run: Run, trigger: Callable[..., Trigger], at: At) -> None:
    done(ledger, run)
    ledger.append(run.id, [REVIEW], at(1))
    assert ledger.start(trigger(key="label/2"), HostCaps(), at(2)) is None


def test_beside_another_run_it_is_refused_and_nothing_is_written(
    ledger: Ledger, run: Run, trigger: Callable[..., Trigger], at: At
) -> None:
    before = done(ledger, run)
    other = ledger.start(trigger(key="label/2"), HostCaps(), at(1))
    assert other is not None
    with pytest.raises(OtherRunActive) as caught:
        ledger.append(run.id, [REVIEW], at(2))

    assert caught.value.run_id == other.id
    assert ledger.load(run.id) == before
    assert not [item for item in ledger.events(run.id) if isinstance(item.event, e.ReviewGiven)]
    assert [one.id for one in ledger.runs_of_issue(7, 4)] == [run.id, other.id]


def test_a_run_that_only_improves_starts_with_its_review(
    ledger: Ledger, trigger: Callable[..., Trigger], at: At
) -> None:
    made = trigger().model_copy(update={"kind": "improve", "review": REVIEW.review})
    run = ledger.start(made, HostCaps(), at(0))
    assert run is not None
    assert (ledger.load(run.id).kind, ledger.load(run.id).reviews[0].tasks) == ("improve", ("t1",))


def test_old_runs_that_are_done_are_not_looked_at_for_ever(ledger: Ledger, run: Run, at: At) -> None:
    done(ledger, run)
    assert ledger.done_lately(at(60), 5) == []
    assert ledger.done_lately(at(-60), 0) == []


def test_where_runs_stand_is_told_for_those_that_are_open_or_barred(ledger: Ledger, run: Run, at: At) -> None:
    """One that lost its repository is over, and still waits for it; a repository that moves takes its runs along."""
    old, new = run.repo.installation_id, run.repo.installation_id + 1
    assert [(*one,) for one in ledger.standings()] == [(old, 7, frozenset())]
    ledger.append(run.id, [e.Barred(at=at(1), by="archived"), e.Barred(at=at(2), by="suspended")], at(2))
    assert [one.barred for one in ledger.standings()] == [{"archived", "suspended"}]
    moved = run.repo.model_copy(update={"installation_id": new, "owner": "acme"})
    ledger.append(run.id, [e.RepositoryMoved(at=at(3), repo=moved), e.Barred(at=at(4), by="removed")], at(4))
    assert ledger.active_runs() == []
    assert [(*one,) for one in ledger.standings()] == [(new, 7, frozenset({"archived", "suspended", "removed"}))]
    assert (ledger.standing_in(7), ledger.standing_in(8)) == ([run.id], [])
    over = [e.Unbarred.model_validate({"at": at(5), "by": by}) for by in ("archived", "suspended", "removed")]
    ledger.append(run.id, over, at(5))
    assert ledger.standings() == []
    assert ledger.standing_in(7) == []
