"""`otto-bot bench plan --live`: the real planner on every intent, within one purse, one line kept for each."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from otto_bot.agents.plan_fallback import Fallback
from otto_bot.agents.planner import PlanRequest, make_plan
from otto_bot.agents.planner_rules import PLANNER_SYSTEM
from otto_bot.bench.live.provider import Provider, Refused, provider
from otto_bot.bench.live.purse import BenchPurse
from otto_bot.bench.live.routed import RoutedModel
from otto_bot.bench.plans.intents import MAX_TASKS, Case
from otto_bot.bench.report import table
from otto_bot.core.plan import Plan
from otto_bot.core.plan_check import check
from otto_bot.core.values import Frozen, Usage
from otto_bot.model.budgeted import Asks, BudgetedModel
from otto_bot.model.errors import ModelError
from otto_bot.model.prices import AS_OF

EXIT_SHORT, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
PLANS, PURSE = "plans.jsonl", "purse.jsonl"
NONCE = "0123456789abcdef"
MOST_IN_A_ROW = 3
"""Intents that get no answer one after another before the bench gives up."""


class Asked(Frozen):
    """What became of one intent. `digest` names intent, prompt and model: a line of others does not count."""

    name: str
    digest: str
    expected: Literal["single", "decomposed"]
    plan: Plan | None = None
    fallback: Fallback = "none"
    problems: tuple[str, ...] = ()
    first_problems: tuple[str, ...] = ()
    """What the first answer broke; empty where it was good."""
    calls: int = 0
    usd: float = 0.0
    error: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the planner chose the expected mode by itself, without a fallback that did it for it."""
        return self.plan is not None and self.fallback != "single" and self.plan.mode == self.expected


class _Open:
    """The bench's purse alone counts here: a plan belongs to no run."""

    async def reserve(self, call_id: str, usd: float) -> bool:  # noqa: ARG002 - a purse that is never empty
        return True

    async def settle(self, call_id: str, usage: Usage | None) -> None:  # noqa: ARG002 - as above
        return None


