"""The invariants of the house, as checks over a run and over one step. A broken one is a bug, never a state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from itertools import compress
from operator import is_, is_not

from otto_bot.core import policy
from otto_bot.core.attempt import BASELINE, MOVING, Task, TaskState, Verification
from otto_bot.core.changed import QUIET
from otto_bot.core.decision import REOPENING, Action, Decider
from otto_bot.core.journeys import MOST_REPLANS, MOST_ROUNDS, JourneyRound, RoundState
from otto_bot.core.run import Gate, GateState, Run, RunPhase


class InvariantBroken(AssertionError):
    """An event would break a rule of the house; it is refused and recorded."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


def broken(run: Run) -> tuple[str, ...]:
    """What does not hold in this state."""
    every = tuple(run.tasks)
    return (
        *_tasks(run, every), *_batches(run), *_gates(run), *_decided(run, every), *_added(run, every), *_rounds(run),
        *_budget(run, every), *_cap(run),
    )  # fmt: skip


def _tasks(run: Run, keys: Iterable[str]) -> list[str]:
    if run.plan is None:
        return []
    found = []
    if tuple(run.tasks) != run.plan.keys:
        found.append("4: the tasks are not the plan's")
    needs, tasks = run.plan.depends(), run.tasks
    for key in keys:
        task = tasks[key]
        if task.state in MOVING and any(tasks[need].state is not TaskState.MERGED for need in needs[key]):
            found.append(f"2: {key} runs before what it depends on is merged")
        if any(attempt.number != number for number, attempt in enumerate(task.attempts, start=1)):
            found.append(f"4: attempts of {key} are not numbered one by one")
        if task.state is TaskState.FAILED and task.failure is None:
            found.append(f"4: {key} failed without a failure")
        if task.state is TaskState.MERGED and (task.last is None or not run.mergeable(task.last.tree)):
            found.append(f"6: {key} is merged without a green verification of its tree")
    return found


def _batches(run: Run) -> list[str]:
    if run.plan is None:
        return []
    found = []
    flat = [key for batch in run.order for key in batch]
    if len(flat) != len(set(flat)):
        found.append("4: a task is in two batches")
    if apart := run.plan.apart():
        moving = sorted(key for key, task in run.tasks.items() if task.state in MOVING)
        for i, a in enumerate(moving):
            found += [f"3: {a} and {b} run side by side" for b in moving[i + 1 :] if frozenset({a, b}) in apart]
    if run.phase is RunPhase.EXECUTING and run.outcome is None:
        open_tasks = {k for k, t in run.tasks.items() if t.state in (TaskState.PENDING, TaskState.REOPENED)}
        found += [f"4: {key} is in no batch" for key in sorted(open_tasks - set(flat))]
    return found


def _gates(run: Run) -> list[str]:
    return [f"1: gate {gate.number} is open beside another"
            for gate in run.gates[:-1] if gate.state is not GateState.APPLIED]  # fmt: skip


def _decided(run: Run, keys: Iterable[str]) -> list[str]:
    found = []
    gates = {gate.number: gate for gate in reversed(run.gates)}
    for key in keys:
        for attempt in run.tasks[key].attempts[1:]:
            origin = None if attempt.gate is None else gates.get(attempt.gate)
            if not _reopened_by(origin, key):
                found.append(f"1: attempt {attempt.number} of {key} has no posted decision")
    return found


def _added(run: Run, keys: Iterable[str]) -> list[str]:
    """What was added in mid-run is worked on only after a comment said so."""
    late = [key for key in keys if run.tasks[key].origin in ("journeys", "review") and run.tasks[key].attempts]
    if not late:
        return []
    told = {key for one in run.journeys if _stands(one) for key in one.tasks}
    told |= {key for review in run.reviews if review.comment_id is not None for key in review.tasks}
    return [f"1: {key} was added without a posted comment" for key in late if key not in told]


def _stands(one: JourneyRound) -> bool:
    """Whether what a round decided was posted in the very revision that was applied."""
    return one.state is RoundState.APPLIED and one.comment_id is not None and one.posted_revision == one.revision


def _rounds(run: Run) -> list[str]:
    """Rounds one after the other, as many as are allowed; a run that only certifies writes nothing."""
    found = [f"1: round {one.number} is open beside another"
             for one in run.journeys[:-1] if one.state is not RoundState.APPLIED]  # fmt: skip
    if len(run.journeys) > MOST_ROUNDS + run.journey_grants:
        found.append(f"10: {len(run.journeys)} rounds of journeys")
    if run.journey_replans > MOST_REPLANS + run.journey_grants:
        found.append(f"10: the plan was made anew {run.journey_replans} times for its journeys")
    if run.kind == "certify" and (run.tasks or run.pull_request is not None):
        found.append("1: a run that only certifies has work of its own")
    return found


