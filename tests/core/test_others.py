"""Commits of others on Otto's branches are part of what is verified; a pull request that they close is opened again."""

from __future__ import annotations

from typing import Any

import pytest
from core_builders import (
    T0,
    at,
    ended,
    executing,
    failure,
    fold,
    judged,
    plan,
    said,
    started,
    to_failed,
    to_verified,
    to_verifying,
)

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause
from otto_bot.core.others import watched
from otto_bot.core.run import Outcome, Run
from otto_bot.core.waits import waits_for

ONE, TWO = plan("t1"), plan("t1", "t2")
THEIRS = e.RunBranchMoved(at=at(30), sha="theirs", tree="tree-theirs", by="bob")
CLOSED = e.PullRequestClosed(at=at(40), merged=False, by="bob")
OPEN = e.PullRequestReopened(at=at(50), by="bob")


def keys(run: Run, kind: EffectKind) -> list[str]:
    return [effect.key for effect in scheduled(run) if effect.kind is kind]


def with_them(run: Run) -> Run:
    """The push took their commits in."""
    where: dict[str, Any] = {"at": at(31), "task": "t1", "attempt": 1, "sha": "theirs"}
    return fold(run, e.AttemptRenewed(**where, tree="tree-theirs"), e.AttemptPushed(**where))


@pytest.mark.parametrize("judging", [False, True])
def test_what_is_verified_on_the_run_branch_takes_their_commits_in(judging: bool) -> None:
    before = fold(executing(ONE), *to_verifying("t1"), *([ended("t1")] if judging else []))
    run = fold(before, THEIRS)

    assert (run.head, run.task("t1").state) == ("theirs", TaskState.CODING)
    assert keys(run, EffectKind.PUSH) == ["run/1/push/t1/a1/t1"]
    run = with_them(run)
    assert run.verifications["t1/a1"].sha == "theirs"
    assert keys(run, EffectKind.VERIFY) == ["run/1/verify/t1/a1/t1/n1/p0"]
    assert len(run.task("t1").attempts) == 1


def test_an_old_answer_merges_nothing_and_a_new_one_does() -> None:
    run = fold(executing(ONE), *to_verifying("t1"), THEIRS)
    assert fold(run, ended("t1"), judged("t1")).task("t1").state is TaskState.CODING
    run = fold(with_them(run), e.VerificationEnded(at=at(60), target="t1/a1", sha="theirs", ending="green"))
    assert keys(run, EffectKind.JUDGE) == ["run/1/judge/t1/a1/t1/h0"]
    run = fold(run, judged("t1"))
    assert (run.task("t1").state, run.task("t1").merged_sha, run.outcome) == (TaskState.MERGED, "theirs", Outcome.DONE)


def test_a_coder_at_work_is_not_disturbed() -> None:
    before = fold(executing(ONE), started("t1"))
    assert fold(before, THEIRS).tasks == before.tasks


def test_with_branches_of_their_own_tasks_go_on() -> None:
    before = fold(executing(TWO), *to_verifying("t1"))
    run = fold(before, THEIRS)
    assert (run.tasks, run.head) == (before.tasks, "theirs")


@pytest.mark.parametrize(
    ("run", "looked_at"),
    [
        (fold(executing(TWO), started("t1")), []),
        (fold(executing(TWO), *to_verifying("t1"), started("t2")), ["t1"]),
        (fold(executing(TWO), *to_verifying("t1"), ended("t1")), ["t1"]),
        (fold(executing(TWO), *to_verified("t1"), *to_verifying("t2")), ["t1", "t2"]),
        (fold(executing(TWO), *to_verified("t1"), said("/otto stop")), []),
        (fold(executing(TWO), *to_failed("t1")), []),
        (fold(executing(ONE), *to_verifying("t1")), []),
    ],
    ids=["coding", "verifying", "judging", "verified", "stopped", "failed", "on the run branch"],
)
def test_branches_are_looked_at_that_would_take_in_what_is_pushed(run: Run, looked_at: list[str]) -> None:
    last = {task.last: key for key, task in run.tasks.items() if task.last is not None}
    assert [last[one] for one in watched(run)] == looked_at


def test_it_is_told_up_to_where_and_how_often() -> None:
    run = fold(executing(ONE), THEIRS, THEIRS, THEIRS.model_copy(update={"sha": "more", "by": ""}))
    assert run.others is not None
    assert (run.others.sha, run.others.by, run.others.count) == ("more", "", 2)


