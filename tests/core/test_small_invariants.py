"""Each rule of the house, broken alone: what it says is said, nothing else is, and one step short of it nothing is.

A rule that misses its case lets an event pass that loses work or spends money; one that sees too much stops a good run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core import events as e
from otto_bot.core.attempt import Accepted, Attempt, TaskState
from otto_bot.core.changed import QUIET
from otto_bot.core.decision import Action, Decider, Move
from otto_bot.core.evidence import Cause
from otto_bot.core.invariants import InvariantBroken, broken, broken_since, broken_step
from otto_bot.core.journeys import RoundState
from otto_bot.core.reviews import Review
from otto_bot.core.run import GateState, Outcome, Run, RunPhase

PLAN = b.plan("t1", "t2")
Change = Callable[[Run], Run]


def _attempt(number: int, cause: Cause | None = None, gate: int | None = None, **changes: Any) -> Attempt:
    why = None if cause is None else b.failure("t1", number, cause)
    return Attempt(number=number, branch="b", base_sha="s", gate=gate, failure=why, **changes)


def _task(key: str, **changes: Any) -> Change:
    return lambda run: run.with_task(run.task(key).model_copy(update=changes))


def _run(**changes: Any) -> Change:
    return lambda run: run.model_copy(update=changes)


def _state(key: str, state: str) -> Change:
    return lambda run: b.with_state(run, key, TaskState(state))


def _changed(run: Run, *changes: Change) -> Run:
    for change in changes:
        run = change(run)
    return run


FORK = b.plan("t1", "t2", b.spec("t3", "t1", "t2"), b.spec("t4"), apart=[("t1", "t4")])
RUNS_EARLY = "2: t3 runs before what it depends on is merged"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param([], [], id="as it should be"),
        pytest.param([_state("t1", "merged"), _state("t2", "merged"), _state("t3", "coding")], [], id="both merged"),
        pytest.param([_state("t1", "merged"), _state("t3", "coding")], [RUNS_EARLY], id="one of two merged"),
        pytest.param([_state("t1", "verified"), _state("t2", "merged"), _state("t3", "judging")], [RUNS_EARLY],
                     id="verified is not merged"),
        pytest.param([_state("t3", "verified")], [], id="moves no more"),
        pytest.param([_state("t1", "coding"), _state("t2", "coding")], [], id="may run side by side"),
        pytest.param([_state("t1", "coding"), _state("t4", "verifying")], ["3: t1 and t4 run side by side"],
                     id="must not run side by side"),
        pytest.param([_state("t1", "coding"), _state("t2", "coding"), _state("t4", "judging")],
                     ["3: t1 and t4 run side by side"], id="one between them"),
        pytest.param([_state("t1", "coding"), _state("t4", "verified")], [], id="one is done"),
        pytest.param([_task("t1", attempts=(_attempt(1), _attempt(1)))],
                     ["4: attempts of t1 are not numbered one by one", "1: attempt 1 of t1 has no posted decision"],
                     id="two first attempts"),
        pytest.param([_task("t1", attempts=(_attempt(0),))], ["4: attempts of t1 are not numbered one by one"],
                     id="counted from 0"),
        pytest.param([_task("t1", state=TaskState.FAILED, attempts=(_attempt(1),))],
                     ["4: t1 failed without a failure"], id="failed for no reason"),
        pytest.param([_state("t1", "failed")], [], id="failed for a reason"),
        pytest.param([_task("t1", state=TaskState.MERGED)],
                     ["6: t1 is merged without a green verification of its tree"], id="merged without an attempt"),
        pytest.param([_state("t1", "merged"), _run(green_trees=frozenset({"tree-t2-1"}))],
                     ["6: t1 is merged without a green verification of its tree"], id="merged with another's tree"),
        pytest.param([_run(order=(("t1", "t2"), ("t2", "t4"), ("t3",)))], ["4: a task is in two batches"],
                     id="in two batches"),
        pytest.param([_run(order=(("t1", "t2"), ("t4",)))], ["4: t3 is in no batch"], id="in no batch"),
        pytest.param([_run(order=(("t1", "t2"),)), _state("t3", "reopened")],
                     ["4: t3 is in no batch", "4: t4 is in no batch"], id="reopened and in no batch"),
        pytest.param([_run(order=(("t1", "t2"), ("t4",))), _state("t3", "failed")], [], id="failed and in no batch"),
        pytest.param([_run(order=(), phase=RunPhase.GATE)], [], id="no batch while it is decided"),
        pytest.param([_run(order=(), outcome=Outcome.NEEDS_HUMAN)], [], id="no batch at rest"),
        pytest.param([lambda run: run.model_copy(update={"tasks": dict(reversed(run.tasks.items()))})],
                     ["4: the tasks are not the plan's"], id="another order than the plan's"),
        pytest.param([_run(plan=None)], [], id="no plan"),
    ],
)  # fmt: skip
def test_tasks_and_their_order(changes: list[Change], found: list[str]) -> None:
    assert list(broken(_changed(b.executing(FORK), *changes))) == found


def test_what_is_broken_is_told_in_one_line() -> None:
    error = InvariantBroken(("1: a", "2: b"))
    assert (str(error), error.reasons) == ("1: a; 2: b", ("1: a", "2: b"))


def _reopened(action: str = "retry", **gate: Any) -> Run:
    """t1's second attempt comes from gate 1."""
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"), *b.to_failed("t2"))
    run = b.posted(b.gate(run, {"t1": action, "t2": "ask"}))
    run = b.applied(b.fold(run, b.said("/otto approve")))
    run = run.with_gate(run.gates[0].model_copy(update=gate))
    return _changed(run, _task("t1", attempts=(*run.task("t1").attempts[:1], _attempt(2, gate=1))))


