"""What was tried for a task and what came of it: every gate's failure and move, also where only jobs ran again."""

from __future__ import annotations

from otto_bot.core.evidence import Failure
from otto_bot.core.run import Run
from otto_bot.core.values import Frozen


class Step(Frozen):
    """One failure of an attempt, how the attempt was made, and which move followed (empty = not decided yet)."""

    attempt: int
    strategy: str
    failure: Failure
    move: str = ""
    decided_by: str = ""


def history(run: Run, key: str) -> tuple[Step, ...]:
    """Every failure of the task before the open gate, oldest first.

    A re-run takes a failure off its attempt, and an answer of a person may reopen a task without a new failure: gates
    remember both, so neither a rule's re-run nor a new process forgets anything.
    """
    steps: list[Step] = []
    for gate in run.gates:
        failure = next((f for f in gate.failures if f.task == key), None)
        if failure is None or gate is run.gate:
            continue
        move = gate.decision.move(key) if gate.decision else None
        by = (move.decided_by or gate.decision.decided_by).value if move and gate.decision else ""
        step = Step(
            attempt=failure.attempt, strategy=_strategy(run, key, failure.attempt), failure=failure,
            move=move.action.value if move else "", decided_by=by,
        )  # fmt: skip
        if not steps or steps[-1].failure != failure or steps[-1].move != step.move:
            steps.append(step)
    known = {step.attempt for step in steps}
    now = next((f.attempt for f in run.gate.failures if f.task == key), 0) if run.gate else 0
    for attempt in run.task(key).attempts:
        if attempt.failure is not None and attempt.number not in known and attempt.number != now:
            made = _strategy(run, key, attempt.number)
            steps.append(Step(attempt=attempt.number, strategy=made, failure=attempt.failure))
    return tuple(sorted(steps, key=lambda step: step.attempt))


def _strategy(run: Run, key: str, number: int) -> str:
    attempt = next((a for a in run.task(key).attempts if a.number == number), None)
    return attempt.strategy.value if attempt is not None and attempt.strategy is not None else "first attempt"
