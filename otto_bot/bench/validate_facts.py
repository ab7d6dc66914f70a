"""Says where a decisive fact can really be seen, and where it must not be: each reason with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from otto_bot.bench.trials import Trials, missing

Found = Iterator[tuple[str, str]]


def facts_problems(trials: Trials) -> Found:
    """Everything that is wrong with the facts of a scenario."""
    bench = trials.scenario.bench
    with_facts = [task for task in bench.plan.keys if bench.facts_of(task)]
    if not with_facts:
        if bench.seen_in != "nowhere":
            yield "fact", f"is needed: seen_in is {bench.seen_in}"
        return
    for task in with_facts:
        for fact in bench.facts_of(task):
            if fact in trials.first_prompt(task):
                yield f"facts.{task}", f"{fact!r} stands in the opening prompt of the first attempt"
    yield from _SEEN[bench.seen_in](trials, with_facts)


def _own_log(trials: Trials, tasks: list[str]) -> Found:
    for task in tasks:
        for fact in missing(trials.scenario.bench.facts_of(task), trials.first_log(task)):
            yield f"facts.{task}", f"{fact!r} is not in its own log, as a coder is shown it:\n{_shown(trials, task)}"


def _sibling(trials: Trials, tasks: list[str]) -> Found:
    for task in tasks:
        for fact in missing(trials.scenario.bench.facts_of(task), trials.handoffs(but=task)):
            yield f"facts.{task}", f"{fact!r} is in no handoff of another task that passes at its first attempt"
        yield from _not_own(trials, task)


def _spec(trials: Trials, tasks: list[str]) -> Found:
    for task in tasks:
        for fact in missing(trials.scenario.bench.facts_of(task), trials.spec(but=task)):
            yield f"facts.{task}", f"{fact!r} stands neither in the issue nor in the plan's words about other tasks"
        yield from _not_own(trials, task)


def _together(trials: Trials, tasks: list[str]) -> Found:
    """All facts stand in the logs of the failures together, and some task's own log is not enough for it."""
    bench = trials.scenario.bench
    everything = "\n".join(trials.first_log(task) for task in bench.truth.classes)
    for task in tasks:
        for fact in missing(bench.facts_of(task), everything):
            yield f"facts.{task}", f"{fact!r} stands in the log of no failing task"
    if not any(missing(bench.facts_of(task), trials.first_log(task)) for task in tasks):
        yield "seen_in", "every task's own log has all of its facts: that is own_log"


def _nowhere(trials: Trials, tasks: list[str]) -> Found:
    """A person alone knows it."""
    bench = trials.scenario.bench
    logs = "\n".join(trials.first_log(task) for task in bench.plan.keys)
    for task in tasks:
        places = {"a log": logs, "a handoff": trials.handoffs(but=""), "the issue or the plan": trials.spec()}
        for place, text in places.items():
            for fact in bench.facts_of(task):
                if fact in text:
                    yield f"facts.{task}", f"{fact!r} stands in {place}; seen_in says nowhere"
        for fact in missing(bench.facts_of(task), bench.people.answers.get(task, "")):
            if task in bench.truth.recoverable:
                yield f"people.answers.{task}", f"does not tell {fact!r}, and nobody else can"


def _not_own(trials: Trials, task: str) -> Found:
    own = trials.first_log(task)
    for fact in trials.scenario.bench.facts_of(task):
        if fact in own:
            yield f"facts.{task}", f"{fact!r} stands in its own log: then seen_in is own_log"


def _shown(trials: Trials, task: str) -> str:
    text = trials.first_log(task).strip()
    return "\n".join(f"    {line}" for line in text.splitlines()[-40:]) or "    (the first attempt does not fail)"


_SEEN: dict[str, Callable[[Trials, list[str]], Found]] = {
    "own_log": _own_log,
    "sibling_handoff": _sibling,
    "spec": _spec,
    "two_failures_together": _together,
    "nowhere": _nowhere,
}
