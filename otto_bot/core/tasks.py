"""How tasks move: from a coder's start to merged or failed, and what a settled batch leads to."""

from __future__ import annotations

from collections.abc import Iterable

from otto_bot.core import events as e
from otto_bot.core import journey_rounds, outcomes, review_rounds, stale_base
from otto_bot.core.asks import MENDED_OUTSIDE
from otto_bot.core.attempt import MOVING, SETTLED, Attempt, Task, TaskState, Verification, target_of
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.plan import batches, order_problems
from otto_bot.core.run import Integration, Outcome, Run, RunPhase

STOPPERS = frozenset({TaskState.SKIPPED, TaskState.ASKED, TaskState.HELD, TaskState.BLOCKED})
"""What depends on a task in one of these states cannot start."""
TO_START = frozenset({TaskState.PENDING, TaskState.REOPENED})
OUT_OF_MEANS = "the money or the minutes of the run ended in the middle of the work"


def startable(run: Run, key: str) -> bool:
    """Whether a coder may start on the task now: state, batch, dependencies, posted decision."""
    return _any_may_start(run) and _may_start(run, key)


def all_startable(run: Run) -> tuple[str, ...]:
    """Every task on which a coder may start now, in plan order."""
    return tuple(key for key in run.tasks if _may_start(run, key)) if _any_may_start(run) else ()


def _any_may_start(run: Run) -> bool:
    if run.plan is None or run.phase is not RunPhase.EXECUTING or run.resting:
        return False
    return bool(run.current) and run.pull_request is not None and not stale_base.before_batch(run)


def _may_start(run: Run, key: str) -> bool:
    task = run.tasks.get(key)
    if task is None or task.state not in TO_START or run.plan is None or key not in run.current:
        return False
    if run.single and any(other.state in MOVING for other in run.tasks.values()):
        return False  # they share one branch
    if any(run.tasks[need].state is not TaskState.MERGED for need in run.plan.depends()[key]):
        return False
    if task.state is TaskState.REOPENED:
        gate = next((g for g in run.gates if g.number == task.next_gate), None)
        return gate is not None and gate.comment_id is not None
    return task.state is TaskState.PENDING and not task.attempts


def attempt_started(run: Run, event: e.AttemptStarted) -> Run:
    """A coder starts: the next attempt's guidance becomes its own."""
    task = run.tasks.get(event.task)
    if task is None or not startable(run, event.task) or event.attempt != len(task.attempts) + 1:
        return run
    attempt = Attempt(
        number=event.attempt,
        strategy=task.next_strategy,
        gate=task.next_gate,
        guidance=task.next_guidance,
        routed=task.routed,
        learnings=event.learnings,
        notes=len(run.notes),
        branch=event.branch,
        base_sha=event.base_sha,
        base_round=run.base_round,
    )
    cleared = {"next_strategy": None, "next_gate": None, "next_guidance": "", "question": ""}
    return run.with_task(
        task.model_copy(update={"state": TaskState.CODING, "attempts": (*task.attempts, attempt), **cleared})
    )


def _at_work(run: Run, key: str, attempt: int, state: TaskState) -> Task | None:
    task = run.tasks.get(key)
    if task is None or task.state is not state or task.last is None or task.last.number != attempt:
        return None
    return task


def with_last(task: Task, **changes: object) -> Task:
    """The task with its newest attempt changed."""
    assert task.last is not None
    return task.model_copy(update={"attempts": (*task.attempts[:-1], task.last.model_copy(update=changes))})


def behind(run: Run, task: Task) -> bool:
    """Whether others have pushed onto the shared branch since the task's newest attempt was: its head lacks theirs."""
    return run.single and task.last is not None and task.last.pushed and task.last.sha != run.head


def pushed_once_more(task: Task) -> Task:
    """The same attempt is pushed and verified once more: its push takes in what is on the branch."""
    assert task.last is not None
    again = with_last(task, pushed=False, taken_in=task.last.taken_in + 1)
    return again.model_copy(update={"state": TaskState.CODING})


