"""Answers to commands: one short reply that says what happened, or why not, and what to say instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from otto_bot.core.accepting import waiting
from otto_bot.core.allowance import RUNS_OF_ISSUE
from otto_bot.core.attempt import TaskState
from otto_bot.core.funds import reply_for
from otto_bot.core.refusals import WRITE_NEEDED
from otto_bot.core.run import Reply, Run, RunPhase
from otto_bot.text.body import assemble
from otto_bot.text.explain import explain_text
from otto_bot.text.footer import footer, usd
from otto_bot.text.journeys_line import journeys_meant
from otto_bot.text.learnings import LEARNING_KEYS, learning_answer
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, inline, link, sentence
from otto_bot.text.parked import now_words, why_parked
from otto_bot.text.plan_changes import change_it
from otto_bot.text.status import next_step, where_it_stands
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import clock, count, phase_words

HELP: tuple[tuple[str, str], ...] = (
    ("/otto approve [rN]", "say yes to the plan or retry plan that waits"),
    (
        "/otto retry [t1 …] [-- guidance]",
        "write failed tasks again, or mend failed journeys (`j2`), with your words for the coder",
    ),
    ("/otto skip t1 …", "leave tasks out; what needs them is blocked. `/otto skip j2` takes a failed journey as it is"),
    (
        "/otto accept t1 …",
        "say that what was held and shown is right (changed tests, what the gate before a push found)",
    ),
    (
        "/otto replan [-- guidance]",
        "make another plan, of the issue as it is now, while no task has started or when journeys fail",
    ),
    ("/otto plan", "only a plan and an estimate, no code"),
    ("/otto certify", "hold the default branch against the issue's plan, no code"),
    ("/otto pause", "stop before the next step"),
    ("/otto resume", "go on after a pause or once a problem is solved"),
    ("/otto stop", "end the run; what is written is pushed and stays"),
    ("/otto status", "say where things stand"),
    ("/otto explain [t1]", "say why tasks of this run failed, with the evidence"),
    ("/otto budget +5", "allow five dollars more for this issue"),
    ("/otto keep L3", "keep something Otto learnt about this repository for later runs"),
    ("/otto forget L3", "drop something Otto learnt about this repository"),
    ("/otto improve", "take up what the last review of the pull request found"),
    ("/otto help", "this list"),
)


def reply_comment(run: Run, reply: Reply, links: Links) -> str:
    """The answer a run owes. A key without words is a mistake of ours: KeyError."""
    return assemble([REPLY_WORDS[reply.key](run, reply.detail, links)], footer(run))


def help_text() -> str:
    """Every command with what it does."""
    rows = ["| say | to |", "| --- | --- |", *(f"| `{command}` | {words} |" for command, words in HELP)]
    after = "Say it on the first line of a comment. Everyone with write access can. No task named: all failed ones."
    return "\n".join(["**What you can say to Otto**", "", *rows, "", after])


def refused(who: str, why: str, links: Links) -> str:
    """Someone may not do this."""
    only = "Otto acts only for people with write access to this repository."
    role = Trouble.CUSTOM_ROLE if why == WRITE_NEEDED else None
    return f"Not done for {code(who, 60)}: {inline(why, 400)}. {only} {see(links, role)}".rstrip()


def unknown_verb(problem: str, did_you_mean: str | None) -> str:
    """A word after `/otto` that is no command."""
    hint = f" Did you mean `/otto {did_you_mean}`?" if did_you_mean else ""
    return f"{sentence(inline(problem, 300))}{hint} `/otto help` lists what you can say."


def bad_command(problem: str) -> str:
    """A command that is not complete or not understood."""
    return f"{sentence(inline(problem, 600))} Nothing was changed. `/otto help` lists what you can say."


def no_run() -> str:
    """A command where nothing of Otto's is going on."""
    return "There is no run here. Put the label `otto` on an issue to start one."


def certify_an_issue() -> str:
    """`/otto certify` was said where there is no issue."""
    return "Say `/otto certify` on an issue: the default branch is held against the plan of that issue."


def too_often(opens: datetime, label: bool) -> str:
    """An issue began so many runs within an hour that the next one waits."""
    what = (
        f"If the label is still on then, a run begins by itself at {clock(opens)}; nothing else is needed"
        if label
        else f"Say it again after {clock(opens)}"
    )
    return (
        f"Not begun: this issue began {RUNS_OF_ISSUE} runs within an hour, which is the most that Otto begins. {what}. "
        "This comment is the only one about it, however often the label is put on until then."
    )


def label_on_pull_request() -> str:
    """The label was put on a pull request."""
    return "Otto works on issues, not on pull requests: put the label on an issue that says what should change."


def _dollars(detail: str) -> str:
    """The heart's amount as people write it."""
    number = re.fullmatch(r"\d{1,9}(?:\.\d{1,4})?", detail)
    return usd(float(detail)) if number else f"${inline(detail, 20)}"


