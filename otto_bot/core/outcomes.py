"""What became of each move of a gate, written back into the gate that made it."""

from __future__ import annotations

from collections.abc import Iterable

from otto_bot.core import events as e
from otto_bot.core.attempt import Task, TaskState
from otto_bot.core.decision import REOPENING, SAME_COMMIT, Action, Decider
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.gate_account import EndKind, GateAccount, MoveEnd, moves_of
from otto_bot.core.run import Gate, GateState, Outcome, Run
from otto_bot.core.values import once

RESULTS = frozenset({EndKind.PASSED, EndKind.FAILED, EndKind.CANCELLED})
"""Ends of an attempt or of a re-run: nothing but a later truth about the same attempt replaces them."""
_ANSWER = 120
"""Characters of an answer that are kept in the words of its outcome; the next attempt's guidance has it all."""


def account_of(event: e.DecisionMade) -> GateAccount:
    """The account of a decision that was just made."""
    return GateAccount(
        request=event.request,
        prompt_version=event.prompt_version,
        seconds=round(sum(reply.seconds for reply in event.replies), 3),
        rejected=sum(1 for reply in event.replies if reply.problems),
        failed_calls=sum(1 for reply in event.replies if reply.error),
        made_by=event.decision.decided_by,
        shadow=event.shadow,
        decided_at=event.at,
    )


def attempt_failed(run: Run, key: str, failure: Failure) -> Run:
    """An attempt failed, or failed again after its jobs ran again: the moves behind it have their outcome."""
    number, cause = failure.attempt, failure.cause
    why = cause.value.replace("_", " ")
    stopped = cause is Cause.CANCELLED and failure.detail == "stopped"
    words = f"attempt {number} was stopped" if stopped else f"attempt {number} failed: {why}"
    kind = EndKind.CANCELLED if stopped else EndKind.FAILED
    again = f"attempt {number} failed again: {why}"
    return _attempt_ended(
        run,
        key,
        MoveEnd(kind=kind, attempt=number, cause=cause, words=words),
        MoveEnd(kind=kind, attempt=number, cause=cause, words=words if stopped else again),
    )


def attempt_passed(run: Run, key: str, number: int) -> Run:
    """An attempt is verified."""
    end = MoveEnd(kind=EndKind.PASSED, attempt=number, words=f"attempt {number} passed")
    return _attempt_ended(run, key, end, end)


def rerun_passed(run: Run, key: str, number: int, *, flaky: bool = True) -> Run:
    """The jobs of a commit that had failed passed when they ran again; or ran at all, once somebody had let them."""
    words = f"attempt {number} passed when its jobs ran" + (" again: flaky" if flaky else "")
    gate = _rerun_gate(run, key, number)
    return run if gate is None else _write(run, gate, key, MoveEnd(kind=EndKind.PASSED, attempt=number, words=words))


def _attempt_ended(run: Run, key: str, end: MoveEnd, again: MoveEnd) -> Run:
    """Into the gate that reopened the attempt, always the latest truth; into its re-run, the first one."""
    assert end.attempt is not None
    attempt = next((a for a in run.tasks[key].attempts if a.number == end.attempt), None)
    rerun = _rerun_gate(run, key, end.attempt)
    if rerun is not None and key not in rerun.account.ends:
        run = _write(run, rerun, key, again)
    opened = next((g for g in run.gates if attempt is not None and g.number == attempt.gate), None)
    return run if opened is None else _write(run, opened, key, end)


def _rerun_gate(run: Run, key: str, number: int) -> Gate | None:
    """The newest applied gate that let this attempt's jobs run again."""
    for gate in reversed(run.gates):
        if gate.state is GateState.APPLIED and gate.decision is not None:
            move = gate.decision.move(key)
            same = any(f.task == key and f.attempt == number for f in gate.failures)
            if move is not None:
                return gate if move.action in SAME_COMMIT and same else None
    return None


def _write(run: Run, gate: Gate, key: str, end: MoveEnd | None) -> Run:
    """The run with one outcome set; None takes it back."""
    if end is None and key not in gate.account.ends:
        return run  # as at the beginning: nothing was written into this gate since
    gate = next(g for g in run.gates if g.number == gate.number)
    if gate.account.ends.get(key) == end:
        return run
    ends = {task: known for task, known in gate.account.ends.items() if task != key}
    words = {task: said for task, said in gate.outcomes.items() if task != key}
    if end is not None:
        ends, words = {**ends, key: end}, {**words, key: end.words}
    account = gate.account.model_copy(update={"ends": ends})
    return run.with_gate(gate.model_copy(update={"account": account, "outcomes": words}))


def followed(run: Run, event: e.RunEvent) -> Run:
    """The run with the outcomes of moves that are no attempt's: held, asked, left out, blocked, replaced, cancelled."""
    who = event.given.by.login if isinstance(event, e.CommandGiven) else ""
    for gate in run.gates:
        if gate.state is not GateState.APPLIED or gate.decision is None:
            continue
        for key, action in moves_of(gate.decision).items():
            known = gate.account.ends.get(key)
            if key in run.tasks and (known is None or known.kind not in RESULTS):
                run = _write(run, gate, key, _end(run, gate, key, action, known, who))
    return run