@pytest.mark.parametrize(
    ("lived", "again"),
    [
        (to_verifying("t1"), True),
        ([*to_verifying("t1"), ended("t1")], True),
        (to_verified("t1"), True),
        ([started("t1")], False),
        ([*to_verified("t1"), *to_verified("t2")], False),
    ],
    ids=["verifying", "judging", "verified", "coding", "integrating"],
)
def test_a_tasks_own_branch(lived: list[e.RunEvent], again: bool) -> None:
    before = fold(executing(TWO), *lived)
    run = fold(before, e.AttemptBranchMoved(at=at(30), task="t1", attempt=1, sha="theirs", by="bob"))
    assert keys(run, EffectKind.PUSH) == (["run/1/push/t1/a1/t1"] if again else [])
    assert (run.others is not None) is again


def test_a_move_of_an_older_attempts_branch_is_nothing() -> None:
    before = fold(executing(TWO), *to_verifying("t1"))
    for moved in ({"attempt": 2}, {"task": "t9"}, {"sha": "sha-t1-1"}):
        given = {"at": T0, "task": "t1", "attempt": 1, "sha": "theirs", **moved}
        assert fold(before, e.AttemptBranchMoved.model_validate(given)) is before


def test_whoever_closes_it_is_told_once_and_nothing_else_happens() -> None:
    run = fold(executing(ONE), *to_verifying("t1"), CLOSED)

    wait = waits_for(run)
    assert wait is not None
    assert (wait.key, wait.kind, wait.reply, wait.since) == ("hold/1", "closed", "/otto resume", None)
    assert "by bob" in wait.question
    assert keys(run, EffectKind.CALL) == ["run/1/call/hold/1"]
    run = fold(run, e.PersonCalled(at=at(41), wait=wait.key), CLOSED)
    assert keys(run, EffectKind.CALL) == []
    assert {effect.kind for effect in scheduled(run)} <= {EffectKind.SHOW, EffectKind.TIME_UP}


def test_a_word_lets_otto_open_it_and_only_then_work_goes_on() -> None:
    run = fold(executing(ONE), *to_verifying("t1"), CLOSED, said("/otto resume", seconds=45))
    assert (run.hold, keys(run, EffectKind.REOPEN)) == (None, ["run/1/reopen/h1"])
    assert keys(run, EffectKind.VERIFY) == []
    run = fold(run, e.PullRequestReopened(at=at(46)))
    assert (keys(run, EffectKind.REOPEN), len(keys(run, EffectKind.VERIFY))) == ([], 1)


def test_to_open_it_again_is_a_word_of_whoever_may_write() -> None:
    run = fold(executing(ONE), CLOSED)
    assert fold(run, OPEN).hold is None
    still = fold(run, OPEN.model_copy(update={"goes_on": False}))
    assert (still.hold is not None, still.pull_closed) == (True, False)
    assert keys(fold(still, said("/otto resume")), EffectKind.REOPEN) == []


def test_where_github_does_not_let_it_be_opened_a_person_is_asked() -> None:
    run = fold(executing(ONE), CLOSED, said("/otto resume", seconds=45))
    failed = e.EffectFailed(at=at(46), key="run/1/reopen/h1", kind="reopen", message="it is gone", retry_at=None)
    run = fold(run, failed)
    wait = waits_for(run)
    assert wait is not None
    assert (wait.kind, wait.question) == ("hold", "it is gone")
    assert fold(run, OPEN).hold is None


def test_a_run_that_rests_already_opens_it_when_it_goes_on() -> None:
    run = fold(executing(ONE), said("/otto pause"), CLOSED)
    assert (run.rests, waits_for(run)) == (1, None)
    assert keys(fold(run, said("/otto resume", seconds=50)), EffectKind.REOPEN) == ["run/1/reopen/h1"]


def test_a_run_that_is_over_does_not_mind() -> None:
    run = fold(executing(ONE), said("/otto stop"))
    assert fold(run, CLOSED) is run


def test_a_refused_push_gets_a_fresh_branch_once_and_then_a_person() -> None:
    from otto_bot.core.policy import fixed_move

    run = fold(executing(TWO), started("t1"))
    why = failure("t1", 1, Cause.PUSH_REJECTED, detail="workflow_scope: refusing to allow a GitHub App to create …")
    run = fold(run, e.AttemptFailed(at=T0, task="t1", attempt=1, failure=why))
    move = fixed_move(run.task("t1"), why)
    assert move is not None
    assert move.action.value == "restart_fresh"
