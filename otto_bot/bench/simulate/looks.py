"""Rules that one step shows: what an event may change, held against what stands on the simulated GitHub."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from otto_bot.bench.simulate.rules import hold
from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE, MOVING, Task, TaskState, Verification
from otto_bot.core.decision import REOPENING, Action, Decider
from otto_bot.core.events import RunEvent
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.reviewing import gate_surface, only_reruns
from otto_bot.core.run import Gate, GateState, Outcome, Run, RunPhase
from otto_bot.core.trouble import TROUBLE_LIMIT

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World


def told(world: World, run: Run, gate: Gate, key: str) -> None:
    """1: the comment on GitHub tells of this very revision, and of this task's move."""
    says = world.github.tells(f"{run.id}/{gate_surface(gate)}", f"g{gate.number}")
    move = gate.decision.move(key) if gate.decision is not None else None
    stands = isinstance(says, tuple) and says[0] == gate.revision and move is not None
    named = stands and isinstance(says, tuple) and says[1].get(key) == (move.action.value if move else "")
    hold(1, named, f"{key} goes on by g{gate.number} r{gate.revision}, and its comment says {says}")


def attempts(world: World, before: Run, event: RunEvent, after: Run) -> None:
    """1, 2, 5: how an attempt may start."""
    if not isinstance(event, e.AttemptStarted):
        return
    key = event.task
    old, task = before.tasks.get(key), after.tasks.get(key)
    if task is None or task.last is None or (old is not None and len(old.attempts) == len(task.attempts)):
        return
    world.seen["attempt started"] += 1
    _plan_stands(world, after)
    _needs_merged(world, after, key)
    if task.last.number > 1:
        gate = next((one for one in after.gates if one.number == task.last.gate), None)
        hold(1, gate is not None and gate.state is GateState.APPLIED, f"{key} a{task.last.number} has no decision")
        if gate is not None:
            told(world, after, gate, key)
            move = gate.decision.move(key) if gate.decision is not None else None
            hold(1, move is not None and move.action in REOPENING, f"{key} is coded again, and its move is {move}")
            hold(0, move is not None and task.last.guidance == move.guidance, f"{key} is told other words than posted")
    _bounded(world, after, task)


def _plan_stands(world: World, run: Run) -> None:
    says = world.github.tells(f"{run.id}/plan", "plan")
    hold(1, says == run.plan_revision, f"work starts by plan r{run.plan_revision}, and its comment says r{says}")


def _needs_merged(world: World, run: Run, key: str) -> None:
    """What a task depends on is on the run branch, as GitHub has it."""
    if run.plan is None:
        return
    head = world.github.refs.heads[run.run_branch]
    parts = world.github.refs.commits[head].parts
    for need in run.plan.task(key).depends_on:
        there = any(part.startswith(f"{run.id}/{need}/") for part in parts)
        merged = run.tasks[need].state is TaskState.MERGED
        hold(2, there and merged, f"{key} starts, and {need} is {run.tasks[need].state.value}, on the branch: {there}")


def _bounded(world: World, run: Run, task: Task) -> None:
    """Attempts are counted here by what the world gave as their causes."""
    failed = [one.failure for one in task.attempts if one.failure is not None]
    free = sum(1 for why in failed if why.cause.value in FREE or why.pre_existing)
    most = run.config.attempts.per_task + task.granted
    hold(5, len(task.attempts) - free <= most, f"{task.key} has {len(task.attempts)} attempts, {free} free, of {most}")
    people = sum(1 for gate in run.gates if _by_person(gate, task.key))
    bound = most + 2 * len(FREE) + people
    hold(5, len(task.attempts) <= bound, f"{task.key} was started {len(task.attempts)} times")
    for cause in FREE:
        count = _in_a_row(run, task, cause)
        hold(5, count <= 3, f"{task.key} starts again after {cause} {count} times, and nobody was asked")


FREE = ("infra", "never_started", "cancelled", "merge_conflict", "provider_error", "systemic", "push_rejected",
        "base_red")  # fmt: skip


def _in_a_row(run: Run, task: Task, cause: str) -> int:
    """Attempts that failed by a free cause and were followed by another that no person asked for."""
    gates = {gate.number: gate for gate in run.gates}
    count = 0
    for one, following in zip(task.attempts, task.attempts[1:], strict=False):
        if one.failure is None or following.gate is None:
            continue
        same = one.failure.cause.value == cause or (cause == "base_red" and one.failure.pre_existing)
        count += int(same and not _by_person(gates[following.gate], task.key))
    return count


