"""What the judge says of each task's criteria where a run only certifies."""

from __future__ import annotations

from otto_bot.core.journeys import JourneyRound
from otto_bot.core.plan import Plan
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.verdict import Proof, Verdict, assess
from otto_bot.text.body import Part
from otto_bot.text.markdown import cell, command_line, fence, fold, inline
from otto_bot.text.words import count

OUTPUT = 1200
STATUS = {"met": "met", "not_met": "not met", "unclear": "unclear"}


def certify_headline(run: Run, one: JourneyRound) -> str:
    """`certify: 1 of 4 journeys failed, 1 of 2 tasks does not hold`."""
    total, failed = len(one.report.journeys), len(one.report.failing)
    tasks = run.subject.tasks if run.subject is not None else ()
    wrong = sum(1 for task in tasks if task.key not in one.verdicts or not assess(task, one.verdicts[task.key]).passed)
    said = [f"{failed} of {count(total, 'journey')} failed"] if failed else []
    said += [f"{wrong} of {count(len(tasks), 'task')} {'does' if wrong == 1 else 'do'} not hold"] if wrong else []
    good = f"all {count(total, 'journey')} passed, every task holds" if total else "every task holds"
    return f"certify: {', '.join(said) or good}"


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
    shown = [(key, verdict) for key, verdict in one.verdicts.items() if key in plan.keys]
    body = "\n\n".join(_evidence(plan, key, verdict, one.proofs.get(key, Proof())) for key, verdict in shown)
    return Part(f"{lead}\n\n{table}\n\n{fold('Evidence of every criterion', body)}", f"{lead}\n\n{table}")


def certify_next(run: Run) -> str:
    """What happens next in a run that only certifies, in one sentence."""
    if run.ended:
        return "nothing; no code was written."
    if run.phase is RunPhase.PLANNING:
        return "the default branch is read." if run.subject is not None else "a plan is made of the issue."
    return "the default branch is tested and read; what was seen is posted here. No code is written."


def _evidence(plan: Plan, key: str, verdict: Verdict, proof: Proof) -> str:
    words = {criterion.id: criterion for criterion in plan.task(key).criteria}
    lines = [f"**{key} {inline(plan.task(key).title, 120)}**"]
    for item in verdict.items:
        criterion = words.get(item.id)
        if criterion is not None:
            said = f"{inline(criterion.text, 300)} · {STATUS[item.status]}: {inline(item.evidence, 500)}"
            lines.append(f"- {item.id} [{criterion.level}] {said}")
            lines += [f"\n{record_line(record)}\n\n{fence(record.output, OUTPUT)}\n" for record in proof.cited(item.id)]
    return "\n".join(lines)


def record_line(record: CommandRecord) -> str:
    """`R3 · command · exit 1`."""
    ending = record.ending.replace("exit code", "exit")
    return " · ".join(part for part in (record.ref, command_line(record.what, 200), ending) if part)
