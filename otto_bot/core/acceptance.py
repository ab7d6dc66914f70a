"""Changes of tests that a person says are right: bound to exactly the places that were shown, and to nothing later."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from otto_bot.core.attempt import Accepted, Task, TaskState
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.run import Run
from otto_bot.core.tampering_hits import TamperHit, ids

_LINE = 300
"""Characters that are kept of an accepted place."""
SHOWN = 20
"""Places that a failure shows with their lines; the others are counted."""
NOTHING_TO_ACCEPT = "nothing is held any more that could be accepted"


def new_hits(run: Run, hits: Sequence[TamperHit]) -> tuple[TamperHit, ...]:
    """The places that nobody has accepted yet in this run."""
    known = {name for task in run.tasks.values() for accepted in task.accepted for name in accepted.hits}
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


def taken(task: Task, by: str) -> Task:
    """The task once a person's yes counts: the same commit goes on to be judged, the yes is kept with who said it."""
    failure, last = task.failure, task.last
    if failure is None or last is None or failure.cause is not Cause.TESTS_WEAKENED or not failure.hits:
        return task.model_copy(update={"state": TaskState.ASKED, "question": NOTHING_TO_ACCEPT})
    lines = tuple(f"{one.place}: {one.text.splitlines()[-1].strip()}"[:_LINE] for one in failure.excerpts if one.text)
    said = Accepted(by=by, attempt=last.number, sha=last.sha or "", hits=failure.hits, lines=lines)
    attempts = (*task.attempts[:-1], last.model_copy(update={"failure": None}))
    change = {"state": TaskState.JUDGING, "question": "", "attempts": attempts, "accepted": (*task.accepted, said)}
    return task.model_copy(update=change)
