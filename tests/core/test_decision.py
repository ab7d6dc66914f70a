"""The rules a pilot's answer is held against, one table row for each; and what a decision becomes."""

from typing import Any

import pytest
from pydantic import ValidationError

from otto_bot.core.decision import (
    Action,
    Decider,
    Decision,
    Facts,
    Move,
    PilotDecision,
    SkipTask,
    dependents,
    expected_tasks,
    settle,
)
from otto_bot.core.evidence import EvidenceItem, Excerpt
from otto_bot.core.plan import Criterion, Plan, Relation, RelationSpec, TaskSpec
from otto_bot.core.validation import validate

LOG = "running tests\nE   ModuleNotFoundError:   No module named 'flask'\n1 failed"
CITE = {"evidence": "E1", "quote": "No module named 'flask'"}
OWN = {"evidence": "E7", "quote": "t3 broke"}
SPEC = {"evidence": "E8", "quote": "as t1 does"}
ALL = frozenset({Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH, Action.SKIP, Action.ASK})


def task(key: str, *needs: str) -> TaskSpec:
    return TaskSpec(key=key, title=key, goal="g", criteria=(Criterion(id="c1", text="c"),), depends_on=needs)


# t1 done · t2, t3 failed · t4 needs t2, t5 free, t6 needs t4; t3 and t5 touch the same file
PLAN = Plan(
    summary="s",
    mode="decomposed",
    tasks=(task("t1"), task("t2", "t1"), task("t3"), task("t4", "t2"), task("t5"), task("t6", "t4")),
    relations=(RelationSpec(a="t3", b="t5", kind=Relation.ADDITIVE),),
)


def facts(**changes: Any) -> Facts:
    made: dict[str, Any] = {
        "plan": PLAN,
        "open_failures": {"t2": ALL, "t3": ALL},
        "pending": frozenset({"t4", "t5", "t6"}),
        "done": frozenset({"t1"}),
        "evidence": {
            "E1": EvidenceItem(id="E1", task="t2", attempt=1, excerpt=Excerpt(kind="log", source="s", text=LOG)),
            "E7": EvidenceItem(id="E7", task="t3", attempt=1, excerpt=Excerpt(kind="log", source="s", text="t3 broke")),
            "E8": EvidenceItem(id="E8", task="t3", excerpt=Excerpt(kind="spec", source="plan", text="t3: as t1 does")),
        },
        "protected": (".github/**", "CODEOWNERS"),
    }
    return Facts(**{**made, **changes})


def analysis(key: str = "t2", **changes: Any) -> dict[str, Any]:
    return {"task": key, "class": "environment", "summary": "no flask", "citations": [CITE], **changes}


def strategies(**actions: Any) -> list[dict[str, Any]]:
    """t2 and t3 retried unless said otherwise."""
    chosen = {"t2": "retry", "t3": "retry", **actions}
    made = []
    for key, value in chosen.items():
        if value is not None:
            made.append({"task": key, **(value if isinstance(value, dict) else {"action": value})})
    return made


def answer(**changes: Any) -> dict[str, Any]:
    good = {
        "failure_analysis": [analysis()],
        "retry_strategies": strategies(),
        "batches": [["t2", "t3"], ["t4", "t5"], ["t6"]],
    }
    return {**good, **changes}


def reasons(data: dict[str, Any], held: Facts | None = None) -> str:
    found = validate(PilotDecision.model_validate(data), held or facts())
    return "\n".join(f"{rejection.field}: {rejection.reason}" for rejection in found)


def test_a_good_answer_has_nothing_against_it():
    assert reasons(answer()) == ""


SKIP_T3 = {
    "failure_analysis": [analysis(), {**analysis("t3"), "class": "spec", "citations": [SPEC]}],
    "retry_strategies": strategies(t3={"action": "skip"}),
    "batches": [["t2"], ["t4", "t5"], ["t6"]],
}
WITH_GROUND = {"cross_task": [{"tasks": ["t4", "t5"], "finding": "pointless now", "citations": [CITE]}]}
ASK_T2 = {
    "retry_strategies": strategies(t2={"action": "ask", "question": "Tuples or dicts?"}),
    "batches": [["t3"], ["t5"]],
}