@pytest.mark.parametrize(
    ("run", "good"),
    [
        pytest.param(_reopened(), True, id="posted and applied"),
        pytest.param(_reopened("restart_fresh"), True, id="a fresh start"),
        pytest.param(_reopened("skip"), False, id="left out"),
        pytest.param(_reopened(comment_id=None), False, id="not posted"),
        pytest.param(_reopened(state=GateState.APPROVED), False, id="not applied"),
        pytest.param(_reopened(decision=None), False, id="not decided"),
        pytest.param(_reopened(decision=b.decision({"t2": "retry"})), False, id="of another task"),
        pytest.param(_changed(_reopened(), _task("t1", attempts=(_attempt(1), _attempt(2)))), False, id="of no gate"),
        pytest.param(
            _changed(_reopened(), _task("t1", attempts=(_attempt(1), _attempt(2, gate=2)))), False, id="of no such gate"
        ),
    ],
)
def test_a_second_attempt_has_a_posted_decision(run: Run, good: bool) -> None:
    said = [one for one in broken(run) if "no posted decision" in one]
    assert said == ([] if good else ["1: attempt 2 of t1 has no posted decision"])


def _added(origin: str, told: str, attempts: int = 1, **one: Any) -> Run:
    """t2 was added by journeys or a review; a comment of `told` names it."""
    run = j.built()
    tasks = ("t2",)
    state = {"state": RoundState.APPLIED, "comment_id": 7, "posted_revision": 3, "revision": 3, **one}
    if told == "journeys":
        run = run.with_round(run.journeys[-1].model_copy(update={"tasks": tasks, **state}))
    if told == "review":
        review = Review(id=1, by=b.ANNA, body="x").model_copy(update={"tasks": tasks, "comment_id": 7, **one})
        run = run.model_copy(update={"reviews": (review,)})
    task = run.task("t2")
    return run.with_task(task.model_copy(update={"origin": origin, "attempts": task.attempts[:attempts]}))