def _reopened_by(gate: Gate | None, key: str) -> bool:
    if gate is None or gate.decision is None or gate.comment_id is None or gate.state is not GateState.APPLIED:
        return False
    move = gate.decision.move(key)
    return move is not None and move.action in REOPENING


def _budget(run: Run, keys: Iterable[str]) -> list[str]:
    """Attempts within what was set and granted; what costs no attempt goes round twice, then a person is asked."""
    found = []
    for key in keys:
        task = run.tasks[key]
        most = run.config.attempts.per_task + task.granted
        if (used := policy.charged(task)) > most:
            found.append(f"5: {key} has {used} charged attempts of {most}")
        for cause, count in task.reruns.items():
            if count > policy.RERUN_LIMIT:
                found.append(f"5: the jobs of {key} ran again {count} times after {cause or 'no cause'}")
        found += [
            f"5: attempt {number} of {key} starts after {why} without a person" for number, why in _free(run, task)
        ]
    return found


def _cap(run: Run) -> list[str]:
    return ["5: the cap is above the host's"] if run.money.cap > run.caps.usd + 1e-6 else []


def _free(run: Run, task: Task) -> list[tuple[int, str]]:
    """Attempts that no person asked for although the cause before them, uncharged, had struck too often."""
    found = []
    for place, attempt in enumerate(task.attempts[1:], start=1):
        failure = task.attempts[place - 1].failure
        cause = failure.cause if failure is not None else None
        if cause not in policy.UNCHARGED:
            continue
        before = task.model_copy(update={"attempts": task.attempts[:place]})
        if policy.uncharged(before, cause) <= policy.UNCHARGED_LIMIT:
            continue
        gate = next((g for g in run.gates if g.number == attempt.gate), None)
        move = gate.decision.move(task.key) if gate is not None and gate.decision is not None else None
        if move is not None and move.decided_by is not Decider.HUMAN:
            found.append((attempt.number, f"{cause.value} struck {policy.uncharged(before, cause)} times"))
    return found


def _money(before: Run, after: Run) -> list[str]:
    """Nothing above the cap of the lineage is ever put aside, and what earlier runs left stays as it is."""
    old, new = before.money, after.money
    found = []
    if new.committed > new.cap + 1e-6 and new.committed > old.committed + 1e-6:
        found.append("5: more is reserved and spent than the cap allows")
    if new.settled < old.settled - 1e-6:
        found.append("5: money that was spent came back")
    if new.inherited != old.inherited or new.granted < old.granted:
        found.append("5: what the lineage spent or was granted changed")
    return found


def _decisions(before: Run, after: Run) -> list[str]:
    """A decision counts only in the very revision that people can read, and nothing changes it afterwards."""
    found = []
    known = {gate.number: gate for gate in before.gates}
    for gate in after.gates:
        old = known.get(gate.number)
        if old is not None and old.state is GateState.APPLIED:
            same = (old.decision, old.revision, old.failures) == (gate.decision, gate.revision, gate.failures)
            if gate is not old and not (same and gate.state is GateState.APPLIED):
                found.append(f"1: gate {gate.number} changed after it was applied")
        elif gate.state is GateState.APPLIED and (gate.comment_id is None or gate.posted_revision != gate.revision):
            found.append(f"1: r{gate.revision} of gate {gate.number} is applied and not posted")
    return found


def _carried_out(before: Run, after: Run) -> list[str]:
    """What journeys lead to is done only as it was posted, and stays as it was done; first attempts need their plan."""
    found = []
    known = {one.number: one for one in before.journeys}
    for one in after.journeys:
        old = known.get(one.number)
        if old is not None and old.state is RoundState.APPLIED:
            found += [f"1: round {one.number} changed after it was applied"] if one != old else []
        elif one.tasks and not _stands(one):
            found.append(f"1: round {one.number} is carried out and not posted as r{one.revision}")
    last = after.journeys[-1] if after.journeys else None
    if after.journey_replans > before.journey_replans and (last is None or not _stands(last)):
        found.append("1: the plan is made anew for journeys without a posted decision")
    stands = bool(after.plan_approved_by) and after.plan_posted == after.plan_revision
    for key, task in after.tasks.items():
        old_task = before.tasks.get(key)
        if task.attempts and (old_task is None or not old_task.attempts) and not stands:
            found.append(f"1: {key} starts before its plan is posted and has its yes")
    return found


