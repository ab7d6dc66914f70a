"""`otto-bot bench plan`: good plans must be accepted, each mutation rejected by the rule it names."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from otto_bot.bench.options import plan_options
from otto_bot.bench.plans.intents import MAX_TASKS, Case, IntentError, cases
from otto_bot.bench.plans.mutations import Mutation, mutations
from otto_bot.bench.report import table
from otto_bot.core.plan_check import check
from otto_bot.core.plan_problem import PlanRule

EXIT_BROKEN, EXIT_USAGE = 1, 2


def run(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    try:
        found = cases()
    except IntentError as error:
        _tell(str(error), error=True)
        return EXIT_USAGE
    if options.list:
        for case in found:
            _tell(f"{case.name:20} {case.mode:11} {case.why}")
        return 0
    if (strange := _misplaced(options)) is not None:
        _tell(f"otto-bot: {strange}", error=True)
        return EXIT_USAGE
    if options.live:
        from otto_bot.bench.plans.live import run as run_live

        return run_live(plan_options(options, datetime.now(UTC)), found)
    return offline(found)


def _misplaced(options: argparse.Namespace) -> str | None:
    """An option that means nothing offline; nothing is passed over silently."""
    wrong = [name for name in ("model", "usd", "out", "jobs") if getattr(options, name) is not None]
    if options.live or not wrong:
        return None
    return f"{', '.join(f'--{name}' for name in wrong)}: offline no model is asked; add --live"


def offline(found: Sequence[Case]) -> int:
    """Check every good plan and every mutation, and say what came of it."""
    accepted, refusals = good_plans(found)
    made = mutations(found)
    missed = unnoticed(found, made)
    rows = [[rule.value, *_counts(rule, made, missed)] for rule in PlanRule]
    _tell(table(("rule", "mutations", "rejected by it"), [row for row in rows if row[1] != "0"]))
    for line in refusals:
        _tell(f"REFUSED {line}", error=True)
    for mutation in missed:
        _tell(f"MISSED {mutation.intent}: {mutation.name}: not rejected by {mutation.rule.value}", error=True)
    modes = Counter(case.mode for case in found)
    _tell(
        f"\n{accepted} of {len(found)} good plans are accepted ({modes['single']} single, {modes['decomposed']} "
        f"decomposed); {len(made) - len(missed)} of {len(made)} mutations are rejected by the rule they name"
    )
    return EXIT_BROKEN if refusals or missed else 0


def good_plans(found: Sequence[Case]) -> tuple[int, list[str]]:
    """How many are accepted, and why the others are not."""
    refusals = [
        f"{case.name}: {problem.line}" for case in found for problem in check(case.plan, case.intent, MAX_TASKS)
    ]
    refused = {line.partition(":")[0] for line in refusals}
    return len(found) - len(refused), refusals


def unnoticed(found: Sequence[Case], made: Sequence[Mutation]) -> list[Mutation]:
    """Mutations that the rule they name does not reject."""
    intents = {case.name: case.intent for case in found}
    return [
        mutation
        for mutation in made
        if mutation.rule not in {p.rule for p in check(mutation.plan, intents[mutation.intent], mutation.max_tasks)}
    ]


def _counts(rule: PlanRule, made: Sequence[Mutation], missed: Sequence[Mutation]) -> tuple[str, str]:
    all_of, lost = (sum(1 for one in some if one.rule is rule) for some in (made, missed))
    return str(all_of), str(all_of - lost)


def _tell(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