@pytest.mark.parametrize(
    "good",
    [
        {"retry_strategies": strategies(t2={"action": "retry_different", "guidance": "Add flask"})},
        {"retry_strategies": strategies(t2="restart_fresh")},
        {"retry_strategies": strategies(t2={"action": "restart_fresh", "guidance": "Begin with the schema"})},
        SKIP_T3,
        ASK_T2,
        {
            **WITH_GROUND,
            "skip_tasks": [{"task": "t5", "reason": "pointless"}],
            "batches": [["t2", "t3"], ["t4"], ["t6"]],
        },
        {**WITH_GROUND, "skip_tasks": [{"task": "t4", "reason": "pointless"}], "batches": [["t2", "t3"], ["t5"]]},
        {"routed_context": [{"target_task": "t4", "context": "flask is missing", "citations": [CITE]}]},
        {"new_learnings": [{"text": "CI lacks flask", "scope": "repository", "citations": [CITE]}]},
        {"cross_task": [{"tasks": ["t2", "t3"], "finding": "same cause", "citations": [CITE]}]},
        {"failure_analysis": [analysis(citations=[])]},
        {"failure_analysis": []},
        {"batches": [["t2"], ["t3", "t4"], ["t5"], ["t6"]]},
        {"failure_analysis": None, "cross_task": None, "routed_context": None, "new_learnings": None},
        {"retry_strategies": strategies(t2={"action": "retry_different", "guidance": "`{` braces ``` and } ticks"})},
    ],
)
def test_each_of_these_may_stand(good):
    assert reasons(answer(**good)) == ""


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        # exactly one strategy for each open failure, none for any other task
        ({"retry_strategies": strategies(t3=None)}, "t3 failed and has no strategies; give exactly one"),
        ({"retry_strategies": [*strategies(), *strategies()]}, "t2 failed and has 2 strategies"),
        ({"retry_strategies": strategies(t1="retry")}, "retry_strategies[t1]: t1 has no open failure"),
        ({"retry_strategies": strategies(t4="retry")}, "retry_strategies[t4]: t4 has no open failure"),
        ({"retry_strategies": strategies(t9="skip")}, "retry_strategies[t9]: t9 has no open failure"),
        # skips
        ({"skip_tasks": [{"task": "t1", "reason": "r"}]}, "t1 is neither pending nor failed"),
        ({"skip_tasks": [{"task": "t9", "reason": "r"}]}, "t9 is neither pending nor failed"),
        ({**SKIP_T3, "failure_analysis": []}, "skipping t3 needs an analysis with a quote"),
        ({**SKIP_T3, "failure_analysis": [analysis("t3", citations=[])]}, "skipping t3 needs an analysis with a quote"),
        ({"skip_tasks": [{"task": "t2", "reason": "r"}]}, "t2 is both skipped and retry"),
        # the order: coverage, dependencies, pairs apart, and what falls with a skip or a question
        ({"batches": [["t2", "t3"], ["t4", "t5"]]}, "batches: t6 is in no batch"),
        ({"batches": [["t2", "t3"], ["t4", "t5"], ["t6", "t2"]]}, "batches: t2 is in two batches"),
        ({"batches": [["t1", "t2", "t3"], ["t4", "t5"], ["t6"]]}, "batches: t1 may not be in a batch"),
        ({"batches": [["t2", "t3"], ["t4", "t5"], ["t6", "t9"]]}, "batches: t9 may not be in a batch"),
        ({"batches": [["t4", "t3"], ["t2", "t5"], ["t6"]]}, "t4 runs before t2, which it depends on"),
        ({"batches": [["t2", "t4"], ["t3"], ["t5", "t6"]]}, "t4 runs before t2, which it depends on"),
        ({"batches": [["t2", "t3", "t5"], ["t4"], ["t6"]]}, "t3 and t5 may not share a batch"),
        ({**ASK_T2, "batches": [["t2", "t3"], ["t4", "t5"], ["t6"]]}, "batches: t2 may not be in a batch"),
        ({**ASK_T2, "batches": [["t3"], ["t4", "t5"]]}, "batches: t4 may not be in a batch"),
        ({**SKIP_T3, "batches": [["t2", "t3"], ["t4", "t5"], ["t6"]]}, "batches: t3 may not be in a batch"),
        (
            {"skip_tasks": [{"task": "t4", "reason": "r"}], "batches": [["t2", "t3"], ["t5"], ["t6"]]},
            "batches: t6 may not be in a batch",
        ),
        # what each action needs
        ({"retry_strategies": strategies(t2="retry_different")}, "retry_different needs guidance"),
        ({"retry_strategies": strategies(t2={"action": "retry_different", "guidance": " "})}, "needs guidance"),
        ({"retry_strategies": strategies(t2={"action": "retry", "guidance": "psst"})}, "guidance makes it"),
        ({**ASK_T2, "retry_strategies": strategies(t2="ask")}, "ask needs exactly one question"),
        (
            {**ASK_T2, "retry_strategies": strategies(t2={"action": "ask", "question": "This? Or that?"})},
            "ask needs exactly one question",
        ),
        # quotes
        (
            {"failure_analysis": [analysis(citations=[{"evidence": "E1", "quote": "No module named 'django'"}])]},
            "failure_analysis[t2]: the quote \"No module named 'django'\" does not stand in E1",
        ),
        (
            {"failure_analysis": [analysis(citations=[{"evidence": "E2", "quote": "flask"}])]},
            "does not stand in E2",
        ),
        (
            {"failure_analysis": [analysis(citations=[{"evidence": "E1", "quote": " \n "}])]},
            "does not stand in E1",
        ),
        (
            {"cross_task": [{"tasks": ["t2"], "finding": "f", "citations": [{"evidence": "E1", "quote": "made up"}]}]},
            "cross_task: the quote 'made up' does not stand in E1",
        ),
        (
            {
                "routed_context": [
                    {"target_task": "t4", "context": "c", "citations": [{"evidence": "E1", "quote": "made up"}]}
                ]
            },
            "routed_context[t4]: the quote 'made up' does not stand in E1",
        ),
        ({"failure_analysis": [analysis("t9")]}, "t9 is no task of this plan"),
        # routed facts and learnings
        ({"routed_context": [{"target_task": "t1", "context": "c"}]}, "t1 is settled or unknown"),
        ({"routed_context": [{"target_task": "t9", "context": "c"}]}, "t9 is settled or unknown"),
        ({"new_learnings": [{"text": "x"}]}, "a learning needs a citation"),
        (
            {"new_learnings": [{"text": "x", "citations": [{"evidence": "E1", "quote": "made up"}]}]},
            "a learning needs a citation",
        ),
        # words that must not reach a coder
        (
            {"retry_strategies": strategies(t2={"action": "retry_different", "guidance": "Delete the failing test"})},
            "asks to weaken tests or checks",
        ),
        (
            {"routed_context": [{"target_task": "t4", "context": "edit .github/workflows/ci.yml"}]},
            "asks to touch the protected path .github/workflows/ci.yml",
        ),
    ],
)
def test_each_of_these_is_rejected_with_its_reason(bad, reason):
    assert reason in reasons(answer(**bad))