def _others(known: Mapping[str, Verification], now: Mapping[str, Verification]) -> Iterable[tuple[str, Verification]]:
    """Of those that were known, at least the ones that are other objects now: of many, one changes in its place."""
    if len(now) < len(known) or not all(map(is_, known, now)):
        return now.items()
    return compress(now.items(), map(is_not, now.values(), known.values()))


def _reruns(before: Run, after: Run) -> list[str]:
    """Jobs of a commit run again only by a posted decision that says so, applied in this very step."""
    found = []
    known = before.verifications
    for target, verification in _others(known, after.verifications):
        old = known.get(target)
        if old is None or old.sha != verification.sha or verification.round <= old.round:
            continue
        if target == BASELINE and old.ending == "cancelled" and verification.round == 2:
            continue  # nobody's work is done again: the base never had its say
        gate = after.gates[-1] if after.gates else None
        applied = gate is not None and gate.state is GateState.APPLIED and gate not in before.gates
        move = gate.decision.move(target.partition("/")[0]) if gate is not None and gate.decision is not None else None
        if not applied or move is None or move.action is not Action.RERUN:
            found.append(f"1: the jobs of {target} run again without a posted decision")
    return found


def _by_a_person(before: Run, after: Run, key: str) -> bool:
    """Whether a posted decision, applied in this very step, has a person's yes to what was held."""
    gate = after.gates[-1] if after.gates else None
    if gate is None or gate.state is not GateState.APPLIED or gate in before.gates or gate.decision is None:
        return False
    move = gate.decision.move(key)
    by_person = move is not None and (move.decided_by or gate.decision.decided_by) is Decider.HUMAN
    kept = before.tasks[key].accepted == after.tasks[key].accepted[:-1]
    return by_person and kept and move is not None and move.action is Action.ACCEPT


def broken_step(before: Run, after: Run) -> tuple[str, ...]:
    """What a step may never do."""
    return (
        *_money(before, after), *_decisions(before, after), *_carried_out(before, after), *_reruns(before, after),
        *_kept(before, after),
    )  # fmt: skip


def _kept(before: Run, after: Run) -> list[str]:
    """No task and no attempt is ever lost, and what people accepted is accepted by a posted decision."""
    found = []
    for key, task in before.tasks.items():
        later = after.tasks.get(key)
        if later is None:
            if before.plan is after.plan:
                found.append(f"4: {key} was lost")
        elif later is task:
            continue
        elif task.state is TaskState.MERGED and later.state is not TaskState.MERGED:
            found.append(f"6: {key} was merged and is {later.state.value}")
        elif len(later.attempts) < len(task.attempts):
            found.append(f"4: an attempt of {key} was lost")
        elif later.accepted != task.accepted and not _by_a_person(before, after, key):
            found.append(f"1: changed tests of {key} are accepted without a posted decision")
    return found


_FOR_EVERY_TASK = frozenset({"plan", "green_trees", "unwatched_trees", "gates", "journeys", "reviews", "config"})
"""Where one of these changed, what holds of tasks that did not change is looked at, too."""


def broken_since(before: Run, after: Run, changed: Set[str]) -> tuple[str, ...]:
    """What an event broke in a run in which everything held before it; `changed`: fields that are other objects now.

    Looks only at what can be otherwise. Where it finds something, all that is wrong is told.
    """
    money = "money" in changed or "caps" in changed
    if (money and overspent(before, after)) or _worked(before, after, changed):
        return (*broken(after), *broken_step(before, after))
    return ()


def overspent(before: Run, after: Run) -> bool:
    """Whether an event broke a rule about money."""
    return bool(_money(before, after)) or after.money.cap > after.caps.usd + 1e-6


def _worked(before: Run, after: Run, changed: Set[str]) -> bool:
    if ("verifications" in changed or "gates" in changed) and _reruns(before, after):
        return True
    if changed <= QUIET:
        return False
    keys = tuple(after.tasks)
    if not changed & _FOR_EVERY_TASK:
        keys = tuple(key for key, task in after.tasks.items() if before.tasks.get(key) is not task)
    return bool(
        _tasks(after, keys)
        or _batches(after)
        or _gates(after)
        or _decided(after, keys)
        or _added(after, keys)
        or _rounds(after)
        or _budget(after, keys)
        or _decisions(before, after)
        or _carried_out(before, after)
        or _kept(before, after)
    )