@pytest.mark.parametrize(
    ("run", "good"),
    [
        pytest.param(_added("journeys", "journeys"), True, id="told by the round"),
        pytest.param(_added("review", "review"), True, id="told by the review"),
        pytest.param(_added("journeys", ""), False, id="told by nobody"),
        pytest.param(_added("review", ""), False, id="a review told by nobody"),
        pytest.param(_added("plan", ""), True, id="of the plan"),
        pytest.param(_added("journeys", "", attempts=0), True, id="not begun"),
        pytest.param(_added("journeys", "journeys", comment_id=None), False, id="no comment"),
        pytest.param(_added("journeys", "journeys", posted_revision=2), False, id="an older comment"),
        pytest.param(_added("journeys", "journeys", state=RoundState.POSTED), False, id="not applied"),
        pytest.param(_added("review", "review", comment_id=None), False, id="an unposted review"),
    ],
)
def test_what_was_added_is_worked_on_after_a_comment(run: Run, good: bool) -> None:
    said = [one for one in broken(run) if "posted comment" in one]
    assert said == ([] if good else ["1: t2 was added without a posted comment"])


@pytest.mark.parametrize(
    ("rounds", "replans", "grants", "found"),
    [
        (3, 1, 0, []),
        (4, 0, 0, ["10: 4 rounds of journeys"]),
        (4, 2, 1, []),
        (5, 0, 1, ["10: 5 rounds of journeys"]),
        (1, 2, 0, ["10: the plan was made anew 2 times for its journeys"]),
        (1, 3, 1, ["10: the plan was made anew 3 times for its journeys"]),
    ],
)
def test_three_rounds_and_one_new_plan_and_what_people_granted(
    rounds: int, replans: int, grants: int, found: list[str]
) -> None:
    run = j.built()
    made = tuple(
        run.journeys[0].model_copy(update={"number": n, "state": RoundState.APPLIED}) for n in range(1, rounds + 1)
    )
    run = run.model_copy(update={"journeys": made, "journey_replans": replans, "journey_grants": grants})
    assert list(broken(run)) == found


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"tasks": {}, "plan": None, "pull_request": None}, True),
        ({"tasks": {}, "plan": None, "pull_request": 2}, False),
        ({"pull_request": None}, False),
    ],
)
def test_who_only_certifies_has_neither_tasks_nor_a_pull_request(changes: dict[str, Any], good: bool) -> None:
    run = b.executing(PLAN).model_copy(update={"kind": "certify", **changes})
    assert list(broken(run)) == ([] if good else ["1: a run that only certifies has work of its own"])
    assert broken(run.model_copy(update={"kind": "build"})) == ()


@pytest.mark.parametrize(
    ("reruns", "found"),
    [
        ({"infra": 2}, []),
        ({"infra": 3}, ["5: the jobs of t1 ran again 3 times after infra"]),
        ({"": 3, "flaky": 2}, ["5: the jobs of t1 ran again 3 times after no cause"]),
    ],
)
def test_jobs_run_again_twice_at_most_after_each_cause(reruns: dict[str, int], found: list[str]) -> None:
    assert list(broken(_changed(b.executing(PLAN), _task("t1", reruns=reruns)))) == found


@pytest.mark.parametrize(("above", "good"), [(0.0, True), (9e-7, True), (0.01, False)])
def test_the_cap_is_the_hosts_at_most(above: float, good: bool) -> None:
    run = b.executing(PLAN)
    run = run.model_copy(update={"money": run.money.model_copy(update={"cap": run.caps.usd + above})})
    assert list(broken(run)) == ([] if good else ["5: the cap is above the host's"])


INFRA = Cause.INFRA
THRICE = "attempt {} of t1 starts after infra struck 3 times"


def _free(causes: list[Cause | None], move: Decider | None = Decider.RULES, gate: int | None = 1) -> list[str]:
    """What is said of attempts that failed so, the later ones by gate 1, where `move` decided."""
    run = _reopened()
    decision = run.gates[0].decision
    assert decision is not None
    moves = (Move(task="t1", action=Action.RETRY, decided_by=move),)
    run = run.with_gate(run.gates[0].model_copy(update={"decision": decision.model_copy(update={"moves": moves})}))
    attempts = tuple(_attempt(n, cause, None if n == 1 else gate) for n, cause in enumerate(causes, start=1))
    return [one for one in broken(_changed(run, _task("t1", attempts=attempts))) if "without a person" in one]


