"""The scope of each task of a plan: projects that exist, and files that lie in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otto_bot.core.plan import Plan
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.projects import owner, project_path

_NAMED = 20
"""Projects that a reason lists."""


def projects(plan: Plan, intent: Intent) -> Iterator[PlanProblem]:
    """A task's projects are projects of the repository, and the files that it names lie in them."""
    if not intent.projects:
        return
    for task in plan.tasks:
        for reason in scope_problems(task.projects, task.files, intent.projects):
            yield PlanProblem(rule=PlanRule.PROJECTS, where=task.key, reason=reason)


def scope_problems(scope: Sequence[str], files: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """What is wrong with one scope, in words for its author."""
    named = [project_path(one) for one in scope]
    there = ", ".join(known[:_NAMED]) + (f" and {len(known) - _NAMED} more" if len(known) > _NAMED else "")
    unknown = [one for one in named if one not in known]
    for one in dict.fromkeys(unknown):
        yield f"{one[:80]} is no project; the projects are {there}; leave the list empty for the whole repository"
    if not named or unknown:
        return
    paths = [path.strip().strip("`").removeprefix("./") for path in files]
    for path in paths:
        has = owner(path, known)
        if path and has not in named:
            where = f"the project {has}" if has is not None else "no project"
            yield f"it names the file {path[:120]}, which is of {where}; name that project or the whole repository"


def with_known(plan: Plan, known: Sequence[str]) -> Plan:
    """The plan with scopes in their one form and without what is no project; what has nothing left is about all."""
    tasks = []
    for task in plan.tasks:
        named = dict.fromkeys(project_path(one) for one in task.projects)
        # With one name that is wrong nobody knows what was meant.
        scope = tuple(named) if all(one in known for one in named) else ()
        tasks.append(task if scope == task.projects else task.model_copy(update={"projects": scope}))
    return plan if tuple(tasks) == plan.tasks else plan.model_copy(update={"tasks": tuple(tasks)})
