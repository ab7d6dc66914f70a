"""A default branch that moves during the work: taken in before the next batch, and before a push that needs it."""

import random
from dataclasses import replace

import pytest
from core_builders import (
    T0,
    applied,
    at,
    coded,
    config,
    executing,
    fold,
    gate,
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
from core_lives import run_of

from otto_bot.bench.simulate.lives import Faults, plain_life
from otto_bot.bench.simulate.world import World, calm
from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE
from otto_bot.core.effects import Effect, EffectKind, scheduled
from otto_bot.core.evidence import Cause
from otto_bot.core.exposure import Exposed, Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.plan import Plan
from otto_bot.core.reviews import Review
from otto_bot.core.run import Hold, Outcome, Run
from otto_bot.core.values import Person
from otto_bot.core.waits import waits_for

SERIAL = plan("t1", "t2", spec("t3", "t1"))


def moved(sha: str = "new-base") -> e.BaseMoved:
    return e.BaseMoved(at=at(10), sha=sha)


def taken(sha: str = "merge", base: str = "new-base", asked: str = "", **more: object) -> e.BaseTaken:
    given = {"at": at(20), "asked": asked or base, "base_sha": base, "sha": sha, "tree": f"tree-{sha}", **more}
    return e.BaseTaken.model_validate(given)


def conflict(base: str = "new-base") -> e.BaseConflict:
    return e.BaseConflict(at=at(20), asked=base, base_sha=base, paths=("a.py", "b.py"))


def work(run: Run) -> dict[EffectKind, list[Effect]]:
    """What is due for the work itself."""
    shown = {EffectKind.SHOW, EffectKind.CALL, EffectKind.TIME_UP, EffectKind.REPLY, EffectKind.TIDY}
    found: dict[EffectKind, list[Effect]] = {}
    for effect in scheduled(run):
        if effect.kind not in shown:
            found.setdefault(effect.kind, []).append(effect)
    return found


def second_batch(*before: e.RunEvent) -> Run:
    """t1 and t2 are merged, t3 comes next; `before` happened while the first batch was at work."""
    run = fold(executing(SERIAL), started("t1"), started("t2"), *before)
    done = [[coded(key), pushed(key), *to_verified(key)[3:]] for key in ("t1", "t2")]
    return merge_all(fold(run, *done[0], *done[1]))


def test_coders_at_work_are_not_disturbed_and_the_next_batch_starts_on_the_new_base() -> None:
    run = fold(executing(SERIAL), started("t1"), started("t2"), moved())
    assert set(work(run)) == {EffectKind.CODE}
    run = second_batch(moved())
    assert run.batch == 2
    (effect,) = work(run)[EffectKind.TAKE_BASE]
    assert (effect.target, set(work(run))) == ("new-base", {EffectKind.TAKE_BASE})
    assert fold(run, started("t3")) == run, "a coder that was on its way does not start beside it"
    run = fold(run, taken())
    assert (run.head, run.base_taken, run.base_round) == ("merge", "new-base", 1)
    assert set(work(run)) == {EffectKind.CODE, EffectKind.VERIFY}, "verified beside the batch, like the first baseline"


def test_a_batch_that_nobody_has_begun_starts_on_the_new_base_too() -> None:
    run = fold(executing(SERIAL), moved())
    assert set(work(run)) == {EffectKind.TAKE_BASE}


def test_a_base_that_moves_all_the_time_is_taken_in_once_a_batch() -> None:
    run = fold(second_batch(moved()), moved("newer"), taken(base="new-base", asked="new-base"))
    assert run.base_head == "newer"
    assert set(work(run)) == {EffectKind.CODE, EffectKind.VERIFY}
    run = fold(run, moved("newest"))
    assert EffectKind.TAKE_BASE not in work(run)
    run = fold(run, *to_failed("t3"))
    run = applied(posted(gate(run, {"t3": "retry"})))
    assert set(work(run)) == {EffectKind.TAKE_BASE, EffectKind.VERIFY}, "a reopened batch starts on the new base"


def test_a_base_that_did_not_move_costs_nothing() -> None:
    assert set(work(second_batch())) == {EffectKind.CODE}
    assert set(work(second_batch(moved("base")))) == {EffectKind.CODE}


def test_a_conflict_is_asked_once_and_work_goes_on() -> None:
    run = fold(second_batch(moved()), conflict())
    assert set(work(run)) == {EffectKind.CODE}
    assert (run.base_conflict, run.base_conflict_paths) == ("new-base", ("a.py", "b.py"))
    assert waits_for(run) is None
    run = fold(run, *to_failed("t3"))
    run = applied(posted(gate(run, {"t3": "retry"})))
    assert set(work(run)) == {EffectKind.CODE}, "the same commit is not tried twice"
    assert set(work(fold(run, moved("newer")))) == {EffectKind.TAKE_BASE}


def test_a_person_who_merged_it_ends_the_conflict() -> None:
    run = fold(second_batch(moved()), conflict())
    theirs = e.RunBranchMoved(at=at(30), sha="theirs", tree="tree-theirs", by="bob")
    run = fold(run, theirs)
    assert set(work(run)) == {EffectKind.TAKE_BASE}
    run = fold(run, taken("theirs"))
    assert (run.base_conflict, set(work(run))) == ("", {EffectKind.CODE, EffectKind.VERIFY})


@pytest.mark.parametrize("words", ["/otto pause", "/otto stop"])
def test_a_run_that_rests_takes_nothing_in(words: str) -> None:
    assert EffectKind.TAKE_BASE not in work(fold(second_batch(moved()), said(words)))


def pushing() -> Run:
    """t1 has a commit that is not pushed yet; t2 is being coded."""
    return fold(executing(SERIAL), started("t1"), started("t2"), coded("t1"))


def waits(base: str = "new-base") -> e.PushWaits:
    return e.PushWaits(at=at(15), task="t1", attempt=1, base_sha=base)


def test_a_push_waits_for_other_workflows_and_only_that_push() -> None:
    run = fold(pushing(), waits())
    assert set(work(run)) == {EffectKind.TAKE_BASE, EffectKind.CODE}
    assert [one.task for one in work(run)[EffectKind.CODE]] == ["t2"]
    run = fold(run, taken())
    (push,) = work(run)[EffectKind.PUSH]
    assert push.task == "t1"
    run = fold(run, e.AttemptRenewed(at=at(25), task="t1", attempt=1, sha="both", tree="tree-both"))
    run = fold(run, e.AttemptPushed(at=at(26), task="t1", attempt=1, sha="both"))
    assert (states(run)["t1"], run.verifications["t1/a1"].tree) == ("verifying", "tree-both")
    late = e.AttemptRenewed(at=at(27), task="t1", attempt=1, sha="other", tree="tree-other")
    assert fold(run, late) == run


def test_a_push_waits_once_however_often_the_workflows_change() -> None:
    run = fold(pushing(), waits(), moved("newer"), taken())
    assert EffectKind.TAKE_BASE not in work(run)
    assert fold(run, waits("newer")) == run
    assert EffectKind.PUSH in work(run)


def test_a_base_that_does_not_fit_does_not_keep_a_push_back() -> None:
    run = fold(pushing(), waits(), conflict())
    assert {EffectKind.PUSH} <= set(work(run))
    assert EffectKind.TAKE_BASE not in work(run)


def test_what_is_stopped_is_pushed_without_waiting() -> None:
    run = fold(pushing(), waits(), said("/otto stop"))
    assert run.stopping
    assert set(work(run)) == {EffectKind.PUSH, EffectKind.CODE}


WIDER = Exposure(items=(Exposed(workflow="ci.yml", what="secret", detail="KEY"),), files_hash="wider")


def refused(exposure: str = "wider") -> e.BaseRefused:
    return e.BaseRefused(at=at(20), asked="new-base", base_sha="new-base", reason="it uses KEY", exposure=exposure)


def test_wider_workflows_are_asked_about_and_a_resume_allows_exactly_them() -> None:
    run = fold(second_batch(moved()), refused())
    wait = waits_for(run)
    assert wait is not None
    assert (wait.reply, wait.question, work(run)) == ("/otto resume", "it uses KEY", {})
    run = fold(run, said("/otto resume"))
    assert run.exposure_accepted == "wider"
    assert set(work(run)) == {EffectKind.TAKE_BASE}
    run = fold(run, taken(exposure=WIDER))
    assert run.exposure == WIDER


def test_only_going_on_after_the_question_allows_it() -> None:
    """A pause and its resume, and a retry of a task, say nothing about workflows."""
    run = fold(second_batch(moved()), said("/otto pause"), said("/otto resume"))
    assert run.exposure_accepted == ""
    run = fold(run, refused(""), said("/otto resume", key="again"))
    assert run.exposure_accepted == ""


def test_a_new_lane_is_for_what_comes_next() -> None:
    run = second_batch(moved())
    old = run.lane
    lane = Lane(kind=LaneKind.DISPATCH, why="w")
    run = fold(run, taken(lane=lane))
    assert run.lane == lane
    assert run.verifications["t1/a1"].lane == old
    assert run.verifications[BASELINE].lane is None


def test_what_waits_for_a_green_base_goes_on_after_a_take_in_during_the_work() -> None:
    """t1 is held; the base is mended while t2's batch is still to come: at the end t1 is reopened by the rules."""
    made = plan("t1", "t2", apart=[("t1", "t2")])
    run = fold(executing(made, baseline="red"), *to_failed("t1", cause=Cause.BASE_RED))
    run = gate(run, {"t1": "hold"}, [["t2"]])
    run = applied(fold(posted(run), said("/otto approve")))
    run = fold(run, moved())
    assert set(work(run)) == {EffectKind.TAKE_BASE}
    run = fold(run, taken(), e.VerificationEnded(at=at(30), target=BASELINE, sha="merge", ending="green"))
    run = merge_all(fold(run, started("t2", base_sha="merge"), coded("t2"), pushed("t2"), *to_verified("t2")[3:]))
    assert run.gates[-1].tasks == ("t1",)
    assert EffectKind.POST_DECISION in work(run)


def added(run: Run, *numbers: int) -> Run:
    """People's reviews become more tasks, a task each."""
    for number in numbers:
        review = Review(id=number, by=Person(id=1, login="bob"), body="this too")
        run = fold(run, e.ReviewGiven(at=T0, review=review))
    if len(numbers) == 1:
        return fold(run, e.ReviewPosted(at=T0, review=numbers[0], comment_id=71))
    run = run.model_copy(update={"hold": Hold(kind="paused", number=1, reason="r", since=T0)})
    run = fold(run, *[e.ReviewPosted(at=T0, review=number, comment_id=70 + number) for number in numbers])
    return fold(run.model_copy(update={"hold": None}), moved("base"))


def test_what_joins_later_starts_on_a_base_that_was_looked_at() -> None:
    """Nobody listens while a run is over; where nothing is new, nothing is verified again."""
    run = added(fold(executing(plan("t1")), *to_verified("t1")), 1)
    assert set(work(run)) == {EffectKind.TAKE_BASE}
    same = fold(run, taken(run.head, "base", "base"))
    assert (same.base_round, set(work(same))) == (0, {EffectKind.CODE})
    newer = fold(run, taken("merge", "new-base", "base"))
    assert (newer.base_round, set(work(newer))) == (1, {EffectKind.CODE, EffectKind.VERIFY})


def test_tasks_that_share_a_branch_are_coded_one_after_another_and_merged_at_once() -> None:
    run = fold(executing(plan("t1")), *to_verified("t1"))
    run = added(run, 1, 2)
    run = fold(run, taken(run.head, "base", "base"))
    assert (run.single, run.order) == (True, (("t2",), ("t3",)))
    assert [one.task for one in work(run)[EffectKind.CODE]] == ["t2"]
    run = fold(run, started("t2", base_sha="sha-t1-1"))
    assert fold(run, started("t3")) == run
    run = fold(run, coded("t2"), pushed("t2"), *to_verified("t2")[3:])
    assert (states(run)["t2"], run.head) == ("merged", "sha-t2-1")
    assert [one.task for one in work(run)[EffectKind.CODE]] == ["t3"]


def test_a_later_task_that_fails_is_decided_before_the_next_begins() -> None:
    """What it left on the shared branch is known to be wanted, or not, when the next one starts."""
    run = added(fold(executing(plan("t1")), *to_verified("t1")), 1, 2)
    run = fold(run, taken(run.head, "base", "base"), *to_failed("t2"))
    assert set(work(run)) == {EffectKind.GATE}
    run = applied(posted(gate(run, {"t2": "retry"}, [["t2"], ["t3"]])))
    assert [one.task for one in work(run)[EffectKind.CODE]] == ["t2"]


class Restless(World):
    """A world whose default branch moves all the time."""

    def _step(self) -> bool:
        run = self.ledger.newest
        if run is not None and run.pull_request is not None and not run.ended and self.steps % 4 == 0:
            self.people.push_base()
        return super()._step() if self.steps < 900 else False


def random_plan(dice: random.Random) -> Plan:
    keys = [f"t{n}" for n in range(1, dice.choice([1, 2, 4]) + 1)]
    return plan(*[spec(key, *[need for need in keys[:n] if dice.random() < 0.4]) for n, key in enumerate(keys)])


def test_a_restless_default_branch_starves_nobody() -> None:
    """It is taken in at most once before each batch and once for each push, and every run comes home."""
    assert sum(restless(seed) for seed in range(6)) > 0


def restless(seed: int) -> int:
    """One life; how often the default branch was looked at."""
    dice = random.Random(seed)
    faults = Faults(work=dice.choice([0, 0.1, 0.3]))
    life = replace(calm(plain_life(seed)), plan=random_plan(dice), config=config(), faults=faults, kind="build", runs=1)
    world = Restless(replace(life, kind_after=300))
    world.live()
    run, told = run_of(world), world.ledger.runs[1].events
    assert run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL), world.story()
    looked = [one for one in told if isinstance(one, e.BaseTaken | e.BaseConflict)]
    starts = sum(len(task.attempts) for task in run.tasks.values())
    people = sum(1 for one in told if isinstance(one, e.RunBranchMoved | e.CommandGiven))
    assert len(looked) <= 2 * starts + 1 + people, world.story()
    return len(looked)