@pytest.mark.parametrize(
    ("causes", "move", "gate", "found"),
    [
        ([INFRA, INFRA, None], Decider.RULES, 1, ""),
        ([INFRA, INFRA, INFRA, None], Decider.RULES, 1, THRICE.format(4)),
        ([INFRA, INFRA, INFRA, None], None, 1, THRICE.format(4)),
        ([INFRA, INFRA, INFRA, None], Decider.HUMAN, 1, ""),
        ([INFRA, INFRA, INFRA, None], Decider.RULES, 9, ""),
        ([INFRA, INFRA, INFRA, None], Decider.RULES, None, ""),
        ([INFRA, INFRA, Cause.TEST, INFRA, None], Decider.RULES, 1, THRICE.format(5)),
        ([INFRA, INFRA, Cause.SYSTEMIC, None], Decider.RULES, 1, ""),
        ([Cause.TEST, Cause.TEST, Cause.TEST, None], Decider.RULES, 1, ""),
        ([None, None, None, None], Decider.RULES, 1, ""),
        ([INFRA, INFRA, INFRA, Cause.TEST, None], Decider.RULES, 1, THRICE.format(4)),
    ],
)  # fmt: skip
def test_what_strikes_three_times_and_costs_nothing_needs_a_person(
    causes: list[Cause | None], move: Decider | None, gate: int | None, found: str
) -> None:
    assert _free(causes, move, gate) == ([f"5: {found} without a person"] if found else [])


ABOVE = "5: more is reserved and spent than the cap allows"
BACK = "5: money that was spent came back"
LINEAGE = "5: what the lineage spent or was granted changed"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({}, {"settled": 10.0}, []),
        ({}, {"settled": 10.0 + 9e-7}, []),
        ({}, {"settled": 10.01}, [ABOVE]),
        ({}, {"settled": 5.0, "reserved": {"a": 5.01}}, [ABOVE]),
        ({"settled": 12.0}, {"settled": 12.0}, []),
        ({"settled": 12.0}, {"settled": 12.0 + 9e-7}, []),
        ({"settled": 12.0}, {"settled": 12.01}, [ABOVE]),
        ({"reserved": {"a": 12.0}}, {"reserved": {}, "settled": 11.0}, []),
        ({"settled": 3.0}, {"settled": 3.0 - 9e-7}, []),
        ({"settled": 3.0}, {"settled": 2.99}, [BACK]),
        ({"granted": 5.0}, {"granted": 5.0}, []),
        ({"granted": 5.0}, {"granted": 6.0}, []),
        ({"granted": 5.0}, {"granted": 4.0}, [LINEAGE]),
        ({"inherited": 1.0}, {"inherited": 1.5}, [LINEAGE]),
        ({"inherited": 1.0}, {"inherited": 0.5}, [LINEAGE]),
    ],
)
def test_money_in_a_step(old: dict[str, Any], new: dict[str, Any], found: list[str]) -> None:
    run = b.executing(PLAN, b.config(budget={"usd": 10}))
    before = run.model_copy(update={"money": run.money.model_copy(update=old)})
    after = run.model_copy(update={"money": run.money.model_copy(update={**old, **new})})
    assert list(broken_step(before, after)) == found


def _gate(run: Run, **changes: Any) -> Run:
    return run.with_gate(run.gates[-1].model_copy(update=changes))


def _waiting(*moves: tuple[str, str], **changes: Any) -> Run:
    """A posted decision that has its yes."""
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"), *b.to_failed("t2"))
    run = b.posted(b.gate(run, dict(moves) or {"t1": "ask", "t2": "ask"}))
    return _gate(b.fold(run, b.said("/otto approve")), **changes)