def _ended(run: Run, _detail: str, _links: Links) -> str:
    return (
        f"This run is over ({phase_words(run)}). Take the label off the issue and put it on again to start a new one."
    )


def _stale(run: Run, detail: str, links: Links) -> str:
    if run.phase is RunPhase.PLAN_REVIEW and run.plan_revision > 0:
        # One more change may have come between the command and this answer.
        detail = f"r{run.plan_revision}"
    return (
        f"That number is out of date: the plan that waits is {_current(run, detail, links)}. "
        f"Read it, then say {code('/otto approve ' + detail, 60)}. Nothing was changed."
    )


def _current(run: Run, detail: str, links: Links) -> str:
    gate = run.gate
    if gate is not None and f"r{gate.revision}" == detail and gate.comment_url:
        return link(f"r{gate.revision}", links.ours(gate.comment_url))
    one = run.journeys[-1] if run.journeys else None
    if one is not None and f"r{one.revision}" == detail and one.comment_url:
        return link(f"r{one.revision}", links.ours(one.comment_url))
    if run.plan_comment_id is not None and f"r{run.plan_revision}" == detail:
        return link(detail, links.comment(run.issue, run.plan_comment_id))
    return inline(detail, 40)


def _not_posted(_run: Run, detail: str, _links: Links) -> str:
    return (
        f"The comment with {inline(detail, 40)} is not posted yet, so nobody can have read it. "
        "Say it again when it stands."
    )


def _nothing_to_approve(run: Run, _detail: str, _links: Links) -> str:
    return f"Nothing waits for approval. Next: {next_step(run)}"


def _cannot_retry(run: Run, detail: str, _links: Links) -> str:
    if run.phase is RunPhase.JOURNEYS:
        return f"Not retried: {inline(detail, 300)}. {journeys_meant(run)}"
    open_tasks = [k for k, t in run.tasks.items() if t.state in (TaskState.FAILED, TaskState.ASKED, TaskState.HELD)]
    which = f" These can be: {', '.join(open_tasks[:30])}." if open_tasks else " No task has failed."
    return f"Not retried: {inline(detail, 300)}. Only failed, asked, held or skipped tasks can be written again.{which}"


def _cannot_skip(run: Run, detail: str, _links: Links) -> str:
    if run.phase is RunPhase.JOURNEYS:
        return f"Not skipped: {inline(detail, 300)}. {journeys_meant(run)}"
    return f"Not skipped: {inline(detail, 300)}. Only tasks that are not at work and not merged can be left out."


def _cannot_accept(run: Run, detail: str, _links: Links) -> str:
    held = waiting(run)
    which = f" These are: {', '.join(held[:30])}." if held else " No task is."
    only = "Only tasks that are held for changed tests, or by the gate before a push, can be accepted."
    return f"Not accepted: {inline(detail, 300)}. {only}{which}"


def _no_money(run: Run, detail: str, _links: Links) -> str:
    spent = f"Not retried: the {_dollars(detail)} for this issue are used up."
    more = reply_for(run)
    if more is None:
        return f"{spent} The host of Otto allows no more for one issue."
    return f"{spent} {code(more, 60)} allows more; then say it again."


def _still_deciding(run: Run, _detail: str, _links: Links) -> str:
    if run.phase is RunPhase.JOURNEYS:
        return "The product is being tested right now. Say it again when what was seen is posted."
    return (
        "The failures are being read right now. Say it again when the retry plan is posted; nothing starts before that."
    )


def _not_in_plan(run: Run, detail: str, _links: Links) -> str:
    number = run.gate.revision if run.gate else run.revision
    return (
        f"Nothing was changed: {inline(detail, 60)} is not among the tasks that retry plan r{number} decides. "
        "Say it after this plan is carried out."
    )


def _replan_too_late(_run: Run, _detail: str, _links: Links) -> str:
    return (
        "A task has already started, so the plan stays. `/otto retry t1 -- what to do differently` writes one that "
        "failed again; `/otto stop` and the label start anew."
    )


def _only_certifies(_run: Run, _detail: str, _links: Links) -> str:
    return (
        "This run only says how the default branch holds against its journeys and criteria: it changes nothing, and "
        "what it saw is posted. To have it built or mended, put the label on the issue once this run is over."
    )


def _replan_review(_run: Run, _detail: str, _links: Links) -> str:
    return (
        "This run makes what a review asks for, and nothing else: its plan is that review. `/otto skip t1` leaves a "
        "task out, `/otto retry t1 -- what to do differently` writes one that failed again, `/otto stop` ends it."
    )


def _already_resting(run: Run, _detail: str, _links: Links) -> str:
    return f"Nothing is going on that could be paused: {phase_words(run)}. Next: {next_step(run)}"


