"""What people can see of a run, and a digest of what each surface should show now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from otto_bot.core.attempt import Attempt, Task, Verification
from otto_bot.core.changed import remembered
from otto_bot.core.context_notes import context_digest
from otto_bot.core.edits import edited, stale
from otto_bot.core.journeys import JourneyRound, RoundState
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.reviewing import comment_of, told_by, told_together
from otto_bot.core.run import Gate, GateState, Outcome, Run
from otto_bot.core.serial import group_of, held_back
from otto_bot.core.stale_base import outdated
from otto_bot.core.values import kept, once
from otto_bot.core.waits import gate_call, waits_for

STATUS = "status"
PULL = "pull"
RUN_CHECK = "check/run"
LABELS = "labels"
MARK = "label/"
"""Before a verification pull request's number: the label that tells it from work to be read."""
PLAN = "plan"
"""The plan's comment, once a person said yes: until then each revision is a posting of its own."""
MARKED = "marked"
CONTEXT = "context"
"""What the run found out, kept in the archive: its digest is the address there."""


def surfaces(run: Run) -> dict[str, str]:
    """Surface → digest. A surface whose shown digest differs has to be written again.

    Of a slim run there are none: what people see stays as it was, for hardly anything is known here any more.
    """
    if run.slim:
        return {}
    wait, money = waits_for(run), run.money.granted
    endings = [(one.ending, one.rerun_due, one.waiting == WAITS_FOR_BASE) for one in run.verifications.values()]
    marks = run.verification_prs
    also = (wait, money, run.trouble, run.relabelled_by, list(run.verifications), endings, marks, _unlinked(run))
    return remembered(run, "surfaces", also, _surfaces)


def _surfaces(run: Run) -> dict[str, str]:
    wanted = {**_on_issue(run), **_context(run)}
    if run.pull_request is not None:
        wanted[PULL] = _digest(_pull(run))
        shows = [run.head, run.phase, run.outcome, len(run.gates), _stands(run), _tasks(run)]
        wanted[RUN_CHECK] = _digest([*shows, *(["landed"] if run.landed else [])])
    for key, task in run.tasks.items():
        for attempt in task.attempts:
            if attempt.pushed:
                verification = run.verifications.get(f"{key}/a{attempt.number}")
                state = task.state if attempt is task.last else "past"
                wanted[f"check/{key}/a{attempt.number}"] = _check(attempt, state, verification)
    wanted |= {f"{MARK}{number}": MARKED for number in run.verification_prs.values()}
    for surface, gate in told_by(run).items():
        # A gate waiting to be posted again is written by that posting, not as a surface; so is one that is read again.
        posting = gate.state is GateState.DECIDED or (gate.state is GateState.OPENED and not run.resting)
        if not posting and comment_of(run, gate) is not None:
            wanted[surface] = gate_digest(run, gate)
    for one in run.journeys:
        # A round waiting to be posted again is written by that posting, not as a surface.
        if one.comment_id is not None and one.state is not RoundState.DECIDED:
            wanted[f"journeys/n{one.number}"] = round_digest(run, one)
    return wanted


def _on_issue(run: Run) -> dict[str, str]:
    """What stands on the issue; nothing where that is gone."""
    if run.issue_gone is not None:
        return {}
    wanted = {STATUS: _digest(_status(run)), **_plan(run)}
    return {**wanted, LABELS: _digest(labels(run))} if run.prepared or run.resting else wanted


def _check(attempt: Attempt, state: str, verification: Verification | None) -> str:
    """Digest of an attempt's check; most attempts are past, and theirs stays what it is."""
    ending = verification.ending if verification is not None else None
    waits = verification is not None and ending is None and verification.waiting == WAITS_FOR_BASE
    shows = [attempt.sha, state, attempt.failure is not None, ending, *(["waits"] if waits else [])]
    return _known(attempt, (state, ending, waits), shows)


def _known(value: Attempt | Gate, about: tuple[object, ...], shows: Sequence[object]) -> str:
    """The digest of what is shown of a value: what it says itself, and `about`. Only the newest is kept with it."""
    known = kept(value)
    if known.get("about") != about:
        known.update(about=about, digest=_digest(shows))
    digest: str = known["digest"]
    return digest


def round_digest(run: Run, one: JourneyRound) -> str:
    """Digest of what a posted round's comment should show: what was decided, and what became of it."""
    fixes = [(key, run.tasks[key].state) for key in one.tasks if key in run.tasks]
    after = [other for other in run.journeys if other.number > one.number]
    later = [(other.number, bool(other.report.journeys), other.report.failing) for other in after]
    rest = None if one.state is RoundState.APPLIED or run.hold is None else run.hold.number
    over = run.ended and one.state is not RoundState.APPLIED
    return _digest([one.state, one.revision, one.approved_by, one.waived, fixes, later, rest, over])


def _plan(run: Run) -> dict[str, str]:
    """What it asked for is given: it must not go on asking. Nothing where a rule said yes, or the run is over."""
    by_person = run.plan_approved_by not in ("", "rule")
    if not by_person or run.ended or run.plan_comment_id is None or run.plan_posted < run.plan_revision:
        return {}
    return {PLAN: _digest([run.plan_revision, run.plan_approved_by])}


def _context(run: Run) -> dict[str, str]:
    return {CONTEXT: context_digest(run)} if run.notes or run.inherited_notes else {}