@pytest.mark.parametrize(
    ("before", "changes", "found"),
    [
        (_waiting(), {"state": GateState.APPLIED}, []),
        (_waiting(), {"state": GateState.APPLIED, "comment_id": None}, ["1: r2 of gate 1 is applied and not posted"]),
        (_waiting(), {"state": GateState.APPLIED, "posted_revision": 1}, ["1: r2 of gate 1 is applied and not posted"]),
        (_waiting(), {"revision": 3, "decision": None}, []),
        (_reopened(), {"usd": 2.0}, []),
        (_reopened(), {"decision": None}, ["1: gate 1 changed after it was applied"]),
        (_reopened(), {"revision": 9}, ["1: gate 1 changed after it was applied"]),
        (_reopened(), {"failures": ()}, ["1: gate 1 changed after it was applied"]),
        (_reopened(), {"state": GateState.OPENED}, ["1: gate 1 changed after it was applied"]),
    ],
)
def test_a_decision_counts_as_it_was_posted_and_stays(before: Run, changes: dict[str, Any], found: list[str]) -> None:
    assert list(broken_step(before, _gate(before, **changes))) == found


def _round(**changes: Any) -> Run:
    run = j.built()
    return run.with_round(run.journeys[-1].model_copy(update=changes))


DONE = {"state": RoundState.APPLIED, "comment_id": 7, "posted_revision": 0, "tasks": ("t9",)}
REPLAN = "1: the plan is made anew for journeys without a posted decision"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param(_round(), _round(**DONE), [], id="as it was posted"),
        pytest.param(_round(), _round(**DONE | {"posted_revision": -1}),
                     ["1: round 1 is carried out and not posted as r0"], id="not as it was posted"),
        pytest.param(_round(), _round(**DONE | {"tasks": (), "posted_revision": -1}), [], id="nothing to carry out"),
        pytest.param(_round(**DONE), _round(**DONE), [], id="the same"),
        pytest.param(_round(**DONE), _round(**DONE | {"tasks": ()}), ["1: round 1 changed after it was applied"],
                     id="changed afterwards"),
        pytest.param(_round(), _round().model_copy(update={"journey_replans": 1}), [REPLAN], id="a plan for no reason"),
        pytest.param(_round(), _round(**DONE).model_copy(update={"journey_replans": 1}), [], id="a plan as posted"),
        pytest.param(_round(), _round().model_copy(update={"journey_replans": 1, "journeys": ()}), [REPLAN],
                     id="a plan without a round"),
        pytest.param(_round().model_copy(update={"journey_replans": 1}),
                     _round().model_copy(update={"journey_replans": 1}), [], id="a plan made before"),
    ],
)  # fmt: skip
def test_what_journeys_lead_to_is_done_as_it_was_posted(before: Run, after: Run, found: list[str]) -> None:
    assert list(broken_step(before, after)) == found


@pytest.mark.parametrize("changes", [{"plan_approved_by": ""}, {"plan_posted": 0}])
def test_only_a_first_attempt_needs_the_yes_to_its_plan(changes: dict[str, Any]) -> None:
    run = b.executing(PLAN)
    begun = b.fold(run, b.started("t1"))
    without = begun.model_copy(update=changes)
    why = ["1: t1 starts before its plan is posted and has its yes"]
    assert list(broken_step(run, begun)) == []
    assert list(broken_step(run, without)) == why
    assert list(broken_step(run.model_copy(update={"tasks": {}}), without)) == why
    assert list(broken_step(begun, without)) == []
    assert list(broken_step(run, run.model_copy(update=changes))) == []


def _rerun(before: Run, **changes: Any) -> Run:
    old = before.verifications["t1/a1"]
    return before.with_verification(old.model_copy(update={"round": old.round + 1, **changes}))


