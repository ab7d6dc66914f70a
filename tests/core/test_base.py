"""Held tasks: the default branch moves, is taken in and verified, and they go on by a posted decision of the rules."""

from collections import Counter

import pytest
from core_builders import (
    T0,
    applied,
    at,
    coded,
    config,
    executing,
    failure,
    fold,
    gate,
    judged,
    merge_all,
    plan,
    posted,
    pushed,
    said,
    spec,
    started,
    states,
    to_failed,
    to_verified,
)  # fmt: skip
from core_lives import lived, run_of

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.attempt import BASELINE
from otto_bot.core.decision import Action, Decider
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause
from otto_bot.core.run import GateState, Outcome, Run
from otto_bot.core.waits import waits_for

PLAN = plan("t1", "t2", spec("t3", "t1"))


def held(cause: Cause = Cause.BASE_RED, **changes: object) -> Run:
    """t1 failed as its base does and is held, t2 is merged, t3 waits for t1; the run rests."""
    run = fold(executing(PLAN, baseline="red"), *to_failed("t1", cause=cause, **changes), *to_verified("t2"))
    run = gate(merge_all(run), {"t1": "hold"}, [])
    run = applied(fold(posted(run), said("/otto approve")))
    assert (run.outcome, states(run)) == (Outcome.NEEDS_HUMAN, {"t1": "held", "t2": "merged", "t3": "blocked"})
    return run


def moved(sha: str = "new-base") -> e.BaseMoved:
    return e.BaseMoved(at=at(10), sha=sha)


def taken(sha: str = "merge", base: str = "new-base", asked: str = "new-base") -> e.BaseTaken:
    return e.BaseTaken(at=at(20), asked=asked, base_sha=base, sha=sha, tree=f"tree-{sha}")


def baseline(ending: str, sha: str = "merge") -> e.VerificationEnded:
    return e.VerificationEnded.model_validate({"at": at(30), "target": BASELINE, "sha": sha, "ending": ending})


def kinds(run: Run) -> set[EffectKind]:
    """What is due for the work itself."""
    shown = {EffectKind.SHOW, EffectKind.CALL, EffectKind.TIME_UP, EffectKind.REPLY, EffectKind.TIDY}
    return {effect.kind for effect in scheduled(run)} - shown


def test_nothing_happens_while_the_base_stands_still() -> None:
    assert kinds(held()) == set()


def test_a_base_that_moved_is_taken_in_verified_and_reopens() -> None:
    run = fold(held(), moved())
    (effect,) = [one for one in scheduled(run) if one.kind is EffectKind.TAKE_BASE]
    assert (effect.key, effect.target) == (f"run/1/base/new-base/on/{run.head}/h{run.rests}", "new-base")
    run = fold(run, taken())
    assert (run.head, run.head_tree) == ("merge", "tree-merge")
    assert run.verifications[BASELINE].started_at == at(20)
    assert kinds(run) == {EffectKind.VERIFY}

    run = fold(run, baseline("green"))
    decided = run.gates[-1]
    assert (decided.state, decided.tasks) == (GateState.DECIDED, ("t1",))
    assert decided.decision is not None
    assert decided.decision.decided_by is Decider.RULES
    assert [move.action for move in decided.decision.moves] == [Action.RETRY]
    assert decided.decision.batches == (("t1",), ("t3",))
    assert kinds(run) == {EffectKind.POST_DECISION}
    assert applied(run) == run

    run = posted(run, 40)
    assert run.gates[-1].deadline == at(40 + 120)
    run = applied(run, 200)
    assert (run.outcome, states(run)) == (None, {"t1": "reopened", "t2": "merged", "t3": "pending"})
    assert kinds(run) == {EffectKind.CODE}


def test_a_repository_that_approves_every_retry_plan_approves_this_one_too() -> None:
    always = config(pilot={"approval": "always"})
    run = fold(executing(plan("t1"), always, baseline="red"), *to_failed("t1", cause=Cause.BASE_RED))
    run = applied(fold(posted(gate(run, {"t1": "hold"}, [])), said("/otto approve")))
    run = posted(fold(run, moved(), taken(), baseline("green")))
    wait = waits_for(run)
    assert wait is not None
    assert wait.kind == "gate"


@pytest.mark.parametrize("ending", ["red", "timed_out", "neutral", "no_ci", "blocked", "cancelled"])
def test_a_base_that_is_not_green_holds_until_the_next(ending: str) -> None:
    run = fold(held(), moved(), taken(), baseline(ending))
    assert states(run)["t1"] == "held"
    assert "still not green" in run.task("t1").question
    assert kinds(run) == set()
    run = fold(run, moved("third"))
    assert kinds(run) == {EffectKind.TAKE_BASE}
    run = fold(run, taken("merge2", "third", "third"), baseline("green", "merge2"))
    assert kinds(run) == {EffectKind.POST_DECISION}


def test_what_the_base_broke_uses_up_no_attempt() -> None:
    run = held()
    assert policy.charged(run.task("t1")) == 0
    run = held(Cause.TEST, pre_existing=True)
    assert policy.charged(run.task("t1")) == 0
    run = applied(posted(fold(run, moved(), taken(), baseline("green"))))
    assert (run.task("t1").granted, policy.attempts_left(run, run.task("t1"))) == (0, 3)