def gate_digest(run: Run, gate: Gate) -> str:
    """Digest of what a posted decision's comment should show."""
    applied = gate.state is GateState.APPLIED
    rest = None if applied or run.hold is None else run.hold.number
    before = [old.outcomes for old in told_together(run, gate)]
    open_moves = applied and gate.decision is not None and len(gate.outcomes) < len(gate.decision.moves)
    over = run.ended and (open_moves or not applied)
    shows: list[object] = [gate.number, applied, gate.approved_by, gate.outcomes, before, rest, over]
    if gate.learnings:
        shows.append([(one.number, one.status, one.by) for one in gate.learnings])
    call = gate_call(run, gate.number)
    asked = (call.key, call.reply) if call is not None else ()
    shows += [asked] if asked else []
    return _known(gate, (tuple(before), rest, over, asked), shows)


def labels(run: Run) -> dict[str, bool]:
    """Which of Otto's labels the issue should carry."""
    done = run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL)
    return {"otto:needs-human": waits_for(run) is not None, "otto:done": done}


def _status(run: Run) -> list[object]:
    wait = waits_for(run)
    gate = run.gate
    edit = edited(run)
    return [
        run.phase,
        run.outcome,
        run.hold and run.hold.reason,
        run.plan_posted,
        run.plan_revision,
        run.plan_approved_by,
        run.pull_request,
        run.batch,
        _tasks(run),
        run.order,
        gate and (gate.number, gate.state, gate.revision),
        wait and wait.key,
        run.relabelled_by,
        run.prepared and run.money.granted,
        _journeys(run),
        [(review.id, review.state, review.tasks) for review in run.reviews],
        # Nothing is said of it at rest: each try would be an edit that says the same.
        {} if run.resting else {key: trouble.count for key, trouble in run.trouble.items()},
        *([] if edit is None else [edit.digest, edit.by, stale(run) is not None]),
        *_base(run),
        *([] if run.others is None else [run.others.sha, run.others.by]),
        *(["landed"] if run.landed else []),
        *([*held_back(run), run.serial] if group_of(run) else []),
        *_for_the_base(run),
        *_moved(run),
        *_drifts(run),
        *([] if run.parked is None else [run.parked.why, run.parked.reason, run.parked.until]),
    ]


def _for_the_base(run: Run) -> list[object]:
    """Heads that have failed and wait for what Actions says about the base."""
    return [one.target for one in run.verifications.values() if one.ending is None and one.waiting == WAITS_FOR_BASE]


def _drifts(run: Run) -> list[object]:
    """What is said of files outside of scopes; nothing where there are none."""
    last = [(key, task.last) for key, task in run.tasks.items() if task.last is not None and task.last.pushed]
    return [(key, one.drift.files, one.drift.count) for key, one in last if one.drift.count]


def _moved(run: Run) -> list[object]:
    """What is said of a repository that was shut or has another name; nothing where nothing happened."""
    found: list[object] = [] if run.barred_before is None else [run.barred_before.by, run.barred_before.until]
    return [*found, run.repo.full_name, run.repo.default_branch] if run.moved_from or run.base_was else found


def _tasks(run: Run) -> list[object]:
    """What a row of a task shows."""
    return [*_unlinked(run), *((key, *_row(task)) for key, task in run.tasks.items())]


@once
def _row(task: Task) -> tuple[object, ...]:
    return (
        task.state,
        len(task.attempts),
        task.question,
        task.granted,
        task.blocked_by,
        len(task.accepted),
        task.failure and task.failure.cause,
        any(attempt.flaky for attempt in task.attempts),
    )


def _unlinked(run: Run) -> list[str]:
    """Attempts whose check is not written yet, so that a row links to something else; told once nothing else moves.

    Before that the next change of the run brings the right link anyway.
    """
    if not run.resting and waits_for(run) is None:
        return []
    last = [(key, task.last) for key, task in run.tasks.items() if task.last is not None and task.last.pushed]
    names = [f"check/{key}/a{attempt.number}" for key, attempt in last]
    return [name for name in names if name not in run.ids]


def _journeys(run: Run) -> list[object]:
    """What one line about the journeys shows."""
    return [
        (one.number, one.state, one.report.failing, one.next, one.skipped, one.waived, one.waiting, one.deadline)
        for one in run.journeys
    ]


def _stands(run: Run) -> list[object]:
    """What one sentence about where the run stands, and what comes next, is made of."""
    wait = waits_for(run)
    return [run.phase, run.outcome, run.hold and run.hold.number, wait and wait.key, run.order, _journeys(run)]


def _base(run: Run) -> list[object]:
    """What is said about the default branch; nothing while nothing happened there."""
    said = (run.base_round, run.base_conflict, outdated(run) and not run.resting)
    return [said, run.base_taken] if any(said) else []


def _pull(run: Run) -> list[object]:
    merged: list[object] = [key for key, task in run.tasks.items() if task.merged_sha]
    if run.base_conflict:
        merged.append([run.base_conflict, run.resting])
    accepted = [[key, len(task.accepted)] for key, task in run.tasks.items() if task.accepted]
    merged += [accepted] if accepted else []
    in_ci = [[key, paths] for key, task in run.tasks.items() if (paths := _in_ci(task))]
    merged += [in_ci] if in_ci else []
    merged += [_moved(run)] if run.moved_from or run.base_was else []
    merged += [[run.issue_gone.what]] if run.issue_gone is not None else []
    return [merged, run.phase, run.outcome, run.hold and run.hold.kind, _tasks(run), _journeys(run)]


def _in_ci(task: Task) -> list[str]:
    last = task.last
    return [one.path for one in last.runs_in_ci] if last is not None and last.pushed else []


_WRITTEN = json.JSONEncoder(sort_keys=True, default=str, check_circular=False)


def _digest(value: object) -> str:
    return hashlib.sha256(_WRITTEN.encode(value).encode()).hexdigest()[:16]