JOBS = ["1: the jobs of t1/a1 run again without a posted decision"]
ASKED = _waiting(("t1", "rerun"), ("t2", "ask"))
OTHER = _gate(ASKED, decision=b.decision({"t2": "rerun"}))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param(ASKED, _gate(_rerun(ASKED), state=GateState.APPLIED), [], id="posted and applied now"),
        pytest.param(ASKED, _rerun(ASKED), JOBS, id="not applied"),
        pytest.param(_gate(ASKED, state=GateState.APPLIED), _rerun(_gate(ASKED, state=GateState.APPLIED)), JOBS,
                     id="applied before"),
        pytest.param(_waiting(), _gate(_rerun(_waiting()), state=GateState.APPLIED), JOBS, id="decided otherwise"),
        pytest.param(OTHER, _gate(_rerun(OTHER), state=GateState.APPLIED), JOBS, id="decided of another"),
        pytest.param(ASKED, _rerun(ASKED, sha="other"), [], id="another commit"),
        pytest.param(ASKED, _rerun(ASKED, round=1), [], id="the same round"),
        pytest.param(_rerun(ASKED), ASKED, [], id="an earlier round"),
    ],
)  # fmt: skip
def test_jobs_run_again_by_a_posted_decision_alone(before: Run, after: Run, found: list[str]) -> None:
    assert list(broken_step(before, after)) == found


YES = Accepted(by="anna", attempt=1)
OLDER = Accepted(by="bob", attempt=1)


def _accepting(action: str = "accept", by: Decider | None = Decider.HUMAN, whole: Decider = Decider.PILOT) -> Run:
    run = _changed(_waiting(), _task("t1", accepted=(OLDER,)))
    moves = (Move(task="t1", action=Action(action), decided_by=by),)
    decision = run.gates[-1].decision
    assert decision is not None
    return _gate(run, decision=decision.model_copy(update={"moves": moves, "decided_by": whole}))


@pytest.mark.parametrize(
    ("before", "accepted", "gate", "good"),
    [
        pytest.param(_accepting(), (OLDER, YES), {}, True, id="a person's move"),
        pytest.param(_accepting(by=None, whole=Decider.HUMAN), (OLDER, YES), {}, True, id="a person's decision"),
        pytest.param(_accepting(by=None), (OLDER, YES), {}, False, id="a machine's decision"),
        pytest.param(_accepting(by=Decider.RULES, whole=Decider.HUMAN), (OLDER, YES), {}, False, id="a rule's move"),
        pytest.param(_accepting("retry"), (OLDER, YES), {}, False, id="another move"),
        pytest.param(_accepting(), (YES,), {}, False, id="an older yes is lost"),
        pytest.param(_accepting(), (OLDER, YES, YES), {}, False, id="two at once"),
        pytest.param(_accepting(), (OLDER, YES), {"state": GateState.POSTED}, False, id="not applied"),
        pytest.param(_accepting(), (OLDER,), {}, True, id="nothing new"),
    ],
)
def test_changed_tests_are_accepted_by_a_person_in_a_posted_decision(
    before: Run, accepted: tuple[Accepted, ...], gate: dict[str, Any], good: bool
) -> None:
    after = _changed(_gate(before, **{"state": GateState.APPLIED, **gate}), _task("t1", accepted=accepted))
    found = [] if good else ["1: changed tests of t1 are accepted without a posted decision"]
    assert list(broken_step(before, after)) == found


