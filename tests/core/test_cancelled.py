"""Who cancelled a run, and what follows: a person pauses, a group makes heads go one at a time, else once more."""

import pytest
from core_builders import T0, applied, at, ended, executing, failure, fold, gate, plan, posted, said, to_verifying

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.asks import ask_after_reruns
from otto_bot.core.attempt import BASELINE, Task, Verification
from otto_bot.core.cancelled import By, CancelledBy, RunOf, cancelled_by, why_cancelled, words
from otto_bot.core.decision import Action
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.run import Run

GROUP = "Canceling since a higher priority waiting request for 'ci' exists"
MINE, OTHER = RunOf(branch="b"), RunOf(branch="x")


@pytest.mark.parametrize(
    ("notes", "jobs", "newer", "found"),
    [
        (["The run was canceled by @mona."], 1, [], CancelledBy(by="person", who="mona")),
        (
            ["The operation was canceled.", "The run was canceled by @mo-na"],
            2,
            [OTHER],
            CancelledBy(by="person", who="mo-na"),
        ),
        ([GROUP, "The operation was canceled."], 1, [OTHER], CancelledBy(by="group", who="ci")),
        (
            ["Canceling since a higher priority waiting request for a b exists"],
            1,
            [],
            CancelledBy(by="group", who="a b"),
        ),
        ([GROUP], 1, [OTHER, MINE], CancelledBy(by="newer_head", who="ci")),
        (["Canceling since a deadlock was detected for concurrency group"], 1, [], CancelledBy(by="group")),
        ([], 0, [OTHER], CancelledBy(by="group", who="pool")),
        ([], 0, [MINE], CancelledBy(by="newer_head", who="pool")),
        ([], 0, [], CancelledBy()),
        (["The operation was canceled."], 1, [OTHER], CancelledBy()),
        (["it says: The run was canceled by @mona."], 1, [], CancelledBy()),
        (["The run was canceled by @github-actions[bot]."], 1, [], CancelledBy()),
        (["The run was canceled by @otto[bot].", GROUP], 1, [OTHER], CancelledBy(by="group", who="ci")),
    ],
)
def test_who_it_was(notes: list[str], jobs: int, newer: list[RunOf], found: CancelledBy) -> None:
    assert why_cancelled(notes, jobs=jobs, newer=newer, branch="b", shares="pool") == found


@pytest.mark.parametrize("by", ["person", "group", "newer_head", "unknown"])
def test_a_failure_keeps_it(by: By) -> None:
    found = CancelledBy(by=by, who="x@y" if by == "group" else "")
    assert cancelled_by(cancelled(by, found.who)) == found
    assert "{" not in words(found)


def test_other_failures_say_nothing_of_it() -> None:
    assert cancelled_by(None) is None
    assert cancelled_by(failure("t1", cause=Cause.CANCELLED)) is None


def cancelled(by: By, who: str = "", task: str = "t1", attempt: int = 1) -> Failure:
    found = CancelledBy(by=by, who=who)
    return failure(task, attempt, Cause.CANCELLED, conclusion=found.conclusion, detail=words(found))


def after(by: By, who: str = "") -> Run:
    run = fold(executing(plan("t1", "t2")), *to_verifying("t1"), *to_verifying("t2"))
    return fold(run, ended("t1", ending="cancelled", why=cancelled(by, who)))


def test_a_person_pauses_the_run_and_the_jobs_run_again_once_it_goes_on() -> None:
    run = after("person", "mona")
    assert run.hold is not None
    assert (run.hold.kind, run.hold.reason) == ("paused", "@mona cancelled the workflow run of t1/a1")
    assert EffectKind.GATE not in {one.kind for one in scheduled(run)}
    run = fold(run, said("/otto resume"), ended("t2", ending="red"))
    assert run.hold is None
    made = policy.fixed_move(run.task("t1"), cancelled("person", "mona"))
    assert made is not None
    assert made.action is Action.RERUN


@pytest.mark.parametrize("by", ["group", "newer_head", "unknown"])
def test_nobody_else_pauses_it(by: By) -> None:
    assert after(by).hold is None


def test_a_group_is_remembered_by_its_name() -> None:
    assert after("group", "ci").serial == "ci"
    assert after("group").serial == "concurrency"
    assert after("unknown").serial == ""


@pytest.mark.parametrize(("by", "most"), [("person", 2), ("group", 2), ("newer_head", 1), ("unknown", 1)])
def test_how_often_it_runs_again_uncharged(by: By, most: int) -> None:
    why = cancelled(by, "ci")
    for count in range(3):
        task = Task(key="t1", reruns={"cancelled": count}, rerun_count=count)
        made = policy.fixed_move(task, why)
        assert made is not None
        assert made.action is (Action.RERUN if count < most else Action.ASK)
    assert Cause.CANCELLED in policy.UNCHARGED


def test_the_move_says_that_heads_go_one_at_a_time() -> None:
    made = policy.fixed_move(Task(key="t1"), cancelled("group", "ci"))
    assert made is not None
    assert "the same concurrency group `ci`" in made.reason
    assert "from now on one commit is verified at a time" in made.reason


def test_the_question_names_the_group_and_the_remedy() -> None:
    said = ask_after_reruns("t1", cancelled("group", "ci"), 2)
    assert "group `ci`" in said
    assert "`queue: max`" in said
    assert "Who or what cancels" in ask_after_reruns("t1", cancelled("unknown"), 1)


def base_of(run: Run) -> Verification:
    return run.verifications[BASELINE]


def waits(key: str = "t1") -> e.VerificationPolled:
    return e.VerificationPolled(at=T0, target=f"{key}/a1", next_at=at(60), waiting=WAITS_FOR_BASE)


def test_a_base_that_was_cancelled_is_verified_once_a_head_needs_its_verdict() -> None:
    run = fold(executing(plan("t1"), baseline="cancelled"), *to_verifying("t1"))
    assert base_of(run).ending == "cancelled"
    assert not [one for one in scheduled(run) if one.kind is EffectKind.RERUN]
    run = fold(run, waits())
    (again,) = [one for one in scheduled(run) if one.kind is EffectKind.RERUN]
    assert (again.target, base_of(run).round, base_of(run).ending) == (BASELINE, 2, None)
    run = fold(run, e.JobsRerun(at=T0, target=BASELINE, round=2))
    assert not base_of(run).rerun_due
    run = fold(run, waits())
    over = e.VerificationEnded(at=at(9), target=BASELINE, sha=base_of(run).sha, ending="cancelled")
    run = fold(run, over)
    assert run.verifications["t1/a1"].next_at == at(9)
    assert base_of(fold(run, waits())).ending == "cancelled"  # not a third time


@pytest.mark.parametrize("ending", ["green", "red", "timed_out"])
def test_a_base_that_had_its_say_is_not_asked_again(ending: str) -> None:
    run = fold(executing(plan("t1"), baseline=ending), *to_verifying("t1"), waits())
    assert base_of(run).ending == ending


def test_a_rerun_is_decided_posted_and_applied_as_ever() -> None:
    run = fold(after("group", "ci"), ended("t2", ending="red", why=cancelled("group", "ci", "t2")))
    run = applied(posted(gate(run, {"t1": "rerun", "t2": "rerun"})))
    assert [run.verifications[f"{key}/a1"].rerun_due for key in ("t1", "t2")] == [True, True]
