"""The table of tasks and their graph: the one place where every task's state stands."""

from __future__ import annotations

import re

from otto_bot.core.attempt import Attempt, Task, TaskState, target_of
from otto_bot.core.run import Run
from otto_bot.text.accepted import accepted_words
from otto_bot.text.links import Links
from otto_bot.text.markdown import cell, link, one_line
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import CAUSES, STATES, title_of

ROWS = 120
GRAPH_TASKS = 40
"""A larger graph cannot be read, and GitHub stops drawing it."""
COLOURS: dict[str, tuple[str, frozenset[TaskState]]] = {
    "done": ("fill:#1a7f37,color:#ffffff", frozenset({TaskState.MERGED, TaskState.VERIFIED})),
    "work": (
        "fill:#0969da,color:#ffffff",
        frozenset({TaskState.CODING, TaskState.VERIFYING, TaskState.JUDGING, TaskState.REOPENED}),
    ),
    "bad": ("fill:#cf222e,color:#ffffff", frozenset({TaskState.FAILED})),
    "wait": ("fill:#9a6700,color:#ffffff", frozenset({TaskState.ASKED, TaskState.HELD, TaskState.BLOCKED})),
    "off": ("fill:#6e7781,color:#ffffff", frozenset({TaskState.SKIPPED})),
    "todo": ("fill:#ddf4ff,color:#1f2328", frozenset({TaskState.PENDING})),
}

AFTER_ACTIONS = frozenset({TaskState.JUDGING, TaskState.VERIFIED, TaskState.MERGED})


def task_table(run: Run, links: Links) -> str:
    """One row a task: state, attempt, check."""
    rows = ["| task | state | attempt | check |", "| --- | --- | --- | --- |"]
    shown = list(run.tasks.values())[:ROWS]
    rows += [_row(run, task, links) for task in shown]
    left = len(run.tasks) - len(shown)
    return "\n".join(rows) + (f"\n\n{left} more tasks are not shown here." if left > 0 else "")


def short_table(run: Run) -> str:
    """Only numbers, for where the table would be too long."""
    counts = {state: sum(1 for task in run.tasks.values() if task.state is state) for state in TaskState}
    said = ", ".join(f"{number} {STATES[state]}" for state, number in counts.items() if number)
    why = "The table would be too long for one comment; each task's check has its details."
    return f"{len(run.tasks)} tasks: {said}. {why}"


def _row(run: Run, task: Task, links: Links) -> str:
    title = cell(title_of(run, task.key), 100)
    last = task.last
    attempt = f"{last.number} of {run.config.attempts.per_task + task.granted}" if last else ""
    words = cell(state_words(task), 240) + alone_words(run, task, links)
    return f"| {task.key} {title} | {words} | {attempt} | {attempt_link(run, task, last, links)} |"


def state_words(task: Task) -> str:
    """A task's state with its reason; what only failed by chance is said too."""
    flaky = any(attempt.flaky is not None for attempt in task.attempts)
    return (
        _state_words(task)
        + accepted_words(task)
        + (" (flaky: failed once, passed when its jobs ran again)" if flaky else "")
    )


def alone_words(run: Run, task: Task, links: Links) -> str:
    """Whose work no workflow looked at: nobody shall take it for verified."""
    last = task.last
    verification = run.verifications.get(target_of(task.key, last.number)) if last is not None else None
    alone = verification is not None and verification.ending == "unwatched" and task.state in AFTER_ACTIONS
    if not alone:
        return ""
    why = "judged alone: path filters leave out all of its files, so no workflow ran"
    return f" ({why}. {see(links, Trouble.PATH_FILTER)})"


def _state_words(task: Task) -> str:
    words = STATES[task.state]
    if task.state is TaskState.FAILED and task.failure is not None:
        return f"{words}: {CAUSES[task.failure.cause]}"
    if task.state is TaskState.BLOCKED and task.blocked_by:
        return f"blocked: waits for {', '.join(task.blocked_by)}"
    if task.state in (TaskState.ASKED, TaskState.HELD, TaskState.SKIPPED) and task.question:
        return f"{words}: {without_at(task.question)}"
    return words


def without_at(text: str) -> str:
    """A person named without calling them again."""
    return re.sub(r"^@(?=[A-Za-z0-9-]+ (?:asked for it|said so|changed the plan|asked for a pause))", "", text)


def attempt_link(run: Run, task: Task, attempt: Attempt | None, links: Links) -> str:
    """Where an attempt's check stands: our own check, else the workflow run, else the commit."""
    if attempt is None:
        return ""
    check_id = run.ids.get(f"check/{task.key}/a{attempt.number}")
    if check_id is not None:
        return link(f"attempt {attempt.number}", links.check(check_id))
    verification = run.verifications.get(target_of(task.key, attempt.number))
    url = links.ours(verification.url) if verification else ""
    if not url and attempt.sha is not None and attempt.pushed:
        url = links.checks(attempt.sha)
    return link(f"attempt {attempt.number}", url) if url else ""


def task_graph(run: Run) -> str:
    """A mermaid graph of tasks and what each needs first, coloured by state; nothing for one task or very many."""
    if run.plan is None or not 1 < len(run.tasks) <= GRAPH_TASKS:
        return ""
    lines = ["```mermaid", "graph LR"]
    for key, task in run.tasks.items():
        colour = next(word for word, (_, states) in COLOURS.items() if task.state in states)
        lines.append(f'  {key}["{key} {_label(title_of(run, key))}<br/>{_label(STATES[task.state])}"]:::{colour}')
    for key, needs in run.plan.depends().items():
        lines += [f"  {need} --> {key}" for need in sorted(needs) if need in run.tasks]
    used = {task.state for task in run.tasks.values()}
    lines += [f"  classDef {word} {style}" for word, (style, states) in COLOURS.items() if states & used]
    return "\n".join([*lines, "```"])


def _label(text: str) -> str:
    """Words that mermaid cannot take for syntax."""
    return re.sub(r"[^\w .,:()/+…-]", " ", one_line(text, 40)).strip()