def _by_person(gate: Gate, key: str) -> bool:
    if gate.decision is None:
        return False
    move = gate.decision.move(key)
    return (move.decided_by if move is not None else None) is Decider.HUMAN or (
        gate.decision.decided_by is Decider.HUMAN and (move is None or move.decided_by is None)
    )


def restarts(world: World, before: Run, event: RunEvent, after: Run) -> None:
    """1, 5: jobs run again only by an applied decision whose comment says so, and not without end."""
    for target, verification in after.verifications.items():
        old = before.verifications.get(target)
        if old is None or old is verification or old.sha != verification.sha or verification.round <= old.round:
            continue
        if target == BASELINE and old.ending == "cancelled" and verification.round == 2:
            continue
        hold(1, isinstance(event, e.DecisionApplied), f"{target} runs again by {event.type}")
        assert isinstance(event, e.DecisionApplied)
        gate = next(one for one in after.gates if one.number == event.gate)
        key = target.partition("/")[0]
        told(world, after, gate, key)
        move = gate.decision.move(key) if gate.decision is not None else None
        same_commit = move is not None and move.action is Action.RERUN
        hold(1, same_commit, f"{target} runs again, and its move is {move}")
        world.seen["jobs ran again"] += 1
        _few(world, after, key, target)
    if isinstance(event, e.DecisionApplied):
        _grace(world, before, event)


def _few(world: World, run: Run, key: str, target: str) -> None:
    """Of one head the rules let the jobs run again a few times; more only by a person's word."""
    verification = run.verifications[target]
    people = sum(1 for gate in run.gates if _by_person(gate, key))
    hold(5, verification.round - 1 - people <= 10, f"{target} ran {verification.round} times")
    by_cause: dict[str, int] = {}
    for gate in run.gates:
        move = gate.decision.move(key) if gate.decision is not None and gate.state is GateState.APPLIED else None
        why = next((failure for failure in gate.failures if failure.task == key), None)
        if move is not None and move.action is Action.RERUN and why is not None and not _by_person(gate, key):
            by_cause[why.cause.value] = by_cause.get(why.cause.value, 0) + 1
    for cause, count in by_cause.items():
        hold(5, count <= 2, f"the jobs of {key} ran again {count} times after {cause}, and nobody was asked")


def _grace(world: World, before: Run, event: e.DecisionApplied) -> None:
    """People have as long to object as was promised, from the moment in which they can read the comment."""
    gate = before.gate
    if gate is None or gate.number != event.gate or gate.decision is None:
        return
    kind = "yes" if gate.state is GateState.APPROVED else "grace"
    for move in gate.decision.moves:
        by = (move.decided_by or gate.decision.decided_by).value
        world.seen[f"move {move.action.value} by {by}"] += 1
    world.seen[f"decision applied by {kind}"] += 1
    mine = all((m.decided_by or gate.decision.decided_by) is Decider.HUMAN for m in gate.decision.moves)
    if kind == "yes" or mine or only_reruns(gate.decision) or world.life.jumps:
        return
    stands = world.first_told.get((before.id, gate.number, gate.revision))
    least = timedelta(minutes=before.config.pilot.grace_minutes)
    hold(0, before.config.pilot.approval != "always", f"g{gate.number} is applied without the yes that it needs")
    early = stands is None or event.at - stands < least - timedelta(seconds=1)
    hold(0, not early, f"g{gate.number} r{gate.revision} is applied at {event.at}, and could be read since {stands}")


def kept(before: Run, event: RunEvent, after: Run) -> None:
    """1: applied decisions and written failures stay as they were; only a re-run takes one off its task."""
    if after.gates is not before.gates:
        for gate in before.gates:
            later = after.gates[gate.number - 1]
            hold(1, later.failures[: len(gate.failures)] == gate.failures, f"failures of g{gate.number} changed")
            if gate.state is GateState.APPLIED and later is not gate:
                same = (later.decision, later.revision, later.state) == (gate.decision, gate.revision, gate.state)
                hold(1, same, f"g{gate.number} changed after it was applied")
    if after.tasks is before.tasks:
        return
    for key, task in before.tasks.items():
        for old, new in zip(task.attempts, after.tasks[key].attempts if key in after.tasks else (), strict=False):
            if old.failure is not None and new.failure != old.failure:
                gone = new.failure is None and isinstance(event, e.DecisionApplied)
                hold(4, gone, f"the failure of {key} a{old.number} changed by {event.type}")