@pytest.mark.parametrize("action", ["retry", "retry_different", "restart_fresh", "skip"])
def test_only_the_moves_that_cause_history_and_budget_allow(action):
    held = facts(open_failures={"t2": ALL - {Action(action)}, "t3": ALL})
    assert f"retry_strategies[t2]: {action} is not allowed for this failure; allowed: ask" in reasons(
        answer(retry_strategies=strategies(t2={"action": action, "guidance": "g"})), held
    )


def test_a_failure_the_rules_settled_needs_no_strategy_and_takes_none():
    held = facts(open_failures={"t3": ALL}, fixed=(Move(task="t2", action=Action.RESTART_FRESH),))
    assert "t2 has no open failure" in reasons(answer(), held)
    assert reasons(answer(retry_strategies=strategies(t2=None)), held) == ""


def test_what_depends_on_a_task_that_waits_is_not_in_the_order():
    held = facts(open_failures={"t3": ALL}, fixed=(Move(task="t2", action=Action.HOLD),))
    only_t3 = strategies(t2=None)
    assert "t4 may not be in a batch" in reasons(
        answer(retry_strategies=only_t3, batches=[["t3"], ["t4", "t5"], ["t6"]]), held
    )
    assert reasons(answer(retry_strategies=only_t3, batches=[["t3"], ["t5"]]), held) == ""


