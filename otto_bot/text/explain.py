"""Why a task failed, from what is recorded: no model is asked."""

from __future__ import annotations

from otto_bot.core.evidence import Failure
from otto_bot.core.run import Run
from otto_bot.text.links import Links
from otto_bot.text.markdown import fence, inline, link
from otto_bot.text.tasks_table import attempt_link, state_words
from otto_bot.text.words import CAUSES, PHASE_OF_FAILURE, PROGRESS, class_word, name

SHOWN = 10


def explain_text(run: Run, task: str, links: Links) -> str:
    """One task's failure with its evidence; without a task, every failed one."""
    if task and task not in run.tasks:
        keys = ", ".join(list(run.tasks)[:50])
        return f"There is no task {inline(task, 40)}. Tasks of this run: {keys or 'none yet'}."
    wanted = [task] if task else [key for key in run.tasks if _failures(run, key)]
    if not wanted:
        return "No task of this run has failed so far."
    more = (
        f"\n\n{len(wanted) - SHOWN} more tasks failed; name one: `/otto explain {wanted[SHOWN]}`."
        if len(wanted) > SHOWN
        else ""
    )
    room = 20_000 // min(len(wanted), SHOWN)
    return "\n\n".join(_task(run, key, links, room) for key in wanted[:SHOWN]) + more


def _task(run: Run, key: str, links: Links, room: int) -> str:
    task = run.tasks[key]
    failures = _failures(run, key)
    head = f"#### {name(run, key)}"
    if not failures:
        return f"{head}\nIt has not failed: {inline(state_words(task), 300)}."
    last = failures[-1]
    detail = f": {inline(last.detail, 600)}" if last.detail else ""
    judged = f"(class: {class_word(last)}; {PROGRESS[last.progress]})"
    said = f"Attempt {last.attempt} failed {PHASE_OF_FAILURE[last.phase]}: {CAUSES[last.cause]}{detail} {judged}"
    lines = [head, said, ""]
    lines += [f"Jobs: {inline(', '.join(last.failing_jobs[:10]), 300)}"] if last.failing_jobs else []
    lines += [f"- {inline(test.id, 200)}: {inline(test.message or 'failed', 300)}" for test in last.failing_tests[:10]]
    for excerpt in last.excerpts[:3]:
        url = links.ours(excerpt.url)
        where = f"{inline(excerpt.place, 200)}{_permalink(url)}"
        lines += ["", f"{where}:", "", fence(excerpt.text, room // 4)]
    check = attempt_link(run, task, task.last, links)
    return "\n".join([*lines, "", f"Its check: {check}."] if check else lines)


def _failures(run: Run, key: str) -> list[Failure]:
    found = {f.attempt: f for gate in run.gates for f in gate.failures if f.task == key}
    found.update({a.number: a.failure for a in run.tasks[key].attempts if a.failure is not None})
    return [found[number] for number in sorted(found)]


def _permalink(url: str) -> str:
    return f" ({link('permalink', url)})" if url else ""
