"""Holds the right answers of a scenario's pilot against its own truth: they must be able to make a task succeed."""

from __future__ import annotations

from collections.abc import Iterator

from otto_bot.bench.scenario import PilotAnswer
from otto_bot.bench.trials import Trials, missing
from otto_bot.core.safe_words import unsafe_words

Found = Iterator[tuple[str, str]]


def pilot_problems(trials: Trials) -> Found:
    """Everything that is wrong with the right answers, and with people who are needed."""
    bench = trials.scenario.bench
    for task, actions in bench.truth.actions.items():
        thinking = set(actions) - {"rerun", "hold"}
        if bench.single_move and task in bench.pilot:
            yield f"pilot.{task}", "a single-move scenario needs no pilot: no model is asked"
        if not bench.single_move and thinking and task in bench.truth.classes and task not in bench.pilot:
            yield "pilot", f"{task} fails and needs a right answer"
    for task, side in bench.pilot.items():
        for reason in _answer(trials, task, side.right):
            yield f"pilot.{task}.right", reason
    helped = bool(bench.people.mends or bench.people.budget)
    for task in bench.truth.ask_needed:
        if task in bench.truth.recoverable and task not in bench.people.answers and not helped:
            yield "people", f"{task} needs a person and is recoverable; say what they answer, mend or pay"


def _answer(trials: Trials, task: str, answer: PilotAnswer) -> Iterator[str]:
    bench = trials.scenario.bench
    known = bench.truth.classes.get(task)
    if known is not None and answer.class_ is not known:
        yield f"class {answer.class_.value} is not truth.classes.{task}: {known.value}"
    if bench.truth.actions.get(task) and answer.action not in bench.truth.actions[task]:
        yield f"action {answer.action} is none of truth.actions.{task}"
    if answer.action == "ask" and answer.question.count("?") != 1:
        yield "ask needs a question with exactly one question mark"
    if answer.action == "retry_different" and not answer.guidance:
        yield "retry_different needs guidance"
    if answer.action == "retry" and answer.guidance:
        yield "retry has no guidance; with guidance it is retry_different"
    for text in (answer.guidance, *answer.routed.values()):
        if problem := unsafe_words(text, trials.config.paths.guarded):
            yield f"{text[:60]!r} {problem}; it would be rejected"
    if answer.action in ("retry", "retry_different", "restart_fresh"):
        told = "\n".join([trials.first_log(task), answer.guidance, *_routed(trials, task)])
        for fact in missing(bench.facts_of(task), told):
            yield f"the fact {fact!r} does not reach the coder: no log of its own, guidance or routed words hold it"


def _routed(trials: Trials, task: str) -> Iterator[str]:
    for side in trials.scenario.bench.pilot.values():
        if task in side.right.routed:
            yield side.right.routed[task]