def test_a_yes_to_changed_tests_is_of_this_very_step() -> None:
    found = ["1: changed tests of t1 are accepted without a posted decision"]
    applied = _gate(_accepting(), state=GateState.APPLIED)
    assert list(broken_step(applied, _changed(applied, _task("t1", accepted=(OLDER, YES))))) == found
    nobody = b.executing(PLAN)
    assert list(broken_step(nobody, _changed(nobody, _task("t1", accepted=(YES,))))) == found
    undecided = b.fold(b.executing(PLAN), *b.to_failed("t1"), *b.to_failed("t2"), e.GateOpened(at=b.T0, gate=1))
    after = _changed(_gate(undecided, state=GateState.APPLIED, comment_id=1), _task("t1", accepted=(YES,)))
    assert found[0] in broken_step(undecided, after)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param([], [lambda run: run.model_copy(update={"tasks": {"t1": run.task("t1")}})], ["4: t2 was lost"],
                     id="a task"),
        pytest.param([], [_run(tasks={}, plan=b.plan("t9"))], [], id="another plan"),
        pytest.param([_state("t1", "merged")], [_state("t1", "verified")], ["6: t1 was merged and is verified"],
                     id="what was merged"),
        pytest.param([_state("t1", "merged")], [_task("t1", question="x")], [], id="merged still"),
        pytest.param([_state("t1", "verified")], [_state("t1", "merged")], [], id="is merged now"),
        pytest.param([_state("t1", "verified")], [_task("t1", attempts=())], ["4: an attempt of t1 was lost"],
                     id="an attempt"),
        pytest.param([_state("t1", "verified")], [_task("t1", question="x")], [], id="as many attempts"),
    ],
)  # fmt: skip
def test_no_work_is_lost_in_a_step(before: list[Change], after: list[Change], found: list[str]) -> None:
    old = _changed(b.executing(PLAN), *before)
    assert list(broken_step(old, _changed(old, *after))) == found


def _second(before: Run) -> Run:
    """The same run, with a first gate and a first round that are long over."""
    one, gate = j.built().journeys[0], b.fold(_reopened()).gates[0]
    later = [each.model_copy(update={"number": each.number + 1}) for each in before.gates]
    rounds = [each.model_copy(update={"number": each.number + 1}) for each in before.journeys]
    first = one.model_copy(update={"state": RoundState.APPLIED})
    return before.model_copy(update={"gates": (gate, *later), "journeys": (first, *rounds)})


def test_what_an_earlier_gate_or_round_said_is_no_word_for_what_is_done_now() -> None:
    """And what the newest one said counts although there were earlier ones."""
    accepting = _second(_accepting())
    applied = _gate(accepting, state=GateState.APPLIED)
    assert broken_step(accepting, _changed(applied, _task("t1", accepted=(OLDER, YES)))) == ()
    asked = _second(ASKED)
    assert broken_step(asked, _gate(_rerun(asked), state=GateState.APPLIED)) == ()
    assert list(broken_step(asked, _rerun(asked))) == JOBS
    run, replans = _second(_round()), {"journey_replans": 1}
    done = run.with_round(run.journeys[-1].model_copy(update=DONE))
    assert broken_step(run, done.model_copy(update=replans)) == ()
    assert list(broken_step(run, run.model_copy(update=replans))) == [REPLAN]
    nobody = b.fold(b.executing(PLAN), *b.to_failed("t1"))
    assert list(broken_step(nobody, _rerun(nobody))) == JOBS


@pytest.mark.parametrize(("granted", "good"), [(0, False), (1, True), (2, True)])
def test_attempts_are_as_many_as_were_set_and_granted(granted: int, good: bool) -> None:
    run = b.executing(PLAN, b.config(attempts={"per_task": 1}))
    attempts = (_attempt(1, Cause.TEST), _attempt(2, Cause.TEST), _attempt(3, Cause.INFRA))
    said = [one for one in broken(_changed(run, _task("t1", attempts=attempts, granted=granted))) if one[0] == "5"]
    assert said == ([] if good else ["5: t1 has 2 charged attempts of 1"])


@pytest.mark.parametrize(("open_", "found"), [(1, ["1: round 1 is open beside another"]), (2, []), (3, [])])
def test_only_the_last_round_is_open(open_: int, found: list[str]) -> None:
    run = j.built()
    states = [RoundState.TESTING if number == open_ else RoundState.APPLIED for number in (1, 2)]
    rounds = [run.journeys[0].model_copy(update={"number": at, "state": one}) for at, one in enumerate(states, start=1)]
    assert list(broken(run.model_copy(update={"journeys": tuple(rounds)}))) == found


