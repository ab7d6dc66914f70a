"""Rules that only rest shows: nothing stuck, nothing untold, nothing there twice, the ledger gives the run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otto_bot.bench.simulate.rules import hold
from otto_bot.core import journey_rounds
from otto_bot.core.attempt import TaskState
from otto_bot.core.gate_account import EndKind, moves_of
from otto_bot.core.journeys import MOST_REPLANS, MOST_ROUNDS
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.surfaces import surfaces
from otto_bot.core.trouble import TROUBLE_LIMIT
from otto_bot.core.waits import waits_for

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World


STOPPED = {TaskState.SKIPPED, TaskState.ASKED, TaskState.HELD, TaskState.BLOCKED}


def check(world: World, run: Run) -> None:
    """Raises Broken."""
    _waits(world, run)
    _told(world, run)
    _stopped(run)
    _outer(run)
    _accounts(run)
    _once(world, run)


def _waits(world: World, run: Run) -> None:
    """10: it is over, or waits for a person who was called on GitHub, or was told to pause."""
    wait = waits_for(run)
    for_ever = [key for key, one in run.trouble.items() if one.retry_at is not None and one.count > TROUBLE_LIMIT]
    hold(10, run.ended or not for_ever, f"tried without end: {for_ever}")
    if run.hold is not None and run.hold.kind == "paused":
        return
    if wait is not None:
        cannot = any("/call/" in key for key in run.trouble)
        stands = f"{run.id}/call/{wait.key}" in world.github.comments
        hold(10, stands or cannot, f"waits for {wait.key}, and nobody was called")
        return
    hold(10, run.ended or run.outcome in (Outcome.DONE_PARTIAL, Outcome.CANCELLED), "stuck: waits for nobody")
    _blocked(run)
    if run.outcome is Outcome.DONE and run.phase is RunPhase.DONE and run.tasks and not run.landed:
        states = {task.state for task in run.tasks.values()}
        hold(4, states == {TaskState.MERGED}, f"done, and its tasks are {states}")


def _blocked(run: Run) -> None:
    """10: what is blocked waits for something that stopped."""
    for key, task in run.tasks.items():
        if task.state is TaskState.BLOCKED and run.plan is not None:
            needs = [run.tasks[need].state for need in run.plan.task(key).depends_on]
            hold(10, set(needs) & STOPPED, f"{key} is blocked, and what it depends on is {needs}")


def _told(world: World, run: Run) -> None:
    """0: everything that has happened is shown, and everybody is answered."""
    late = {name for name, digest in surfaces(run).items() if run.shown.get(name) != digest}
    late -= {key.split("/", 3)[3].rpartition("/")[0] for key in run.trouble if "/show/" in key}
    hold(0, not late, f"shown as it was: {late}")
    answered = run.replied == len(run.replies) or any("/reply/" in key for key in run.trouble)
    hold(0, answered, "someone waits for an answer")
    gate = run.gate
    if gate is not None and not run.ended:
        hold(10, waits_for(run) is not None or run.hold is not None, "a decision that nobody will apply")


def _stopped(run: Run) -> None:
    """0: what coders had when a run was stopped is on GitHub; nobody is left coding."""
    if run.ended or run.outcome is Outcome.CANCELLED:
        coding = [key for key, task in run.tasks.items() if task.state is TaskState.CODING]
        tried = any("/code/" in key or "/push/" in key for key in run.trouble)
        hold(0, not coding or tried, f"it is over, and {coding} had work that nobody pushed")


def _outer(run: Run) -> None:
    """10: no round of journeys and no review is left where nobody will take it further; rounds are bounded."""
    automatic = len(run.journeys) - run.journey_grants
    hold(5, automatic <= MOST_ROUNDS, f"{automatic} rounds of journeys")
    hold(5, run.journey_replans <= MOST_REPLANS + run.journey_grants, f"{run.journey_replans} plans for journeys")
    if run.ended or run.hold is not None or run.trouble:
        return
    one = journey_rounds.current(run)
    stuck = one is not None and run.phase is RunPhase.JOURNEYS and waits_for(run) is None
    hold(10, not stuck, f"a round of journeys lies there: {one}")
    if run.phase is RunPhase.DONE:
        lying = [review.id for review in run.reviews if review.state in ("given", "posted")]
        hold(10, not lying, f"reviews lie there: {lying}")


def _accounts(run: Run) -> None:
    """0: every move has its outcome."""
    if run.phase is not RunPhase.DONE or run.outcome is None or run.gate is not None:
        return
    for one in run.gates:
        if one.decision is None:
            continue
        for key in moves_of(one.decision):
            end = one.account.ends.get(key)
            hold(0, key in one.outcomes, f"no outcome of {key} at gate {one.number}: {one.decision.move(key)}")
            open_end = end is not None and run.ended and end.kind is EndKind.WAITING
            hold(0, not open_end, f"{key} still waits in a run that is over")


def _once(world: World, run: Run) -> None:
    """7: nothing is on GitHub twice: one pull request a branch, one call a wait, one reply a command."""
    branches = [pull.branch for pull in world.github.pulls.values() if pull.open]
    hold(7, len(set(branches)) == len(branches), f"two open pull requests of one branch: {branches}")
    replies = [
        comment.says["to"]
        for marker, comment in world.github.comments.items()
        if marker.startswith(f"{run.id}/reply/") and comment.says.get("to") is not None
    ]
    hold(7, len(set(replies)) == len(replies), f"a command was answered twice: {replies}")
    active = [kept.run.id for kept in world.ledger.runs.values() if not kept.run.ended]
    hold(7, len(active) <= 1, f"runs {active} are active at once")
