"""The comment of a round of journeys: what was tested, what fails and why, what follows, and how to change it."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.journey_rounds import deadline, subject
from otto_bot.core.journeys import (
    Finding,
    FindingKind,
    JourneyResult,
    JourneyRound,
    Next,
    RoundState,
    StepResult,
    journeys_of,
    step_of,
)
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Run
from otto_bot.text.body import Part, assemble
from otto_bot.text.boxes import boxes
from otto_bot.text.certify import certified_tasks, certify_headline, record_line
from otto_bot.text.footer import money_line
from otto_bot.text.links import Links
from otto_bot.text.markdown import cell, code, fence, fold, inline, link, quoted
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import STATES, count, minutes, name, several

KINDS: dict[FindingKind, str] = {
    FindingKind.IMPLEMENTATION: "the code does not do what was planned",
    FindingKind.PLANNING: "the plan lacks what it needs",
    FindingKind.SCOPE: "a person says whether it belongs here",
}
STEP_WORDS = {"passed": "passed", "failed": "failed", "not_reached": "not reached"}
QUOTE = 500
OUTPUT = 1200


def journeys_comment(run: Run, one: JourneyRound, links: Links, now: datetime) -> str:
    """One comment a round, edited for each revision and later for what came of it."""
    failing = [journey for journey in one.report.journeys if not journey.passed]
    parts: list[str | Part] = [
        f"### Otto · {headline(run, one)}",
        _lead(run, one, links),
        Part(_table(run, one), f"{_passing(one)}; the table is left out here.", kept=True),
        *(Part(_section(run, one, journey), _short(run, one, journey)) for journey in failing),
        certified_tasks(run, one),
        _planned(run, one),
        _closing(run, one, now),
        _outcomes(run, one),
        Part(_evidence(run, one), "The evidence of each step is left out here: too long for one comment."),
    ]
    return assemble(parts, _footer(run, one))


def headline(run: Run, one: JourneyRound) -> str:
    """`journeys round 1: 1 of 4 failed · r5`."""
    total, failed = len(one.report.journeys), len(one.report.failing)
    if run.kind == "certify":
        return certify_headline(run, one)
    what = f"journeys round {one.number}"
    if not total:
        return f"{what}: not tested"
    if not failed:
        return f"{what}: {'it passed' if total == 1 else f'all {total} passed'}"
    revision = f" · r{one.revision}" if one.next is not Next.NOTHING or one.decided_by == "human" else ""
    return f"{what}: {failed} of {total} failed{revision}"


def _lead(run: Run, one: JourneyRound, links: Links) -> str:
    where = {"sandbox": "in Otto's sandbox", "actions": "by GitHub Actions"}.get(one.via or "", "")
    head = link(code(one.head[:12]), links.commit(one.head))
    return f"The product was tested by its user journeys, with real commands {where}, on {head}." if where else ""


def _passing(one: JourneyRound) -> str:
    passed = len(one.report.journeys) - len(one.report.failing)
    return f"{passed} of {count(len(one.report.journeys), 'journey')} passed"


def _table(run: Run, one: JourneyRound) -> str:
    if not one.report.journeys:
        return ""
    rows = ["| journey | steps passed | what happened | next |", "| --- | --- | --- | --- |"]
    for journey in one.report.journeys:
        passed = sum(1 for step in journey.steps if step.status == "passed")
        broken = journey.broken
        what = "passed" if broken is None else f"{broken.id}: {cell(broken.seen, 200) or 'failed'}"
        title = cell(_title(run, journey.id), 120)
        rows.append(f"| {journey.id} {title} | {passed} of {len(journey.steps)} | {what} | {_next_of(one, journey)} |")
    return "\n".join(rows)


def _title(run: Run, key: str) -> str:
    return next((journey.title for journey in journeys_of(subject(run)) if journey.id == key), "")


def _next_of(one: JourneyRound, journey: JourneyResult) -> str:
    if journey.passed:
        return ""
    if journey.id in one.waived:
        return "taken as it is"
    if one.next is Next.FIX:
        return "mended" if journey.id in one.fixing else "left for now"
    return {Next.REPLAN: "planned anew", Next.ASK: "a person says"}.get(one.next, "")


def _finding(one: JourneyRound, key: str) -> Finding | None:
    return next((finding for finding in one.findings if finding.journey == key), None)


def _section(run: Run, one: JourneyRound, journey: JourneyResult) -> str:
    finding, broken = _finding(one, journey.id), journey.broken
    lines = [f"#### {journey.id} {inline(_title(run, journey.id), 120)}"]
    plan = subject(run)
    if broken is not None and plan is not None:
        do, see = step_of(plan, broken.id)
        lines.append(f"**{broken.id}:** {inline(do, 300)} *Expected:* {inline(see, 300)}")
    if finding is not None:
        lines.append(f"**Why** ({KINDS[finding.kind]}): {inline(finding.summary, 600)}")
        lines.append(_quote(one, finding))
        lines.append(f"**For whoever mends it:**{quoted(finding.guidance, 1000)}" if finding.guidance else "")
        lines.append(f"**Question:** {inline(finding.question, 500)}" if finding.question else "")
    elif broken is not None and broken.refs:
        record = one.report.record(broken.refs[-1])
        lines.append(_shown(record) if record is not None else "")
    return "\n\n".join(line for line in lines if line)


def _quote(one: JourneyRound, finding: Finding) -> str:
    record = one.report.record(finding.ref)
    if record is None or not finding.quote:
        return ""
    return f"{record_line(record)}\n\n{fence(finding.quote, QUOTE)}"


def _shown(record: CommandRecord) -> str:
    return f"{record_line(record)}\n\n{fence(record.output or '(no output)', QUOTE)}"


def _short(run: Run, one: JourneyRound, journey: JourneyResult) -> str:
    finding = _finding(one, journey.id)
    why = inline(finding.summary, 200) if finding is not None else ""
    return f"#### {journey.id} {inline(_title(run, journey.id), 120)}\n\n{why}\n\nIts evidence is left out here."


def _planned(run: Run, one: JourneyRound) -> str:
    """What follows, and who decided it."""
    if run.kind == "certify" or not one.report.failing:
        return ""
    why, human = inline(without_at(one.why), 400), one.decided_by == "human"
    mends = f"one task mends {several(one.fixing)}"
    words = {
        Next.FIX: f"**Next:** {mends}: {why}." if human else f"**Next:** {mends}; the failed steps are its criteria.",
        Next.REPLAN: f"**Next:** the plan is made anew: {why}." if human else f"**Next:** {why}.",
        Next.ASK: f"**Next:** nothing {'more' if one.approved_by else 'until a person says so'}: {why}.",
        Next.NOTHING: f"**Next:** nothing: {why}.",
    }[one.next]
    told = f" A person adds:{quoted(one.guidance, 2000)}" if one.guidance else ""
    rules = " No answer of the triage could stand: by rule each journey counts as a fault of the code."
    return words + told + (rules if one.decided_by == "rules" and one.findings else "")


def _closing(run: Run, one: JourneyRound, now: datetime) -> str:
    if one.next is Next.NOTHING or run.kind == "certify":
        return ""
    if one.state is RoundState.APPLIED:
        by = f", approved by {code(one.approved_by, 60)}" if one.approved_by else ""
        return f"This is carried out{by}." if one.why != "a review came first" else "A review came first."
    if run.ended:
        return "This was not carried out: the run ended before."
    if run.hold is not None:
        return _rests(run, one)
    if one.state is RoundState.APPROVED:
        return f"Approved by {code(one.approved_by, 60)}; it is carried out now."
    if one.decided_by == "human" and one.next is not Next.ASK:
        return "It goes on now. `/otto pause` stops before the next step."
    return _waits(one) if deadline(run, one, now) is None else _grace(run, one, now)


def _rests(run: Run, one: JourneyRound) -> str:
    assert run.hold is not None
    what = "Paused" if run.hold.kind == "paused" else "Stopped at a question"
    reason = inline(without_at(run.hold.reason), 400)
    return (
        f"**{what}, nothing starts meanwhile**: {reason}. {code(run.hold.reply, 100)} goes on; "
        f"`/otto approve r{one.revision}` carries this out at once."
    )


def _waits(one: JourneyRound) -> str:
    first = one.open_failing[0] if one.open_failing else "j1"
    if one.next is Next.ASK:
        say = (
            f"Answer with `/otto retry -- your answer` (one task builds it), `/otto replan -- what to plan`, "
            f"`/otto skip {first}` (leave this one), or `/otto approve r{one.revision}` (take the product as it is)."
        )
    else:
        say = f"Go: `/otto approve r{one.revision}`; change it: {_changes(first)}"
    return f"**Waits for a person.** {say}\n\n{_boxes(one)}"


def _grace(run: Run, one: JourneyRound, now: datetime) -> str:
    first = one.open_failing[0] if one.open_failing else "j1"
    left = run.config.pilot.grace_minutes * 60
    if one.deadline is not None:
        left = min(left, (one.deadline - now).total_seconds())
    if left <= 0:
        return f"Starting now. `/otto pause` stops before the next step; change it: {_changes(first)}"
    span = minutes(left / 60 if left < 60 else round(left / 60, 1))
    go = f"now: `/otto approve r{one.revision}`"
    return f"Starts in {span} unless you say `/otto pause`; {go}; change it: {_changes(first)}\n\n{_boxes(one)}"


def _changes(first: str) -> str:
    return f"`/otto retry -- …`, `/otto skip {first}`, `/otto replan -- …`"


def _boxes(one: JourneyRound) -> str:
    yes = "take the product as it is" if one.next is Next.ASK else "go on with this now"
    rows = [(f"/otto approve r{one.revision}", yes)]
    rows += [(f"/otto skip {key}", "take this journey as it is") for key in one.open_failing]
    return boxes([*rows, ("/otto pause", "stop and wait")])


def _outcomes(run: Run, one: JourneyRound) -> str:
    """What became of it: `t4: merged into the run branch; j2 passed in round 2`."""
    if one.state is not RoundState.APPLIED or run.kind == "certify":
        return ""
    lines = []
    later = next((r for r in run.journeys if r.number > one.number and r.report.journeys), None)
    for key in one.report.failing:
        if key in one.waived:
            lines.append(f"- {key}: taken as it is")
        elif later is not None:
            again = "passed" if key not in later.report.failing else "failed again"
            tasks = f"mended in {several(one.tasks)}, " if one.tasks and key in one.fixing else ""
            lines.append(f"- {key}: {tasks}{again} in round {later.number}")
    if not lines:
        lines = [f"- {name(run, key)}: {STATES[run.tasks[key].state]}" for key in one.tasks if key in run.tasks]
    return "\n".join(["**What became of it:**", "", *lines]) if lines else ""


def _evidence(run: Run, one: JourneyRound) -> str:
    """Every step with the records that show it, folded."""
    told: set[str] = set()
    blocks = []
    for journey in one.report.journeys:
        lines = [f"**{journey.id} {inline(_title(run, journey.id), 120)}**"]
        for step in journey.steps:
            lines.append(_step_line(step))
            for ref in step.refs:
                record = one.report.record(ref)
                if record is not None and ref not in told:
                    told.add(ref)
                    lines.append(f"{record_line(record)}\n\n{fence(record.output or '(no output)', OUTPUT)}")
        blocks.append("\n\n".join(lines))
    return fold("Evidence of every step", "\n\n".join(blocks)) if blocks else ""


def _step_line(step: StepResult) -> str:
    refs = f" ({several(step.refs)})" if step.refs else ""
    seen = f": {inline(step.seen, 400)}" if step.seen else ""
    return f"- {step.id} {STEP_WORDS[step.status]}{refs}{seen}"


def _footer(run: Run, one: JourneyRound) -> str:
    who = {"triage": "triage", "rules": "rules", "human": "human"}.get(one.decided_by, "")
    model = f" ({inline(one.model, 80)})" if one.model and one.decided_by == "triage" else ""
    said = [f"decided by: {who}{model}"] if who and one.report.failing and run.kind != "certify" else []
    if one.calls:
        said += [count(one.calls, "call"), f"${one.usd:.2f}"]
    said += [count(len(one.report.records), "record")] if one.report.records else []
    return f"<sub>{' · '.join([*said, money_line(run), f'run {run.id}'])}</sub>"