def _since(before: Run, after: Run, *names: str) -> list[str]:
    return list(broken_since(before, after, set(names)))


def test_a_step_is_refused_whichever_of_its_fields_breaks_a_rule() -> None:
    """Looked at is only what changed; each kind of change is looked at on its own."""
    good = b.executing(PLAN, b.config(budget={"usd": 10}))
    spent = good.model_copy(update={"money": good.money.model_copy(update={"settled": 11.0})})
    assert _since(good, spent, "money") == _since(good, spent, "caps") == [ABOVE]
    lower = good.model_copy(update={"caps": good.caps.model_copy(update={"usd": 9})})
    assert _since(good, lower, "caps") == _since(good, lower, "money", "tasks") == ["5: the cap is above the host's"]
    assert _since(ASKED, _rerun(ASKED), "verifications") == _since(ASKED, _rerun(ASKED), "gates") == JOBS
    assert _since(good, good, "money", "caps", "verifications", "gates", "tasks", "plan") == []


ONE_BY_ONE: dict[str, tuple[Run, Run, str]] = {
    "a task": (b.executing(FORK), _changed(b.executing(FORK), _state("t3", "coding")), "tasks"),
    "batches": (b.executing(FORK), _changed(b.executing(FORK), _run(order=())), "order"),
    "gates": (ASKED, ASKED.model_copy(update={"gates": (*ASKED.gates, _waiting().gates[0])}), "gates"),
    "attempts": (
        _reopened(), _changed(_reopened(), _task("t1", attempts=(_attempt(1), _attempt(2, gate=2)))), "tasks"
    ),
    "added": (_added("plan", ""), _added("review", ""), "tasks"),
    "rounds": (j.built(), _changed(j.built(), _run(journey_replans=2)), "journey_replans"),
    "the budget": (b.executing(FORK), _changed(b.executing(FORK), _task("t1", reruns={"x": 3})), "tasks"),
    "a decision": (_reopened(), _gate(_reopened(), revision=9), "gates"),
    "carried out": (_round(), _round(**DONE | {"posted_revision": -1}), "journeys"),
    "what is kept": (
        _changed(b.executing(PLAN), _state("t1", "verified")),
        _changed(b.executing(PLAN), _state("t1", "verified"), _task("t1", attempts=())), "tasks",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_what_broke_is_all_told(name: str) -> None:
    before, after, field = ONE_BY_ONE[name]
    told = [*broken(after), *broken_step(before, after)]
    assert told
    assert _since(before, after, field) == told
    assert _since(before, after, field, "money", "verifications") == told


@pytest.mark.parametrize("field", ["plan", "green_trees", "gates", "journeys", "reviews", "config"])
def test_what_a_change_means_for_tasks_that_stayed_as_they_were_is_looked_at(field: str) -> None:
    """A tree that is green no more, or a plan that needs more: the merged task itself did not change."""
    before = _changed(b.executing(PLAN), _state("t1", "merged"))
    after = before.model_copy(update={"green_trees": frozenset()})
    assert _since(before, after, field) == ["6: t1 is merged without a green verification of its tree"]
    assert _since(before, after, "order") == []
    touched = _changed(after, _task("t1", question="x"))
    assert _since(before, touched, "tasks") == ["6: t1 is merged without a green verification of its tree"]


def test_what_is_quiet_is_not_looked_at_for_the_rules_of_work() -> None:
    """Thousands of looks at Actions would each cost a look at every task; nor is what did not change."""
    before = _changed(b.executing(PLAN), _state("t1", "merged"))
    after = _changed(before.model_copy(update={"green_trees": frozenset()}), _task("t1", question="x"))
    assert _since(before, after, "tasks") != []
    assert _since(before, after, "heard_at", "shown") == _since(before, after, *QUIET) == []
    spent = before.model_copy(update={"money": before.money.model_copy(update={"settled": 999.0})})
    assert _since(before, spent, "heard_at") == []
    assert _since(ASKED, _rerun(ASKED), "heard_at") == []