def attempt_coded(run: Run, event: e.AttemptCoded) -> Run:
    """A commit exists; it is pushed next."""
    task = _at_work(run, event.task, event.attempt, TaskState.CODING)
    if task is None:
        return run
    return run.with_task(with_last(task, sha=event.sha, tree=event.tree, stat=event.stat, handoff=event.handoff))


def attempt_pushed(run: Run, event: e.AttemptPushed) -> Run:
    """The commit is on GitHub: its verification begins."""
    task = _at_work(run, event.task, event.attempt, TaskState.CODING)
    if task is None or task.last is None or task.last.sha != event.sha or task.last.tree is None:
        return run
    pushed = with_last(task, pushed=True, runs_in_ci=event.runs_in_ci, drift=event.drift)
    run = run.with_task(pushed.model_copy(update={"state": TaskState.VERIFYING}))
    run = run.with_verification(
        Verification(
            target=target_of(event.task, event.attempt),
            branch=task.last.branch,
            sha=event.sha,
            tree=task.last.tree,
            started_at=event.at,
            next_at=event.at,
            again=task.last.taken_in,
            pull_request=event.pull_request,
            dispatched_run=event.dispatched_run,
        )
    )
    if event.pull_request is not None:
        run = run.model_copy(
            update={"verification_prs": {**run.verification_prs, task.last.branch: event.pull_request}}
        )
    if run.single:
        run = run.model_copy(update={"head": event.sha, "head_tree": task.last.tree})
    return _saved(run)


def attempt_failed(run: Run, event: e.AttemptFailed) -> Run:
    """The attempt ended before Actions could judge it."""
    task = _at_work(run, event.task, event.attempt, TaskState.CODING)
    if task is None:
        return run
    run, task = _kept(run, task, event)
    return _saved(fail(run, task, event.failure))


def _kept(run: Run, task: Task, event: e.AttemptFailed | e.AttemptStopped) -> tuple[Run, Task]:
    """What an attempt had when it ended is on its branch: the next one goes on from there, or else is shown it."""
    if event.sha is None:
        return run, task
    if event.pushed and run.single and event.tree is not None:
        run = run.model_copy(update={"head": event.sha, "head_tree": event.tree})
    return run, with_last(task, sha=event.sha, tree=event.tree, pushed=event.pushed)


def attempt_stopped(run: Run, event: e.AttemptStopped) -> Run:
    """A stop reached the coder; the work is pushed, the attempt is over."""
    task = _at_work(run, event.task, event.attempt, TaskState.CODING)
    if task is None:
        return run
    cancelled = run.outcome is Outcome.CANCELLED or run.landed
    failure = Failure(
        task=event.task,
        attempt=event.attempt,
        sha=event.sha,
        phase=Phase.CODING,
        cause=Cause.CANCELLED if cancelled else Cause.BUDGET,
        detail="stopped" if cancelled else OUT_OF_MEANS,
        excerpts=() if cancelled else (Excerpt(kind="message", source="coder", text=OUT_OF_MEANS),),
    )
    run, task = _kept(run, task, event)
    return _saved(fail(run, task, failure))


def _saved(run: Run) -> Run:
    """A run that stops has stopped when the last coder has pushed what there was."""
    return run.model_copy(update={"stopping": False}) if run.stopping and not still_saving(run) else run


def still_saving(run: Run) -> bool:
    """Whether a coder has work that may yet be pushed: its own step has not failed for good."""
    lost = tuple(key.partition("/")[2].partition("/")[2] for key, one in run.trouble.items() if one.final)
    return any(
        task.state is TaskState.CODING and not any(name.startswith((f"code/{key}/", f"push/{key}/")) for name in lost)
        for key, task in run.tasks.items()
    )


