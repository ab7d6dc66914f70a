"""The rules that a pilot's answer is held against: one function a rule, reasons by field, all or nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator

from otto_bot.core.decision import (
    REOPENING,
    Action,
    Facts,
    PilotDecision,
    Rejection,
    Strategy,
    expected_tasks,
    skipped,
)
from otto_bot.core.evidence import Citation, FailureClass, quote_holds
from otto_bot.core.plan import order_problems
from otto_bot.core.safe_words import unsafe_order, unsafe_words

MOST_CITATIONS = 10
MOST_REASONS = 60
"""Rejections that are told; an answer that is wrong everywhere needs no complete list."""
_SHOWN = 40

Rule = Callable[[PilotDecision, Facts], Iterator[Rejection]]


def validate(raw: PilotDecision, facts: Facts) -> tuple[Rejection, ...]:
    """Every reason why the pilot's answer may not stand (at most `MOST_REASONS`); empty = it may. Never raises."""
    found = dict.fromkeys(rejection for rule in RULES for rejection in rule(raw, facts))
    return tuple(found)[:MOST_REASONS]


def twice_named(text: str) -> tuple[str, ...]:
    """Keys that one object of a JSON text holds twice: which of the two is meant would have to be guessed.

    Text that is no JSON, or nested too deeply to be read, has none: it is rejected as what it is.
    """
    found: list[str] = []

    def pairs(items: list[tuple[str, object]]) -> None:
        found.extend(key for key, number in Counter(key for key, _ in items).items() if number > 1)

    try:
        json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return ()
    return tuple(dict.fromkeys(found))


def _no(field: str, reason: str) -> Rejection:
    return Rejection(field=field, reason=reason)


def _name(text: str) -> str:
    """A name that the model wrote, short enough to be said back."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def one_strategy_each(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 2: exactly one strategy for each failed task that needs one, none for any other task."""
    named = Counter(strategy.task for strategy in raw.retry_strategies)
    for key in facts.open_failures:
        if named[key] != 1:
            count = named[key] or "no"
            yield _no("retry_strategies", f"{key} failed and has {count} strategies; give exactly one")
    for key in named:
        if key not in facts.open_failures:
            where = f"retry_strategies[{_name(key)}]"
            yield _no(where, f"{_name(key)} has no open failure; it needs no strategy")


