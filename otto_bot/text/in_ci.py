"""Changed files that the repository's own workflows execute: what a reviewer should look at first."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.attempt import Attempt, Task, TaskState
from otto_bot.core.ci_paths import Executed
from otto_bot.core.run import Run
from otto_bot.text.body import Part
from otto_bot.text.markdown import code, inline
from otto_bot.text.words import count, name

LINES = 20
_GIVEN_UP = frozenset({TaskState.SKIPPED, TaskState.FAILED})


def in_ci_part(run: Run) -> Part:
    """For the pull request: each task's changed files that CI executes."""
    rows: list[str] = []
    total = 0
    for key, task in run.tasks.items():
        files = _of(task)
        if files:
            total += len(files)
            rows += [f"- {name(run, key)}", *(f"  {row}" for row in _rows(files))]
    if not rows:
        return Part("", "")
    lead = (
        "**Changed here, and executed by your workflows.** Look at these first: they decide what runs in your CI, with"
        " all that it may use."
    )
    return Part("\n".join([lead, "", *rows]), f"{lead} {count(total, 'file')}; the checks of the tasks name them.")


def in_ci_lines(attempt: Attempt) -> str:
    """For the check of an attempt; empty where it changes nothing of the kind."""
    if not attempt.runs_in_ci:
        return ""
    return "\n".join(["**Changed here, and executed by your workflows:**", "", *_rows(attempt.runs_in_ci)])


def _of(task: Task) -> Sequence[Executed]:
    pushed = [attempt for attempt in task.attempts if attempt.pushed]
    return pushed[-1].runs_in_ci if pushed and task.state not in _GIVEN_UP else ()


def _rows(files: Sequence[Executed]) -> list[str]:
    rows = [f"- {code(one.path, 150)}: {inline(one.by, 150)}" for one in files[:LINES]]
    left = len(files) - LINES
    return [*rows, f"- and {left} more in the diff"] if left > 0 else rows