def test_a_task_that_only_seems_to_fail_like_its_base_goes_round_a_bounded_number_of_times() -> None:
    run, actions = held(), []
    for n in range(2, 5):
        run = fold(run, moved(f"base-{n}"), taken(f"m{n}", f"base-{n}", f"base-{n}"), baseline("green", f"m{n}"))
        run = applied(posted(run))
        run = fold(run, *to_failed("t1", n, cause=Cause.BASE_RED))
        why = run.task("t1").failure
        assert why is not None
        move = policy.fixed_move(run.task("t1"), why)
        assert move is not None
        actions.append(move.action)
        run = applied(fold(posted(gate(run, {"t1": move.action.value}, [])), said("/otto approve", key=f"y{n}")))
        assert kinds(run) == set(), "a green base reopens once"
    assert actions == [Action.HOLD, Action.ASK, Action.ASK]


def test_a_base_that_moves_on_meanwhile_is_taken_in_after_the_verification() -> None:
    """A busy default branch does not keep the verification from ending."""
    run = fold(held(), moved(), moved("newer"), taken())
    assert kinds(run) == {EffectKind.VERIFY}
    assert kinds(fold(run, baseline("red"))) == {EffectKind.TAKE_BASE}
    assert kinds(fold(run, baseline("green"))) == {EffectKind.POST_DECISION}


def test_the_job_may_find_a_newer_base_than_it_was_asked_for() -> None:
    run = fold(held(), moved(), taken(base="newer"), baseline("red"))
    assert kinds(run) == set()
    assert kinds(fold(run, moved("newer"))) == set()


def test_a_delivery_of_an_old_push_starts_no_second_verification() -> None:
    run = fold(held(), moved(), taken(), baseline("red"), moved("older"))
    assert kinds(run) == {EffectKind.TAKE_BASE}
    after = fold(run, taken(base="new-base", asked="older"))
    assert kinds(after) == set()
    assert after.base_round == 1


def test_a_head_whose_tree_is_proven_is_not_verified_again() -> None:
    run = held()
    green = fold(run.model_copy(update={"green_trees": run.green_trees | {"tree-merge"}}), moved(), taken())
    assert kinds(green) == {EffectKind.POST_DECISION}


def test_a_base_that_does_not_fit_is_a_persons_and_their_merge_is_verified() -> None:
    run = fold(held(), moved())
    called = waits_for(run)
    run = fold(run, e.BaseConflict(at=at(20), asked="new-base", base_sha="new-base", paths=("a.py",)))
    assert kinds(run) == set()
    wait = waits_for(run)
    assert called is not None
    assert wait is not None
    assert wait.key != called.key
    assert "a.py" in wait.question
    run = fold(run, e.RunBranchMoved(at=at(30), sha="theirs", tree="tree-theirs", by="bob"))
    assert kinds(run) == {EffectKind.TAKE_BASE}
    run = fold(run, taken("theirs"), baseline("green", "theirs"))
    assert kinds(run) == {EffectKind.POST_DECISION}


def test_a_person_who_was_faster_is_not_overtaken() -> None:
    """Their word is its own decision; the base that arrives meanwhile is the new head, its verification follows."""
    run = fold(held(), moved(), said("/otto retry t1"))
    assert len(run.gates) == 2
    assert kinds(run) == {EffectKind.POST_DECISION}
    run = fold(run, taken())
    run = applied(posted(run))
    assert states(run)["t1"] == "reopened"
    assert kinds(run) == {EffectKind.CODE, EffectKind.VERIFY}
    run = fold(run, baseline("green"), started("t1", 2, base_sha="merge"), coded("t1", 2), pushed("t1", 2))
    run = fold(run, e.VerificationEnded(at=T0, target="t1/a2", sha="sha-t1-2", ending="green"), judged("t1", 2))
    assert states(merge_all(run, "n"))["t1"] == "merged"
    assert len(run.gates) == 2


@pytest.mark.parametrize("words", ["/otto stop", "/otto skip t1"])
def test_a_base_that_moves_brings_nothing_back_that_people_ended(words: str) -> None:
    run = fold(held(), said(words), moved(), taken(), baseline("green"))
    assert EffectKind.POST_DECISION not in kinds(run)
    assert states(run)["t1"] != "reopened"


def test_a_paused_rest_takes_nothing_in() -> None:
    run = fold(executing(PLAN, baseline="red"), *to_failed("t1", cause=Cause.BASE_RED), said("/otto pause"), moved())
    assert EffectKind.TAKE_BASE not in kinds(run)


def test_simulated_bases_are_mended_and_their_tasks_come_home() -> None:
    """In worlds where people mend the default branch: it happens, and every such run ends."""
    seen: Counter[str] = Counter()
    for seed in range(15):
        world = lived(seed, PLAN, causes=(Cause.BASE_RED, Cause.TEST), meddle=0, ends=False)
        run = run_of(world)
        seen.update(event.type for event in world.ledger.runs[1].events)
        assert run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL), world.story()
        seen["by the base"] += sum(
            1 for one in run.gates if one.decision is not None and "Actions is green" in one.decision.why
        )
    assert min(seen["BaseTaken"], seen["by the base"]) > 0, seen


def test_a_failure_of_its_own_is_charged() -> None:
    assert policy.charged(fold(executing(plan("t1")), *to_failed("t1")).task("t1")) == 1
    assert not failure("t1").pre_existing
