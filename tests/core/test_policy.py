"""Facts before models: every cause with one move has it without a model, and people are told exactly what to do."""

import pytest
from core_builders import (
    T0,
    applied,
    config,
    executing,
    failure,
    fold,
    plan,
    posted,
    said,
    started,
    states,
    to_failed,
)  # fmt: skip

from otto_bot.agents.rules import rules_decision
from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.asks import MONEY, again_on_the_same_commit, reply_for
from otto_bot.core.attempt import Attempt, Task, TaskState
from otto_bot.core.decision import Action, Decider, Facts, Move
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause, Failure, Phase, Progress
from otto_bot.core.history import history
from otto_bot.core.run import Run
from otto_bot.core.waits import waits_for


def task(*attempts: Failure | None, strategies: tuple[Action | None, ...] = (), **changes: object) -> Task:
    """A failed task with these attempts' failures."""
    made = tuple(
        Attempt(
            number=n,
            branch="b",
            base_sha="x",
            failure=why,
            strategy=strategies[n - 1] if n <= len(strategies) else None,
        )
        for n, why in enumerate(attempts, start=1)
    )
    return Task(key="t1", state=TaskState.FAILED, attempts=made).model_copy(update=changes)


def move(why: Failure, **changes: object) -> Move | None:
    return policy.fixed_move(task(why, **changes), why)


@pytest.mark.parametrize("cause", [Cause.INFRA, Cause.NEVER_STARTED, Cause.SYSTEMIC])
def test_an_outage_runs_again_twice_on_the_same_commit_and_then_a_person_is_asked(cause: Cause) -> None:
    why = failure("t1", cause=cause)
    for count in (0, 1):
        made = move(why, reruns={cause.value: count}, rerun_count=count)
        assert made is not None
        assert (made.action, made.decided_by) == (Action.RERUN, Decider.RULES)
        assert "not charged" in made.reason
    asked = move(why, reruns={cause.value: 2}, rerun_count=2)
    assert asked is not None
    assert asked.action is Action.ASK
    assert "again after 2 re-runs" in asked.question
    assert "`/otto retry t1`" in asked.question


@pytest.mark.parametrize("cause", [Cause.FLAKY, Cause.TIMEOUT])
def test_what_comes_and_goes_runs_again_once_and_then_somebody_thinks(cause: Cause) -> None:
    made = move(failure("t1", cause=cause))
    assert made is not None
    assert made.action is Action.RERUN
    assert move(failure("t1", cause=cause), reruns={cause.value: 1}, rerun_count=1) is None


def test_reruns_are_counted_for_each_cause_by_itself() -> None:
    made = move(failure("t1", cause=Cause.FLAKY), reruns={"infra": 2}, rerun_count=2)
    assert made is not None
    assert made.action is Action.RERUN


def test_reruns_of_an_older_ledger_count_for_every_cause() -> None:
    asked = move(failure("t1", cause=Cause.INFRA), rerun_count=2)
    assert asked is not None
    assert asked.action is Action.ASK


def test_an_outage_before_anything_was_verified_is_made_again_for_free() -> None:
    why = failure("t1", cause=Cause.INFRA, phase=Phase.CODING)
    made = move(why)
    assert made is not None
    assert made.action is Action.RETRY
    worn = policy.fixed_move(task(why, why, why), why)
    assert worn is not None
    assert worn.action is Action.ASK


ASKED = [
    (Cause.BILLING, {}, ("Settings → Billing", "`/otto retry t1`")),
    (Cause.PERMISSION, {"signals": ("action not allowed",)}, ("Allow select actions", "`/otto retry t1`")),
    (Cause.PERMISSION, {"detail": "not allowed to deploy: environment protection"}, ("Environments", "branches")),
    (Cause.PERMISSION, {"detail": "Resource protected by organization SAML"}, ("single sign-on",)),
    (
        Cause.PERMISSION,
        {"detail": "Resource not accessible by integration"},
        ("Workflow permissions", "`permissions:`"),
    ),
    (Cause.ACTION_REQUIRED, {"fingerprint": "blocked:approval"}, ("Approve and run", "Actions tab")),
    (Cause.ACTION_REQUIRED, {"fingerprint": "blocked:environment"}, ("Review deployments",)),
    (Cause.ACTION_REQUIRED, {"detail": "likely failed because of a workflow file issue"}, ("mend it",)),
    (Cause.NO_CI, {"conclusion": "no_ci:workflow_disabled@ci.yml"}, ("`ci.yml` is disabled", "Enable workflow")),
    (Cause.NO_CI, {"conclusion": "no_ci:workflow_gone@ci.yml"}, ("merge the default branch",)),
    (Cause.NO_CI, {"conclusion": "no_ci:base_conflict@"}, ("conflicts with the default branch", "merge")),
    (Cause.NO_CI, {"conclusion": "no_ci:workflow_broken@ci.yml"}, ("cannot read `ci.yml`",)),
    (Cause.NO_CI, {"conclusion": "no_ci:draft_guard@ci.yml"}, ("Ready for review",)),
    (Cause.NO_CI, {"conclusion": "no_ci:branch_filter@ci.yml"}, ("branch filter of `ci.yml`",)),
    (Cause.NO_CI, {"conclusion": "no_ci:path_filter@ci.yml"}, ("path filter of `ci.yml`",)),
    (Cause.NO_CI, {"conclusion": "no_ci:skipped@ci.yml"}, ("`if:` conditions",)),
    (Cause.NO_CI, {"conclusion": "no_ci:unknown@"}, ("Settings → Actions → General", "of this branch")),
    (Cause.NO_CI, {"conclusion": "neutral", "fingerprint": "neutral:"}, ("was skipped",)),
    (Cause.NO_CI, {}, ("Settings → Actions → General",)),
]


