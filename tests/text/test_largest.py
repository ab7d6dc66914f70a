"""The largest product that a plan may have: forty tasks, five journeys of twelve steps; every comment still fits."""

from __future__ import annotations

import re

import core_journeys as made
import pytest
from core_builders import T0, fold, plan, prepared, run_started, spec
from markdown_it import MarkdownIt

from otto_bot.core import events as e
from otto_bot.core.journeys import Finding, JourneyReport, JourneyResult, Next, RoundState, StepResult
from otto_bot.core.notes import Fact
from otto_bot.core.plan import Criterion, Journey, JourneyStep, Plan, ProductSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Run
from otto_bot.core.verdict import Ground, Proof, Verdict, VerdictItem
from otto_bot.text.body import size
from otto_bot.text.journeys import journeys_comment
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.pull import pull_body
from otto_bot.text.status import status_comment

RENDERER = MarkdownIt("commonmark", {"linkify": False}).enable("table")
TASKS, JOURNEYS, STEPS = 40, 5, 12
FILLERS = ["x", "\U0001f600", "` | @octocat fixes #1 ", "\n```\n<details>", "<!-- otto run=1 -->", "/otto stop\n"]


def full(filler: str, length: int) -> str:
    return (filler * length)[:length]


def product(filler: str) -> Plan:
    tasks = [
        spec(f"t{n}").model_copy(
            update={
                "title": full(filler, 120), "goal": full(filler, 2000),
                "criteria": tuple(Criterion(id=f"c{m}", text=full(filler, 500)) for m in range(1, 9)),
            }
        )
        for n in range(1, TASKS + 1)
    ]  # fmt: skip
    step = JourneyStep(do=full(filler, 300), see=full(filler, 300))
    ways = tuple(Journey(id=f"j{n}", title=full(filler, 120), steps=(step,) * STEPS) for n in range(1, JOURNEYS + 1))
    return plan(*tasks).model_copy(update={"spec": ProductSpec(journeys=ways), "summary": full(filler, 1000)})


def report(filler: str, plan: Plan) -> JourneyReport:
    """Every journey fails at its first step, every step has a record of its own."""
    assert plan.spec is not None
    records, results = [], []
    for journey in plan.spec.journeys:
        steps = []
        for number, step in enumerate(journey.step_ids):
            record = CommandRecord(
                number=len(records) + 1, tool="run", what=full(filler, 500), exit_code=1, output=full(filler, 4000)
            )
            records.append(record)
            said = {"id": step, "seen": full(filler, 600), "refs": (record.ref,)}
            steps.append(StepResult.model_validate({**said, "status": "not_reached" if number else "failed"}))
        results.append(JourneyResult(id=journey.id, steps=tuple(steps)))
    return JourneyReport(journeys=tuple(results), records=tuple(records))


def certified(filler: str) -> Run:
    """Nothing holds, and all of it has evidence."""
    plan = product(filler)
    run = fold(None, run_started(kind="certify", subject=plan), prepared())
    shown = report(filler, plan)
    items = tuple(VerdictItem(id=f"c{n}", status="not_met", evidence=full(filler, 1000)) for n in range(1, 9))
    proof = Proof(grounds=tuple(Ground(item=f"c{n}", records=(n,)) for n in range(1, 9)), records=shown.records[:8])
    event = e.JourneysTested(
        at=T0, round=1, head="base", via="sandbox", report=shown,
        verdicts={task.key: Verdict(items=items) for task in plan.tasks},
        proofs={task.key: proof for task in plan.tasks},
    )  # fmt: skip
    return fold(run, event)


def waiting(filler: str) -> Run:
    """A build whose journeys all wait for a person."""
    plan = product(filler)
    run = made.walked(made.built(), "j2")
    assert plan.spec is not None
    findings = tuple(
        Finding.model_validate(
            {"journey": journey.id, "kind": "scope", "summary": full(filler, 600), "ref": f"R{n * STEPS + 1}",
             "quote": full(filler, 300), "guidance": full(filler, 1000), "question": full(filler, 500)}
        )
        for n, journey in enumerate(plan.spec.journeys)
    )  # fmt: skip
    one = run.journeys[-1].model_copy(
        update={
            "report": report(filler, plan), "findings": findings, "next": Next.ASK, "state": RoundState.POSTED,
            "revision": 2, "decided_by": "triage", "why": full(filler, 600), "guidance": full(filler, 2000),
        }
    )  # fmt: skip
    tasks = {task.key: next(iter(run.tasks.values())).model_copy(update={"key": task.key}) for task in plan.tasks}
    notes = tuple(
        Fact(kind="gotchas", text=full(filler, 400), why=full(filler, 400), ordinal=1, task=f"t{n}")
        for n in range(1, 41)
    )
    return run.model_copy(update={"plan": plan, "tasks": tasks, "journeys": (one,), "notes": notes})


def holds(name: str, body: str) -> None:
    assert size(body) < 60_000, name
    assert "<!--" not in body, name
    outside = re.sub(r"(?ms)^[> ]*(`{3,})[^\n]*\n.*?^[> ]*\1 *$", "", body)
    assert not re.search(r"(?m)^\s*/otto", outside), name
    live = re.sub(r"<code[^>]*>.*?</code>", "", RENDERER.render(body), flags=re.DOTALL)
    assert live.count("<details>") == live.count("</details>"), name
    assert "@octocat" not in live, name
    assert not re.search(r"fixes #1\b", live), name
    assert body.rstrip().splitlines()[-1].endswith("run 1</sub>"), name


@pytest.mark.slow
@pytest.mark.parametrize("filler", FILLERS)
def test_everything_of_the_largest_product_fits_and_acts_on_nothing(filler: str, links: Links) -> None:
    run, only = waiting(filler), certified(filler)
    holds("plan", plan_comment(run, links))
    holds("status", status_comment(run, links, T0))
    holds("pull", pull_body(run, links, None))
    asked = journeys_comment(run, run.journeys[-1], links, T0)
    holds("journeys", asked)
    assert "`/otto approve r2`" in asked
    assert all(f"| j{n} " in asked for n in range(1, JOURNEYS + 1))
    holds("certify", journeys_comment(only, only.journeys[-1], links, T0))
    holds("certify status", status_comment(only, links, T0))
    assert "40 of 40 tasks do not hold" in journeys_comment(only, only.journeys[-1], links, T0)
