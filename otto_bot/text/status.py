"""The status comment: where the run stands, what it waits for, what comes next, what people can do."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.attempt import TaskState
from otto_bot.core.funds import RETRYABLE
from otto_bot.core.run import GateState, Outcome, Run, RunPhase
from otto_bot.core.serial import held_back
from otto_bot.core.waits import waits_for
from otto_bot.text.base import base_lines
from otto_bot.text.body import Part, assemble
from otto_bot.text.certify import certify_next
from otto_bot.text.edited import edited_in_status
from otto_bot.text.estimate import estimate_status
from otto_bot.text.footer import footer, money_words
from otto_bot.text.journeys_line import at_journeys_words, journeys_commands, journeys_line
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, inline, link, sentence
from otto_bot.text.moved import gone_lines, moved_lines
from otto_bot.text.others import others_line
from otto_bot.text.parked import now_words, parked_in_status
from otto_bot.text.plan_changes import change_command
from otto_bot.text.refusals import beside_reason, reason_words
from otto_bot.text.review import reviews_line
from otto_bot.text.scope import drift_in_status
from otto_bot.text.tasks_table import short_table, task_graph, task_table, without_at
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import LANES, clock, count, several

WAYS = "`/otto resume` goes on with the same branch, `/otto stop` ends it."
"""The two words for a run that is paused."""
WAITING = 6
"""Pieces of what Actions is waited for."""
SKIPPABLE = frozenset({TaskState.PENDING, TaskState.REOPENED, TaskState.BLOCKED})


def status_comment(run: Run, links: Links, now: datetime) -> str:
    """The one comment on the issue that always says how things are."""
    parts: list[str | Part] = [f"### Otto · {now_words(run)}", where_it_stands(run, links)]
    if run.tasks:
        parts.append(Part(full=task_table(run, links), short=short_table(run)))
        parts.append(Part(full=task_graph(run), short=""))
    parts += [
        Part(full=journeys_line(run, links), short=""),
        parked_in_status(run, now) or _waiting(run, links, now),
        f"**Next:** {next_step(run)}",
        drift_in_status(run),
        *_of_branches(run, links),
        *_troubles(run),
        *_relabelled(run),
        *_of_issue(run, links),
        *_money(run),
        f"**You can:** {_commands(run)}",
    ]
    return assemble(parts, footer(run))


def _merged_early(run: Run, links: Links) -> str:
    if not run.landed or run.outcome is not Outcome.DONE_PARTIAL:
        return ""
    words = "The pull request was merged while tasks were open, so the run is over. What is missing needs a new one."
    return f"{words} {see(links, Trouble.HUMAN_MERGES_MIDRUN)}"


def where_it_stands(run: Run, links: Links) -> str:
    """Links to what there is: plan, pull request, branch."""
    found = []
    if run.plan_comment_id is not None:
        found.append(link(f"plan r{run.plan_revision}", links.comment(run.issue, run.plan_comment_id)))
    if run.pull_request is not None:
        found.append(link(f"pull request #{run.pull_request}", links.pull(run.pull_request)))
        found.append(link("branch", links.branch(run.run_branch)))
    found += [
        link(f"journeys round {one.number}", links.ours(one.comment_url)) for one in run.journeys if one.comment_url
    ]
    found += [
        link(f"retry plan r{gate.revision}", links.ours(gate.comment_url))
        for gate in run.gates[-5:]
        if gate.comment_url
    ]
    return " · ".join(found)


def _waiting(run: Run, links: Links, now: datetime) -> str:
    wait = waits_for(run)
    if wait is not None and wait.kind != "closed":
        words = sentence(reason_words(wait.question, links, run.repo.default_branch, run.offered))
        beside = beside_reason(wait.question, links, run.repo.default_branch, run.offered)
        said = f"**Waits for a person:** {words}\nReply {code(wait.reply, 200)}."
        return f"{said}\n\n{beside}" if beside else said
    if run.hold is not None:
        words = inline(without_at(run.hold.reason), 600)
        more = see(links, Trouble.HUMAN_CLOSES if run.hold.closed else None)
        return f"**Paused:** {words}. {WAYS} {more}".rstrip()
    gate = run.gate
    if gate is not None and gate.deadline is not None and gate.state is GateState.POSTED and gate.deadline > now:
        return f"**Waits** until {clock(gate.deadline)} for objections to retry plan r{gate.revision}."
    waiting = waits_for_actions(run)
    if run.resting or not waiting:
        return ""
    more = f" {see(links, Trouble.STATIC_CONCURRENCY)}" if held_back(run) else ""
    return "**Waits for Actions:** " + inline("; ".join(waiting), 600) + more


def waits_for_actions(run: Run) -> list[str]:
    """What Actions is waited for, a piece each; also where a commit waits for its turn. Very many are counted."""
    waiting = [f"{v.target}: {v.waiting}" for v in run.verifications.values() if v.ending is None and v.waiting]
    waiting += [f"{key}: its turn, as commits are verified one at a time" for key in held_back(run)]
    return waiting if len(waiting) <= WAITING else [*waiting[:WAITING], f"and {len(waiting) - WAITING} more"]


def beside(run: Run, links: Links) -> list[str]:
    """What else is to know of a run, a paragraph each: journeys, base, commits of others, reviews, edits, estimate."""
    found = [journeys_line(run, links), *_of_branches(run, links), *gone_lines(run, links), *_of_issue(run, links)]
    return [words for words in found if words]


def _of_branches(run: Run, links: Links) -> list[str]:
    return [
        _merged_early(run, links),
        *base_lines(run, links),
        *others_line(run, links),
        *moved_lines(run, links),
        reviews_line(run),
    ]


def _of_issue(run: Run, links: Links) -> list[str]:
    return [_edited(run, links), estimate_status(run)]


def _edited(run: Run, links: Links) -> str:
    words = edited_in_status(run)
    return words and f"{words} {see(links, Trouble.ISSUE_EDITED)}"


def next_step(run: Run) -> str:
    """What happens next, in one sentence."""
    if run.hold is not None:
        return "nothing until someone says so."
    if run.kind == "certify":
        return certify_next(run)
    if run.outcome is not None:
        return _after(run)
    if run.phase is RunPhase.EXECUTING:
        return _executing(run)
    if run.phase is RunPhase.PLAN_REVIEW and run.pull_request is not None:
        return "once the plan is approved, its new tasks are written; what is merged stays."
    if run.phase is RunPhase.PLAN_REVIEW and run.plan_approved_by:
        return "the draft pull request is opened, with an empty first commit that shows the state before any work."
    if run.phase is RunPhase.JOURNEYS:
        return at_journeys_words(run)
    if run.phase is RunPhase.GATE_REVIEW and waits_for(run) is not None:
        return "once a person says so, the retry plan is carried out; no work starts again before."
    return NEXT[run.phase]


NEXT: dict[RunPhase, str] = {
    RunPhase.PLANNING: "the plan is posted here.",
    RunPhase.PLAN_REVIEW: "once the plan is approved, a draft pull request is opened.",
    RunPhase.INTEGRATING: "the verified tasks go onto the run branch, once exactly that state is green.",
    RunPhase.GATE: "the failures are read together, and a retry plan is posted on the pull request.",
    RunPhase.GATE_REVIEW: "the retry plan is carried out; no work starts again before.",
    RunPhase.JOURNEYS: "the product is tested by its user journeys.",
    RunPhase.DONE: "nothing.",
}
"""What follows each phase that needs no closer look."""


def _executing(run: Run) -> str:
    later = [f"batch {run.batch + number} ({several(batch[:20])})" for number, batch in enumerate(run.order[1:4], 1)]
    now = f"batch {run.batch} ({several(run.current[:20])}) is written and verified"
    lane = f" Verified by {LANES[run.lane.kind]}." if run.lane is not None and not run.single else ""
    return f"{now}, then {', then '.join(later)}.{lane}" if later else f"{now}; it is the last one.{lane}"


def _after(run: Run) -> str:
    if run.outcome is Outcome.CANCELLED:
        return "nothing. What was pushed stays."
    if run.outcome is Outcome.NEEDS_HUMAN:
        return "nothing until someone answers."
    if run.outcome is Outcome.FAILED:
        return "nothing. Take the label off and put it on again for a new run."
    skipped = [key for key, task in run.tasks.items() if task.state is not TaskState.MERGED]
    left = f" Left out: {several(skipped[:30])}." if skipped else ""
    if run.landed:
        return f"nothing; pull request #{run.pull_request} is merged.{left}"
    return f"people review and merge pull request #{run.pull_request}; Otto never merges.{left}"


def _troubles(run: Run) -> list[str]:
    """Actions that failed and are tried again: people should not wonder about the silence."""
    open_ones = [trouble for trouble in run.trouble.values() if trouble.retry_at is not None]
    if not open_ones or run.resting:
        return []
    worst = max(open_ones, key=lambda trouble: trouble.count)
    again = f", next try {clock(worst.retry_at)}" if worst.retry_at else ""
    return [f"**Trouble:** {inline(worst.message, 300)} (tried {count(worst.count, 'time')}{again})."]


def _relabelled(run: Run) -> list[str]:
    """Someone set the label again and wonders why nothing new starts."""
    if not run.relabelled_by or run.ended:
        return []
    return [f"{code(run.relabelled_by, 60)} put the label on again: this run goes on, and no second one starts."]


def _money(run: Run) -> list[str]:
    """Said where the last line alone would surprise: others spent of this money, or it was raised."""
    if not run.prepared or not (run.money.inherited or run.money.granted):
        return []
    return [f"**Money:** {money_words(run)}."]


def new_run(run: Run) -> str:
    """What starts another run, once this one is over."""
    if run.kind == "certify" and run.ended:
        return "say `/otto certify` again, or put the label on to have it built."
    return "put the label on again to start a new run."


def _commands(run: Run) -> str:
    if run.ended or run.outcome is Outcome.CANCELLED:
        return new_run(run)
    gate = run.gate
    if run.hold is not None:
        words = [code(run.hold.reply, 200), "`/otto stop`"]
    elif run.phase is RunPhase.PLAN_REVIEW and not run.plan_approved_by:
        words = [f"`/otto approve r{run.plan_revision}`", change_command(run), "`/otto stop`"]
    elif (said := journeys_commands(run)) is not None:
        words = said
    elif gate is not None and gate.state is GateState.POSTED:
        words = [f"`/otto approve r{gate.revision}`", *_about(run, RETRYABLE), "`/otto pause`"]
    elif run.outcome is not None and not run.reviewed:
        words = ["`/otto retry`", *_about(run, RETRYABLE), "`/otto stop`"]
    else:
        words = ["`/otto pause`", "`/otto stop`", *_about(run, SKIPPABLE)[1:], "`/otto budget +5`"]
    return ", ".join(dict.fromkeys([*words, "`/otto help`"]))


def _about(run: Run, states: frozenset[TaskState]) -> list[str]:
    """Commands about the first task that they would work for."""
    key = next((key for key, task in run.tasks.items() if task.state in states), None)
    return [f"`/otto retry {key} -- what to do differently`", f"`/otto skip {key}`"] if key else []
