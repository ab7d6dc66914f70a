"""Titles and bodies of pull requests: the run's own, and those that only let Actions verify a branch."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.attempt import TaskState
from otto_bot.core.run import Outcome, Run
from otto_bot.text.accepted import accepted_part
from otto_bot.text.base import conflict_words
from otto_bot.text.body import Part, assemble
from otto_bot.text.commits import subject_line
from otto_bot.text.footer import footer
from otto_bot.text.found_out import found_out
from otto_bot.text.habits import habit_of, own_subject
from otto_bot.text.in_ci import in_ci_part
from otto_bot.text.journeys_line import journeys_line
from otto_bot.text.links import Links
from otto_bot.text.markdown import clean, inline, link, plain, without_skip
from otto_bot.text.moved import gone_words
from otto_bot.text.tasks_table import alone_words, attempt_link, state_words
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import name, phase_words

TITLE = 100
NO_DRAFTS = (
    "This repository has no draft pull requests: please do not merge while the title says that it is in progress."
)
IN_PROGRESS = "[otto: in progress]"
VERIFICATION = "[otto: verification only]"
TEMPLATE = 10_000
TEMPLATE_LEAD = "---\n\n<sub>This repository's own template; its boxes are for people.</sub>"


def pull_title(run: Run, habits: Sequence[str]) -> str:
    """The issue's title as this repository writes subjects: a squash merge takes it onto the default branch."""
    return subject_line(run.title, habits, TITLE)


def open_title(title: str, habits: Sequence[str]) -> str:
    """The title where there are no drafts, until all is done. What checks titles reads how they begin."""
    return f"{IN_PROGRESS} {title}" if habit_of(habits) is None else f"{title} {IN_PROGRESS}"


def pull_body(run: Run, links: Links, template: str | None, *, no_drafts: bool = False) -> str:
    """What people review. `Closes` only once every task is merged: a half-done run must not close the issue.

    `no_drafts`: the repository has none, so that nothing but words keeps people from merging too early.
    """
    merged = bool(run.tasks) and all(task.state is TaskState.MERGED for task in run.tasks.values())
    asked = "asked for it with `/otto improve`" if run.kind == "improve" else "put the label on"
    who = (
        f"@{run.actor.login} {asked}. They can also approve this pull request: where two people are required"
        " to see a change, a second person should review it. Otto never merges, and never pushes over anyone's commits."
    )
    gone = run.issue_gone is not None
    of = "" if gone else f"{'Closes' if merged else 'Part of'} #{run.issue}. "
    parts: list[str | Part] = [
        f"{of}{_state(run)}",
        f"{NO_DRAFTS} {see(links, Trouble.NO_DRAFTS)}" if no_drafts else "",
        inline(run.plan.summary, 1000) if run.plan else "",
        _tasks(run, links),
        _base(run, links),
        accepted_part(run),
        in_ci_part(run),
        found_out(run),
        journeys_line(run, links),
        _how_it_stands(run, links),
        who,
        _template(template, links),
    ]
    return without_skip(assemble(parts, footer(run)))


def template_of(body: str) -> str | None:
    """The part of a body of ours that is people's: the template with their ticks, to be kept when it is edited."""
    _, found, rest = body.replace("\r\n", "\n").partition(TEMPLATE_LEAD)
    return rest.rpartition("\n\n<sub>")[0].strip() or None if found else None


def _how_it_stands(run: Run, links: Links) -> str:
    if run.issue_gone is not None:
        return gone_words(run.issue, run.issue_gone)
    return f"How it stands, at any moment: {link('the status comment on the issue', links.issue(run.issue))}."


def _state(run: Run) -> str:
    if run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL):
        return f"Ready for review: {phase_words(run)}."
    if run.outcome in (Outcome.CANCELLED, Outcome.FAILED):
        return f"Ended: {phase_words(run)}. What is here stays."
    return f"In progress: {phase_words(run)}. Commits arrive here only after Actions was green on exactly that state."


def _base(run: Run, links: Links) -> str:
    """What keeps the default branch out of it."""
    if not run.base_conflict:
        return ""
    lead = "Base" if run.base_no_merges else "Before it can be merged"
    return f"**{lead}:** {conflict_words(run, links)}"


def _tasks(run: Run, links: Links) -> Part:
    groups = (
        ("Merged here", frozenset({TaskState.MERGED})),
        ("Open", frozenset(TaskState) - {TaskState.MERGED, TaskState.SKIPPED, TaskState.FAILED}),
        ("Failed", frozenset({TaskState.FAILED})),
        ("Skipped", frozenset({TaskState.SKIPPED})),
    )
    lines, short = [], []
    for title, states in groups:
        keys = [key for key, task in run.tasks.items() if task.state in states]
        if keys:
            lines += [f"**{title}**", "", *(_task(run, key, links) for key in keys), ""]
            short.append(f"**{title}:** {len(keys)} tasks")
    return Part("\n".join(lines).strip(), "\n".join(short))


def _task(run: Run, key: str, links: Links) -> str:
    task = run.tasks[key]
    check = attempt_link(run, task, task.last, links)
    words = "" if task.state is TaskState.MERGED else f": {inline(state_words(task), 300)}"
    return f"- {name(run, key)}{words}{alone_words(run, task, links)}{f' ({check})' if check else ''}"


def _template(template: str | None, links: Links) -> Part:
    """The repository's own template below our words; its boxes are people's to tick."""
    if template is None or not template.strip():
        return Part("", "")
    body = clean(template)[:TEMPLATE].strip()
    lead = f"About the template below: {see(links, Trouble.PR_TEMPLATE)}."
    return Part(
        f"{lead}\n\n{TEMPLATE_LEAD}\n\n{body}", "The repository's pull request template is left out here: too long."
    )


def verification_title(run: Run, what: str, habits: Sequence[str]) -> str:
    """`what` names the head that is verified: `t1/a1`, or `b1/s1` for a batch's candidate.

    Where subjects carry prefixes a workflow may hold titles to them: this one begins with one, too.
    """
    words = f"{_what(what)} of issue {run.issue}"
    if habit_of(habits) is None:
        return f"{VERIFICATION} {words}"
    return f"{own_subject(f'verify {words}', habits)} {VERIFICATION}"


def verification_body(run: Run, what: str, links: Links, habits: Sequence[str]) -> str:
    """Why this pull request exists, and that nobody needs to look at it."""
    key, _, _ = what.partition("/")
    title = f" ({inline(plain(run.plan.task(key).title), 120)})" if run.plan and key in run.tasks else ""
    main = (
        link(f"pull request #{run.pull_request}", links.pull(run.pull_request))
        if run.pull_request
        else "the run's pull request"
    )
    why = (
        "The workflows of this repository run on pull requests only. Please do not review or merge it; what passes"
        f" arrives in {main}. Otto closes it when it has served; its branch stays."
    )
    what_for = f"This pull request only lets Actions verify a branch: {_what(what)}{title}."
    where = f"How it stands: {link(f'issue {run.issue}', links.issue(run.issue))}."
    habit = habit_of(habits) is not None
    title_words = f"Its title begins as titles do here. {see(links, Trouble.TITLE_LINT)}" if habit else ""
    return assemble([what_for, why, where, title_words], footer(run))


def _what(what: str) -> str:
    head, _, rest = what.partition("/")
    if head.startswith("b"):
        return f"batch {head[1:]}, candidate {rest.removeprefix('s')}"
    return f"{head}, attempt {rest.removeprefix('a')}"
