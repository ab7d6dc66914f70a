"""Which projects a task is about, and what its work changes outside of them."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.attempt import Attempt
from otto_bot.core.drift import Drift
from otto_bot.core.plan import TaskSpec
from otto_bot.core.run import Run
from otto_bot.text.markdown import code
from otto_bot.text.words import count

LINES = 20
SCOPES = 10
IN_STATUS = 3


def scope_line(task: TaskSpec) -> str:
    """For the plan: the projects, or nothing where the task is about the whole repository."""
    return f"Scope: {_named(task.projects)}" if task.projects else ""


def drift_text(scope: Sequence[str], drift: Drift) -> str:
    """For whoever decides: plain words, a path a line."""
    lead = f"The task's scope is {', '.join(scope)}. Changed outside of it ({count(drift.count, 'file')}):"
    more = [f"and {drift.more} more"] if drift.more > 0 else []
    return "\n".join([lead, *drift.files, *more])


def drift_lines(run: Run, key: str, attempt: Attempt) -> str:
    """For the check of an attempt; empty where everything lies in the scope."""
    drift = attempt.drift
    if not drift.count or run.plan is None or key not in run.plan.keys:
        return ""
    rows = [f"- {code(path, 200)}" for path in drift.files[:LINES]]
    left = drift.count - len(rows)
    rows += [f"- and {left} more in the diff"] if left > 0 else []
    lead = f"**Changed outside of the task's scope** ({_named(run.plan.task(key).projects)}):"
    return "\n".join([lead, "", *rows])


def drift_in_status(run: Run) -> str:
    """For the status comment: which tasks did so in their newest push; empty where none did."""
    said = []
    for key, task in run.tasks.items():
        pushed = [one for one in task.attempts if one.pushed]
        if not pushed or not pushed[-1].drift.count:
            continue
        drift = pushed[-1].drift
        shown = ", ".join(code(path, 100) for path in drift.files[:IN_STATUS])
        left = drift.count - len(drift.files[:IN_STATUS])
        said.append(f"{key} changed {count(drift.count, 'file')} ({shown}{f' and {left} more' if left > 0 else ''})")
    return f"**Outside of their scope:** {'; '.join(said[:SCOPES])}." if said else ""


def _named(scope: Sequence[str]) -> str:
    more = f" and {len(scope) - SCOPES} more" if len(scope) > SCOPES else ""
    return ", ".join(code(path, 100) for path in scope[:SCOPES]) + more