def fail(run: Run, task: Task, failure: Failure) -> Run:
    """The task failed; a failure once written is never overwritten."""
    run = run.with_task(with_last(task, failure=failure).model_copy(update={"state": TaskState.FAILED}))
    return outcomes.attempt_failed(run, task.key, failure)


def passed(run: Run, task: Task) -> Run:
    """The task is verified; in a single-task plan its branch is the run branch, so it is merged too."""
    last = task.last
    assert last is not None
    if run.single:
        done = task.model_copy(update={"state": TaskState.MERGED, "merged_sha": last.sha})
    else:
        done = task.model_copy(update={"state": TaskState.VERIFIED})
    return outcomes.attempt_passed(run.with_task(done), task.key, last.number)


def judge_ended(run: Run, event: e.JudgeEnded) -> Run:
    """The judge has spoken."""
    task = _at_work(run, event.task, event.attempt, TaskState.JUDGING)
    if task is None:
        return run
    task = with_last(task, verdict=event.verdict, proof=event.proof)
    return passed(run, task) if event.failure is None else fail(run, task, event.failure)


def attempt_verified(run: Run, key: str, verification: Verification) -> Run:
    """Actions has finished with an attempt's head."""
    name, _, number = key.partition("/a")
    task = _at_work(run, name, int(number), TaskState.VERIFYING)
    if task is None:
        return run
    if verification.ending == "green":
        run = run.model_copy(update={"green_trees": run.green_trees | {verification.tree}})
        if (gone := _gone(run, task, verification)) is not None:
            chance = gone.cause not in MENDED_OUTSIDE
            task = with_last(task, flaky=gone.model_copy(update={"flaky": True})) if chance else task
            run = outcomes.rerun_passed(run.with_task(task), name, int(number), flaky=chance)
        if run.config.qa.enabled or run.scans:
            # Also where nobody judges: whether tests were weakened is looked at there.
            return run.with_task(task.model_copy(update={"state": TaskState.JUDGING}))
        return passed(run, task)
    if verification.ending == "unwatched":
        run = run.model_copy(update={"unwatched_trees": run.unwatched_trees | {verification.tree}})
        return run.with_task(task.model_copy(update={"state": TaskState.JUDGING}))
    failure = verification.failure or Failure(
        task=name,
        attempt=int(number),
        sha=verification.sha,
        phase=Phase.VERIFY,
        cause=Cause.UNKNOWN,
        detail=verification.ending or "",
    )
    return fail(_once(run, verification), task, failure)


def _once(run: Run, verification: Verification) -> Run:
    """The texts of a failure stand in the attempt that has it, and in its gate; a third time would only be weight."""
    failure = verification.failure
    if failure is None or not failure.excerpts:
        return run
    slim = failure.model_copy(update={"excerpts": ()})
    return run.with_verification(verification.model_copy(update={"failure": slim}))


def _gone(run: Run, task: Task, verification: Verification) -> Failure | None:
    """The failure that this very commit had before its jobs ran again; its gate keeps it as it was."""
    if verification.round == 1 or task.last is None:
        return None
    kept = [failure for gate in run.gates for failure in gate.failures]
    same = (task.key, task.last.number, verification.sha)
    return next((one for one in reversed(kept) if (one.task, one.attempt, one.sha) == same), None)


def block(run: Run) -> Run:
    """Dependents of what cannot go on are blocked; they are free again when it can."""
    if run.plan is None:
        return run
    needs = run.plan.depends()
    tasks = dict(run.tasks)
    changed, moved = True, False
    while changed:
        changed = False
        for key, task in tasks.items():
            if task.state in (TaskState.PENDING, TaskState.REOPENED, TaskState.BLOCKED):
                stopped = tuple(sorted(need for need in needs[key] if tasks[need].state in STOPPERS))
                free = TaskState.REOPENED if task.next_strategy else TaskState.PENDING
                state = TaskState.BLOCKED if stopped else free
                if (state, stopped) != (task.state, task.blocked_by):
                    tasks[key] = task.model_copy(update={"state": state, "blocked_by": stopped})
                    changed = True
                    moved = True
    return run.model_copy(update={"tasks": tasks}) if moved else run