def skips_fit(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 3: only what is pending or failed is skipped, once, and not moved in another way as well."""
    moved = {strategy.task: strategy.action for strategy in raw.retry_strategies}
    for key, number in Counter(skip.task for skip in raw.skip_tasks).items():
        where, name = f"skip_tasks[{_name(key)}]", _name(key)
        if key not in facts.pending | set(facts.open_failures):
            yield _no(where, f"{name} is neither pending nor failed; it cannot be skipped")
        if number > 1:
            yield _no(where, f"{name} is skipped {number} times; once is enough")
        if moved.get(key, "skip") != "skip":
            yield _no(where, f"{name} is both skipped and {moved[key]}")


def order_holds(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 4: the batches hold exactly what runs, each task once, dependencies first, related pairs apart."""
    count, most = sum(len(batch) for batch in raw.batches), 2 * len(facts.plan.tasks)
    if count > most:
        yield _no("batches", f"{count} entries for a plan of {len(facts.plan.tasks)} tasks; name each task once")
        return
    named = tuple(tuple(_name(key) for key in batch) for batch in raw.batches)
    for reason in order_problems(facts.plan, named, expected_tasks(raw, facts), facts.done):
        yield _no("batches", reason)


def moves_allowed(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 5: only moves that cause, history, attempts and budget allow."""
    for strategy in raw.retry_strategies:
        allowed = facts.open_failures.get(strategy.task)
        if allowed is not None and Action(strategy.action) not in allowed:
            names = ", ".join(sorted(allowed))
            where = f"retry_strategies[{strategy.task}]"
            yield _no(where, f"{strategy.action} is not allowed for this failure; allowed: {names}")


def moves_are_whole(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 6: `retry_different` has guidance, `ask` has one question, `retry` brings nothing new."""
    for strategy in raw.retry_strategies:
        where = f"retry_strategies[{_name(strategy.task)}]"
        if strategy.action == "retry_different" and not strategy.guidance.strip():
            yield _no(where, "retry_different needs guidance")
        if strategy.action == "retry" and strategy.guidance.strip():
            yield _no(where, "retry repeats the task with its evidence only; guidance makes it retry_different")
        if strategy.action == "ask" and not _one_question(strategy):
            yield _no(where, "ask needs exactly one question, with exactly one question mark")
    plain = {strategy.task for strategy in raw.retry_strategies if strategy.action == "retry"}
    for routed in raw.routed_context:
        own = [c for c in routed.citations if quote_holds(c, facts.evidence)]
        if routed.target_task in plain and own and all(_of(c, routed.target_task, facts) for c in own):
            where = f"routed_context[{routed.target_task}]"
            yield _no(
                where, "retry brings the task's own evidence anyway; what it should do with it is retry_different"
            )


def _one_question(strategy: Strategy) -> bool:
    question = strategy.question or ""
    return question.count("?") == 1 and any(char.isalpha() for char in question)


def _of(citation: Citation, task: str, facts: Facts) -> bool:
    """Whether the cited evidence is what the task's own attempts left behind."""
    item = facts.evidence[citation.evidence]
    return item.task == task and item.excerpt.kind not in ("spec", "handoff")


def quotes_stand(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 7, first part: every quote stands in the evidence it cites."""
    for field, citations in _cited(raw):
        if len(citations) > MOST_CITATIONS:
            yield _no(field, f"{len(citations)} citations; at most {MOST_CITATIONS} are read")
        for citation in citations[:MOST_CITATIONS]:
            if not quote_holds(citation, facts.evidence):
                yield _no(field, f"the quote {citation.quote[:80]!r} does not stand in {citation.evidence}")


def analyses_fit(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 7, second part: one analysis a task, of what failed or is left out; findings name tasks of the plan."""
    fixed = {move.task for move in facts.fixed}
    speaks_of = set(facts.open_failures) | fixed | (skipped(raw) & facts.pending)
    for key, number in Counter(a.task for a in raw.failure_analysis).items():
        where, name = f"failure_analysis[{_name(key)}]", _name(key)
        if key not in facts.plan.keys:
            yield _no(where, f"{name} is no task of this plan")
        elif key not in speaks_of:
            yield _no(where, f"{name} did not fail; only a pending task that is skipped has an analysis besides")
        if number > 1:
            yield _no(where, f"{name} has {number} analyses; give one")
    for finding in raw.cross_task:
        if len(finding.tasks) != len(set(finding.tasks)):
            yield _no("cross_task", "a finding names each task once")
        for key in dict.fromkeys(finding.tasks):
            if key not in facts.plan.keys:
                yield _no("cross_task", f"{_name(key)} is no task of this plan")


def _cited(raw: PilotDecision) -> Iterator[tuple[str, tuple[Citation, ...]]]:
    yield from ((f"failure_analysis[{_name(a.task)}]", a.citations) for a in raw.failure_analysis)
    yield from (("cross_task", finding.citations) for finding in raw.cross_task)
    yield from ((f"routed_context[{_name(r.target_task)}]", r.citations) for r in raw.routed_context)
    yield from (("new_learnings", learning.citations) for learning in raw.new_learnings)


def skips_have_grounds(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 7, third part: a guess is no ground of a skip.

    A skip needs an analysis of that task with a quote that holds (for a pending task a finding that names it will do).
    While a failed task may still be coded, only its text can make it pointless: class `spec`, quoted from the texts or
    from its own evidence. A bug is no reason to give up, and another task's log says nothing of this one.
    """
    for key in sorted(skipped(raw) & (facts.pending | set(facts.open_failures))):
        analysis = next((a for a in raw.failure_analysis if a.task == key), None)
        good = [c for c in analysis.citations if quote_holds(c, facts.evidence)] if analysis else []
        if key in facts.pending and not good:
            good = [c for f in raw.cross_task if key in f.tasks for c in f.citations if quote_holds(c, facts.evidence)]
        where = f"failure_analysis[{key}]"
        if not good:
            yield _no(where, f"skipping {key} needs an analysis with a quote that stands in the evidence")
        elif REOPENING & facts.open_failures.get(key, frozenset()):
            about = [c for c in good if _of(c, key, facts) or facts.evidence[c.evidence].excerpt.kind == "spec"]
            if analysis is None or analysis.class_ is not FailureClass.SPEC or not about:
                yield _no(
                    where,
                    f"{key} has attempts left: it is skipped only where its own text is at fault (class spec), "
                    "quoted from the task texts or its own evidence",
                )


def facts_are_facts(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 8: routed facts go to unsettled tasks and are cited; learnings carry scope and citation."""
    for routed in raw.routed_context:
        where, name = f"routed_context[{_name(routed.target_task)}]", _name(routed.target_task)
        if routed.target_task not in facts.open_tasks:
            yield _no(where, f"{name} is settled or unknown; facts go to open tasks")
        if not any(quote_holds(c, facts.evidence) for c in routed.citations):
            yield _no(where, "a routed fact needs a citation that stands in the evidence")
    for learning in raw.new_learnings:
        if not any(quote_holds(c, facts.evidence) for c in learning.citations):
            yield _no("new_learnings", "a learning needs a citation that stands in the evidence")
        if not learning.scope.strip():
            yield _no("new_learnings", "a learning needs a scope: `repository` or a path")


def words_are_safe(raw: PilotDecision, facts: Facts) -> Iterator[Rejection]:
    """Rule 9: no secret anywhere; no order to touch protected paths, to delete tests or to weaken checks.

    Orders are looked for in what a coder or a later run reads, and in reasons and questions: people act on them.
    """
    for field, text in _orders(raw):
        if (problem := unsafe_words(text, facts.protected)) is not None:
            yield _no(field, problem)
    for field, text in _descriptions(raw):
        if (problem := unsafe_order(text)) is not None:
            yield _no(field, problem)


def _orders(raw: PilotDecision) -> Iterator[tuple[str, str]]:
    for s in raw.retry_strategies:
        where = f"retry_strategies[{_name(s.task)}]"
        yield f"{where}.guidance", s.guidance
        yield f"{where}.reason", s.reason
        yield f"{where}.question", s.question or ""
    yield from ((f"routed_context[{_name(r.target_task)}].context", r.context) for r in raw.routed_context)
    yield from (("new_learnings", learning.text) for learning in raw.new_learnings)
    yield from ((f"skip_tasks[{_name(s.task)}].reason", s.reason) for s in raw.skip_tasks)


def _descriptions(raw: PilotDecision) -> Iterator[tuple[str, str]]:
    yield from ((f"failure_analysis[{_name(a.task)}].summary", a.summary) for a in raw.failure_analysis)
    yield from (("cross_task", finding.finding) for finding in raw.cross_task)


RULES: tuple[Rule, ...] = (
    one_strategy_each,
    skips_fit,
    order_holds,
    moves_allowed,
    moves_are_whole,
    quotes_stand,
    analyses_fit,
    skips_have_grounds,
    facts_are_facts,
    words_are_safe,
)
"""Rules 2 to 9. Rule 1, the shape, is the type of the answer and `twice_named`."""