def tasks(world: World, before: Run, after: Run) -> None:
    """3, 4, 6: who is at work beside whom, that none is lost, and what may be called merged."""
    if after.tasks is before.tasks or after.plan is None:
        return
    hold(4, tuple(after.tasks) == after.plan.keys, "the tasks are not the plan's")
    if before.plan is not None and after.pull_request is not None and before.pull_request is not None:
        lost = set(before.tasks) - set(after.tasks)
        hold(4, not any(before.tasks[key].attempts for key in lost), f"{lost} had work, and is lost")
    moving = [key for key, task in after.tasks.items() if task.state in MOVING]
    for relation in after.plan.relations if len(moving) > 1 else ():
        if relation.kind.value in ("additive", "uncertain", "contradictory"):
            both = relation.a in moving and relation.b in moving
            hold(3, not both, f"{relation.a} and {relation.b} are {relation.kind.value} and run side by side")
    branches = [last.branch for key in moving if (last := after.tasks[key].last) is not None]
    hold(3, len(set(branches)) == len(branches), f"two attempts are at work on one branch: {branches}")
    for key, task in after.tasks.items():
        old = before.tasks.get(key)
        if task.state is TaskState.MERGED and (old is None or old.state is not TaskState.MERGED):
            _merged(world, after, key)


def _merged(world: World, run: Run, key: str) -> None:
    """GitHub itself says that the tree is green, and the work is on the run branch."""
    github, last = world.github, run.tasks[key].last
    trees = {run.head_tree} if run.integration is not None and not run.single else {last.tree if last else None}
    green = any(tree in github.actions.green for tree in trees)
    green = green or any(tree in github.actions.unwatched for tree in trees)
    hold(6, green, f"{key} is merged as {trees}, and Actions never said that this tree is green")
    head = github.refs.heads[run.run_branch]
    parts = github.refs.commits[head].parts
    hold(6, any(part.startswith(f"{run.id}/{key}/") for part in parts), f"{key} is merged, and not on the run branch")


def tidied(run: Run, branch: str) -> None:
    """0: what Actions is still asked about is not closed."""
    if run.ended and not run.stopping:
        return
    for key, task in run.tasks.items():
        live = task.last is not None and task.last.branch == branch and task.state in MOVING
        hold(0, not live, f"the pull request of {key} on {branch} is closed while it is {task.state.value}")
    made = run.integration
    if made is not None and made.sha is not None and run.phase is RunPhase.INTEGRATING and not made.ready:
        seen = run.verifications.get(f"b{made.batch}/s{made.step}")
        hold(0, seen is None or seen.branch != branch, f"the candidate on {branch} is closed while Actions is at it")


def one_at_a_time(world: World, before: Run, after: Run) -> None:
    """0: where heads share a concurrency group no second one is started while Actions looks at the first."""
    if not world.life.shares or after.verifications is before.verifications or after.resting:
        return
    begun = [
        one
        for target, one in after.verifications.items()
        if _going(one) and before.verifications.get(target) is not one
    ]
    others = [target for target, one in before.verifications.items() if _going(one) and _followed(before, target)]
    for one in begun:
        old = before.verifications.get(one.target)
        if old is None or not _going(old) or old.sha != one.sha:
            rest = [target for target in others if target != one.target]
            hold(0, not rest, f"{one.target} is started while Actions looks at {rest}")
            world.seen["one at a time"] += 1


def _going(one: Verification) -> bool:
    return one.ending is None and not one.rerun_due and one.waiting != WAITS_FOR_BASE


def _followed(run: Run, target: str) -> bool:
    """A candidate that was given up, and a task that is stopped, are not looked at any more."""
    if target.startswith("t"):
        return run.tasks[target.partition("/")[0]].state is TaskState.VERIFYING
    made = run.integration
    return target == BASELINE or (made is not None and target == f"b{made.batch}/s{made.step}")


def gives_up(before: Run, event: RunEvent, after: Run) -> None:
    """10: what fails again and again becomes a person's."""
    if after.bars:  # it comes again once the repository is open
        return
    if isinstance(event, e.EffectFailed) and not before.resting and not after.resting and not after.stopping:
        count = after.trouble[event.key].count
        hold(10, count < TROUBLE_LIMIT, f"{event.key} failed {count} times, and the run goes on trying")


def home(run: Run) -> bool:
    """Whether a run has come to a good or at least to its own end."""
    return run.ended or run.outcome is Outcome.DONE_PARTIAL
