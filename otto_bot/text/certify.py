"""What the judge says of each task's criteria where a run only certifies."""

from __future__ import annotations

from otto_bot.core.journeys import JourneyRound
from otto_bot.core.plan import Plan
from otto_bot.core.run import Run
from otto_bot.core.verdict import Verdict, assess
from otto_bot.text.body import Part
from otto_bot.text.markdown import cell, fold, inline
from otto_bot.text.words import count

STATUS = {"met": "met", "not_met": "not met", "unclear": "unclear"}


def certified_tasks(run: Run, one: JourneyRound) -> Part:
    """A row for each task, its unmet criteria, and all evidence folded."""
    plan = run.subject
    if run.kind != "certify" or plan is None or not one.verdicts:
        return Part("", "")
    rows = ["| task | criteria met | what does not hold |", "| --- | --- | --- |"]
    for task in plan.tasks:
        verdict = one.verdicts.get(task.key)
        if verdict is None:
            rows.append(f"| {task.key} {cell(task.title, 100)} |  | not looked at |")
            continue
        met = sum(1 for item in verdict.items if item.status == "met")
        wrong = [f"{item.id} {STATUS[item.status]}" for item in assess(task, verdict).failing]
        rows.append(
            f"| {task.key} {cell(task.title, 100)} | {met} of {len(task.criteria)} | {', '.join(wrong) or 'nothing'} |"
        )
    wrong_count = sum(1 for task in plan.tasks if (v := one.verdicts.get(task.key)) and not assess(task, v).passed)
    lead = (
        f"**Criteria:** {count(wrong_count, 'task')} of {len(plan.tasks)} with a [must] criterion that does not hold."
    )
    if not wrong_count:
        lead = f"**Criteria:** every [must] criterion of {count(len(plan.tasks), 'task')} holds."
    table = "\n".join(rows)
    body = "\n\n".join(_evidence(plan, key, verdict) for key, verdict in one.verdicts.items() if key in plan.keys)
    return Part(f"{lead}\n\n{table}\n\n{fold('Evidence of every criterion', body)}", f"{lead}\n\n{table}")


def _evidence(plan: Plan, key: str, verdict: Verdict) -> str:
    words = {criterion.id: criterion for criterion in plan.task(key).criteria}
    lines = [f"**{key} {inline(plan.task(key).title, 120)}**"]
    for item in verdict.items:
        criterion = words.get(item.id)
        if criterion is not None:
            said = f"{inline(criterion.text, 300)} · {STATUS[item.status]}: {inline(item.evidence, 500)}"
            lines.append(f"- {item.id} [{criterion.level}] {said}")
    return "\n".join(lines)
