"""What a person says is right though Otto stopped at it: changed tests, and what the diff gate held.

A yes is bound to exactly what was shown, and to nothing later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from otto_bot.core.attempt import Accepted, Task, TaskState
from otto_bot.core.diff_findings import RULES, Finding, by_weight, names
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.run import Run
from otto_bot.core.tampering_hits import TamperHit, ids

_LINE = 300
"""Characters that are kept of an accepted place."""
SHOWN = 20
"""Places that a failure shows with their lines and a yes is for; the others are counted, and asked about after it."""
NOTHING_TO_ACCEPT = "nothing is held any more that could be accepted"


def new_hits(run: Run, hits: Sequence[TamperHit]) -> tuple[TamperHit, ...]:
    """The places that nobody has accepted yet in this run."""
    known = accepted_names(run)
    return tuple(one for one, name in zip(hits, ids(hits), strict=True) if name not in known)


def accepted_names(run: Run) -> frozenset[str]:
    """Names of everything that people have said yes to in this run."""
    return frozenset(name for task in run.tasks.values() for accepted in task.accepted for name in accepted.hits)


def acceptable(failure: Failure | None) -> bool:
    """Whether a person's yes is all that an attempt needs: its commit is there, and what it was stopped at is known."""
    causes = (Cause.TESTS_WEAKENED, Cause.HELD_BY_DIFF_GATE)
    return failure is not None and failure.cause in causes and bool(failure.hits) and failure.sha is not None


def tampering(task: str, attempt: int, sha: str, hits: Sequence[TamperHit], accepted: Collection[str] = ()) -> Failure:
    """The failure of an attempt whose diff makes checks prove less. The texts of lines may hold secrets still.

    `hits` are all of the diff, `accepted` the names of those that people said yes to: these are left out.
    """
    left = [(one, name) for one, name in zip(hits, ids(hits), strict=True) if name not in accepted]
    names = tuple(name for _, name in left)
    files = tuple(dict.fromkeys(one.path for one, _ in left))
    return Failure(
        task=task,
        attempt=attempt,
        sha=sha,
        phase=Phase.QA,
        cause=Cause.TESTS_WEAKENED,
        detail=_detail(len(left), len(files)),
        fingerprint="tests:" + hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16],
        suspected_files=files[:SHOWN],
        excerpts=tuple(_excerpt(one) for one, _ in left[:SHOWN]),
        hits=names[:SHOWN],
        more=len(names[SHOWN:]),
    )


def held(task: str, attempt: int, sha: str, phase: Phase, findings: Sequence[Finding]) -> Failure:
    """The failure of an attempt that the diff gate let nobody push. The texts of lines may hold secrets still."""
    weighed = by_weight(findings)
    shown, left = weighed[:SHOWN], len(weighed[SHOWN:])
    files = tuple(dict.fromkeys(one.path for one in weighed if one.path))
    more = f" and {len(weighed) - 1} more" if len(weighed) > 1 else ""
    return Failure(
        task=task,
        attempt=attempt,
        sha=sha,
        phase=phase,
        cause=Cause.HELD_BY_DIFF_GATE,
        detail=f"{shown[0].words}{more}"[:1000],
        fingerprint="gate:" + hashlib.sha256("\n".join(sorted(names(weighed))).encode()).hexdigest()[:16],
        suspected_files=files[:SHOWN],
        excerpts=tuple(_held_excerpt(one) for one in shown),
        hits=names(shown),
        more=left,
    )


def _held_excerpt(one: Finding) -> Excerpt:
    what = ": ".join(part for part in (RULES.get(one.rule, one.rule), one.detail) if part)
    text = "\n".join((what, *one.shown))
    return Excerpt(
        kind="diff", source=one.path or "the change as a whole", text=text, first_line=one.line, last_line=one.line
    )


def _detail(places: int, files: int) -> str:
    count = "1 place" if places == 1 else f"{places} places"
    where = "1 file" if files == 1 else f"{files} files"
    more = f"; the first {SHOWN} are shown" if places > SHOWN else ""
    return f"{count} in {where} where the checks prove less than before{more}"


def _excerpt(one: TamperHit) -> Excerpt:
    number = one.new_line if one.new_line is not None else one.old_line
    sign = "+" if one.new_line is not None and one.old_line is None else "-" if one.new_line is None else " "
    text = f"{one.why}\n{sign} {one.line}" if one.line else one.why
    return Excerpt(kind="diff", source=one.path, text=text, first_line=number, last_line=number)


def taken(task: Task, by: str) -> Task:
    """The task once a person's yes counts: the same commit goes on to be judged, the yes is kept with who said it."""
    failure, last = task.failure, task.last
    if failure is None or last is None or not acceptable(failure):
        return task.model_copy(update={"state": TaskState.ASKED, "question": NOTHING_TO_ACCEPT})
    lines = tuple(f"{one.place}: {one.text.splitlines()[-1].strip()}"[:_LINE] for one in failure.excerpts if one.text)
    gate = failure.cause is Cause.HELD_BY_DIFF_GATE
    # Ledgers of earlier releases name more places than were shown: a yes was never for these.
    given = {"by": by, "attempt": last.number, "sha": last.sha or "", "hits": failure.hits[:SHOWN], "lines": lines}
    said = Accepted.model_validate({**given, "what": "change" if gate else "tests"})
    attempts = (*task.attempts[:-1], last.model_copy(update={"failure": None}))
    # What never left is pushed now; what is on GitHub already is looked at once more, and goes on from there.
    state = TaskState.JUDGING if last.pushed else TaskState.CODING
    change = {"state": state, "question": "", "attempts": attempts, "accepted": (*task.accepted, said)}
    return task.model_copy(update=change)