@pytest.mark.parametrize(("cause", "more", "words"), ASKED)
def test_a_person_is_told_exactly_what_to_do_and_what_to_reply(
    cause: Cause, more: dict[str, object], words: tuple[str, ...]
) -> None:
    made = move(failure("t1", cause=cause, **more))
    assert made is not None
    assert made.action is Action.ASK
    for needed in (*words, "Then reply `/otto "):
        assert needed in made.question
    assert made.question.count("?") == 1
    assert len(made.question) <= 500


def test_where_the_money_is_used_up_all_are_asked_the_same() -> None:
    made = move(failure("t1", cause=Cause.BUDGET))
    assert made is not None
    assert (made.action, made.question) == (Action.ASK, MONEY)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("workflow_scope", "workflow files"),
        ("protected", "Rulesets"),
        ("missing_rights", "Contents: read and write"),
        ("other", "refuses the push"),
    ],
)
def test_a_refused_push_gets_a_fresh_branch_once_and_then_a_person(reason: str, words: str) -> None:
    why = failure("t1", cause=Cause.PUSH_REJECTED, phase=Phase.PUSH, detail=f"{reason}: said git")
    made = move(why)
    assert made is not None
    assert made.action is Action.RESTART_FRESH
    asked = policy.fixed_move(task(why, why), why)
    assert asked is not None
    assert asked.action is Action.ASK
    assert words in asked.question


@pytest.mark.parametrize("cause", [Cause.MERGE_CONFLICT, Cause.PROVIDER_ERROR])
def test_what_costs_no_attempt_is_tried_again_twice_and_then_asked(cause: Cause) -> None:
    why = failure("t1", cause=cause, phase=Phase.MERGE)
    for count in (1, 2):
        made = policy.fixed_move(task(*[why] * count), why)
        assert made is not None
        assert made.action is Action.RETRY
        assert "not charged" in made.reason
    asked = policy.fixed_move(task(why, why, why), why)
    assert asked is not None
    assert asked.action is Action.ASK
    assert "3 times" in asked.question
    assert policy.charged(task(why, why, why)) == 0


@pytest.mark.parametrize(
    "cause", [Cause.BILLING, Cause.PERMISSION, Cause.ACTION_REQUIRED, Cause.NO_CI, Cause.INFRA, Cause.CANCELLED]
)
def test_what_the_surroundings_broke_costs_no_attempt(cause: Cause) -> None:
    why, code = failure("t1", cause=cause), failure("t1", cause=Cause.TEST)
    assert policy.charged(task(why, code, why)) == 1


def test_a_red_base_is_held_and_after_three_times_asked() -> None:
    why = failure("t1", cause=Cause.BASE_RED)
    held = move(why)
    assert held is not None
    assert held.action is Action.HOLD
    asked = policy.fixed_move(task(why, why, why), why)
    assert asked is not None
    assert asked.action is Action.ASK
    pre_existing = move(failure("t1", cause=Cause.TEST, pre_existing=True))
    assert pre_existing is not None
    assert pre_existing.action is Action.HOLD


THINK = set(Cause) - policy.RERUN_FIRST - {
    Cause.BILLING, Cause.PERMISSION, Cause.ACTION_REQUIRED, Cause.NO_CI, Cause.BUDGET, Cause.BASE_RED,
    Cause.MERGE_CONFLICT, Cause.PROVIDER_ERROR, Cause.PUSH_REJECTED,
}  # fmt: skip