def _use_approve(run: Run, detail: str, _links: Links) -> str:
    if run.phase is RunPhase.JOURNEYS:
        return f"What follows from the journeys waits for a yes to exactly that: {code('/otto approve ' + detail, 60)}."
    return f"A retry plan waits for a yes to exactly that plan: {code('/otto approve ' + detail, 60)}."


def _nothing_failed(run: Run, _detail: str, _links: Links) -> str:
    if run.phase is RunPhase.JOURNEYS:
        return f"Nothing was changed: no journey fails that is not taken as it is already. Next: {next_step(run)}"
    return (
        "No task has failed or waits, so there is nothing to go on with. A skipped task can be named: `/otto retry t1`."
    )


def _not_resting(run: Run, _detail: str, _links: Links) -> str:
    return f"It is not paused: {now_words(run)}. Next: {next_step(run)}"


def _host_cap(run: Run, detail: str, _links: Links) -> str:
    room = run.caps.usd - (run.money.cap if run.prepared else run.money.granted)
    still = f" `/otto budget +{room:.2f}` would still fit." if room >= 0.01 else ""
    return f"Not raised: whoever hosts Otto allows at most {_dollars(detail)} for one issue.{still}"


def _budget_raised(run: Run, detail: str, _links: Links) -> str:
    return f"Up to {_dollars(detail)} may be spent on this issue now. Next: {next_step(run)}"


def _budget_noted(run: Run, detail: str, _links: Links) -> str:
    return (
        f"Noted: {_dollars(detail)} more than the repository's own budget may be spent on this issue, "
        f"never more than the {usd(run.caps.usd)} that the host allows. Next: {next_step(run)}"
    )


def _minutes_raised(run: Run, detail: str, _links: Links) -> str:
    return (
        f"This run may work {inline(detail, 20)} minutes now; its money stays at {usd(run.money.cap)}, all that "
        f"the host allows for one issue. Next: {next_step(run)}"
    )


def _status(run: Run, _detail: str, links: Links) -> str:
    merged = sum(task.state is TaskState.MERGED for task in run.tasks.values())
    counts = f" {merged} of {count(len(run.tasks), 'task')} merged." if run.tasks else ""
    status = run.ids.get("status")
    full = link("the status comment", links.comment(run.issue, status) if status else links.issue(run.issue))
    why = f" {why_parked(run)}" if run.parked is not None else ""
    now = f"Now: {now_words(run)}.{why}{counts} Next: {next_step(run)} Everything stands in {full}."
    return f"{now}\n\n{where_it_stands(run, links)}".strip()


def _enough(_run: Run, detail: str, _links: Links) -> str:
    try:
        until = f"Until {clock(datetime.fromisoformat(detail))}"
    except ValueError:
        until = "For an hour"
    return (
        f"That was heard. {until} Otto answers no more commands here with comments, as there were many within "
        "the hour: they count as ever, each gets its 👀, and the status comment shows what became of them."
    )


def _help(_run: Run, _detail: str, _links: Links) -> str:
    return help_text()


def _explain(run: Run, detail: str, links: Links) -> str:
    return explain_text(run, detail, links)


def _already_planned(run: Run, _detail: str, links: Links) -> str:
    again = "" if run.kind == "certify" else f" {sentence(change_it(run))}"
    return f"A run is active here: {now_words(run)}.{again}\n\n{where_it_stands(run, links)}".strip()


def _active_run(run: Run, _detail: str, links: Links) -> str:
    one = "One run at a time; `/otto stop` ends it."
    return f"Run {run.id} already works on this issue: {now_words(run)}. {one}\n\n{where_it_stands(run, links)}".strip()


def _learning(key: str, _run: Run, detail: str, _links: Links) -> str:
    return learning_answer(key, detail)


REPLY_WORDS: dict[str, Callable[[Run, str, Links], str]] = {
    "ended": _ended,
    "stale_revision": _stale,
    "not_posted": _not_posted,
    "nothing_to_approve": _nothing_to_approve,
    "cannot_retry": _cannot_retry,
    "no_money": _no_money,
    "still_deciding": _still_deciding,
    "not_in_plan": _not_in_plan,
    "cannot_skip": _cannot_skip,
    "cannot_accept": _cannot_accept,
    "replan_too_late": _replan_too_late,
    "replan_review": _replan_review,
    "only_certifies": _only_certifies,
    "already_resting": _already_resting,
    "use_approve": _use_approve,
    "nothing_failed": _nothing_failed,
    "not_resting": _not_resting,
    "host_cap": _host_cap,
    "budget_raised": _budget_raised,
    "budget_noted": _budget_noted,
    "minutes_raised": _minutes_raised,
    "status": _status,
    "help": _help,
    "explain": _explain,
    "already_planned": _already_planned,
    **{key: partial(_learning, key) for key in LEARNING_KEYS},
    "active_run": _active_run,
    "enough": _enough,
}
"""A function for each reply a run can owe."""
