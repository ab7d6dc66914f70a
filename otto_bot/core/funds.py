"""What only money stops: which tasks wait for it, the words that help, and how the run goes on once it is there."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core import policy
from otto_bot.core.asks import MONEY
from otto_bot.core.attempt import TaskState
from otto_bot.core.budget import grant_needed
from otto_bot.core.decision import Decider
from otto_bot.core.evidence import Cause
from otto_bot.core.gates import again, human_gate, revise
from otto_bot.core.run import Gate, GateState, Run, RunPhase

RETRYABLE = frozenset({TaskState.FAILED, TaskState.ASKED, TaskState.HELD})
QUESTION = MONEY
"""The question of every task that only money can bring on."""
COMMAND = "/otto budget"


def reply_for(run: Run) -> str | None:
    """The exact words that make room for the call that did not fit; None where the host's cap forbids it."""
    more = grant_needed(run.money, run.caps.usd, max(policy.MIN_USD, run.money.needed))
    return None if more is None else f"{COMMAND} +{more}"


def waits_for_money(run: Run, key: str) -> bool:
    """Whether a task failed, or cannot be decided on, for want of money."""
    task = run.tasks[key]
    if task.failure is not None and task.failure.cause is Cause.BUDGET:
        return True
    return QUESTION in (task.question, _asked(run.gate, key))


def _asked(gate: Gate | None, key: str) -> str:
    move = gate.decision.move(key) if gate is not None and gate.decision is not None else None
    return move.question if move is not None else ""


def reopen(run: Run, tasks: tuple[str, ...], guidance: str, who: str, at: datetime) -> Run:
    """A person wants these tasks coded again: each gets an attempt, and the decision is posted like every other."""
    for key in tasks:
        task = run.tasks[key]
        if policy.attempts_left(run, task) <= 0:
            run = run.with_task(task.model_copy(update={"granted": task.granted + 1}))
    if run.gate is not None:
        return revise(
            run, run.gate, {key: again(run.gate, key, guidance, who, run.tasks[key].failure) for key in tasks}, who, at
        )
    return human_gate(run, tasks, guidance, who, at)


def go_on(run: Run, who: str, at: datetime) -> Run:
    """The run once someone allowed more money: what only money stopped goes on, because who pays has said yes.

    What is still being stopped or decided goes on when that is over; a gate whose failures nobody could read is read.
    """
    gate = run.gate
    if run.hold is not None:
        return run
    if gate is not None and gate.state is GateState.OPENED:
        return run.model_copy(update={"paid_by": who})
    short = tuple(key for key, task in run.tasks.items() if task.state in RETRYABLE and waits_for_money(run, key))
    if not short:
        return run
    if gate is not None and run.phase in (RunPhase.GATE, RunPhase.GATE_REVIEW) and _unread(run, gate):
        return _read_again(run, gate).model_copy(update={"paid_by": who})
    return reopen(run, short, "", who, at).model_copy(update={"paid_by": ""})


def decided(run: Run, at: datetime) -> Run:
    """The run after a decision was made: money that came while it was being made counts at once.

    Where the gate is read once more, who paid is remembered until that decision, unless the money is used up again.
    """
    if not run.paid_by:
        return run
    after = go_on(run, run.paid_by, at)
    read_again = after.gate is not None and after.gate.state is GateState.OPENED
    enough = run.money.left >= max(policy.MIN_USD, run.money.needed)
    return after if read_again and enough else after.model_copy(update={"paid_by": ""})


def _unread(run: Run, gate: Gate) -> bool:
    """Whether a model would have been asked about this gate, had there been money."""
    if gate.decision is None or gate.decision.decided_by is not Decider.RULES:
        return False
    causes = {failure.task: failure.cause for failure in gate.failures}
    return any(_asked(gate, key) == QUESTION and causes.get(key) is not Cause.BUDGET for key in gate.tasks)


def _read_again(run: Run, gate: Gate) -> Run:
    """The gate is decided once more; its comment stands until the new revision is written into it."""
    gate = gate.model_copy(update={"state": GateState.OPENED, "deadline": None, "approved_by": ""})
    return run.with_gate(gate).model_copy(update={"phase": RunPhase.GATE, "rests": run.rests + 1})
