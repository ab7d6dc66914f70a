"""The rules of a pilot's answer at their borders: how much is read, how much is said back, and which way is refused."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.core.decision import Action, Facts, PilotDecision, Rejection
from otto_bot.core.evidence import EvidenceItem, Excerpt
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.validation import twice_named, validate

ALL = frozenset({Action.RETRY, Action.RETRY_DIFFERENT, Action.SKIP, Action.ASK})


def _spec(key: str, *needs: str) -> TaskSpec:
    return TaskSpec(key=key, title=key, goal="g", criteria=(Criterion(id="c1", text="c"),), depends_on=needs)


def _item(number: int, task: str, kind: str) -> tuple[str, EvidenceItem]:
    excerpt = Excerpt.model_validate({"kind": kind, "source": "s", "text": f"words of {kind}"})
    return f"E{number}", EvidenceItem(id=f"E{number}", task=task, attempt=1, excerpt=excerpt)


# t1 and t2 failed, t3 is free
PLAN = Plan(summary="s", mode="decomposed", tasks=(_spec("t1"), _spec("t2"), _spec("t3")))
FACTS = Facts(
    plan=PLAN,
    open_failures={"t1": ALL, "t2": ALL},
    pending=frozenset({"t3"}),
    done=frozenset(),
    evidence=dict([_item(1, "t1", "log"), _item(2, "t2", "log"), _item(3, "t1", "spec"), _item(4, "t1", "handoff")]),
    protected=(),
)
OWN, OTHERS, TEXT, HANDOFF = (
    {"evidence": f"E{number}", "quote": f"words of {kind}"}
    for number, kind in ((1, "log"), (2, "log"), (3, "spec"), (4, "handoff"))
)


def strategies(t1: Any = "retry") -> list[dict[str, Any]]:
    return [{"task": "t1", **(t1 if isinstance(t1, dict) else {"action": t1})}, {"task": "t2", "action": "retry"}]


def answered(facts: Facts = FACTS, **answer: Any) -> tuple[Rejection, ...]:
    given = {"retry_strategies": strategies(), "batches": [["t1", "t2", "t3"]], **answer}
    return validate(PilotDecision.model_validate(given), facts)


def wrong(**answer: Any) -> list[str]:
    return [f"{one.field}: {one.reason}" for one in answered(**answer)]


def test_a_whole_answer_stands() -> None:
    assert wrong() == []


@pytest.mark.parametrize(("count", "cut"), [(3, False), (6, False), (7, True)])
def test_an_order_of_more_than_twice_the_plan_is_not_gone_through(count: int, cut: bool) -> None:
    """One sentence says what is wrong; hundreds about single names would hide it."""
    found = wrong(batches=[["t1", "t2", "t3"], ["t1"] * (count - 3)] if count > 3 else [["t1", "t2", "t3"]])
    assert (f"batches: {count} entries for a plan of 3 tasks; name each task once" in found) is cut
    assert (len(found) > 0) is (count > 3)
    assert not cut or len(found) == 1


@pytest.mark.parametrize(("count", "told"), [(9, False), (10, False), (11, True)])
def test_ten_citations_are_read(count: int, told: bool) -> None:
    finding = {"tasks": ["t1"], "finding": "so", "citations": [OWN] * count}
    assert (f"cross_task: {count} citations; at most 10 are read" in wrong(cross_task=[finding])) is told
    last = {"evidence": "E1", "quote": "never said"}
    found = wrong(cross_task=[{**finding, "citations": [OWN] * (count - 1) + [last]}])
    assert any("does not stand" in one for one in found) is not told


@pytest.mark.parametrize(("length", "shown"), [(79, 79), (80, 80), (81, 80)])
def test_a_quote_that_nobody_said_is_said_back_in_short(length: int, shown: int) -> None:
    lost = {"evidence": "E1", "quote": "q" * length}
    found = wrong(cross_task=[{"tasks": ["t1"], "finding": "so", "citations": [lost]}])
    assert found == [f"cross_task: the quote {'q' * shown!r} does not stand in E1"]


@pytest.mark.parametrize(("length", "shown"), [(39, "x" * 39), (40, "x" * 40), (41, "x" * 40 + "…")])
def test_a_name_that_the_pilot_invented_is_said_back_in_short(length: int, shown: str) -> None:
    found = wrong(retry_strategies=[*strategies(), {"task": "x" * length, "action": "retry"}])
    assert f"retry_strategies[{shown}]: {shown} has no open failure; it needs no strategy" in found


def test_an_answer_that_is_wrong_everywhere_is_told_sixty_faults() -> None:
    many = [{"task": f"x{number}", "action": "retry"} for number in range(70)]
    assert len(answered(retry_strategies=[*strategies(), *many])) == 60


@pytest.mark.parametrize(
    ("citations", "refused"),
    [([OWN], True), ([OWN, OTHERS], False), ([OTHERS], False), ([TEXT], False), ([HANDOFF], False), ([OWN, OWN], True)],
)
@pytest.mark.parametrize("action", ["retry", "retry_different"])
def test_a_plain_retry_is_not_told_what_it_knows(citations: list[dict[str, str]], refused: bool, action: str) -> None:
    """Its own log comes along anyway; guidance that is hidden in a routed fact would pass as none."""
    strategy = {"action": action, "guidance": "do so" if action == "retry_different" else ""}
    routed = {"target_task": "t1", "context": "so it is", "citations": citations}
    found = wrong(retry_strategies=strategies(strategy), routed_context=[routed])
    assert any("retry brings the task's own evidence anyway" in one for one in found) is (refused and action == "retry")


@pytest.mark.parametrize(
    ("question", "whole"),
    [("Which?", True), ("Which", False), ("Which? Why?", False), ("?", False), ("1?", False), (None, False)],
)
def test_a_person_is_asked_exactly_one_question(question: str | None, whole: bool) -> None:
    found = wrong(retry_strategies=strategies({"action": "ask", "question": question}), batches=[["t2", "t3"]])
    assert any("exactly one question" in one for one in found) is not whole


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ({"action": "retry_different", "guidance": " "}, "needs guidance"),
        ({"action": "retry_different", "guidance": "so"}, ""),
        ({"action": "retry", "guidance": "so"}, "guidance makes it retry_different"),
        ({"action": "retry", "guidance": " "}, ""),
    ],
)
def test_guidance_is_what_makes_a_retry_another_one(strategy: dict[str, str], words: str) -> None:
    found = wrong(retry_strategies=strategies(strategy))
    assert (len(found), all(words in one for one in found)) == (bool(words), True)


@pytest.mark.parametrize(
    ("skips", "words"),
    [
        ([("t3", 2)], "t3 is skipped 2 times; once is enough"),
        ([("t9", 1)], "t9 is neither pending nor failed; it cannot be skipped"),
        ([("t1", 1)], "t1 is both skipped and retry"),
    ],
)
def test_what_is_skipped_is_open_and_skipped_once(skips: list[tuple[str, int]], words: str) -> None:
    given = [{"task": key, "reason": "r"} for key, count in skips for _ in range(count)]
    ((key, _),) = skips
    assert f"skip_tasks[{key}]: {words}" in wrong(skip_tasks=given)
    assert not any("times" in one for one in wrong(skip_tasks=[{"task": "t3", "reason": "r"}]))


@pytest.mark.parametrize(
    ("analyses", "words"),
    [
        (["t1"], None),
        (["t1", "t1"], "t1 has 2 analyses; give one"),
        (["t9"], "t9 is no task of this plan"),
        (["t3"], "t3 did not fail; only a pending task that is skipped has an analysis besides"),
    ],
)
def test_an_analysis_is_of_what_failed(analyses: list[str], words: str | None) -> None:
    given = [{"task": key, "class": "code", "summary": "so"} for key in analyses]
    found = wrong(failure_analysis=given)
    assert found == ([f"failure_analysis[{analyses[0]}]: {words}"] if words else [])


@pytest.mark.parametrize(
    ("text", "twice"),
    [('{"a":1,"a":2}', ("a",)), ('{"a":1,"b":2}', ()), ('[{"b":1,"b":1,"b":1},{"b":2,"b":3}]', ("b",)), ("no", ())],
)
def test_a_key_that_stands_twice_is_named_once(text: str, twice: tuple[str, ...]) -> None:
    assert twice_named(text) == twice
