"""How a plan can be changed, and what is new in one that grew while work was going on."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.text.words import several

SHOWN = 30


def new_tasks(run: Run) -> list[str]:
    """Tasks that a plan made anew in mid-run added, and that nobody began; none before work begins."""
    if run.pull_request is None:
        return []
    return [key for key, task in run.tasks.items() if task.origin == "replan" and not task.attempts]


def what_is_new(run: Run) -> str:
    """For the plan comment: what was added, and that the rest stays. Empty for a plan that did not grow."""
    fresh = new_tasks(run)
    if not fresh:
        return ""
    kept = [key for key in run.tasks if key not in fresh]
    more = [f"{len(kept) - SHOWN} more"] if len(kept) > SHOWN else []
    stays = "stays as it is" if len(kept) == 1 else "stay as they are"
    return f"**New:** {several(fresh[:SHOWN])}. {several([*kept[:SHOWN], *more])} {stays}."


def change_command(run: Run) -> str:
    """The command that changes a plan before its work begins; the plan of a review can only be made smaller."""
    if run.kind != "improve":
        return "`/otto replan -- what should change`"
    return f"`/otto skip {next(iter(run.tasks), 't1')}`"


def change_it(run: Run) -> str:
    """The same with what it does, a part of a sentence."""
    if run.kind == "improve":
        return f"{change_command(run)} leaves a task out"
    which = "none of the new tasks" if new_tasks(run) else "no task"
    return f"{change_command(run)} makes another plan while {which} has started"
