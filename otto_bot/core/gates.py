"""The gate: a decision is made, posted, approved and only then applied. All or nothing."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core import acceptance, policy
from otto_bot.core import events as e
from otto_bot.core.asks import again_on_the_same_commit, started_anew
from otto_bot.core.attempt import MOVING, Task, TaskState, target_of
from otto_bot.core.decision import REOPENING, SAME_COMMIT, Action, Decider, Decision, Move, SkipTask, dependents
from otto_bot.core.evidence import Failure
from otto_bot.core.gate_account import GateAccount, Revision, changes
from otto_bot.core.outcomes import account_of, mover
from otto_bot.core.plan import Batches, batches, order_problems
from otto_bot.core.reviewing import deadline, only_reruns, shared
from otto_bot.core.routing import sourced
from otto_bot.core.run import Gate, GateState, Run, RunPhase
from otto_bot.core.tasks import behind, block, pushed_once_more, reorder, with_last

OPEN = frozenset({TaskState.PENDING, TaskState.REOPENED, TaskState.BLOCKED})
"""States of a task that is still to come."""
SKIPPABLE = OPEN | {TaskState.FAILED, TaskState.ASKED, TaskState.HELD, TaskState.SKIPPED}
"""States that a decision may change: no job and no GitHub is at work on the task, and it is not in the result yet."""


BESIDE = "its jobs may not run beside those of another task that is at work; say so again when that one is through"
NOTHING_RAN = "nothing was verified that could run again"


def gate_opened(run: Run, event: e.GateOpened) -> Run:
    """A batch settled with failures. The failures are frozen here."""
    if run.phase is not RunPhase.GATE or run.gate is not None or event.gate != len(run.gates) + 1:
        return run
    failed = [task for task in run.tasks.values() if task.state is TaskState.FAILED]
    failures = tuple(task.failure for task in failed if task.failure is not None)
    return run.with_gate(
        Gate(
            number=event.gate,
            batch=run.batch,
            opened_at=event.at,
            tasks=tuple(task.key for task in failed),
            size=len({*run.current, *(task.key for task in failed)}),
            failures=failures,
        )
    )


def decision_made(run: Run, event: e.DecisionMade) -> Run:
    """The decision gets the next revision; it changes nothing until its comment stands."""
    gate = run.gate
    if gate is None or gate.number != event.gate or gate.state is not GateState.OPENED:
        return run
    if not fits(run, gate, event.decision):
        return run
    revision = run.revision + 1
    gate = gate.model_copy(
        update={
            "state": GateState.DECIDED,
            "decision": event.decision,
            "evidence": event.evidence,
            "cut": event.cut,
            "model": event.model,
            "calls": event.calls,
            "usd": max(event.usd, run.money.at_gates.get(event.gate, 0.0)),
            "learnings": event.learnings,
            "account": account_of(event),
            "revision": revision,
            "rejections": event.rejections,
            "shares": shared(run, gate, event.decision),
        }
    )
    return run.with_gate(gate).model_copy(update={"revision": revision})


def sound(run: Run, gate: Gate, decision: Decision) -> bool:
    """Whether a decision can be applied at all: it moves this gate's tasks, each once, and names no other unknown."""
    if run.plan is None or sorted(move.task for move in decision.moves) != sorted(gate.tasks):
        return False
    named = {skip.task for skip in decision.skips} | {routed.target_task for routed in decision.routed}
    ordered = {key for batch in decision.batches for key in batch}
    return (named | ordered | set(gate.tasks)) <= set(run.tasks)


def fits(run: Run, gate: Gate, decision: Decision) -> bool:
    """Whether a decision that was made by a machine may stand at this gate, whoever says that it was validated.

    Held against the run itself: known tasks, each moved once; re-runs and holds by the rules alone; nothing coded again
    without an attempt left; skips of what is not settled; an order that holds.
    """
    if not sound(run, gate, decision) or run.plan is None:
        return False
    if any(run.tasks[skip.task].state not in SKIPPABLE for skip in decision.skips):
        return False
    moved = {move.task: move for move in decision.moves}
    skips = [skip.task for skip in decision.skips]
    if len(set(skips)) != len(skips) or any(key in moved and moved[key].action is not Action.SKIP for key in skips):
        return False
    if not all(_permitted(run, move, decision) for move in decision.moves):
        return False
    out = set(skips) | {key for key, move in moved.items() if move.action not in REOPENING}
    out |= dependents(run.plan, out)
    going = {key for key, task in run.tasks.items() if task.state in (TaskState.PENDING, TaskState.REOPENED)}
    going |= {key for key, move in moved.items() if move.action in REOPENING}
    done = {key for key, task in run.tasks.items() if task.state is TaskState.MERGED}
    # What waits for jobs that run again may stand in the order already: it starts when they have passed.
    waiting = dependents(run.plan, {key for key, move in moved.items() if move.action is Action.RERUN})
    ordered = {key for batch in decision.batches for key in batch}
    out -= waiting & ordered & going
    return not decision.batches or not order_problems(run.plan, decision.batches, going - out, done)