@pytest.mark.parametrize("cause", sorted(THINK))
def test_everything_else_needs_judgement(cause: Cause) -> None:
    assert move(failure("t1", cause=cause)) is None


EVERY = {Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH, Action.SKIP, Action.ASK}
AFRESH = {Action.RESTART_FRESH, Action.SKIP, Action.ASK}


def history_of(
    *prints: str, strategies: tuple[Action | None, ...] = (), progress: Progress = Progress.NEW
) -> set[Action]:
    """What is allowed after attempts that failed with these fingerprints."""
    failures = [
        failure("t1", n, fingerprint=name, progress=progress if n == len(prints) else Progress.FIRST)
        for n, name in enumerate(prints, start=1)
    ]
    run = executing(plan("t1", "t2"), config(attempts={"per_task": 9}))
    return set(policy.allowed(run, task(*failures, strategies=strategies)))


R, D, F = Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH


@pytest.mark.parametrize(
    ("prints", "strategies", "allowed"),
    [
        (("A",), (), EVERY),
        (("A", "B"), (None, R), EVERY),
        # the same twice with the same strategy: a first attempt is a plain one
        (("A", "A"), (None, R), AFRESH),
        (("A", "A", "A"), (None, D, D), AFRESH),
        # the same twice with another strategy: going on plainly is tried, differently is not exhausted
        (("A", "A"), (None, D), EVERY - {R}),
        (("A", "A"), (None, F), EVERY - {R}),
        # back and forth
        (("A", "B", "A"), (None, R, D), AFRESH),
        (("A", "B", "C", "A"), (None, R, D, F), AFRESH),
        (("A", "B", "B"), (None, R, R), AFRESH),
        (("", ""), (None, R), EVERY),
    ],
)
def test_the_same_failure_twice_or_back_and_forth_ends_plain_retries(
    prints: tuple[str, ...], strategies: tuple[Action | None, ...], allowed: set[Action]
) -> None:
    assert history_of(*prints, strategies=strategies) == allowed


def test_progress_counts_too_where_fingerprints_differ() -> None:
    """Renamed tests: another fingerprint, the same failure."""
    assert history_of("A", "A2", strategies=(None, R), progress=Progress.SAME) == AFRESH
    assert history_of("A", "B", "A2", strategies=(None, R, D), progress=Progress.OSCILLATING) == AFRESH


def test_an_outage_in_between_hides_no_repetition() -> None:
    first, outage = failure("t1", 1, fingerprint="A"), failure("t1", 2, Cause.PROVIDER_ERROR, fingerprint="P")
    last = failure("t1", 3, fingerprint="A")
    run = executing(plan("t1", "t2"))
    assert set(policy.allowed(run, task(first, outage, last, strategies=(None, R, R)))) == AFRESH


def test_without_attempts_or_money_only_people_are_left() -> None:
    run = executing(plan("t1", "t2"), config(attempts={"per_task": 1}))
    assert policy.allowed(run, task(failure("t1"))) == {Action.SKIP, Action.ASK}
    rich = executing(plan("t1", "t2"))
    poor = rich.model_copy(update={"money": rich.money.model_copy(update={"cap": 0.0})})
    assert policy.allowed(poor, task(failure("t1"))) == {Action.SKIP, Action.ASK}


def decided(run: Run, facts: Facts | None = None) -> Run:
    """The gate opens, the rules decide, it is posted, approved and applied."""
    number = len(run.gates) + 1
    run = fold(run, e.GateOpened(at=T0, gate=number))
    assert run.gate is not None
    decision = rules_decision(facts or policy.facts_for(run, run.gate, {}), "rules", serial=False)
    run = posted(fold(run, e.DecisionMade(at=T0, gate=number, decision=decision)))
    return applied(fold(run, said(f"/otto approve r{run.gates[-1].revision}", key=f"ok{number}")))


def test_a_gate_of_settled_failures_leaves_nothing_to_a_model() -> None:
    run = fold(executing(plan("t1", "t2")), *to_failed("t1", cause=Cause.INFRA), *to_failed("t2", cause=Cause.BASE_RED))
    run = fold(run, e.GateOpened(at=T0, gate=1))
    assert run.gate is not None
    assert policy.facts_for(run, run.gate, {}).open_failures == {}


def test_of_a_mixed_gate_only_the_open_failure_is_left_to_judgement() -> None:
    run = fold(executing(plan("t1", "t2")), *to_failed("t1", cause=Cause.INFRA), *to_failed("t2", cause=Cause.TEST))
    run = fold(run, e.GateOpened(at=T0, gate=1))
    assert run.gate is not None
    facts = policy.facts_for(run, run.gate, {})
    assert set(facts.open_failures) == {"t2"}
    assert facts.causes == {"t2": Cause.TEST}
    assert [(m.task, m.action) for m in facts.fixed] == [("t1", Action.RERUN)]
    assert {f.task for f in run.gate.failures} == {"t1", "t2"}


