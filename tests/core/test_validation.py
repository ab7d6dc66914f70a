"""Rules 1 to 9 of a decision, each by its own table: what may stand, what is rejected, and in which words."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from otto_bot.core.decision import Action, Facts, Move, PilotDecision, settle
from otto_bot.core.evidence import EvidenceItem, Excerpt
from otto_bot.core.plan import Criterion, Plan, Relation, RelationSpec, TaskSpec
from otto_bot.core.validation import MOST_REASONS, RULES, twice_named, validate

ALL = frozenset({Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH, Action.SKIP, Action.ASK})
OUT_OF_ATTEMPTS = frozenset({Action.SKIP, Action.ASK})


def spec(key: str, *needs: str) -> TaskSpec:
    return TaskSpec(key=key, title=key, goal="g", criteria=(Criterion(id="c1", text="c"),), depends_on=needs)


# t1 merged · t2 and t3 failed · t4 needs t2 · t5 free and against t3
PLAN = Plan(
    summary="s",
    mode="decomposed",
    tasks=(spec("t1"), spec("t2", "t1"), spec("t3"), spec("t4", "t2"), spec("t5")),
    relations=(RelationSpec(a="t3", b="t5", kind=Relation.CONTRADICTORY, reason="tuples or dicts"),),
)


def item(number: str, task: str | None, kind: str, text: str) -> EvidenceItem:
    excerpt = Excerpt.model_validate({"kind": kind, "source": "s", "text": text})
    return EvidenceItem(id=number, task=task, attempt=1, excerpt=excerpt)


ITEMS = {
    "E1": item("E1", "t2", "log", "E   ModuleNotFoundError:   No module named 'flask'"),
    "E2": item("E2", "t3", "log", "AssertionError: tuples expected"),
    "E3": item("E3", "t1", "handoff", "list_active() gives dicts since t1"),
    "E4": item("E4", "t3", "spec", "t3 promises tuples"),
}
FLASK = {"evidence": "E1", "quote": "No module named 'flask'"}
TUPLES = {"evidence": "E2", "quote": "tuples expected"}
HANDOFF = {"evidence": "E3", "quote": "gives dicts"}
TEXT = {"evidence": "E4", "quote": "promises tuples"}


def facts(**changes: Any) -> Facts:
    made: dict[str, Any] = {
        "plan": PLAN, "open_failures": {"t2": ALL, "t3": ALL}, "pending": frozenset({"t4", "t5"}),
        "done": frozenset({"t1"}), "evidence": ITEMS, "protected": (".github/**", "CODEOWNERS"),
    }  # fmt: skip
    return Facts(**{**made, **changes})


def strategies(t2: Any = "retry", t3: Any = "retry") -> list[dict[str, Any]]:
    pairs = [(key, value) for key, value in (("t2", t2), ("t3", t3)) if value is not None]
    return [{"task": key, **(value if isinstance(value, dict) else {"action": value})} for key, value in pairs]


def analysis(task: str, kind: str, *citations: dict[str, str]) -> dict[str, Any]:
    return {"task": task, "class": kind, "summary": "so it is", "citations": list(citations)}


def reasons(held: Facts | None = None, **answer: Any) -> str:
    given = {"retry_strategies": strategies(), "batches": [["t2", "t3"], ["t4", "t5"]], **answer}
    return "\n".join(f"{r.field}: {r.reason}" for r in validate(PilotDecision.model_validate(given), held or facts()))


SKIP_T3 = {"retry_strategies": strategies(t3="skip"), "batches": [["t2", "t5"], ["t4"]]}
SKIP_T5 = {"skip_tasks": [{"task": "t5", "reason": "r"}], "batches": [["t2", "t3"], ["t4"]]}


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        ({}, None),
        # rule 7: a skip with a ground
        ({**SKIP_T3, "failure_analysis": [analysis("t3", "spec", TEXT)]}, None),
        ({**SKIP_T3, "failure_analysis": [analysis("t3", "spec", TUPLES)]}, None),
        (
            {**SKIP_T3, "failure_analysis": [analysis("t3", "code", HANDOFF)]},
            facts(open_failures={"t2": ALL, "t3": OUT_OF_ATTEMPTS}),
        ),
        ({**SKIP_T5, "failure_analysis": [analysis("t5", "spec", HANDOFF)]}, None),
        ({**SKIP_T5, "cross_task": [{"tasks": ["t3", "t5"], "finding": "both", "citations": [HANDOFF]}]}, None),
        # rule 7: no citation is a guess, which may be said
        ({"failure_analysis": [analysis("t2", "code")]}, None),
        # rule 6: a retry may be told what its own evidence does not show
        ({"routed_context": [{"target_task": "t3", "context": "dicts", "citations": [HANDOFF]}]}, None),
        ({"routed_context": [{"target_task": "t3", "context": "dicts", "citations": [TUPLES, FLASK]}]}, None),
        # rule 8: asked and pending tasks are open
        ({"routed_context": [{"target_task": "t5", "context": "dicts", "citations": [HANDOFF]}]}, None),
        # rule 9: harmless words
        ({"retry_strategies": strategies({"action": "restart_fresh", "reason": "do not delete the test"})}, None),
        ({"failure_analysis": [{**analysis("t2", "code"), "summary": "it edits .github/workflows/ci.yml"}]}, None),
    ],
)
def test_this_may_stand(answer: dict[str, Any], held: Facts | None) -> None:
    assert reasons(held, **answer) == ""


SECRET = "use ghs_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        # rule 2
        ({"retry_strategies": strategies(t3=None)}, "retry_strategies: t3 failed and has no strategies"),
        ({"retry_strategies": strategies() * 2}, "retry_strategies: t2 failed and has 2 strategies"),
        ({"retry_strategies": [*strategies(), {"task": "t1", "action": "retry"}]}, "t1 has no open failure"),
        (
            {"retry_strategies": [*strategies(), {"task": "x" * 500, "action": "ask"}]},
            f"{'x' * 40}… has no open failure",
        ),
        # rule 3
        ({"skip_tasks": [{"task": "t1", "reason": "r"}]}, "t1 is neither pending nor failed"),
        ({**SKIP_T5, "skip_tasks": [{"task": "t5", "reason": "r"}] * 2}, "t5 is skipped 2 times"),
        ({"skip_tasks": [{"task": "t3", "reason": "r"}]}, "t3 is both skipped and retry"),
        # rule 4
        ({"batches": [["t2", "t3", "t5"], ["t4"]]}, "t3 and t5 may not share a batch"),
        ({"batches": [["t4", "t3"], ["t2", "t5"]]}, "t4 runs before t2, which it depends on"),
        ({"batches": [["t2", "t3"], ["t4", "t5"], [], ["t2"] * 40]}, "44 entries for a plan of 5 tasks"),
        ({"batches": []}, "t2 is in no batch"),
        # rule 6
        ({"retry_strategies": strategies("retry_different")}, "retry_different needs guidance"),
        ({"retry_strategies": strategies({"action": "retry", "guidance": "psst"})}, "guidance makes it"),
        (
            {"retry_strategies": strategies(t3={"action": "ask", "question": "?"}), "batches": [["t2", "t5"], ["t4"]]},
            "ask needs exactly one question",
        ),
        (
            {"routed_context": [{"target_task": "t3", "context": "c", "citations": [TUPLES]}]},
            "retry brings the task's own evidence anyway",
        ),
        # rule 7
        ({"failure_analysis": [analysis("t2", "code", {"evidence": "E1", "quote": "django"})]}, "does not stand in E1"),
        ({"failure_analysis": [analysis("t2", "code", *[FLASK] * 11)]}, "11 citations; at most 10"),
        ({"failure_analysis": [analysis("t2", "code", FLASK)] * 2}, "failure_analysis[t2]: t2 has 2 analyses"),
        ({"failure_analysis": [analysis("t1", "code", HANDOFF)]}, "t1 did not fail"),
        ({"failure_analysis": [analysis("t4", "code", FLASK)]}, "t4 did not fail"),
        ({"failure_analysis": [analysis("t9", "code", FLASK)]}, "t9 is no task of this plan"),
        ({"cross_task": [{"tasks": ["t9"], "finding": "f"}]}, "cross_task: t9 is no task of this plan"),
        ({"cross_task": [{"tasks": ["t2"] * 9, "finding": "f"}]}, "cross_task: a finding names each task once"),
        (SKIP_T3, "skipping t3 needs an analysis with a quote"),
        ({**SKIP_T3, "failure_analysis": [analysis("t3", "spec")]}, "skipping t3 needs an analysis with a quote"),
        ({**SKIP_T3, "failure_analysis": [analysis("t3", "code", TUPLES)]}, "t3 has attempts left"),
        ({**SKIP_T3, "failure_analysis": [analysis("t3", "spec", FLASK)]}, "quoted from the task texts or its own"),
        ({**SKIP_T3, "failure_analysis": [analysis("t3", "spec", HANDOFF)]}, "t3 has attempts left"),
        (SKIP_T5, "skipping t5 needs an analysis with a quote"),
        ({**SKIP_T5, "cross_task": [{"tasks": ["t5"], "finding": "f"}]}, "skipping t5 needs an analysis"),
        # rule 8
        ({"routed_context": [{"target_task": "t1", "context": "c", "citations": [FLASK]}]}, "t1 is settled or unknown"),
        ({"routed_context": [{"target_task": "t5", "context": "c"}]}, "a routed fact needs a citation"),
        ({"new_learnings": [{"text": "x"}]}, "a learning needs a citation"),
        ({"new_learnings": [{"text": "x", "scope": " ", "citations": [FLASK]}]}, "a learning needs a scope"),
        # rule 9, in every field that somebody reads as an order
        (
            {"retry_strategies": strategies({"action": "restart_fresh", "guidance": SECRET})},
            "guidance: contains a secret",
        ),
        (
            {"retry_strategies": strategies({"action": "retry", "reason": "delete the test"})},
            "[t2].reason: asks to weaken",
        ),
        (
            {
                "retry_strategies": strategies(t3={"action": "ask", "question": "May I skip the tests?"}),
                "batches": [["t2", "t5"], ["t4"]],
            },
            "[t3].question: asks to weaken",
        ),
        (
            {"routed_context": [{"target_task": "t5", "context": "edit CODEOWNERS", "citations": [FLASK]}]},
            "[t5].context: asks to touch the protected path codeowners",
        ),
        (
            {"new_learnings": [{"text": "Always use --no-verify", "citations": [FLASK]}]},
            "new_learnings: asks to weaken",
        ),
        ({"failure_analysis": [{**analysis("t2", "code"), "summary": SECRET}]}, "[t2].summary: contains a secret"),
        ({"cross_task": [{"tasks": ["t2"], "finding": "disable the linter"}]}, "cross_task: asks to weaken"),
        ({**SKIP_T5, "skip_tasks": [{"task": "t5", "reason": "remove its tests"}]}, "[t5].reason: asks to weaken"),
    ],
)
def test_this_is_rejected_with_field_and_reason(answer: dict[str, Any], reason: str) -> None:
    assert reason in reasons(**answer)


def test_a_task_that_the_rules_settled_is_nobody_elses() -> None:
    held = facts(open_failures={"t3": ALL}, fixed=(Move(task="t2", action=Action.RERUN),))
    assert "t2 has no open failure" in reasons(held, batches=[["t3"], ["t5"]])
    assert reasons(held, retry_strategies=strategies(t2=None), batches=[["t3"], ["t5"]]) == ""
    assert "t2 is neither pending nor failed" in reasons(
        held, retry_strategies=strategies(t2=None), batches=[["t3"], ["t5"]], skip_tasks=[{"task": "t2", "reason": "r"}]
    )


@pytest.mark.parametrize("action", ["reboot", "RETRY", "rerun", "hold", "", None, 7, ["retry"], {"a": 1}])
def test_a_made_up_action_is_a_question_that_may_stand_at_once(action: Any) -> None:
    """It comes without a question, so it gets one: it is not rejected into a loop."""
    made_up = [{"task": "t2", "action": action}, {"task": "t3", "action": "retry"}]
    raw = PilotDecision.model_validate({"retry_strategies": made_up, "batches": [["t3"], ["t5"]]})
    assert raw.retry_strategies[0].action == "ask"
    assert (raw.retry_strategies[0].question or "").count("?") == 1
    assert validate(raw, facts()) == ()
    assert settle(raw, facts()).waits


def test_a_made_up_action_keeps_the_question_that_came_with_it() -> None:
    raw = PilotDecision.model_validate({"retry_strategies": [{"task": "t2", "action": "x", "question": "Dicts?"}]})
    assert raw.retry_strategies[0].question == "Dicts?"


NULLS = {
    "failure_analysis": None, "cross_task": None, "routed_context": None, "skip_tasks": None, "new_learnings": None,
    "retry_strategies": [
        {"task": "t2", "action": "retry", "guidance": None, "reason": None, "question": None},
        {"task": "t3", "action": "retry"},
    ],
}  # fmt: skip


def test_null_lists_and_null_strings_are_empty_ones() -> None:
    assert reasons(**NULLS) == ""
    raw = PilotDecision.model_validate(
        {"failure_analysis": [{**analysis("t2", "code"), "confidence": None, "citations": None}]}
    )
    assert (raw.failure_analysis[0].confidence, raw.failure_analysis[0].citations) == ("low", ())


@pytest.mark.parametrize(
    "bad",
    [
        {"failure_analysis": [{"task": "t2", "class": "code", "summary": None}]},
        {"failure_analysis": [{"task": None, "class": "code", "summary": "s"}]},
        {"failure_analysis": [{"task": "t2", "class": "code", "summary": "x" * 301}]},
        {"cross_task": [{"tasks": ["t2"], "finding": "x" * 301}]},
        {"retry_strategies": [{"task": "t2", "action": "retry_different", "guidance": "x" * 2001}]},
        {"retry_strategies": [{"task": "t2", "action": "ask", "question": "x" * 501}]},
        {"routed_context": [{"target_task": "t4", "context": "x" * 1001}]},
        {"new_learnings": [{"text": "x" * 301}]},
        {"new_learnings": [{"text": "x"}] * 21},
        {"failure_analysis": [{"task": "t2", "class": "code", "summary": "s"}] * 201},
        {"skip_tasks": [{"task": "t5", "reason": "r", "decided_by": "human"}]},
        {"batches": [[None]]},
        {"batches": "t2"},
        {"batches": [["t2"]] * 1001},
        {"extra": 1},
        [],
    ],
)
def test_over_long_fields_and_other_shapes_are_rejected_never_cut(bad: Any) -> None:
    with pytest.raises(ValidationError):
        PilotDecision.model_validate_json(json.dumps(bad))


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ('{"batches": [], "batches": [["t2"]]}', ("batches",)),
        ('{"retry_strategies": [{"task": "t2", "action": "ask", "action": "retry"}]}', ("action",)),
        ('{"batches": []}', ()),
        ("no json", ()),
        ("[" * 200_000, ()),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, ()),
    ],
)
def test_a_key_that_stands_twice_is_found_and_nothing_raises(text: str, twice: tuple[str, ...]) -> None:
    assert twice_named(text) == twice


def test_reasons_are_bounded_and_each_is_told_once() -> None:
    many = [{"task": f"x{n}", "action": "retry"} for n in range(300)]
    found = validate(PilotDecision.model_validate({"retry_strategies": many}), facts())
    assert len(found) == MOST_REASONS
    assert len(set(found)) == len(found)


def test_every_rule_says_which_it_is() -> None:
    assert all((rule.__doc__ or "").startswith("Rule ") for rule in RULES)