class PlanBench:
    """One session; mutable. `stopped` says why it ended before its last intent."""

    def __init__(self, who: Provider, model: str, purse: BenchPurse, kept: Path) -> None:
        self._provider, self._model, self._purse, self._kept = who, model, purse, kept
        self._lost = 0
        self.stopped = ""

    def known(self, found: Sequence[Case]) -> dict[str, Asked]:
        """What was kept of these intents, for this model and prompt."""
        wanted = {self.digest(case) for case in found}
        if not self._kept.exists():
            return {}
        lines = [Asked.model_validate_json(line) for line in self._kept.read_bytes().splitlines() if line.strip()]
        return {one.name: one for one in lines if one.digest in wanted and not one.error}

    def digest(self, case: Case) -> str:
        """Intent, prompt and model in one word."""
        said = json.dumps([case.intent.model_dump(mode="json"), PLANNER_SYSTEM, self._model], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    async def run(self, client: Asks, todo: Sequence[Case], jobs: int) -> None:
        """Ask for every intent, several at a time."""
        left = deque(todo)

        async def work() -> None:
            while left and not self.stopped:
                await self._one(client, left.popleft())

        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(work())

    async def _one(self, client: Asks, case: Case) -> None:
        who = self._provider
        routed = RoutedModel(None, client, self._purse, who.prices, who.redactor, case.name)
        request = request_for(case, self._model)
        digest = self.digest(case)
        try:
            result = await make_plan(BudgetedModel(routed, _Open(), who.prices, who.redactor), request)
        except ModelError as error:
            self._note_lost(routed, str(error))
            one = Asked(name=case.name, digest=digest, expected=case.mode, usd=routed.spent, error=str(error)[:500])
        else:
            self._lost = 0
            one = Asked(
                name=case.name, digest=digest, expected=case.mode, plan=result.plan, fallback=result.fallback,
                problems=result.problems, first_problems=first_problems(case, result.records[0].text),
                calls=result.calls, usd=routed.spent,
            )  # fmt: skip
        with self._kept.open("ab") as file:
            file.write(one.model_dump_json().encode() + b"\n")
        _tell(_line(one, self._purse))

    def _note_lost(self, routed: RoutedModel, why: str) -> None:
        self._lost += 1
        if routed.broken is not None and routed.broken.by in ("cap", "auth"):
            self.stopped = f"{routed.broken.why}; the same command goes on where it stopped"
        elif self._lost >= MOST_IN_A_ROW:
            self.stopped = f"{self._lost} intents got no answer one after another, the last one by: {why}"


def request_for(case: Case, model: str) -> PlanRequest:
    """What the planner is asked, as a run would ask it."""
    return PlanRequest(
        run=case.name, model=model, title=case.intent.title, body=case.intent.body, paths=case.intent.paths,
        key_files=case.intent.manifests, max_tasks=MAX_TASKS, nonce=NONCE,
        projects=case.intent.projects,
    )  # fmt: skip


def first_problems(case: Case, text: str) -> tuple[str, ...]:
    """What the first answer broke by itself, before it was repaired."""
    from otto_bot.agents.plan_answer import PlanAnswer

    try:
        plan = PlanAnswer.model_validate_json(text).plan()
    except ValueError:
        return ("the answer is no plan",)
    return tuple(problem.line for problem in check(plan, case.intent, MAX_TASKS))


def run(options: argparse.Namespace, found: Sequence[Case]) -> int:
    """The command; returns the exit code."""
    try:
        who = provider(os.environ, options.model, "otto-bot bench plan")
    except Refused as error:
        _tell(f"otto-bot: {error}", error=True)
        return EXIT_USAGE
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        purse = BenchPurse(options.out / PURSE, options.usd)
        purse.close()
        bench = PlanBench(who, options.model, purse, options.out / PLANS)
        todo = [case for case in found if case.name not in bench.known(found)]
    except (OSError, ValueError) as error:
        _tell(f"otto-bot: {options.out} cannot be used ({str(error)[:200]}); give another --out", error=True)
        return EXIT_USAGE
    _tell(
        f"{len(todo)} of {len(found)} intents; {options.model} at {who.host}, prices of {AS_OF}\nthis may spend up to "
        f"${purse.left:.2f} of your money (--usd {options.usd:g}); Ctrl-C stops, results are kept in {options.out}"
    )
    interrupted = False
    try:
        asyncio.run(_ask_all(who, bench, todo, options.jobs))
    except KeyboardInterrupt:
        interrupted, bench.stopped = True, "interrupted; the same command goes on where it stopped"
    missing = evaluate(found, bench.known(found), purse, bench.stopped)
    return EXIT_INTERRUPTED if interrupted else EXIT_SHORT if missing else 0


async def _ask_all(who: Provider, bench: PlanBench, todo: Sequence[Case], jobs: int) -> None:
    async with who.client() as client:
        await bench.run(client, todo, jobs)


def evaluate(found: Sequence[Case], known: dict[str, Asked], purse: BenchPurse, stopped: str) -> int:
    """Say how often the mode is the expected one, and what was broken. Returns how many intents are missing."""
    rows = []
    for case in found:
        one = known.get(case.name)
        if one is None or one.plan is None:
            rows.append([case.name, case.mode, "–", "–", "–", "–"])
            continue
        mode = f"{one.plan.mode} ({len(one.plan.tasks)})" + ("" if one.fallback == "none" else f", {one.fallback}")
        rules = ", ".join(sorted({line.partition(":")[0] for line in one.first_problems})) or "none"
        rows.append([case.name, case.mode, mode, "yes" if one.agrees else "NO", rules, str(len(one.problems))])
    head = ("intent", "expected", "planned (tasks)", "agrees", "rules broken at first", "problems left")
    agreed = sum(1 for one in known.values() if one.agrees)
    _tell("\n" + table(head, rows))
    _tell(
        f"\n{agreed} of {len(known)} planned intents have the expected mode; "
        f"{sum(1 for one in known.values() if not one.first_problems)} first answers break no rule, "
        f"{sum(1 for one in known.values() if not one.problems)} plans in the end; ${purse.spent:.2f} spent"
    )
    if stopped:
        _tell(f"STOPPED: {stopped}", error=True)
    missing = len(found) - len(known)
    if missing:
        _tell(f"{missing} intents are missing", error=True)
    return missing


def _line(one: Asked, purse: BenchPurse) -> str:
    end = f"${one.usd:.4f}; ${purse.spent:.2f} of ${purse.cap:.2f} spent"
    if one.error or one.plan is None:
        return f"{one.name}: NO ANSWER ({one.error}), {end}"
    broken = f", {len(one.problems)} problems left" if one.problems else ""
    return f"{one.name}: expected {one.expected}, planned {one.plan.mode}, {one.calls} calls{broken}, {end}"


def _tell(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
