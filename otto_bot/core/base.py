"""The base: a default branch that moved is taken in and verified, and what waited for it goes on."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.attempt import BASELINE, TaskState, Verification
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.gates import batches_with, decided_gate
from otto_bot.core.integration import rebuild
from otto_bot.core.run import Hold, Outcome, Run, RunPhase
from otto_bot.core.stale_base import begun, contained, newest

VERIFYING = "the default branch moved and is taken in; this goes on when Actions finds it green"
NO_MERGES = (
    "the default branch moved, and a rule of the repository takes no merge commit on Otto's branches, so that it is "
    "not taken in; a new run (label off and on again) begins on it"
)
STILL_RED = "the base commit is still not green; this goes on when it is"


def waiting(run: Run) -> bool:
    """Whether the run rests and some of its tasks wait for a green base."""
    if run.outcome is not Outcome.NEEDS_HUMAN or run.phase is not RunPhase.DONE:
        return False
    if run.hold is not None or run.gate is not None:
        return False
    return any(task.state is TaskState.HELD for task in run.tasks.values())


def followed(run: Run) -> bool:
    """Whether it matters to the run where the default branch stands."""
    return waiting(run) or (run.pull_request is not None and not run.resting)


def base_moved(run: Run, event: e.BaseMoved) -> Run:
    """The default branch moved: only remembered; it is taken in before the next batch, or while tasks wait for it."""
    return run.model_copy(update={"base_moved": run.base_moved + 1, "base_head": event.sha})


def look_again(run: Run) -> Run:
    """Somebody pushed to the run branch: they may have merged what did not fit, or what tasks wait for."""
    if run.base_conflict:
        run = run.model_copy(update={"base_conflict": "", "base_conflict_paths": (), "base_begun": -1})
    if not waiting(run):
        return run
    return run.model_copy(update={"base_look": True})


def base_taken(run: Run, event: e.BaseTaken) -> Run:
    """The run branch holds the default branch now: its head is the new baseline, verified like the first one."""
    if run.pull_request is None or run.ended:
        return run
    before = run.verifications.get(BASELINE)
    moved = event.sha != run.head
    new = moved or event.base_sha != contained(run) or waiting(run)
    run = _looked(run, event.asked, event.base_sha).model_copy(
        update={"base_taken": event.base_sha, "base_conflict": "", "base_conflict_paths": ()}
    )
    run = _workflows(run, event)
    if moved:
        run = rebuild(run.model_copy(update={"head": event.sha, "head_tree": event.tree}))
    if not new or (before is not None and before.sha == event.sha):
        return run
    run = _say(run.model_copy(update={"base_round": run.base_round + 1}), VERIFYING)
    return run.with_verification(
        Verification(
            target=BASELINE,
            branch=run.run_branch,
            sha=event.sha,
            tree=event.tree,
            started_at=event.at,
            next_at=event.at,
            pull_request=run.pull_request,
            dispatched_run=event.dispatched_run,
            again=before.again + 1 if before is not None else 0,
            ending="green" if event.tree in run.green_trees else None,
        )
    )


def _workflows(run: Run, event: e.BaseTaken) -> Run:
    """Other workflows: what is verified already keeps the way in which it is."""
    if event.exposure is not None:
        run = run.model_copy(update={"exposure": event.exposure})
    if event.lane is None or event.lane == run.lane:
        return run
    kept = {target: one if one.lane else one.model_copy(update={"lane": run.lane})
            for target, one in run.verifications.items()}  # fmt: skip
    return run.model_copy(update={"lane": event.lane, "verifications": kept})


def base_conflict(run: Run, event: e.BaseConflict) -> Run:
    """The default branch does not fit onto the run branch: only people can say how. Work goes on without it.

    Who waits for a green base is called once more.
    """
    if run.ended:
        return run
    run = _looked(run, event.asked, event.base_sha).model_copy(
        update={
            "base_conflict": event.base_sha, "base_conflict_paths": event.paths, "base_no_merges": event.no_merges,
        }
    )  # fmt: skip
    if event.no_merges:
        run = _say(run, NO_MERGES)
        return run.model_copy(update={"rests": run.rests + 1}) if waiting(run) else run
    where = ", ".join(event.paths[:5]) or "a directory"
    run = _say(run, f"the default branch moved and conflicts with the run branch in {where}; merge it there"[:600])
    return run.model_copy(update={"rests": run.rests + 1}) if waiting(run) else run


def base_refused(run: Run, event: e.BaseRefused) -> Run:
    """The new workflows are a person's to look at, before anything of ours runs with them."""
    if run.ended or run.hold is not None or run.pull_request is None:
        return run
    return _held(run, event)