def _permitted(run: Run, move: Move, decision: Decision) -> bool:
    by_rules = (move.decided_by or decision.decided_by) is Decider.RULES
    if move.action in (Action.RERUN, Action.HOLD):
        return by_rules
    if move.action is Action.ACCEPT:
        return False
    if move.action in REOPENING:
        return by_rules or policy.attempts_left(run, run.tasks[move.task]) > 0
    return True


def decision_posted(run: Run, event: e.DecisionPosted) -> Run:
    """The comment stands: grace begins, or a person is waited for."""
    gate = run.gate
    if gate is None or gate.number != event.gate or gate.decision is None:
        return run
    if gate.state is GateState.APPLIED or gate.posted_revision >= event.revision:
        return run
    posted = {
        "comment_id": event.comment_id,
        "comment_url": event.url,
        "posted_revision": event.revision,
        "posted_at": event.begun_at or event.at,
    }
    if event.revision != gate.revision:
        return run.with_gate(gate.model_copy(update=posted))
    gate = gate.model_copy(
        update={**posted, "state": GateState.POSTED, "deadline": deadline(run, gate.decision, event.at)}
    )
    phase = RunPhase.GATE_REVIEW if run.phase is RunPhase.GATE else run.phase
    return run.with_gate(gate).model_copy(update={"phase": phase})


def decision_applied(run: Run, event: e.DecisionApplied) -> Run:
    """Grace has passed or someone approved."""
    gate = run.gate
    if gate is None or (gate.number, gate.revision) != (event.gate, event.revision) or gate.decision is None:
        return run
    if run.ended or run.hold is not None:
        return run
    in_time = gate.state is GateState.POSTED and gate.deadline is not None and gate.deadline <= event.at
    if not (in_time or gate.state is GateState.APPROVED) or gate.posted_revision != gate.revision:
        return run
    account = gate.account.model_copy(update={"applied_at": event.at})
    run = run.with_gate(gate.model_copy(update={"account": account}))
    return apply(gate.decision, run, gate)


def apply(decision: Decision, run: Run, gate: Gate) -> Run:
    """The run after a decision: every move at once, then one order that holds every open task.

    Pure and total: all of it or nothing. What is not `sound` changes nothing; a gate that is applied already changes
    nothing again; a task that moved on by itself meanwhile keeps its state. Failures of gate and attempts stay as
    they are: where jobs run again, the gate keeps the attempt's failure.
    """
    known = next((one for one in run.gates if one.number == gate.number), None)
    if known is None or known.state is GateState.APPLIED or not sound(run, gate, decision):
        return run
    reruns = _reruns(run, decision)
    run = run.with_gate(known.model_copy(update={"state": GateState.APPLIED}))
    for move in decision.moves:
        task = run.tasks[move.task]
        if task.state in SKIPPABLE and (move.action not in SAME_COMMIT or move.task in reruns):
            run = _move(run, move, gate.number, move.decided_by or decision.decided_by)
        elif task.state is TaskState.SKIPPED:
            run = run.with_task(task.model_copy(update={"state": TaskState.ASKED, "question": BESIDE}))
    for skip in decision.skips:
        task = run.tasks[skip.task]
        if task.state in SKIPPABLE:
            run = run.with_task(task.model_copy(update={"state": TaskState.SKIPPED, "question": skip.reason}))
    run = _route(run, decision, gate)
    return _ordered(run, decision, tuple(key for key in reruns if run.tasks[key].state in MOVING))


def _reruns(run: Run, decision: Decision) -> tuple[str, ...]:
    """Of tasks that never run side by side one runs again now; the others are at the next gate, or ask on."""
    assert run.plan is not None
    apart = run.plan.apart()
    busy = [key for key, task in run.tasks.items() if task.state in MOVING]
    chosen: list[str] = []
    for move in decision.moves:
        others = (*busy, *chosen)
        fits_in = not any(run.single or frozenset({move.task, other}) in apart for other in others)
        if move.action in SAME_COMMIT and run.tasks[move.task].state in SKIPPABLE and fits_in:
            chosen.append(move.task)
    return tuple(key for key in run.plan.keys if key in chosen)


def _route(run: Run, decision: Decision, gate: Gate) -> Run:
    """Facts go to their tasks with the source they were read in."""
    items = {item.id: item for item in gate.evidence}
    for routed in decision.routed:
        task, words = run.tasks[routed.target_task], sourced(routed, items)
        if words not in task.routed:
            run = run.with_task(task.model_copy(update={"routed": (*task.routed, words)}))
    return run


