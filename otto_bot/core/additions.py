"""Tasks that join a run after its plan was approved: they come last, and disturb nothing that is done."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.attempt import MOVING, Origin, Task, TaskState
from otto_bot.core.plan import TaskSpec, batches
from otto_bot.core.run import Run, RunPhase


def next_keys(run: Run, count: int) -> list[str]:
    """The next free task keys."""
    last = max((int(key[1:]) for key in run.tasks), default=0)
    return [f"t{number}" for number in range(last + 1, last + 1 + count)]


def moving(run: Run) -> bool:
    """Whether a coder, Actions or a judge is at work on any task."""
    return any(task.state in MOVING or task.state is TaskState.VERIFIED for task in run.tasks.values())


def add_tasks(run: Run, specs: Sequence[TaskSpec], origin: Origin) -> Run:
    """The run with more tasks, the next batch: it executes again."""
    assert run.plan is not None
    keys = [spec.key for spec in specs]
    plan = run.plan.model_copy(update={"tasks": (*run.plan.tasks, *specs)})
    tasks = {**run.tasks, **{key: Task(key=key, origin=origin) for key in keys}}
    return run.model_copy(
        update={
            "plan": plan,
            "tasks": tasks,
            "order": (*run.order, *batches(plan, keys)),
            "phase": RunPhase.EXECUTING,
            "outcome": None,
            "batch": run.batch + 1,
            "integration": None,
            # Nobody listens to a run that is over: the default branch may have moved since.
            "base_look": True,
        }
    )


def resumed(run: Run) -> Run:
    """A plan that was made anew in mid-run and is approved: its new tasks run; the pull request is there already."""
    if run.phase is not RunPhase.PLAN_REVIEW or run.pull_request is None or not run.plan_approved_by:
        return run
    changes = {"phase": RunPhase.EXECUTING, "batch": run.batch + 1, "integration": None, "outcome": None}
    return run.model_copy(update={**changes, "base_look": True, "plan_before": None})


def withdrawn(run: Run) -> Run:
    """A plan made anew in mid-run is made anew once more: what it added is gone again, its journeys too."""
    if run.plan_before is None:
        return run
    kept = set(run.plan_before.keys)
    return run.model_copy(
        update={
            "plan": run.plan_before,
            "plan_before": None,
            "tasks": {key: task for key, task in run.tasks.items() if key in kept},
            "order": (),
        }
    )