def _end(run: Run, gate: Gate, key: str, action: Action, known: MoveEnd | None, who: str) -> MoveEnd | None:
    if action in REOPENING and gate.number in _begun_by(run.tasks[key]) and not _over(run):
        return known  # the most usual by far: it is on its way
    later = _later(run.gates[gate.number :], key)
    if action is Action.SKIP:
        return _skipped(later, key)
    if action in (Action.ASK, Action.HOLD):
        return _waited(run, key, action, known, later, who)
    return _unbegun(run, gate, key, action, known, later, who)


@once
def _begun_by(task: Task) -> frozenset[int | None]:
    """Numbers of the gates by whose decision it was tried again."""
    return frozenset(attempt.gate for attempt in task.attempts)


def _later(gates: Iterable[Gate], key: str) -> Gate | None:
    """The next gate with a move for the task."""
    return next((g for g in gates if g.decision is not None and key in moves_of(g.decision)), None)


def mover(gate: Gate, key: str) -> str:
    """The login of the person whose word a move is; empty where it is a machine's."""
    changed = (r.by for r in reversed(gate.account.revisions) if any(c.task == key for c in r.changed))
    if by := next(changed, ""):
        return by
    decision = gate.decision
    if decision is None or decision.decided_by is not Decider.HUMAN or gate.account.made_by is not Decider.HUMAN:
        return ""
    return gate.account.by


def _skipped(later: Gate | None, key: str) -> MoveEnd:
    decision = later.decision if later is not None else None
    if later is not None and decision is not None and moves_of(decision)[key] in REOPENING:
        by = mover(later, key)
        return MoveEnd(kind=EndKind.BROUGHT_BACK, by=by, words=f"brought back by @{by}" if by else "brought back")
    return MoveEnd(kind=EndKind.STAYED_OUT, words="stayed out")


def _waited(run: Run, key: str, action: Action, known: MoveEnd | None, later: Gate | None, who: str) -> MoveEnd | None:
    """What a question or a hold led to."""
    if later is not None:
        return _went_on(later, key, action)
    if run.tasks[key].state is TaskState.SKIPPED:
        kind = EndKind.ANSWERED if action is Action.ASK else EndKind.LEFT_OUT
        said = "answered by @{by}: leave it out" if action is Action.ASK else "left out by @{by}"
        return _by(known, kind, said, who)
    if known is not None and known.kind is not EndKind.WAITING:
        return known
    if _over(run):
        return MoveEnd(kind=EndKind.CANCELLED, words="the run ended first")
    words = "still waits for an answer" if action is Action.ASK else "still waits for a green base"
    return MoveEnd(kind=EndKind.WAITING, words=words)


def _went_on(later: Gate, key: str, action: Action) -> MoveEnd:
    assert later.decision is not None
    by, move = mover(later, key), later.decision.move(key)
    if action is Action.ASK:
        said = " ".join((move.guidance if move is not None else "").split()) or moves_of(later.decision)[key].value
        said = said.replace("_", " ") if move is None or not move.guidance else said
        said = said if len(said) <= _ANSWER else said[: _ANSWER - 1] + "…"
        words = f"answered by @{by}: {said}" if by else f"went on: {said}"
        return MoveEnd(kind=EndKind.ANSWERED if by else EndKind.WENT_ON, by=by, words=words)
    words = f"went on because @{by} said so" if by else "went on when the base was green"
    return MoveEnd(kind=EndKind.WENT_ON, by=by, words=words)


def _unbegun(
    run: Run, gate: Gate, key: str, action: Action, known: MoveEnd | None, later: Gate | None, who: str
) -> MoveEnd | None:
    """A retry or re-run without a result yet; None = it is on its way."""
    task = run.tasks[key]
    begun = action in SAME_COMMIT or gate.number in _begun_by(task)
    if later is not None and (action in SAME_COMMIT or not begun):
        return MoveEnd(kind=EndKind.REPLACED, words=f"decided anew at gate {later.number}")
    if _over(run):
        return MoveEnd(kind=EndKind.CANCELLED, words="the run ended first")
    if action is Action.RERUN and task.state is TaskState.ASKED:
        return MoveEnd(kind=EndKind.WAITING, words="still waits for an answer")
    if action is Action.RERUN and task.state is TaskState.SKIPPED:
        return _by(known, EndKind.LEFT_OUT, "left out by @{by}", who)
    if begun:
        return known
    if task.state is TaskState.SKIPPED:
        return _by(known, EndKind.LEFT_OUT, "left out by @{by} before it began", who)
    if task.state is TaskState.BLOCKED:
        return MoveEnd(kind=EndKind.BLOCKED, words=f"blocked: needs {', '.join(task.blocked_by[:5])}")
    if task.next_gate != gate.number:
        return MoveEnd(kind=EndKind.WENT_ON, words="was at work already, and went on")
    return None


def _by(known: MoveEnd | None, kind: EndKind, words: str, who: str) -> MoveEnd:
    """An end that a person's word made; who it was is known only in the moment."""
    if known is not None and known.kind is kind:
        return known
    return MoveEnd(kind=kind, by=who, words=words.format(by=who) if who else words.replace(" by @{by}", ""))


def _over(run: Run) -> bool:
    """Whether nothing that is on its way will bring a result any more."""
    return (run.outcome is Outcome.CANCELLED or run.landed) and not run.stopping