def _ordered(run: Run, decision: Decision, reruns: tuple[str, ...]) -> Run:
    run = run.model_copy(update={"outcome": None})
    reviewing = run.phase in (RunPhase.GATE_REVIEW, RunPhase.GATE, RunPhase.DONE)
    if reviewing:
        run = run.model_copy(update={"phase": RunPhase.EXECUTING, "batch": run.batch + 1, "integration": None})
    run = reorder(block(run), decision.batches or None, keep_current=not reviewing)
    if not reruns:
        return run
    # What is still at work in this batch stays in it: nobody else would wait for it.
    beside = () if reviewing else tuple(key for key in run.current if key not in reruns)
    taken = {*reruns, *beside}
    later = [tuple(key for key in batch if key not in taken) for batch in run.order]
    return run.model_copy(update={"order": ((*reruns, *beside), *(batch for batch in later if batch))})


def _move(run: Run, move: Move, gate: int, by: Decider) -> Run:
    task = run.tasks[move.task]
    if move.action in REOPENING:
        return run.with_task(
            task.model_copy(
                update={
                    "state": TaskState.REOPENED,
                    "next_strategy": move.action,
                    "next_gate": gate,
                    "next_guidance": move.guidance,
                }
            )
        )
    if move.action is Action.RERUN:
        return _rerun(run, task, by)
    if move.action is Action.ACCEPT:
        taken = acceptance.taken(task, mover(next(g for g in run.gates if g.number == gate), move.task))
        late = taken.state is TaskState.JUDGING and behind(run, taken)
        return run.with_task(pushed_once_more(taken) if late else taken)
    state = {Action.SKIP: TaskState.SKIPPED, Action.ASK: TaskState.ASKED, Action.HOLD: TaskState.HELD}[move.action]
    return run.with_task(task.model_copy(update={"state": state, "question": move.question or move.reason}))


def _rerun(run: Run, task: Task, by: Decider) -> Run:
    """Only the jobs run again, on the same commit; the gate keeps the first failure. A person's re-run has no limit."""
    if task.last is None:
        return run.with_task(task.model_copy(update={"state": TaskState.ASKED, "question": NOTHING_RAN}))
    target = target_of(task.key, task.last.number)
    verification = run.verifications.get(target)
    if verification is None:
        return run.with_task(task.model_copy(update={"state": TaskState.ASKED, "question": NOTHING_RAN}))
    cause = task.failure.cause.value if task.failure else ""
    more = 0 if by is Decider.HUMAN else 1
    counts: dict[str, object] = {"rerun_count": task.rerun_count + more}
    if more:
        counts["reruns"] = {**task.reruns, cause: task.reruns.get(cause, 0) + more}
    task = with_last(task, failure=None).model_copy(update={"question": "", **counts})
    if behind(run, task):  # what would be merged by being green has to hold what others pushed meanwhile
        return run.with_task(pushed_once_more(task))
    again = {"ending": None, "failure": None, "rerun_due": True, "round": verification.round + 1, "waiting": ""}
    run = run.with_verification(verification.model_copy(update=again))
    return run.with_task(task.model_copy(update={"state": TaskState.VERIFYING}))


def human_gate(run: Run, tasks: tuple[str, ...], guidance: str, who: str, at: datetime) -> Run:
    """A person's retry is a decision of its own: it is posted first, like every other."""
    return decided_gate(run, tasks, human_decision(run, tasks, guidance, who), at, who)


def decided_gate(run: Run, tasks: tuple[str, ...], decision: Decision, at: datetime, who: str = "") -> Run:
    """A gate that opens with its decision; it counts when its comment stands."""
    failures = tuple(run.tasks[key].failure for key in tasks)
    gate = Gate(
        number=len(run.gates) + 1,
        batch=run.batch,
        opened_at=at,
        tasks=tasks,
        failures=tuple(failure for failure in failures if failure is not None),
        state=GateState.DECIDED,
        decision=decision,
        revision=run.revision + 1,
        account=GateAccount(by=who, made_by=decision.decided_by, decided_at=at),
    )
    return run.with_gate(gate).model_copy(update={"revision": run.revision + 1})


def human_move(key: str, guidance: str, who: str, failure: Failure | None = None) -> Move:
    """What `/otto retry` means for one task: where only Actions was in the way, it looks at the same commit again."""
    if not guidance and again_on_the_same_commit(failure):
        reason = f"@{who} asked for it; nothing is coded again, Actions looks at the same commit"
        return Move(task=key, action=Action.RERUN, reason=reason[:300], decided_by=Decider.HUMAN)
    action = Action.RETRY_DIFFERENT if guidance else Action.RETRY
    reason = f"@{who} asked for it"
    if not guidance and started_anew(failure):
        reason += "; nothing is coded again, the same files are pushed as a new commit"
    return Move(task=key, action=action, guidance=guidance, reason=reason[:300], decided_by=Decider.HUMAN)