def test_history_and_counters_live_in_the_ledger_over_reruns() -> None:
    """A re-run takes the failure off its attempt; the gate, the counters and the history keep it."""
    run = decided(fold(executing(plan("t1")), *to_failed("t1", cause=Cause.INFRA)))
    read = Run.model_validate_json(run.model_dump_json(by_alias=True))
    assert read.task("t1").reruns == {"infra": 1}
    assert read.task("t1").failure is None
    assert [(s.attempt, s.failure.cause, s.move) for s in history(read, "t1")] == [(1, Cause.INFRA, "rerun")]
    assert policy.attempts_left(read, read.task("t1")) == 2


def test_what_was_the_platforms_fault_goes_on_with_the_same_commit() -> None:
    """Billing mended: nobody codes again, Actions looks at the commit that is there, and no attempt is used up."""
    run = decided(fold(executing(plan("t1")), *to_failed("t1", cause=Cause.BILLING)))
    wait = waits_for(run)
    assert states(run) == {"t1": "asked"}
    assert wait is not None
    assert wait.reply == "/otto retry t1"
    run = applied(posted(fold(run, said(wait.reply, seconds=5))))
    assert states(run) == {"t1": "verifying"}
    assert len(run.task("t1").attempts) == 1
    assert EffectKind.RERUN in {effect.kind for effect in scheduled(run)}
    assert run.gates[-1].decision is not None
    assert run.gates[-1].decision.moves[0].decided_by is Decider.HUMAN


def test_what_others_pushed_meanwhile_is_verified_with_the_commit_that_goes_on() -> None:
    """On the run branch itself: else it would be done with a head that nobody has verified."""
    run = decided(fold(executing(plan("t1")), *to_failed("t1", cause=Cause.BILLING)))
    run = fold(run, e.RunBranchMoved(at=T0, sha="theirs", tree="tree-theirs", by="bob"))
    run = applied(posted(fold(run, said("/otto retry t1", seconds=5))))
    assert states(run) == {"t1": "coding"}
    assert [effect.key for effect in scheduled(run) if effect.kind is EffectKind.PUSH] == ["run/1/push/t1/a1/t1"]
    assert not [effect for effect in scheduled(run) if effect.kind is EffectKind.RERUN]
    assert len(run.task("t1").attempts) == 1


def test_with_guidance_it_is_coded_again() -> None:
    run = decided(fold(executing(plan("t1")), *to_failed("t1", cause=Cause.BILLING)))
    run = applied(posted(fold(run, said("/otto retry t1 -- use dicts", seconds=5))))
    assert states(run) == {"t1": "reopened"}


def test_a_person_who_wants_two_tasks_again_that_never_run_together_gets_one_at_a_time() -> None:
    made = plan("t1", "t2", apart=[("t1", "t2")])
    run = fold(executing(made), *to_failed("t1", cause=Cause.BILLING))
    run = decided(run)
    run = decided(fold(run, *to_failed("t2", cause=Cause.BILLING)))
    assert states(run) == {"t1": "asked", "t2": "asked"}
    run = applied(posted(fold(run, said("/otto retry t1,t2", seconds=5))))
    assert sorted(states(run).values()) == ["asked", "verifying"]


@pytest.mark.parametrize(
    ("cause", "phase", "same"),
    [
        (Cause.BILLING, Phase.VERIFY, True),
        (Cause.INFRA, Phase.INTEGRATION, True),
        (Cause.INFRA, Phase.CODING, False),
        (Cause.TEST, Phase.VERIFY, False),
        (Cause.BUDGET, Phase.CODING, False),
    ],
)
def test_only_what_actions_never_judged_is_looked_at_again(cause: Cause, phase: Phase, same: bool) -> None:
    assert again_on_the_same_commit(failure("t1", cause=cause, phase=phase)) is same


def test_the_reply_fits_the_cause() -> None:
    assert reply_for("t1", failure("t1", cause=Cause.NO_CI)) == "/otto retry t1"
    assert reply_for("t1", failure("t1", cause=Cause.TEST)) == "/otto retry t1 -- your answer"
    assert reply_for("t1", None) == "/otto retry t1 -- your answer"


def test_an_attempt_that_starts_takes_its_guidance_along() -> None:
    run = decided(fold(executing(plan("t1")), *to_failed("t1")))
    run = fold(run, started("t1", 2))
    assert run.task("t1").attempts[1].strategy is Action.RETRY