def workflows_held(run: Run, event: e.WorkflowsHeld) -> Run:
    """Nothing of ours starts workflow files that nobody allowed, also before there is a pull request."""
    return run if run.ended or run.hold is not None else _held(run, event)


def _held(run: Run, event: e.BaseRefused | e.WorkflowsHeld) -> Run:
    number = run.rests + 1
    hold = Hold(kind="needs_human", number=number, reason=event.reason[:1000], since=event.at, exposure=event.exposure)
    return run.model_copy(update={"hold": hold, "rests": number})


def push_waits(run: Run, event: e.PushWaits) -> Run:
    """A commit is not pushed before the base is part of it; no commit waits twice."""
    task = run.tasks.get(event.task)
    last = task.last if task is not None else None
    if task is None or last is None or task.state is not TaskState.CODING or last.number != event.attempt:
        return run
    if last.sha is None or last.awaits_base:
        return run
    attempts = (*task.attempts[:-1], last.model_copy(update={"awaits_base": True}))
    known = {"base_head": event.base_sha, "base_wanted": event.base_sha}
    return run.with_task(task.model_copy(update={"attempts": attempts})).model_copy(update=known)


def attempt_renewed(run: Run, event: e.AttemptRenewed) -> Run:
    """The commit that is pushed holds the run branch's head."""
    task = run.tasks.get(event.task)
    last = task.last if task is not None else None
    if task is None or last is None or task.state is not TaskState.CODING or last.number != event.attempt:
        return run
    if last.sha is None or last.pushed:
        return run
    renewed = last.model_copy(update={"sha": event.sha, "tree": event.tree, "base_round": run.base_round})
    return run.with_task(task.model_copy(update={"attempts": (*task.attempts[:-1], renewed)}))


def baseline_verified(run: Run) -> Run:
    """Actions has finished with a baseline."""
    baseline = run.verifications[BASELINE]
    if baseline.ending == "green":
        return run.model_copy(update={"green_trees": run.green_trees | {baseline.tree}})
    return _say(run, STILL_RED) if run.base_round else run


def unsaid(baseline: Verification | None) -> bool:
    """Whether Actions was kept from saying anything about the base, as by a newer commit on the same branch.

    Nobody misses it while all is green: it is asked for once a head fails.
    """
    return baseline is not None and baseline.ending == "cancelled" and baseline.round == 1


def looked_for(run: Run) -> Run:
    """A head has failed, and whose failure it is only the base can tell: its jobs run again where they were cancelled.

    Once: a base whose jobs are cancelled again stays without a verdict.
    """
    baseline = run.verifications.get(BASELINE)
    if baseline is None or not unsaid(baseline):
        return run
    again = {"ending": None, "failure": None, "rerun_due": True, "round": baseline.round + 1, "waiting": ""}
    return run.with_verification(baseline.model_copy(update=again))


def reopen(run: Run, at: datetime) -> Run:
    """Once the base is green: what was held and not tried on it yet is decided by the rules, posted like every other.

    Each new base reopens a task at most once, so that a task that only seems to fail like its base cannot go round.
    """
    baseline = run.verifications.get(BASELINE)
    if baseline is None or baseline.ending != "green" or not waiting(run):
        return run
    keys = tuple(key for key in run.tasks if _untried(run, key))
    if not keys:
        return run
    reason = "its failure was the base commit's, and the base is green now; not charged"
    moves = tuple(Move(task=key, action=Action.RETRY, reason=reason, decided_by=Decider.RULES) for key in keys)
    why = f"the default branch moved, and with it Actions is green at {baseline.sha[:7]}"
    decision = Decision(decided_by=Decider.RULES, why=why, moves=moves, batches=batches_with(run, keys))
    return decided_gate(run, keys, decision, at)


def _untried(run: Run, key: str) -> bool:
    task = run.tasks[key]
    if task.state is not TaskState.HELD or task.last is None or policy.attempts_left(run, task) <= 0:
        return False
    return task.last.base_round < run.base_round


def _looked(run: Run, asked: str, found: str) -> Run:
    """The base was looked at. A branch that moved on after this was asked for is looked at once more, later."""
    head = found if newest(run) == asked else run.base_head
    known = {"base_head": head, "base_begun": begun(run), "base_wanted": "", "base_look": False}
    return run.model_copy(update=known)


def _say(run: Run, words: str) -> Run:
    for task in run.tasks.values():
        if task.state is TaskState.HELD:
            run = run.with_task(task.model_copy(update={"question": words}))
    return run
