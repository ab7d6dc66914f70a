"""Changes of tests that a person says are right: bound to exactly the places that were shown, and to nothing later."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from otto_bot.core.attempt import Accepted, Task, TaskState
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.gates import decided_gate, revise
from otto_bot.core.run import Run
from otto_bot.core.tampering_hits import TamperHit, ids

SHOWN = 20
"""Places that a failure shows with their lines; the others are counted."""
WAITING = frozenset({TaskState.FAILED, TaskState.ASKED, TaskState.HELD})


def new_hits(task: Task, hits: Sequence[TamperHit]) -> tuple[TamperHit, ...]:
    """The places that nobody has accepted yet."""
    known = {name for accepted in task.accepted for name in accepted.hits}
    return tuple(one for one, name in zip(hits, ids(hits), strict=True) if name not in known)


def tampering(task: str, attempt: int, sha: str, hits: Sequence[TamperHit]) -> Failure:
    """The failure of an attempt whose diff makes checks prove less. The texts of lines may hold secrets still."""
    names = ids(hits)
    files = tuple(dict.fromkeys(one.path for one in hits))
    return Failure(
        task=task,
        attempt=attempt,
        sha=sha,
        phase=Phase.QA,
        cause=Cause.TESTS_WEAKENED,
        detail=_detail(hits, files),
        fingerprint="tests:" + hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16],
        suspected_files=files[:SHOWN],
        excerpts=tuple(_excerpt(one) for one in hits[:SHOWN]),
        hits=names,
    )


def _detail(hits: Sequence[TamperHit], files: Sequence[str]) -> str:
    count = "1 place" if len(hits) == 1 else f"{len(hits)} places"
    where = "1 file" if len(files) == 1 else f"{len(files)} files"
    more = f"; the first {SHOWN} are shown" if len(hits) > SHOWN else ""
    return f"{count} in {where} where the checks prove less than before{more}"


def _excerpt(one: TamperHit) -> Excerpt:
    number = one.new_line if one.new_line is not None else one.old_line
    sign = "+" if one.new_line is not None and one.old_line is None else "-" if one.new_line is None else " "
    text = f"{one.why}\n{sign} {one.line}" if one.line else one.why
    return Excerpt(kind="diff", source=one.path, text=text, first_line=number, last_line=number)


def cannot_accept(run: Run, key: str) -> str:
    """Why a task's tests cannot be accepted now, in words; empty = they can."""
    task = run.tasks[key]
    if task.state not in WAITING:
        return f"{key} is {task.state.value}"
    failure = task.failure
    if failure is None or failure.cause is not Cause.TESTS_WEAKENED or not failure.hits:
        return f"{key} is not held for changed tests"
    return ""


def waiting(run: Run) -> tuple[str, ...]:
    """Tasks that are held for changed tests."""
    return tuple(key for key in run.tasks if not cannot_accept(run, key))


def accept(run: Run, tasks: tuple[str, ...], who: str, at: datetime) -> Run:
    """A decision by a person, posted like every other: nothing is coded again, the same commit goes on to the judge."""
    reason = f"@{who} accepted the changed tests; the same commit goes on"[:300]
    moves = {key: Move(task=key, action=Action.ACCEPT, reason=reason, decided_by=Decider.HUMAN) for key in tasks}
    if run.gate is not None:
        return revise(run, run.gate, moves, who, at)
    why = f"@{who} accepted the changed tests"
    return decided_gate(run, tasks, Decision(decided_by=Decider.HUMAN, why=why, moves=tuple(moves.values())), at, who)
