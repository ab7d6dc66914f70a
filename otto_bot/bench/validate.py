"""Says why a scenario may not count: each reason as `FILE: PLACE: REASON`; what can be tried is tried, not believed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from otto_bot.bench.checks import Checks
from otto_bot.bench.scenario import ANY, BASELINE, CANDIDATE, Answer, BenchScenario
from otto_bot.bench.trials import MARK, NotApplicable, Trials, missing
from otto_bot.bench.validate_facts import facts_problems
from otto_bot.bench.validate_pilot import pilot_problems
from otto_bot.core.plan import problems as plan_problems

MOST_TASKS = 50
SMUGGLED = re.compile(
    r"\b(?:attempt|gate|try|turn|retry|round)[\s_:#=/-]*(?:no\.?\s*)?[0-9]+\b|\ba[1-9][0-9]?\b"
    r"|\b(?:first|second|third|last|next|previous|this|earlier|another) (?:attempt|try|turn|gate)\b",
    re.IGNORECASE,
)
Found = Iterator[tuple[str, str]]
"""Place and reason."""


def checks_of(scenario: BenchScenario, root: Path) -> Checks:
    """What runs the scenario's check below `root`."""
    return Checks(scenario.workflow.command, root)


def problems(scenario: BenchScenario, checks: Checks) -> list[str]:
    """Everything that is wrong with a scenario whose form is right; `checks` are its own, see `checks_of`."""
    trials = Trials(scenario, checks)
    found = [*_plan(scenario), *_names(scenario), *_answers(scenario)]
    if not found:
        found += [*_texts(trials), *_trees(trials)]
    if not found:
        found += [*facts_problems(trials), *pilot_problems(trials)]
    return [f"{scenario.file}: {place}: {reason}" for place, reason in found]


def _plan(scenario: BenchScenario) -> Found:
    bench = scenario.bench
    for reason in plan_problems(bench.plan, MOST_TASKS):
        yield "plan", reason
    if bench.check.strip() != scenario.workflow.command:
        yield "check", f"is not what the last step of repo/{scenario.workflow.path} runs: {scenario.workflow.command!r}"


def _names(scenario: BenchScenario) -> Found:
    """Every task and answer that is named is there."""
    bench = scenario.bench
    known = set(bench.plan.keys)
    truth, people = bench.truth, bench.people
    named: dict[str, Iterable[str]] = {
        "coder": set(bench.coder) - {"any"},
        "facts": bench.facts,
        "judge": bench.judge,
        "pilot": bench.pilot,
        "people.answers": people.answers,
        "truth.classes": truth.classes,
        "truth.actions": truth.actions,
        "truth.recoverable": truth.recoverable,
        "truth.ask_needed": truth.ask_needed,
        "truth.right_skips": truth.right_skips,
        "truth.after": {*truth.after, *(key for keys in truth.after.values() for key in keys)},
        "actions": {fact.at for fact in bench.actions} - {BASELINE, CANDIDATE, ANY},
    }
    for place, keys in named.items():
        for key in sorted(set(keys) - known):
            yield place, f"{key} is no task of the plan"
    for key in bench.plan.keys:
        if not bench.rules_of(key):
            yield "coder", f"{key} has no rule; the first attempt would find no answer"
    for key in sorted(set(truth.classes) - set(truth.actions)):
        yield "truth.actions", f"{key} is in truth.classes; say what is right to do with it"
    if not truth.classes:
        yield "truth.classes", "no task fails; a bench of gates needs a failure"


def _answers(scenario: BenchScenario) -> Found:
    bench = scenario.bench
    used = [(f"actions[{n}]", fact.answer) for n, fact in enumerate(bench.actions, 1)]
    used += [(f"history[{n}]", one.answer) for n, one in enumerate(bench.history, 1) if one.answer is not None]
    for place, answer in used:
        if isinstance(answer, str) and answer not in bench.answers:
            yield place, f"there is no answer {answer}"
    for place, known in [*((f"answers.{name}", one) for name, one in bench.answers.items()), *used]:
        if isinstance(known, Answer) and known.log and not (scenario.folder / known.log).is_file():
            yield place, f"there is no file {known.log} in the scenario"
    for n, fact in enumerate(bench.actions, 1):
        if fact.until and fact.until not in bench.people.mends:
            yield f"actions[{n}].until", f"nobody mends {fact.until}; name it under people.mends"


def _texts(trials: Trials) -> Found:
    """No rule may look at which attempt it is, in whatever words."""
    for task in trials.scenario.bench.plan.keys:
        first, later = trials.first_prompt(task), trials.later_frame(task)
        for n, rule in enumerate(trials.scenario.bench.rules_of(task), 1):
            for name, texts in (("prompt_contains", rule.prompt_contains), ("prompt_lacks", rule.prompt_lacks)):
                for text in texts:
                    place = f"coder.{task}[{n}].{name}"
                    if SMUGGLED.search(text):
                        yield place, f"{text!r} tells one attempt from another; only facts may decide"
                    elif text in later and text not in first:
                        yield place, f"{text!r} stands in every later prompt; that is a rule on the attempt"
                    elif MARK in text:
                        yield place, "holds a character that no fact has"


def _trees(trials: Trials) -> Found:
    """What each rule writes is tried; a success needs its fact, and there is one where it can be had."""
    bench = trials.scenario.bench
    try:
        trials.of_task  # noqa: B018 - tries every rule
    except NotApplicable as error:
        yield "coder", str(error)
        return
    if not trials.checks.of(trials.base).green:
        yield "check", "is red on repo/ itself (with what people mend); then nothing can be shown"
    for task, tried in trials.of_task.items():
        facts = bench.facts_of(task)
        for n, trial in enumerate(tried, 1):
            for fact in missing(facts, "\n".join(trial.rule.prompt_contains)) if trial.done else ():
                yield f"coder.{task}[{n}]", f"passes the check without the fact {fact!r} in prompt_contains"
        if task in bench.truth.recoverable and not any(trial.done for trial in tried):
            last = " | ".join(tried[-1].checked.lines[-3:]) if tried else ""
            yield f"coder.{task}", f"no rule passes the check, and truth.recoverable names it: {last[:300]}"
        if trials.first_trial(task) is None:
            yield f"coder.{task}", "no rule answers the prompt of the first attempt"
