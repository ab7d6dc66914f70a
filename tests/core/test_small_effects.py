"""What is done next, by name: a key that changes does a thing twice, one that stays never does it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core import events as e
from otto_bot.core.attempt import Accepted, TaskState
from otto_bot.core.effects import EffectKind, due, scheduled
from otto_bot.core.journeys import RoundState
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.parking import Parking
from otto_bot.core.reviews import Review, ReviewPoint
from otto_bot.core.run import GateState, Hold, Integration, Outcome, Run, RunPhase
from otto_bot.core.trouble import Trouble

PLAN = b.plan("t1", "t2")
ASIDE = {EffectKind.SHOW, EffectKind.TIME_UP, EffectKind.CALL, EffectKind.REPLY, EffectKind.LEARN, EffectKind.TIDY}


def steps(run: Run) -> set[str]:
    """Names of the steps of the work itself."""
    return {one.key.removeprefix("run/1/") for one in scheduled(run) if one.kind not in ASIDE}


def one(run: Run, kind: EffectKind) -> Any:
    (found,) = [effect for effect in scheduled(run) if effect.kind is kind]
    return found


def changed(run: Run, **changes: Any) -> Run:
    return run.model_copy(update=changes)


def held(kind: str = "paused") -> Hold:
    return Hold.model_validate({"kind": kind, "number": 1, "reason": "r", "since": b.T0})


def gated() -> Run:
    return b.fold(b.executing(PLAN), *b.to_failed("t1"), *b.to_failed("t2"))


def at_round(state: RoundState = RoundState.DECIDED, **changes: Any) -> Run:
    run = j.triaged(j.walked(j.built(), "j1"), j.finding("j1"))
    return run.with_round(run.journeys[-1].model_copy(update={"state": state, "revision": 4, **changes}))


def _plan_posted() -> Run:
    run = b.planned(PLAN, b.config(plan={"approval": "always"}))
    return b.fold(run, e.PlanPosted(at=b.T0, revision=1, comment_id=5))


STEPS: dict[str, tuple[Any, set[str]]] = {
    "begin": (lambda: b.fold(None, b.run_started()), {"prepare/h0"}),
    "plan": (lambda: b.fold(None, b.run_started(), b.prepared()), {"plan/n0/h0"}),
    "post the plan": (lambda: b.planned(PLAN), {"post-plan/r1"}),
    "wait for a yes": (_plan_posted, set()),
    "open": (lambda: b.fold(_plan_posted(), b.said("/otto approve")), {"pull-request"}),
    "opened already": (
        lambda: changed(b.fold(_plan_posted(), b.said("/otto approve")), pull_request=2),
        set(),
    ),
    "start": (lambda: b.executing(PLAN), {"code/t1/a1/h0", "code/t2/a1/h0"}),
    "code": (lambda: b.fold(b.executing(PLAN), b.started("t1")), {"code/t1/a1/h0", "code/t2/a1/h0"}),
    "push": (lambda: b.fold(b.executing(PLAN), b.started("t1"), b.coded("t1")), {"push/t1/a1", "code/t2/a1/h0"}),
    "verify": (lambda: b.fold(b.executing(PLAN), *b.to_verifying("t1")), {"verify/t1/a1/n1/p0", "code/t2/a1/h0"}),
    "second": (
        lambda: b.fold(b.executing(PLAN), *b.to_verifying("t2")),
        {"verify/t2/a1/n1/p0", "code/t1/a1/h0"},
    ),
    "judge": (
        lambda: b.fold(b.executing(PLAN), *b.to_verifying("t1"), b.ended("t1")),
        {"judge/t1/a1/h0", "code/t2/a1/h0"},
    ),
    "gate": (gated, {"gate/g1/h0"}),
    "second gate": (
        lambda: changed(gated(), gates=(b.gate(gated(), {"t1": "ask"}).gates[-1].model_copy(
            update={"state": GateState.APPLIED}),)),
        {"gate/g2/h0"},
    ),
    "decide": (lambda: b.fold(gated(), e.GateOpened(at=b.T0, gate=1)), {"gate/g1/h0"}),
    "post": (lambda: b.gate(gated(), {"t1": "retry", "t2": "retry"}), {"decision/g1/r2"}),
    "apply": (lambda: b.posted(b.gate(gated(), {"t1": "retry", "t2": "retry"})), {"apply/g1/r2"}),
    "walk": (j.built, {f"journeys/n1/{'m-1-1'[:12]}/h0"}),
    "explain": (lambda: j.walked(j.built(), "j1"), {"triage/n1/h0"}),
    "post journeys": (at_round, {"post-journeys/n1/r4"}),
    "apply journeys": (lambda: at_round(RoundState.POSTED, deadline=b.at(9)), {"apply-journeys/n1/r4"}),
    "agreed journeys": (lambda: at_round(RoundState.APPROVED, deadline=b.at(9)), {"apply-journeys/n1/r4"}),
    "asked": (lambda: at_round(RoundState.POSTED, deadline=None), set()),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_the_next_steps_of_the_work(name: str) -> None:
    make, wanted = STEPS[name]
    assert steps(make()) == wanted


def test_a_baseline_is_verified_beside_the_work() -> None:
    run = b.executing(PLAN, baseline="")
    assert "verify/baseline/n1/p0" in steps(run)
    for lane in (None, Lane(kind=LaneKind.NONE, why="w")):
        assert not any(name.startswith("verify/") for name in steps(changed(run, lane=lane)))
    failed = b.fold(run, *b.to_failed("t1"), *b.to_failed("t2"))
    assert steps(failed) == {"verify/baseline/n1/p0"}, "no gate is opened before it is known whether the base is green"


def test_a_step_that_rests_in_between_is_a_new_step() -> None:
    run = changed(b.executing(PLAN), rests=3)
    assert steps(run) == {"code/t1/a1/h3", "code/t2/a1/h3"}
    task = run.task("t1").model_copy(update={"accepted": (Accepted(by="a", attempt=1),)})
    judging = b.with_state(run.with_task(task), "t1", TaskState.JUDGING)
    assert "judge/t1/a1/y1/h3" in steps(judging), "what a person accepted is looked at anew"


def test_a_second_attempt_is_named_so() -> None:
    run = b.with_state(b.executing(PLAN), "t1", TaskState.REOPENED, next_gate=1)
    posted = b.posted(b.gate(gated(), {"t1": "retry", "t2": "skip"})).gates[-1]
    assert "code/t1/a2/h0" in steps(changed(run, gates=(posted.model_copy(update={"state": GateState.APPLIED}),)))


@pytest.mark.parametrize(("head", "name"), [("h" * 11, "h" * 11), ("h" * 12, "h" * 12), ("h" * 13, "h" * 12)])
def test_a_long_commit_is_named_in_short(head: str, name: str) -> None:
    """As in the rows of every database there is: another name for the same step would do it once more."""
    run = j.built()
    run = run.with_round(run.journeys[-1].model_copy(update={"head": head, "polls": 2}))
    assert steps(run) == {f"journeys/n1/{name}/h0/p2"}
    moved = changed(b.executing(PLAN), head=head, base_head="b" * len(head), base_begun=-1)
    assert steps(moved) == {f"base/{'b' * len(name)}/on/{name}/h0"}
    assert one(moved, EffectKind.TAKE_BASE).target == "b" * len(head)


HOLDS = [("", True, True), ("paused", True, False), ("needs_human", False, False)]


@pytest.mark.parametrize(("hold", "posts", "applies"), HOLDS)
def test_a_pause_still_lets_a_decision_be_seen_and_starts_nothing(hold: str, posts: bool, applies: bool) -> None:
    hold_of = {"hold": held(hold) if hold else None}
    decided = b.gate(gated(), {"t1": "retry", "t2": "retry"})
    assert ("decision/g1/r2" in steps(changed(decided, **hold_of))) is posts
    assert ("apply/g1/r2" in steps(changed(b.posted(decided), **hold_of))) is applies
    assert ("post-journeys/n1/r4" in steps(changed(at_round(), **hold_of))) is posts
    later = at_round(RoundState.POSTED, deadline=b.at(9))
    assert ("apply-journeys/n1/r4" in steps(changed(later, **hold_of))) is applies


def test_nothing_is_posted_or_applied_after_the_end() -> None:
    over = {"outcome": Outcome.CANCELLED, "phase": RunPhase.DONE}
    for run in (b.gate(gated(), {"t1": "retry", "t2": "retry"}), at_round()):
        assert steps(run)
        assert steps(changed(run, **over)) == set()
    assert steps(changed(at_round(), phase=RunPhase.EXECUTING, order=())) == set()
    assert steps(changed(b.fold(gated(), e.GateOpened(at=b.T0, gate=1)), outcome=Outcome.NEEDS_HUMAN)) == set()


@pytest.mark.parametrize("later", [None, 5, 50])
def test_what_failed_is_tried_when_its_time_has_come(later: int | None) -> None:
    """Not before the pause is over, not before it was due anyway, and never where only a person can help."""
    run = b.posted(b.gate(gated(), {"t1": "retry", "t2": "retry"}))
    before = one(run, EffectKind.APPLY).not_before
    assert before is not None
    retry = None if later is None else before + timedelta(seconds=later - 20)
    trouble = Trouble(count=1, kind="x", message="m", retry_at=retry)
    after = changed(run, trouble={"run/1/apply/g1/r2": trouble})
    assert ("apply/g1/r2" in steps(after)) is (later is not None)
    if retry is not None:
        assert one(after, EffectKind.APPLY).not_before == max(retry, before)
    start = changed(b.executing(PLAN), trouble={"run/1/code/t1/a1/h0": trouble})
    times = {effect.task: effect.not_before for effect in scheduled(start) if effect.kind is EffectKind.CODE}
    assert times == {"t2": None} | ({} if retry is None else {"t1": retry})


def test_what_is_due_is_due_at_its_very_moment() -> None:
    run = b.posted(b.gate(gated(), {"t1": "retry", "t2": "retry"}))
    moment = one(run, EffectKind.APPLY).not_before
    for seconds, there in [(-1, False), (0, True), (1, True)]:
        found = {effect.kind for effect in due(run, moment + timedelta(seconds=seconds))}
        assert (EffectKind.APPLY in found) is there
    assert {effect.kind for effect in due(b.executing(PLAN), b.T0)} >= {EffectKind.CODE}


def test_a_poll_says_what_is_looked_at_and_when() -> None:
    run = b.fold(b.executing(PLAN), *b.to_verifying("t1"))
    run = b.fold(run, e.VerificationPolled(at=b.T0, target="t1/a1", next_at=b.at(8)))
    poll = one(run, EffectKind.VERIFY)
    assert (poll.key, poll.lane) == ("run/1/verify/t1/a1/n1/p1", "run/1/verify/t1/a1")
    assert (poll.target, poll.task, poll.attempt, poll.number, poll.not_before) == ("t1/a1", "t1", 1, 1, b.at(8))
    again = run.with_verification(run.verifications["t1/a1"].model_copy(update={"rerun_due": True, "round": 2}))
    rerun = one(again, EffectKind.RERUN)
    assert (rerun.key, rerun.target, rerun.number) == ("run/1/rerun/t1/a1/n2", "t1/a1", 2)


def integrating(**changes: Any) -> Run:
    run = b.fold(b.executing(PLAN), *b.to_verified("t1"), *b.to_verified("t2"))
    made = Integration(batch=1, step=2, merging=("t1", "t2")).model_copy(update=changes)
    return changed(run, phase=RunPhase.INTEGRATING, integration=made)


def test_a_candidate_is_built_verified_and_merged() -> None:
    assert steps(integrating()) == {"candidate/b1/s2"}
    assert steps(changed(integrating(), integration=None)) == set()
    run = b.fold(b.executing(PLAN), *b.to_verified("t1"), *b.to_verified("t2"))
    built = b.fold(
        run, e.CandidateBuilt(at=b.T0, batch=1, step=1, tasks=("t1", "t2"), sha="c", tree="tree-c", branch="c")
    )
    assert steps(built) == {"verify/b1/s1/n1/p0"}
    green = b.fold(built, e.VerificationEnded(at=b.T0, target="b1/s1", sha="c", ending="green"))
    assert steps(green) == {"merge/b1/s1"}
    assert one(green, EffectKind.MERGE).number == 1


TIDY = {"b-t1-1": 5, "b-t2-1": 6, "c": 7}


def tidied(run: Run, **changes: Any) -> set[int]:
    run = changed(run, verification_prs=TIDY, **changes)
    return {effect.number for effect in scheduled(run) if effect.kind is EffectKind.TIDY}


def test_a_pull_request_that_verifies_is_closed_when_it_has_served() -> None:
    """Not while its branch is looked at, and not twice; a run that stops lets its coders push first."""
    run = b.fold(b.executing(PLAN), *b.to_verifying("t1"), *b.to_verifying("t2"))
    assert tidied(run) == {7}
    assert tidied(run, closed_prs=frozenset({7})) == set()
    for state in (TaskState.MERGED, TaskState.SKIPPED):
        assert tidied(run.with_task(run.task("t2").model_copy(update={"state": state}))) == {6, 7}
    over = {"phase": RunPhase.DONE, "outcome": Outcome.CANCELLED}
    assert tidied(run, **over) == {5, 6, 7}
    assert tidied(run, **over, stopping=True) == {7}
    assert tidied(run, phase=RunPhase.DONE, outcome=Outcome.NEEDS_HUMAN) == {7}
    verified = b.fold(b.executing(PLAN), *b.to_verified("t1"), *b.to_verified("t2"))
    built = b.fold(
        verified, e.CandidateBuilt(at=b.T0, batch=1, step=1, tasks=("t1", "t2"), sha="c", tree="tree-c", branch="c")
    )
    assert tidied(built) == set()
    assert tidied(built, phase=RunPhase.EXECUTING, order=()) == {7}


def test_a_run_that_is_stopped_pushes_what_its_coders_had_and_nothing_else() -> None:
    run = b.fold(b.executing(PLAN), b.started("t1"), b.coded("t1"), *b.to_verifying("t2"))
    stopped = changed(run, outcome=Outcome.CANCELLED, phase=RunPhase.DONE, stopping=True)
    assert steps(stopped) == {"push/t1/a1"}
    assert steps(changed(stopped, stopping=False)) == set()
    assert not [effect for effect in scheduled(stopped) if effect.kind is EffectKind.CALL]


def test_a_review_is_taken_up_in_a_comment_once() -> None:
    review = Review(id=7, by=b.ANNA, body="do", points=(ReviewPoint(id=1, path="a", text="x"),))
    run = changed(b.executing(PLAN), reviews=(review, review.model_copy(update={"id": 8, "state": "posted"})))
    assert "review/7" in steps(run)
    assert "review/8" not in steps(run)
    found = one(run, EffectKind.POST_REVIEW)
    assert (found.number, found.lane) == (7, "run/1/reviews")
    assert "review/7" not in steps(changed(run, landed=True))


def shows(run: Run) -> dict[str, Any]:
    return {effect.target: effect for effect in scheduled(run) if effect.kind is EffectKind.SHOW}


def test_a_surface_is_written_by_the_number_of_its_writes() -> None:
    run = b.executing(PLAN)
    assert shows(run)["pull"].key == "run/1/show/pull/0"
    later = changed(run, shown={"pull": "old"}, shown_count={"pull": 4})
    assert shows(later)["pull"].key == "run/1/show/pull/4"


def test_what_is_shown_at_once_has_a_number_of_its_own() -> None:
    """Progress that waits gives its row back; when it need not wait any more, the row is due again."""
    run = changed(b.executing(PLAN), shown={"pull": "old", "labels": "old"})
    assert (shows(run)["pull"].number, shows(run)["labels"].number) == (0, 0)
    resting = changed(run, hold=held())
    assert (shows(resting)["pull"].number, shows(resting)["labels"].number) == (1, 0)


def test_a_gate_that_is_posted_anew_is_written_by_its_posting_alone() -> None:
    run = b.posted(b.gate(gated(), {"t1": "retry", "t2": "retry"}))
    again = b.fold(run, b.said("/otto skip t1"))
    assert "decision/g1/r3" in steps(again)
    assert not any(target.startswith("gate/") for target in shows(again))
    assert set(shows(again)) >= {"pull", "status"}
    assert "gate/g1" in shows(run)


@pytest.mark.parametrize("parked", [True, False])
@pytest.mark.parametrize("trouble", [True, False])
def test_progress_waits_for_who_writes_next_unless_that_cannot_be_soon(parked: bool, trouble: bool) -> None:
    run = b.fold(b.executing(PLAN), b.started("t1"), b.coded("t1"))
    run = changed(run, shown={"pull": "old"}, shown_at={"pull": b.T0})
    if parked:
        run = changed(run, parked=Parking(why="github_limit", reason="r", since=b.T0))
    if trouble:
        late = Trouble(count=1, kind="x", message="m", retry_at=b.at(60))
        run = changed(run, trouble={"run/1/push/t1/a1": late})
    wait = shows(run)["pull"].not_before - b.T0
    assert (wait >= timedelta(seconds=30)) is not (parked or trouble)


@pytest.mark.parametrize(
    ("waits", "changes", "ending", "wanted"),
    [
        (True, {}, None, {"verify/baseline/n1/p0"}),
        (True, {"base_head": "new"}, None, {"verify/baseline/n1/p0"}),
        (True, {"base_head": "new"}, "red", {"base/new/on/head/h0"}),
        (True, {}, "red", set()),
        (True, {"base_head": "new", "verifications": {}}, None, {"base/new/on/head/h0"}),
        (False, {"base_head": "new", "base_begun": -1}, None, {"base/new/on/head/h0", "verify/baseline/n1/p0"}),
        (False, {}, None, {"verify/baseline/n1/p0", "code/t1/a1/h0", "code/t2/a1/h0"}),
    ],
)
def test_who_waits_for_a_green_base_sees_one_verified_before_the_next_is_taken_in(
    waits: bool, changes: dict[str, Any], ending: str | None, wanted: set[str]
) -> None:
    run = b.executing(PLAN)
    run = run.with_verification(run.verifications["baseline"].model_copy(update={"ending": ending}))
    if waits:
        run = b.with_state(b.with_state(run, "t1", TaskState.HELD), "t2", TaskState.MERGED)
        run = changed(run, phase=RunPhase.DONE, outcome=Outcome.NEEDS_HUMAN, order=())
    assert steps(changed(run, **changes)) == wanted
