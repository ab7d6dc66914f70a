"""Checks: one for the run on the head of its branch, one for each attempt on that attempt's commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from otto_bot.core.attempt import Attempt, Task, TaskState, Verification, target_of
from otto_bot.core.decision import REOPENING
from otto_bot.core.evidence import Failure
from otto_bot.core.run import Outcome, Run
from otto_bot.text.also import also_line
from otto_bot.text.body import Part, assemble
from otto_bot.text.footer import footer
from otto_bot.text.in_ci import in_ci_lines
from otto_bot.text.judged import verdict_lines
from otto_bot.text.links import Links
from otto_bot.text.markdown import fence, inline, link, one_line, quoted
from otto_bot.text.scope import drift_lines
from otto_bot.text.status import next_step
from otto_bot.text.tasks_table import short_table, task_table
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import CAUSES, ENDINGS, MOVES, PHASE_OF_FAILURE, STATES, count, name, phase_words

Status = Literal["queued", "in_progress", "completed"]
Conclusion = Literal["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"]
ANNOTATIONS = 50
CHECK_LIMIT = 60_000
MOST_LEFT = 10


@dataclass(frozen=True)
class Note:
    """A remark at a line of a file; lines count from 1."""

    path: str
    line: int
    level: Literal["notice", "warning", "failure"]
    message: str


@dataclass(frozen=True)
class Button:
    """A button on a check: identifier and label at most 20 characters, description at most 40."""

    identifier: str
    label: str
    description: str


@dataclass(frozen=True)
class CheckText:
    """Everything a check shows. `conclusion` is None exactly while it is not completed."""

    name: str
    title: str
    summary: str
    text: str
    status: Status
    conclusion: Conclusion | None
    annotations: tuple[Note, ...] = ()
    actions: tuple[Button, ...] = ()


def run_check(run: Run, links: Links) -> CheckText:
    """The check `Otto`: neutral while work is open, so that it neither blocks nor promises."""
    outcomes: dict[Outcome, Conclusion] = {
        Outcome.DONE: "success",
        Outcome.FAILED: "failure",
        Outcome.CANCELLED: "cancelled",
    }
    conclusion = outcomes.get(run.outcome, "neutral") if run.outcome is not None else "neutral"
    merged = sum(1 for task in run.tasks.values() if task.state is TaskState.MERGED)
    lead = f"{merged} of {count(len(run.tasks), 'task')} merged. Next: {next_step(run)}"
    status = f"Everything else stands in {link('the status comment', links.issue(run.issue))}."
    table = Part(task_table(run, links), short_table(run)) if run.tasks else ""
    return CheckText(
        name="Otto",
        title=phase_words(run)[:1].upper() + phase_words(run)[1:],
        summary=assemble([lead, status], footer(run)),
        text=assemble([table], footer(run)),
        status="completed",
        conclusion=conclusion,
    )


def attempt_check(run: Run, task_key: str, attempt_number: int, links: Links) -> CheckText:
    """The check of one attempt. Raises KeyError for an attempt that does not exist."""
    task = run.task(task_key)
    attempt = next((a for a in task.attempts if a.number == attempt_number), None)
    if attempt is None:
        raise KeyError(f"{task_key} has no attempt {attempt_number}")
    failure = attempt.failure or _kept(run, task_key, attempt_number)
    verification = run.verifications.get(target_of(task_key, attempt_number))
    alone = verification is not None and verification.ending == "unwatched"
    status, conclusion, words = _state(task, attempt, failure, alone)
    return CheckText(
        name=f"Otto / {task_key} attempt {attempt_number}",
        title=one_line(words[:1].upper() + words[1:], 200),
        summary=_summary(run, task_key, attempt, failure, verification, links),
        text=_details(run, task_key, attempt, failure),
        status=status,
        conclusion=conclusion,
        annotations=_notes(failure),
        actions=_buttons(task, attempt, failure),
    )


def _kept(run: Run, key: str, number: int) -> Failure | None:
    """The failure a gate froze, also where only its jobs ran again since."""
    task = run.tasks[key]
    if task.last is not None and task.last.number == number and task.state is not TaskState.FAILED:
        return None
    found = [f for gate in run.gates for f in gate.failures if (f.task, f.attempt) == (key, number)]
    return found[-1] if found else None


ALONE = "judged alone: no workflow starts for these files"


def _state(
    task: Task, attempt: Attempt, failure: Failure | None, alone: bool = False
) -> tuple[Status, Conclusion | None, str]:
    if failure is not None:
        return "completed", "failure", f"failed: {CAUSES[failure.cause]}"
    if task.last is not attempt and task.last is not None and task.last.number != attempt.number:
        return "completed", "neutral", "replaced by a later attempt"
    moving: dict[TaskState, Status] = {
        TaskState.CODING: "queued", TaskState.VERIFYING: "in_progress", TaskState.JUDGING: "in_progress",
    }  # fmt: skip
    if task.state in moving:
        return moving[task.state], None, STATES[task.state]
    if task.state in (TaskState.VERIFIED, TaskState.MERGED):
        return ("completed", "neutral", ALONE) if alone else ("completed", "success", STATES[task.state])
    return "completed", "neutral", STATES[task.state]


def _left(run: Run, names: Sequence[str]) -> str:
    """Required checks of others that say nothing about this change."""
    shown = ", ".join(inline(one, 100) for one in names[:MOST_LEFT])
    more = f" and {len(names) - MOST_LEFT} more" if len(names) > MOST_LEFT else ""
    branch = inline(run.repo.default_branch, 100)
    return f"Left to people, as {branch} requires it: {shown}{more}. GitHub holds the merge until it is green."


def _summary(
    run: Run, key: str, attempt: Attempt, failure: Failure | None, verification: Verification | None, links: Links
) -> str:
    lines = [
        f"**{name(run, key)}**, attempt {attempt.number} of {run.config.attempts.per_task + run.tasks[key].granted}."
    ]
    if verification is not None:
        said = (
            ENDINGS[verification.ending] if verification.ending else inline(verification.waiting or "not finished", 300)
        )
        url = links.ours(verification.url)
        lines.append(f"Actions: {said}{_opened(url)}.")
        if verification.left:
            lines.append(_left(run, verification.left))
        lines.append(also_line(verification.also, links))
        if verification.left or verification.also:
            lines.append(see(links, Trouble.FOREIGN_CHECKS))
    if failure is not None:
        detail = f": {inline(failure.detail, 600)}" if failure.detail else "."
        lines.append(f"It failed {PHASE_OF_FAILURE[failure.phase]}: {CAUSES[failure.cause]}{detail}")
    if attempt.handoff.summary:
        lines.append(f"The coder says: {inline(attempt.handoff.summary, 1000)}")
    if attempt.stat:
        lines.append(f"Changed: {inline(attempt.stat, 300)}")
    lines.append(f"All tasks: {link('status comment', links.issue(run.issue))}.")
    return assemble(lines, footer(run))


def _details(run: Run, key: str, attempt: Attempt, failure: Failure | None) -> str:
    parts: list[str | Part] = []
    if attempt.strategy in REOPENING and attempt.gate is not None:
        parts.append(f"Reopened by the retry plan of gate {attempt.gate}: {MOVES[attempt.strategy]}.")
    if attempt.guidance:
        parts.append(f"Guidance it got:{quoted(attempt.guidance)}")
    parts += [f"Told from other tasks:{quoted(fact, 1000)}" for fact in attempt.routed[:20]]
    parts += [drift_lines(run, key, attempt), in_ci_lines(attempt), _verdict(run, key, attempt)]
    for excerpt in failure.excerpts[:20] if failure is not None else ():
        title = f"**{inline(excerpt.place, 200)}**"
        parts.append(Part(f"{title}\n\n{fence(excerpt.text, 8000)}", f"{title}\n\n{fence(excerpt.text, 600)}"))
    return assemble(parts, footer(run))


def _verdict(run: Run, key: str, attempt: Attempt) -> str:
    if attempt.verdict is None or run.plan is None:
        return ""
    rows = verdict_lines(run.plan.task(key), attempt.verdict, attempt.proof)
    return "\n".join(["**Criteria:**", "", *rows])


def _notes(failure: Failure | None) -> tuple[Note, ...]:
    if failure is None:
        return ()
    tests = [
        Note(path=test.file, line=max(1, test.line or 1), level="failure", message=_message(test.id, test.message))
        for test in failure.failing_tests
        if test.file and _is_path(test.file)
    ]
    named = {note.path for note in tests}
    files = [
        Note(path=path, line=1, level="warning", message=f"Suspected in this failure: {CAUSES[failure.cause]}")
        for path in failure.suspected_files
        if path not in named and _is_path(path)
    ]
    return tuple([*tests, *files][:ANNOTATIONS])


def _message(title: str, message: str) -> str:
    return one_line(f"{title}: {message}" if message else title, 1000) or "failed"


def _is_path(path: str) -> bool:
    """A path inside the repository: GitHub refuses the whole check for another one."""
    return bool(path) and not path.startswith(("/", "../", "./")) and "\n" not in path and len(path) <= 255


def _buttons(task: Task, attempt: Attempt, failure: Failure | None) -> tuple[Button, ...]:
    if failure is None or task.last is None or task.last.number != attempt.number:
        return ()
    explain = Button(f"explain:{task.key}", "Explain", f"Say why {task.key} failed")
    if task.state in (TaskState.MERGED, TaskState.SKIPPED):
        return (explain,)
    return (
        Button(f"retry:{task.key}", "Retry", f"Write {task.key} again"),
        Button(f"skip:{task.key}", "Skip", f"Leave {task.key} out"),
        explain,
    )


def _opened(url: str) -> str:
    return f" ({link('open', url)})" if url else ""