def again(gate: Gate, key: str, guidance: str, who: str, failure: Failure | None = None) -> Move:
    """What `/otto retry` means for one task of a waiting plan; without new words, its reopening stays as planned."""
    old = gate.decision.move(key) if gate.decision is not None else None
    if guidance or old is None or old.action not in REOPENING:
        return human_move(key, guidance, who, failure)
    return old.model_copy(update={"reason": f"@{who} asked for it", "decided_by": Decider.HUMAN})


def human_decision(run: Run, tasks: tuple[str, ...], guidance: str, who: str) -> Decision:
    """The decision behind a person's retry."""
    moves = tuple(human_move(key, guidance, who, run.tasks[key].failure) for key in tasks)
    return Decision(
        decided_by=Decider.HUMAN,
        why=f"@{who} said so",
        moves=moves,
        batches=batches_with(run, tuple(move.task for move in moves if move.action in REOPENING)),
    )


def batches_with(run: Run, tasks: tuple[str, ...]) -> Batches:
    """The order of everything that can run once these tasks are reopened."""
    assert run.plan is not None
    free = set(tasks) | {key for key, task in run.tasks.items() if task.state is TaskState.BLOCKED}
    pending = {key for key, task in run.tasks.items() if task.state in (TaskState.PENDING, TaskState.REOPENED)}
    still = {k for k, t in run.tasks.items() if t.state in (TaskState.ASKED, TaskState.HELD, TaskState.SKIPPED)}
    stopped = (still - set(tasks)) | dependents(run.plan, still - set(tasks))
    working = set(run.current) if run.phase in (RunPhase.EXECUTING, RunPhase.INTEGRATING) else set()
    return batches(run.plan, (free | pending) - stopped - working)


def revise(run: Run, gate: Gate, moves: dict[str, Move], who: str, at: datetime | None = None) -> Run:
    """A person changed a waiting plan: a new revision, decided by them, posted again before it counts."""
    assert run.plan is not None and gate.decision is not None
    old, revision = gate.decision, run.revision + 1
    kept = tuple(moves.get(move.task, move) for move in old.moves)
    unskipped = {skip.task for skip in old.skips if run.tasks[skip.task].state in OPEN}
    new = tuple(
        move
        for key, move in moves.items()
        if old.move(key) is None and (move.action is Action.SKIP or key not in unskipped)
    )
    added = tuple(move for move in new if move.action is Action.SKIP)
    kept += tuple(move for move in new if move.action is not Action.SKIP)
    # What a machine wanted to leave out stays its word: a person's other change is no yes to it.
    skips = tuple(
        skip.model_copy(update={"decided_by": skip.decided_by or old.decided_by})
        for skip in old.skips
        if skip.task not in moves
    )
    skips += tuple(
        SkipTask(task=move.task, reason=move.reason or f"@{who} asked for it", decided_by=Decider.HUMAN)
        for move in added
    )
    out = {move.task for move in kept if move.action not in REOPENING} | {skip.task for skip in skips}
    out |= dependents(run.plan, out)
    run_again = {move.task for move in kept if move.action in REOPENING}
    pending = {k for k, t in run.tasks.items() if t.state in OPEN}
    decision = old.model_copy(
        update={
            "decided_by": Decider.HUMAN,
            "why": f"@{who} changed the plan of {old.decided_by.value}; r{revision} replaces r{gate.revision}",
            "moves": tuple(
                move if move.decided_by else move.model_copy(update={"decided_by": old.decided_by}) for move in kept
            ),
            "skips": skips,
            "batches": batches(run.plan, (pending | run_again) - out),
        }
    )
    more = tuple(move.task for move in kept if move.task not in gate.tasks)
    failures = tuple(why for key in more if (why := run.tasks[key].failure) is not None)
    gate = gate.model_copy(
        update={
            "tasks": (*gate.tasks, *more),
            "failures": (*gate.failures, *failures),
            "decision": decision,
            "revision": revision,
            "state": GateState.DECIDED,
            "deadline": None,
            "approved_by": "",
            "approved_at": None,
            "account": gate.account.revised(Revision(number=revision, by=who, at=at, changed=changes(old, decision))),
            "shares": gate.shares if gate.comment_id is not None or only_reruns(decision) else None,
        }
    )
    return run.with_gate(gate).model_copy(update={"revision": revision})