@pytest.mark.parametrize("action", ["reboot", "RETRY", "rerun", "hold", "", None, 7, ["retry"]])
def test_an_action_that_does_not_exist_is_a_question_never_a_retry(action):
    raw = PilotDecision.model_validate(answer(retry_strategies=[{"task": "t2", "action": action}]))
    assert raw.retry_strategies[0].action == "ask"


@pytest.mark.parametrize(
    "bad",
    [
        {"unknown": []},
        {"batches": "t2"},
        {"batches": [[2]]},
        {"failure_analysis": [{**analysis(), "class": "cosmic"}]},
        {"failure_analysis": [analysis(summary="x" * 301)]},
        {"failure_analysis": [analysis(summary="")]},
        {"retry_strategies": strategies(t2={"action": "retry_different", "guidance": "x" * 2001})},
        {"routed_context": [{"target_task": "t4", "context": "x" * 1001}]},
        {"skip_tasks": [{"task": "t4"}]},
    ],
)
def test_what_has_not_the_shape_is_no_answer(bad):
    with pytest.raises(ValidationError):
        PilotDecision.model_validate(answer(**bad))


def test_settling_keeps_every_move_and_marks_what_is_only_a_guess():
    held = facts(open_failures={"t3": ALL}, fixed=(Move(task="t2", action=Action.RERUN, decided_by=Decider.RULES),))
    raw = PilotDecision.model_validate(
        answer(
            failure_analysis=[analysis("t3"), analysis("t2", citations=[])],
            retry_strategies=strategies(t2=None),
            batches=[["t3"], ["t5"]],
        )
    )
    assert validate(raw, held) == ()
    decision = settle(raw, held)
    assert [(move.task, move.action, move.decided_by) for move in decision.moves] == [
        ("t2", Action.RERUN, Decider.RULES),
        ("t3", Action.RETRY, Decider.PILOT),
    ]
    assert [item.hypothesis for item in decision.analysis] == [False, True]
    assert decision.move("t9") is None


def test_a_skip_is_one_thing_however_it_was_said():
    raw = PilotDecision.model_validate(answer(**{**SKIP_T3, "skip_tasks": [{"task": "t3", "reason": "r"}]}))
    assert validate(raw, facts()) == ()
    decision = settle(raw, facts())
    assert decision.move("t3").action is Action.SKIP
    assert decision.skips == ()


@pytest.mark.parametrize(
    ("action", "by", "waits"),
    [
        (Action.RETRY, None, False),
        (Action.SKIP, None, True),
        (Action.ASK, None, True),
        (Action.HOLD, Decider.RULES, True),
        (Action.RERUN, Decider.RULES, False),
        (Action.SKIP, Decider.HUMAN, False),
    ],
)
def test_a_person_must_say_yes_where_a_machine_skips_asks_or_holds(action, by, waits):
    decision = Decision(decided_by=Decider.PILOT, moves=(Move(task="t2", action=action, decided_by=by),))
    assert decision.waits is waits


def test_a_skip_of_a_pending_task_waits_too():
    skips = (SkipTask(task="t5", reason="r"),)
    assert Decision(decided_by=Decider.PILOT, moves=(), skips=skips).waits
    assert not Decision(decided_by=Decider.HUMAN, moves=(), skips=skips).waits


def test_dependents_are_found_all_the_way_down_and_a_cycle_ends():
    assert dependents(PLAN, {"t1"}) == {"t2", "t4", "t6"}
    assert dependents(PLAN, {"t6"}) == frozenset()
    assert dependents(PLAN, {"t9"}) == frozenset()
    ring = PLAN.model_copy(update={"tasks": (task("t1", "t2"), task("t2", "t1"))})
    assert dependents(ring, {"t1"}) == {"t2"}


def test_what_is_expected_to_run_is_retried_and_remaining_without_skipped_and_asked():
    raw = PilotDecision.model_validate(answer(**ASK_T2))
    assert expected_tasks(raw, facts()) == {"t3", "t5"}
    assert expected_tasks(PilotDecision.model_validate(answer()), facts()) == {"t2", "t3", "t4", "t5", "t6"}