def todo(run: Run) -> tuple[str, ...]:
    """Tasks that still have to run, in plan order."""
    return tuple(k for k, t in run.tasks.items() if t.state in (TaskState.PENDING, TaskState.REOPENED))


def reorder(run: Run, wanted: Iterable[tuple[str, ...]] | None = None, keep_current: bool = True) -> Run:
    """An order that holds every open task exactly once; blocked and settled ones leave later batches."""
    assert run.plan is not None
    current = run.current if keep_current else ()
    open_tasks = set(todo(run)) - set(current)
    later = [tuple(k for k in batch if k in open_tasks) for batch in (wanted if wanted is not None else run.order[1:])]
    placed = {k for batch in later for k in batch}
    later += batches(run.plan, open_tasks - placed)
    if order_problems(run.plan, tuple(later), open_tasks, ()):
        # What became free again would stand behind what depends on it: the plan's own order holds.
        later = list(batches(run.plan, open_tasks))
    order = ((current,) if current else ()) + tuple(batch for batch in later if batch)
    if run.single:
        # Tasks that share a branch are done one after another.
        order = tuple((key,) for batch in order for key in batch)
    return run if order == run.order else run.model_copy(update={"order": order})


def stands_still(run: Run, key: str) -> bool:
    """Whether nothing more happens to a task within this batch: settled, verified, or waiting for unmerged work."""
    assert run.plan is not None
    state = run.tasks[key].state
    if state in (TaskState.PENDING, TaskState.REOPENED):
        return any(run.tasks[need].state is not TaskState.MERGED for need in run.plan.depends()[key])
    return state in SETTLED or state is TaskState.VERIFIED


def advance(run: Run) -> Run:
    """Follow what a settled batch leads to, until something has to happen outside."""
    for _ in range(len(run.tasks) + 3):
        if run.phase is not RunPhase.EXECUTING or run.plan is None or run.outcome is not None:
            return run
        run = block(run)
        run = reorder(run)
        if not run.order:
            return finish(run)
        if not all(stands_still(run, key) for key in run.current):
            return run
        verified = tuple(key for key in run.tasks if run.tasks[key].state is TaskState.VERIFIED)
        if verified:
            step = run.integration.step + 1 if run.integration else 1
            integration = Integration(batch=run.batch, step=step, merging=verified)
            return run.model_copy(update={"phase": RunPhase.INTEGRATING, "integration": integration})
        if any(task.state is TaskState.FAILED for task in run.tasks.values()):
            return run if run.gate is not None else run.model_copy(update={"phase": RunPhase.GATE})
        order = run.order[1:]
        run = run.model_copy(update={"order": order, "batch": run.batch + (1 if order else 0), "integration": None})
    return run


def finish(run: Run) -> Run:
    """No task is left to run: say how it ended."""
    states = {task.state for task in run.tasks.values()}
    if states & MOVING or run.gate is not None:
        return run
    if review_rounds.waiting(run):
        return review_rounds.take(run)
    if states & {TaskState.FAILED}:
        return run.model_copy(update={"phase": RunPhase.GATE})
    if states & {TaskState.ASKED, TaskState.HELD}:
        outcome = Outcome.NEEDS_HUMAN
    elif states <= {TaskState.MERGED}:
        if journey_rounds.wanted(run):
            return journey_rounds.begin(run)
        outcome = Outcome.DONE
    elif TaskState.MERGED in states:
        outcome = Outcome.DONE_PARTIAL
    else:
        outcome = Outcome.NEEDS_HUMAN
    rests = run.rests + (1 if outcome is Outcome.NEEDS_HUMAN else 0)
    return run.model_copy(update={"phase": RunPhase.DONE, "outcome": outcome, "rests": rests, "hold": None})
